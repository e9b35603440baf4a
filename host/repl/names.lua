-- SPDX-License-Identifier: MIT
-- The names that Lua knows things by: modules, what is in them, the types of objects.
local reference = require "host.reference"

local names = {}

-- A global that is there, without loading a module for it.
function names.global(name)
  local value = rawget(_G, name)
  if value ~= nil then return value end
  return package.loaded["hilum." .. name]
end

-- The entry of the reference for a function of a module that is loaded; nil if it has none.
function names.entry_of(f)
  for _, module in ipairs(reference.modules()) do
    for name, value in pairs(package.loaded["hilum." .. module] or {}) do
      if value == f then return (reference.find(module .. "." .. name) or {})[1] end
    end
  end
  for type_name, metatable in pairs(debug.getregistry()) do
    local methods = type(metatable) == "table" and type(type_name) == "string" and type_name:find("^hilum%.")
      and rawget(metatable, "__index")
    for name, value in pairs(type(methods) == "table" and methods or {}) do
      if value == f then return names.method(type_name, name) end
    end
  end
end

function names.of_function(f)
  local entry = names.entry_of(f)
  return entry and entry.signature
end

-- The entry of a method; type_name is hilum.MODULE.Type.
function names.method(type_name, method)
  local module = type_name:match("^hilum%.(%w+)%.")
  for _, entry in ipairs(module and reference.read(module) or {}) do
    if entry.name == ("%s:%s"):format(type_name, method) then return entry end
  end
end

-- What a value answers to: a table of fields or methods, nil if there is none.
function names.members(value)
  if type(value) == "table" then return value end
  local index = (debug.getmetatable(value) or {}).__index
  return type(index) == "table" and index or nil
end

function names.type_of(value) return type(value) == "userdata" and (debug.getmetatable(value) or {}).__name or nil end

-- The word for `help` that stands for a value.
function names.word_for(value)
  if type(value) == "string" then return value end
  if type(value) == "function" then
    local entry = names.entry_of(value)
    return entry and entry.name
  end
  for _, module in ipairs(reference.modules()) do
    if package.loaded["hilum." .. module] == value then return "hilum." .. module end
  end
  return names.type_of(value)
end


return names
