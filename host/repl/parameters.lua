-- SPDX-License-Identifier: MIT
-- Which call the cursor stands in, what is known of that function, and which options a table among its arguments takes.
local names = require "host.repl.names"
local reference = require "host.reference"

local parameters = {}

local OPENS = { ["("] = true, ["{"] = true, ["["] = true }
local CLOSES = { [")"] = true, ["}"] = true, ["]"] = true }

-- Before token i, the bracket that is still open: its index, and how many commas are between.
local function open_bracket(list, i)
  local depth, commas = 0, 0
  while i >= 1 do
    local text = list[i].text
    if list[i].kind == "symbol" then
      if CLOSES[text] then depth = depth + 1 end
      if OPENS[text] then
        if depth == 0 then return i, commas end
        depth = depth - 1
      end
      if text == "," and depth == 0 then commas = commas + 1 end
    end
    i = i - 1
  end
end

-- The words of the name that ends at token i, as in image . check; its first index.
local function called_name(list, i)
  if not list[i] or list[i].kind ~= "name" then return nil end
  local first = i
  while first > 2 and list[first - 1].text:find("^[.:]$") and list[first - 2].kind == "name" do first = first - 2 end
  return first
end

local function entry_of(list, first, last, resolve)
  if last == first + 2 and list[first + 1].text == "." then
    local found = reference.find(list[first].text .. "." .. list[last].text)
    if found and found[1].callable then return found[1] end
  end
  local owner = last > first and list[last - 1].text == ":" and resolve(list, first, last - 2)
  local type_name = owner and names.type_of(owner)
  if type_name then return names.method(type_name, list[last].text) end
  local value = resolve(list, first, last)
  return type(value) == "function" and names.entry_of(value) or nil
end

-- The call around token i: where its name begins and ends, and which argument the token belongs to.
local function call_at(list, i)
  local bracket, commas = open_bracket(list, i)
  if not bracket or list[bracket].text ~= "(" then return nil end
  local first = called_name(list, bracket - 1)
  return first, bracket - 1, commas + 1
end

-- What the reference says of the function whose arguments token i is among; nil if it is none.
function parameters.function_at(list, i, resolve)
  local first, last = call_at(list, i)
  return first and entry_of(list, first, last, resolve) or nil
end

-- The names in {a?: x, b: {c: y}} that belong to the outer braces.
local function fields_of_type(text)
  local body = text:match("^%??:?%s*{(.*)}") or text:match("{(.*)}")
  if not body then return nil end
  local list = {}
  for name in (body:gsub("%b{}", ""):gsub("%b()", "") .. ","):gmatch("([%a_][%w_]*)%??%s*:") do list[#list + 1] = name end
  return list
end

local function fields_of_class(class)
  local module = class:match("^hilum%.(%w+)%.")
  for _, entry in ipairs(module and reference.read(module) or {}) do
    if entry.name == class then
      local list = {}
      for _, line in ipairs(entry.text) do list[#list + 1] = line:match("^@field ([%w_]+)") end
      return list
    end
  end
end

local function options_of_entry(entry, argument)
  local nth = 0
  for _, line in ipairs(entry.text) do
    local declared = line:match("^@param%s+(.*)$")
    if declared then
      nth = nth + 1
      local type_text = declared:match("^[%w_.?]+%s+(.*)$") or ""
      if nth == argument then return fields_of_type(type_text) or fields_of_class(type_text:match("hilum%.[%w.]+") or "") end
    end
  end
end

-- ctx.run("split", { … }): the options of the workflow.
local function options_of_workflow(token)
  local name = token and token.kind == "string" and token.text:sub(2, -2)
  local m = name and require "host.repl.globals".workflow(name)
  if not m then return nil end
  local list = {}
  for i, spec in ipairs(m.options) do list[i] = require "host.options".key(spec) end
  return list
end

-- The names of options that can stand after token i, where a key of a table begins that is an argument of a known call; else nil.
function parameters.options_at(list, i, resolve)
  if not list[i] or not list[i].text:find("^[{,;]$") then return nil end
  local brace = open_bracket(list, i)
  if not brace or list[brace].text ~= "{" then return nil end
  local first, last, argument = called_name(list, brace - 1), brace - 1, 1
  if not first then first, last, argument = call_at(list, brace - 1) end
  if not first then return nil end
  if list[last].text == "run" and argument == 2 then return options_of_workflow(list[last + 2]) end
  local entry = entry_of(list, first, last, resolve)
  return entry and options_of_entry(entry, argument)
end

return parameters
