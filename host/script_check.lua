-- SPDX-License-Identifier: MIT
-- What is wrong with a workflow's file, as far as can be seen without running it.
local host = require "hilum.host"
local manifest = require "host.manifest"
local options = require "host.options"
local reference = require "host.reference"
local tokens = require "host.repl.tokens"
local verbs = require "host.verbs"

local script_check = {}

local function line_of(source, at) return select(2, source:sub(1, at):gsub("\n", "")) + 1 end

-- Calls f(name, token) for each name that stands after `object.`
local function each_field(list, object, f)
  for i = 1, #list - 2 do
    local before = list[i - 1]
    local alone = not before or not before.text:find("^[.:]$")
    if alone and list[i].text == object and list[i + 1].text == "." and list[i + 2].kind == "name" then f(list[i + 2].text, list[i + 2]) end
  end
end

local function known_options(m)
  local names = {}
  for _, specs in ipairs { verbs.all_options(m), options.common } do
    for _, spec in ipairs(specs) do names[#names + 1] = options.key(spec) end
  end
  return names
end

local function known_of_ctx()
  local names = {}
  for _, entry in ipairs(reference.read("workflow") or {}) do
    names[#names + 1] = entry.name:match("^hilum%.Context%.(.*)$")
    for _, line in ipairs(entry.name == "hilum.Context" and entry.text or {}) do names[#names + 1] = line:match("^@field ([%w_]+)") end
  end
  return names
end

local function contains(list, wanted)
  for _, item in ipairs(list) do if item == wanted then return true end end
  return false
end

local function check_fields(problems, source, list, object, known, message)
  each_field(list, object, function(name, token)
    if contains(known, name) then return end
    problems[#problems + 1] = ("%d: " .. message .. "%s"):format(line_of(source, token.from), name, options.did_you_mean(name, known))
  end)
end

local function check_values(given, specs)
  for _, spec in ipairs(specs) do
    local text = given[options.key(spec)]
    if text ~= nil then
      local _, why = options.types[spec.type].parse(text, setmetatable({ must_exist = false }, { __index = spec }))
      if why then error(("%s %s"):format(options.shown(spec), why), 0) end
    end
  end
end

-- What is wrong with an example of a workflow; nil if nothing.
function script_check.example_problem(m, example)
  local function fail(message) error(message, 0) end
  local words = script_check.words_of(example)
  if words[1] ~= "hilum" or words[2] ~= m.name then return "does not begin with hilum " .. m.name end
  local ok, why = pcall(function()
    local run, arguments = verbs.take(m, table.move(words, 3, #words, 1, {}), fail)
    local specs = table.move(run.options, 1, #run.options, 1, {})
    table.move(options.common, 1, #options.common, #specs + 1, specs)
    check_values(options.parse(arguments, specs, fail), specs)
  end)
  return not ok and why or nil
end

-- The examples of a workflow and of its verbs.
function script_check.examples(m)
  local examples = table.move(m.examples or {}, 1, #(m.examples or {}), 1, {})
  for _, name in ipairs(verbs.names(m)) do
    local own = m.verbs[name].examples or {}
    table.move(own, 1, #own, #examples + 1, examples)
  end
  return examples
end

local function check_examples(problems, m)
  local examples = script_check.examples(m)
  for _, example in ipairs(examples) do
    local why = script_check.example_problem(m, example)
    if why then problems[#problems + 1] = ("the example `%s`: %s"):format(example, why) end
  end
  if #examples < 2 then problems[#problems + 1] = "two examples, or more, tell what it is for" end
end

-- A command as the shell would split it, without what it expands, up to a comment, a pipe or a file for its output.
function script_check.words_of(line)
  local words, word, at = {}, nil, 1
  while at <= #line do
    local c = line:sub(at, at)
    if c:find("[#|>]") and not word then break end
    if c == " " then
      if word then words[#words + 1], word = word, nil end
    elseif c == "'" or c == '"' then
      local to = line:find(c, at + 1, true) or #line + 1
      word, at = (word or "") .. line:sub(at + 1, to - 1), to
    else
      word = (word or "") .. c
    end
    at = at + 1
  end
  words[#words + 1] = word
  return words
end

-- An array of lines; empty if nothing is wrong.
function script_check.problems(path)
  local loaded, m = pcall(manifest.load, path)
  if not loaded then return { (host.message(m):gsub("^" .. path:gsub("%p", "%%%0") .. ":%s*", "")) } end
  local problems, source = {}, assert(require "hilum.fs".read(path))
  local list = tokens.of(source)
  check_fields(problems, source, list, "opt", known_options(m), "no option '%s' is declared")
  check_fields(problems, source, list, "ctx", known_of_ctx(), "ctx has no '%s'")
  check_examples(problems, m)
  return problems
end

local LUACHECK = "luacheck -q --no-color --no-config --formatter plain --std lua54 --max-line-length 140"
  .. " --read-globals hilum %s -- '%s' 2>&1"

-- What luacheck says, "" if nothing; nil if it is not installed.
function script_check.luacheck(path)
  local command = LUACHECK:format(table.concat(reference.modules(), " "), (path:gsub("'", "'\\''")))
  local pipe = assert(io.popen(command .. "; echo $?"))
  local text, status = pipe:read("a"):match("^(.-)(%d+)\n$")
  pipe:close()
  if status == "127" then return nil end
  return text
end

return script_check
