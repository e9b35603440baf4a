-- SPDX-License-Identifier: MIT
-- What of a document an answer has: its _source, as filtered, and the fields that were asked for.
local json = require "hilum.json"

local source = {}

local function list_of(value)
  if value == nil then return nil end
  return type(value) == "table" and value or { value }
end

-- As a Lua pattern; what is below a name belongs to it.
local function pattern_of(wildcard)
  return "^" .. wildcard:gsub("[%-%.%+%[%]%(%)%$%^%%%?]", "%%%0"):gsub("%*", ".*") .. "$"
end

local function matches(path, wildcards)
  for _, wildcard in ipairs(wildcards) do
    if path:find(pattern_of(wildcard)) or path:find(pattern_of(wildcard .. ".*")) then return true end
  end
  return false
end

local function may_hold(path, wildcards)
  for _, wildcard in ipairs(wildcards) do
    if wildcard:sub(1, #path + 1) == path .. "." then return true end
  end
  return false
end

-- The filter that a request asks for: { includes =, excludes = }; true: all; false: none.
local function filter_of(given)
  if given == nil or given == true or given == false then return given ~= false end
  if type(given) ~= "table" or given[1] ~= nil then return { includes = list_of(given) } end
  return { includes = list_of(given.includes or given.include), excludes = list_of(given.excludes or given.exclude) }
end

local function filtered(value, filter, prefix)
  local kept = {}
  for name, one in pairs(value) do
    local path = prefix .. name
    local is_in = not filter.includes or matches(path, filter.includes)
    local is_out = filter.excludes and matches(path, filter.excludes)
    if is_in and not is_out then kept[name] = one
    elseif not is_in and not is_out and type(one) == "table" and may_hold(path, filter.includes) then
      kept[name] = filtered(one, filter, path .. ".")
    end
  end
  return kept
end

-- Does the filter leave out, or not name, all vectors of the document?
local function without_vectors(doc, filter)
  for path in pairs(doc.vectors) do
    local is_out = filter.excludes and matches(path, filter.excludes)
    if not is_out and (not filter.includes or matches(path, filter.includes)) then return false end
  end
  return true
end

-- The filter where vectors are hidden unless they are asked for: by `true`, or by name.
local function hiding(doc, filter, is_asked)
  if is_asked then return filter end
  local excludes = {}
  for path in pairs(doc.vectors) do
    local is_named = false
    for _, name in ipairs(filter ~= true and filter.includes or {}) do is_named = is_named or name == path end
    if not is_named then excludes[#excludes + 1] = path end
  end
  local all = filter == true and {} or filter
  table.move(all.excludes or {}, 1, #(all.excludes or {}), #excludes + 1, excludes)
  return { includes = all.includes, excludes = excludes }
end

-- The _source of a document in an answer; nil: none. given: what the request says of it.
function source.of(doc, given, hides_vectors)
  local filter = filter_of(given)
  if not filter then return nil end
  if hides_vectors then filter = hiding(doc, filter, given == true) end
  if filter == true then return json.decode(doc.text) end
  return filtered(without_vectors(doc, filter) and doc.light or json.decode(doc.text), filter, "")
end

-- The values of fields, each as a list; nil if there are none. wanted: names, or { field = name }.
function source.fields(doc, wanted, mapping)
  local found, whole = {}, nil
  for _, one in ipairs(wanted) do
    local name = type(one) == "table" and one.field or one
    for path, field in pairs(mapping.fields) do
      if path:find(pattern_of(name)) then
        if field.type == "knn_vector" and doc.vectors[path] then
          whole = whole or json.decode(doc.text)
          found[path] = whole[path]
        else
          found[path] = doc.values[field.parent or path]
        end
      end
    end
  end
  return next(found) and found or nil
end

return source
