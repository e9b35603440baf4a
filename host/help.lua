-- SPDX-License-Identifier: MIT
-- What `hilum help` and `hilum NAME --help` print, as text.
local manifest = require "host.manifest"
local options = require "host.options"
local reference = require "host.reference"
local text = require "host.text"
local verbs = require "host.verbs"

local help = {}

local WHAT = "hilum - search medical images by image and by words, with a model fine-tuned on your own data"
local NOT = "hilum is a research tool. It is not for clinical use."

local HELP_COLUMN = 30

-- --out PATH
function help.flag_text(spec)
  if spec.positional then return options.shown(spec) end
  local flag = (spec.short and "-" .. spec.short .. ", " or "") .. options.shown(spec)
  if spec.type == "flag" then return flag end
  return flag .. " " .. (spec.metavar or options.types[spec.type].metavar)
end

-- What an option takes, in parentheses.
function help.notes(spec)
  local parts = {}
  if spec.required then parts[#parts + 1] = "required" end
  if spec.choices then parts[#parts + 1] = "one of " .. table.concat(spec.choices, ", ") end
  if spec.type == "list" then parts[#parts + 1] = "may be repeated" end
  if spec.default ~= nil and spec.default ~= "" and spec.type ~= "flag" then parts[#parts + 1] = "default " .. tostring(spec.default) end
  if spec.type == "flag" and spec.default then parts[#parts + 1] = "on unless --no-" .. spec[1] end
  return #parts > 0 and (" (%s)"):format(table.concat(parts, "; ")) or ""
end

-- A line with what something is called at the left and what it is at the right, or a line for each.
local function entry(name, words)
  local margin = (" "):rep(HELP_COLUMN)
  local left = "  " .. name
  local width = utf8.len(left)
  local gap = width < HELP_COLUMN - 1 and margin:sub(width + 1) or "\n" .. margin
  return left .. gap .. text.wrap(words, text.width() - HELP_COLUMN, HELP_COLUMN)
end

local function add_options(lines, specs)
  for _, spec in ipairs(specs) do
    if not spec.hidden then lines[#lines + 1] = entry(help.flag_text(spec), spec.help .. help.notes(spec)) end
  end
end

-- The words that stand where they stand: IMAGES [OUT]
function help.arguments(m)
  local words = { m.verbs and (m.run and "[VERB]" or "VERB") }
  for _, spec in ipairs(m.options) do
    if spec.positional and not spec.hidden then
      local word = options.shown(spec)
      if spec.type == "list" then word = word .. "…" end
      words[#words + 1] = spec.required and word or "[" .. word .. "]"
    end
  end
  return table.concat(words, " ")
end

-- Its inputs or its outputs: options, each with the file it is unless it is told.
local function files_of(m, field)
  local parts = {}
  for _, spec in ipairs(m.options) do
    for _, name in ipairs(m[field] or {}) do
      local default = type(spec.default) == "string" and (" (%s)"):format(spec.default) or ""
      if spec[1] == name then parts[#parts + 1] = options.shown(spec) .. default end
    end
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

-- A workflow's help.
function help.workflow(m)
  local lines = { m.summary, "", ("Usage: hilum %s %s"):format(m.name, help.arguments(m)):gsub("%s+$", "") .. " [options]" }
  if m.details then table.move({ "", text.reflow(text.lines(m.details), 0) }, 1, 2, #lines + 1, lines) end
  local reads, writes = files_of(m, "reads"), files_of(m, "writes")
  if reads or writes then lines[#lines + 1] = "" end
  if reads then lines[#lines + 1] = entry("reads", reads) end
  if writes then lines[#lines + 1] = entry("writes", writes) end
  if m.verbs then lines[#lines + 1] = ("\nVerbs (`hilum help %s VERB` tells more):"):format(m.name) end
  for _, name in ipairs(verbs.names(m)) do lines[#lines + 1] = entry(name, m.verbs[name].summary) end
  if #m.options > 0 then lines[#lines + 1] = "\nOptions:" end
  add_options(lines, m.options)
  lines[#lines + 1] = "\nOptions of every workflow:"
  add_options(lines, options.common)
  if m.examples then lines[#lines + 1] = "\nExamples:\n  " .. table.concat(m.examples, "\n  ") end
  lines[#lines + 1] = "\nThis workflow is the file " .. m.path
  if reference.read(m.name) then
    lines[#lines + 1] = ("There is also a module of that name: `hilum help hilum.%s`"):format(m.name)
  end
  return table.concat(lines, "\n")
end

-- The help of a command that is no workflow (host/builtins.lua).
function help.command(command)
  local usage = ("Usage: hilum %s %s"):format(command.name, command.arguments):gsub("%s+$", "")
  return table.concat({ command.summary or "Which hilum this is", "", usage, "", text.reflow(text.lines(command.details), 0), "",
    "Examples:\n  " .. table.concat(command.examples, "\n  "), "", "`hilum help` shows all commands." }, "\n")
end

-- The order of the steps.

-- All workflows that can be loaded: first those with a step, in that order, then the others by name.
function help.workflows(project)
  local list = {}
  for _, found in ipairs(manifest.list(project)) do
    local ok, m = pcall(manifest.load, found.path)
    if ok then list[#list + 1] = m end
  end
  table.sort(list, function(a, b)
    if (a.step or math.huge) ~= (b.step or math.huge) then return (a.step or math.huge) < (b.step or math.huge) end
    return a.name < b.name
  end)
  return list
end

local function workflow_line(m)
  local words = m.name .. " " .. help.arguments(m)
  return entry("hilum " .. (utf8.len(words) < 21 and words or m.name), m.summary)
end

local LUA = { "-e CODE | FILE.lua", "Run Lua; hilum alone is a prompt" }

local function command_lines(commands)
  local lines = {}
  for _, command in ipairs(commands) do
    if command.summary then
      lines[#lines + 1] = entry(("hilum %s %s"):format(command.name, command.arguments:gsub("[%[%]]", "")), command.summary)
    end
  end
  lines[#lines + 1] = entry("hilum " .. LUA[1], LUA[2])
  return lines
end

-- One screen: how to begin, the steps in their order, the other workflows, the commands (host/builtins.lua).
function help.overview(project, commands)
  local begin, steps, others, lines = {}, {}, {}, command_lines(commands)
  for _, m in ipairs(help.workflows(project)) do
    local group = not m.step and others or m.step > 0 and steps or begin
    group[#group + 1] = workflow_line(m)
  end
  begin[#begin + 1] = table.remove(lines, 1)
  return table.concat({ text.wrap(WHAT, text.width(), 2), "", table.concat(begin, "\n"), "",
    "The steps, in order; each reads what the one before wrote:", table.concat(steps, "\n"), "", "Beside them:",
    table.concat(others, "\n"), "", table.concat(lines, "\n"), "", NOT }, "\n")
end

-- References.

local TAGS = { param = "%s", ["return"] = "returns %s", usage = "example: %s", field = ".%s" }

-- The lines of an entry: what stands before its tags, and its tags, each with the lines that go on with it.
local function take_apart(item)
  local plain, tagged = {}, {}
  for _, line in ipairs(item.text) do
    local tag, rest = line:match("^@(%w+)%s*(.*)$")
    if tag then
      if tag ~= "usage" then rest = rest:gsub("%s%s+", ": ", 1) end
      if TAGS[tag] then tagged[#tagged + 1] = TAGS[tag]:format(rest) end
    elseif #tagged > 0 then
      tagged[#tagged] = tagged[#tagged] .. " " .. line
    else
      plain[#plain + 1] = line
    end
  end
  return plain, tagged
end

local function reference_entry(item)
  local plain, tagged = take_apart(item)
  local lines = { item.signature }
  if #plain > 0 then lines[#lines + 1] = text.reflow(plain, 4) end
  for _, line in ipairs(tagged) do
    local wrapped = line:find("^example") and line or text.wrap(line, text.width() - 6, 6)
    lines[#lines + 1] = "    " .. wrapped
  end
  return table.concat(lines, "\n")
end

-- What the references say of a module, function, method or type; nil and why if there is nothing of that name.
local function reference_text(word)
  local entries, why = reference.find(word)
  if not entries then return nil, why end
  local parts = {}
  for i, item in ipairs(entries) do parts[i] = reference_entry(item) end
  return table.concat(parts, "\n\n")
end

-- What there could be help on.
local function topics(project)
  local names = reference.modules()
  for _, found in ipairs(manifest.list(project)) do names[#names + 1] = found.name end
  for name in pairs(require "host.builtins".by_name) do names[#names + 1] = name end
  return names
end

local function verb_text(m, verb)
  if m.verbs and m.verbs[verb] then return help.workflow(verbs.manifest(m, verb)) end
  return nil, ("%s has no verb '%s'%s"):format(m.name, verb, options.did_you_mean(verb, verbs.names(m)))
end

-- The help on a word: a workflow, "aws" or with its verb "aws whoami", or what the references have. Nil and why there is none.
function help.find(word, project)
  local name, verb = word:match("^(%S+)%s+(%S+)$")
  local path = manifest.find(name or word, project)
  if path and verb then return verb_text(manifest.load(path), verb) end
  if path then return help.workflow(manifest.load(path)) end
  local found, no_entry = reference_text(word)
  if found or word:find("[.:]") then return found, no_entry end
  return nil, ("there is no workflow, command or module '%s'%s; `hilum help` and `hilum list` show what there is"):format(word,
    options.did_you_mean(word, topics(project)))
end

return help
