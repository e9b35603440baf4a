-- SPDX-License-Identifier: MIT
-- The references of the modules, modules/NAME/NAME.meta.lua, read for `hilum help` and for the test that holds them against the code;
-- and what annotated Lua has to say of itself: scripts/workflow.meta.lua and the libraries below scripts/lib.
local host = require "hilum.host"
local options = require "host.options"

local reference = {}

-- A reader: the entries so far, the comment lines that belong to what comes next, the classes by the local that stands for them.
local function new_reader(module, title)
  return { entries = { { name = module, signature = title, text = {} } }, block = {}, classes = {}, in_header = true }
end

local function take_block(reader)
  local block = reader.block
  reader.block = {}
  return block
end

local function add_function(reader, owner, separator, name, parameters)
  local full = (reader.classes[owner] or owner) .. separator .. name
  table.insert(reader.entries, { name = full, signature = ("%s(%s)"):format(full, parameters), text = take_block(reader), callable = true })
end

local function class_of(block)
  for _, line in ipairs(block) do
    local class = line:match("^@class ([%w_.]+)")
    if class then return class end
  end
end

-- The first local is the module itself, the others are its classes; a class has a page if something is said of it.
local function add_local(reader, name)
  local block = take_block(reader)
  if reader.in_header then
    reader.entries[1].text, reader.in_header = block, false
  else
    local class = class_of(block)
    reader.classes[name] = class
    if class and #block > 1 then table.insert(reader.entries, { name = class, signature = class, text = block }) end
  end
end

-- Constants belong to the module's own page.
local function add_constant(reader, name)
  local page = reader.entries[1].text
  page[#page + 1] = ""
  page[#page + 1] = name
  for _, line in ipairs(take_block(reader)) do page[#page + 1] = line end
end

-- An empty line: a paragraph of the module's page, or the end of a type that has no methods.
local function end_block(reader)
  local class = class_of(reader.block)
  if class then
    table.insert(reader.entries, { name = class, signature = class, text = take_block(reader) })
  elseif reader.in_header and #reader.block > 0 then
    table.insert(reader.block, "")
  end
end

-- A function or a constant without a comment is nobody's but the file's.
local function read_line(reader, line)
  local comment = line:match("^%-%-%-?%s?(.*)$")
  if comment then
    if not comment:find("^@meta") and not comment:find("^SPDX") then table.insert(reader.block, comment) end
    return
  end
  local owner, separator, name, parameters = line:match("^function ([%w_]+)([.:])([%w_]+)%((.-)%)")
  local a_local, constant = line:match("^local ([%w_]+) = {}$"), line:match("^([%w_]+%.[%w_]+) = ")
  local is_documented = #reader.block > 0
  if owner and is_documented then add_function(reader, owner, separator, name, parameters)
  elseif a_local then add_local(reader, a_local)
  elseif constant and is_documented and not reader.in_header then add_constant(reader, constant)
  elseif line == "" then end_block(reader)
  elseif not reader.in_header and line:find("^%S") then take_block(reader) end
end

local FOLDER, SCRIPTS = host.root .. "/share/hilum/reference", host.root .. "/share/hilum/scripts"
local cache = {}

local function read_file(path, module, title)
  local file = io.open(path)
  if not file then return nil end
  local reader = new_reader(module, title)
  for line in file:lines() do read_line(reader, line) end
  file:close()
  return reader.entries
end

-- A library below scripts/lib, named by the last part of its name; nil unless it is annotated.
local function read_library(module)
  for _, name in ipairs(require "hilum.fs".walk(SCRIPTS .. "/lib") or {}) do
    if name == module .. ".lua" or name:sub(-#module - 5) == ("/%s.lua"):format(module) then
      local title = ("require \"lib.%s\""):format((name:gsub("%.lua$", ""):gsub("/", ".")))
      local entries = read_file(SCRIPTS .. "/lib/" .. name, module, title)
      if #entries > 1 then return entries end
    end
  end
end

-- A module's entries {name=, signature=, text={lines}, callable=}, its own page first; nil if there is no such module.
function reference.read(module)
  if cache[module] == nil then
    cache[module] = read_file(("%s/%s.meta.lua"):format(FOLDER, module), module, "hilum." .. module)
      or read_file(("%s/%s.meta.lua"):format(SCRIPTS, module), module, module) or read_library(module) or false
  end
  return cache[module] or nil
end

-- The names of all modules, sorted.
function reference.modules()
  local list = {}
  for _, file in ipairs(require "hilum.fs".list(FOLDER) or {}) do list[#list + 1] = file:match("^(%w+)%.meta%.lua$") end
  return list
end

-- The names by which the libraries below scripts/lib are required, sorted.
function reference.libraries()
  local list = {}
  for _, file in ipairs(require "hilum.fs".walk(SCRIPTS .. "/lib") or {}) do
    local name = file:match("^(.+)%.lua$")
    list[#list + 1] = name and "lib." .. name:gsub("/", ".") or nil
  end
  return list
end

-- What people look for by another name.
local ALIASES = { ctx = "workflow", opt = "workflow", manifest = "workflow" }

-- The entries that a word such as image, image.check, vec:rows or hilum.image.Report means; or nil and why there are none.
function reference.find(word)
  local module, name = (word:gsub("^hilum%.", "")):match("^([%w_]+)[.:]?(.*)$")
  module = ALIASES[module] or module
  local entries = module and reference.read(module)
  if not entries then return nil, ("there is no module '%s'"):format(module or word) end
  if name == "" then return entries end
  local found, names = {}, {}
  for _, entry in ipairs(entries) do
    if entry.name == ("%s.%s"):format(module, name) then return { entry } end
  end
  for i, entry in ipairs(entries) do
    names[i] = entry.name:match("[%w_]+$")
    local is_method_of_it = entry.name:match("([%w_]+):[%w_]+$") == name
    if i > 1 and (names[i] == name or entry.name == word or is_method_of_it) then found[#found + 1] = entry end
  end
  if #found > 0 then return found end
  return nil, ("%s has no '%s'%s; `hilum help hilum.%s` shows what it has"):format(module, name, options.did_you_mean(name, names), module)
end

return reference
