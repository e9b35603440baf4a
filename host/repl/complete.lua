-- SPDX-License-Identifier: MIT
-- What Tab means: the names that can stand where the cursor is. Modules are known by their references, so that none is loaded for it.
local fs = require "hilum.fs"
local names = require "host.repl.names"
local parameters = require "host.repl.parameters"
local reference = require "host.reference"
local term = require "hilum.term"
local tokens = require "host.repl.tokens"

local KEYWORDS = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not",
  "or", "repeat", "return", "then", "true", "until", "while" }
local MAX_LISTED = 120

-- A set of candidates: by the text that would stand there, what follows it if it is the only one.
local function add(candidates, prefix, text, suffix)
  if type(text) == "string" and text:sub(1, #prefix) == prefix then candidates[text] = candidates[text] or suffix or "" end
end

local function after(value) return type(value) == "function" and "(" or "" end

-- Names.

local function add_globals(candidates, prefix)
  for name, value in pairs(_G) do
    if name ~= "_" then add(candidates, prefix, name, after(value)) end
  end
  for _, module in ipairs(reference.modules()) do add(candidates, prefix, module) end
  for _, name in ipairs(require "host.repl.globals".names) do add(candidates, prefix, name) end
  for _, word in ipairs(KEYWORDS) do
    if prefix ~= "" then add(candidates, prefix, word) end
  end
end

local function add_members(candidates, prefix, value, methods_only)
  for name, member in pairs(names.members(value) or {}) do
    local fits = type(name) == "string" and name:find("^[%a_][%w_]*$") and (not methods_only or type(member) == "function")
    if fits and (prefix ~= "" or not name:find("^__")) then add(candidates, prefix, name, after(member)) end
  end
end

-- What the reference has of a module that is not loaded.
local function add_documented(candidates, prefix, module)
  for _, entry in ipairs(reference.read(module) or {}) do
    local name = entry.name:match(("^%s%%.([%%w_]+)$"):format(module))
    if name and entry.callable then add(candidates, prefix, name, "(") end
  end
end

-- The tokens of `a.b["c"]:` before token i, which is a dot or a colon: the index of the first of them.
local function begin_of_path(list, i)
  while i > 1 do
    local before = list[i - 1]
    if before.text == "]" and list[i - 2] and list[i - 3] and list[i - 3].text == "[" then
      i = i - 3
    elseif (before.kind == "name" or before.kind == "string") and list[i].text:find("^[.:%[]$") then
      i = i - 1
      if before.kind == "string" or not (list[i - 1] and list[i - 1].text:find("^[.:]$")) then return i end
      i = i - 1
    else
      return nil
    end
  end
end

local function index(value, key)
  local members = names.members(value)
  if not members then return nil end
  local ok, found = pcall(function() return value[key] end)
  return ok and found or nil
end

-- The value of a path without running any call: names, fields, constant keys.
local function resolve(list, first, last)
  local token = list[first]
  local value
  if token.kind == "string" then value = token.text else value = names.global(token.text) end
  for i = first + 1, last do
    token = list[i]
    if token.kind == "name" then
      value = index(value, token.text)
    elseif token.kind == "number" then
      value = index(value, tonumber(token.text))
    elseif token.kind == "string" then
      value = index(value, token.text:sub(2, -2))
    end
    if value == nil then return nil end
  end
  return value
end

local function complete_member(list, dot, prefix)
  local candidates = {}
  local first = begin_of_path(list, dot)
  if not first then return candidates end
  local head = list[first].text
  if dot == first + 1 and head == "hilum" then
    for _, module in ipairs(reference.modules()) do add(candidates, prefix, module) end
  elseif dot == first + 1 and names.global(head) == nil then
    add_documented(candidates, prefix, head)
  end
  add_members(candidates, prefix, resolve(list, first, dot - 1), list[dot].text == ":")
  return candidates
end

-- Strings: what can be required, workflows where their names stand, else files.

local function add_words(candidates, prefix, words, suffix)
  for _, word in ipairs(words) do add(candidates, prefix, word, suffix) end
end

local function modules_to_require()
  local list = {}
  for i, module in ipairs(reference.modules()) do list[i] = "hilum." .. module end
  return list
end

local function add_files(candidates, prefix, quote)
  local folder, start = prefix:match("^(.*/)([^/]*)$")
  folder, start = folder or "", start or prefix
  for _, name in ipairs(fs.list(folder == "" and "." or folder) or {}) do
    if name:sub(1, 1) ~= "." or start:sub(1, 1) == "." then
      local stat = fs.stat(folder .. name)
      local is_folder = stat and stat.type == "dir"
      add(candidates, prefix, folder .. name .. (is_folder and "/" or ""), is_folder and "" or quote)
    end
  end
end

local function complete_string(list, token)
  local quote, prefix = token.text:match("^([\"'])(.*)$")
  local candidates = {}
  if not quote then return candidates, "" end
  local before = list[#list - 1] or { text = "" }
  if before.text == "(" then before = list[#list - 2] or before end
  if before.text == "require" then
    add_words(candidates, prefix, modules_to_require(), quote)
  elseif before.text == "run" or before.text == "help" then
    add_words(candidates, prefix, require "host.repl.globals".workflows(), quote)
    if before.text == "help" then add_words(candidates, prefix, reference.modules(), quote) end
  else
    add_files(candidates, prefix, quote)
  end
  return candidates, prefix
end

-- Commands of the prompt.

local function complete_command(left)
  local candidates = {}
  local prefix = left:match("^%s*:(%a*)$")
  if prefix then
    for name in pairs(require "host.repl.commands".all) do add(candidates, prefix, name, " ") end
    return candidates, prefix
  end
  prefix = left:match("^%s*%?%s*([%w_.:-]*)$") or left:match("^%s*:help%s+([%w_.:-]*)$")
  local module, dot, start = prefix:match("^(%w+)([.:])([%w_]*)$")
  if not module then
    add_words(candidates, prefix, reference.modules())
    add_words(candidates, prefix, require "host.repl.globals".workflows())
    return candidates, prefix
  end
  for _, entry in ipairs(reference.read(module) or {}) do
    local name = entry.callable and entry.name:match("[%w_]+$")
    if name then add(candidates, start, name) end
  end
  return candidates, start, dot
end

-- Putting it together.

local function common_prefix(words)
  local prefix = words[1]
  for _, word in ipairs(words) do
    while word:sub(1, #prefix) ~= prefix do prefix = prefix:sub(1, -2) end
  end
  return prefix
end

local function in_columns(words)
  local widest, lines = 0, {}
  for _, word in ipairs(words) do widest = math.max(widest, utf8.len(word) or #word) end
  local across = math.max(1, (term.width() - 1) // (widest + 2))
  local down = (math.min(#words, MAX_LISTED) + across - 1) // across
  for row = 1, down do
    local cells = {}
    for i = row, math.min(#words, MAX_LISTED), down do
      cells[#cells + 1] = words[i] .. (" "):rep(widest + 2 - (utf8.len(words[i]) or #words[i]))
    end
    lines[row] = table.concat(cells):match("^(.-)%s*$")
  end
  if #words > MAX_LISTED then lines[#lines + 1] = ("… %d more"):format(#words - MAX_LISTED) end
  return table.concat(lines, "\n")
end

local function answer(cursor, candidates, prefix)
  local words = {}
  for word in pairs(candidates) do words[#words + 1] = word end
  table.sort(words)
  if #words == 0 then return nil end
  local from = cursor - #prefix + 1
  if #words == 1 then return from, words[1] .. candidates[words[1]] end
  local common = common_prefix(words)
  if #common > #prefix then return from, common end
  return from, prefix, in_columns(words)
end

local function complete_code(list, left)
  local last = list[#list]
  local in_word = last and last.kind == "name" and last.to == #left
  local prefix = in_word and last.text or ""
  local before = in_word and list[#list - 1] or not in_word and last or nil
  local at = in_word and #list - 1 or #list
  if before and (before.text == "." or before.text == ":") then return complete_member(list, at, prefix), prefix end
  local candidates = {}
  local options = parameters.options_at(list, at, resolve)
  for _, name in ipairs(options or {}) do add(candidates, prefix, name, " = ") end
  if not options or prefix ~= "" then add_globals(candidates, prefix) end
  return candidates, prefix
end

-- The signature of the function whose parenthesis the cursor stands in.
local function signature(list, cursor)
  local entry = parameters.function_at(list, #list, resolve)
  if not entry then return nil end
  local line = entry.text[1] and not entry.text[1]:find("^@") and "\n  " .. entry.text[1] or ""
  return cursor + 1, "", term.color(entry.signature, "bold", "stdout") .. line
end

-- As modules/line/line.meta.lua says.
return function(text, cursor)
  local left = text:sub(1, cursor)
  if left:find("^%s*$") or left:find("\n%s*$") then return cursor + 1, "  " end
  if left:find("^%s*:%a*$") or left:find("^%s*%?") or left:find("^%s*:help%s") then return answer(cursor, complete_command(left)) end
  local list = tokens.of(left)
  local last = list[#list]
  if last.kind == "comment" then return nil end
  if last.kind == "string" and last.open then return answer(cursor, complete_string(list, last)) end
  if last.text == "(" or last.text == "," then
    local from, replacement, listing = signature(list, cursor)
    if from then return from, replacement, listing end
  end
  return answer(cursor, complete_code(list, left))
end
