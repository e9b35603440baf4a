-- SPDX-License-Identifier: MIT
-- What an index knows of its fields: as they were declared, or found in documents. mapping.fields has them by their paths ("a.b").
local errors = require "lib.fake.opensearch.errors"
local vectors = require "lib.fake.opensearch.vectors"

local Mapping = {}
Mapping.__index = Mapping

local NUMBERS = { byte = 8, short = 16, integer = 32, long = 64, float = true, double = true, half_float = true }
local PLAIN = { text = true, keyword = true, boolean = true, date = true }
for name in pairs(NUMBERS) do PLAIN[name] = true end

local KEYWORD_OF_TEXT = { keyword = { type = "keyword", ignore_above = 256 } }

local function declare(self, path, given)
  local kind = given.type or given.properties and "object"
  local before = self.fields[path]
  if before and before.type ~= kind then
    errors.argument("mapper [%s] cannot be changed from type [%s] to [%s]", path, before.type, kind)
  end
  if kind == "knn_vector" then
    local field, shown = vectors.field(self.flavour, path, given, self.is_knn)
    self.fields[path] = field
    return shown
  end
  if kind == "object" then return { properties = self:declare_all(given.properties or {}, path .. ".") } end
  if not PLAIN[kind] then errors.mapping(("No handler for type [%s] declared on field [%s]"):format(tostring(kind), path)) end
  self.fields[path] = { type = kind, is_number = NUMBERS[kind] ~= nil, is_whole = type(NUMBERS[kind]) == "number" }
  for name, sub in pairs(given.fields or {}) do
    self.fields[path .. "." .. name] = { type = sub.type, parent = path, ignore_above = sub.ignore_above }
  end
  return given
end

-- Declares fields; returns them as they are shown.
function Mapping:declare_all(properties, prefix)
  local shown = {}
  for name, given in pairs(properties) do shown[name] = declare(self, (prefix or "") .. name, given) end
  return shown
end

-- Adds what the body of a mapping says.
function Mapping:update(body)
  for name in pairs(body) do
    if name ~= "properties" and name ~= "_meta" and name ~= "dynamic" and name ~= "_source" then
      errors.mapping(("Root mapping definition has unsupported parameters:  [%s : %s]"):format(name, tostring(body[name])))
    end
  end
  for name, one in pairs(self:declare_all(body.properties or {})) do self.properties[name] = one end
  if body._meta then self.meta = body._meta end
  if body.dynamic ~= nil then self.dynamic = tostring(body.dynamic) end
end

-- The type that a document's value gives a field that nobody declared; nil: none.
local function found_type(value)
  if type(value) == "table" and value[1] ~= nil then
    local kind = found_type(value[1])
    for _, one in ipairs(value) do if math.type(one) == "float" then kind = { type = "float" } end end
    return kind
  end
  if type(value) == "string" then return { type = "text", fields = KEYWORD_OF_TEXT } end
  if type(value) == "boolean" then return { type = "boolean" } end
  if type(value) == "number" then return { type = math.type(value) == "integer" and "long" or "float" } end
end

local function is_object(value) return type(value) == "table" and next(value) ~= nil and value[1] == nil end

-- A field that comes with a document. Where: the properties it belongs to.
function Mapping:discover(path, name, value, properties)
  if self.dynamic == "false" then return end
  if self.dynamic == "strict" then
    errors.refuse(400, "strict_dynamic_mapping_exception",
      ("mapping set to strict, dynamic introduction of [%s] within [_doc] is not allowed"):format(name))
  end
  local given = found_type(value)
  if given then properties[name] = declare(self, path, given) end
end

-- Calls each(path, field, value) for what a document says of fields that are indexed.
function Mapping:walk(source, each, prefix, properties)
  prefix, properties = prefix or "", properties or self.properties
  for name, value in pairs(source) do
    local path = prefix .. name
    if is_object(value) and not self.fields[path] then
      properties[name] = properties[name] or self.dynamic ~= "false" and { properties = {} } or nil
      if properties[name] then self:walk(value, each, path .. ".", properties[name].properties) end
    else
      if not self.fields[path] then self:discover(path, name, value, properties) end
      if self.fields[path] then each(path, self.fields[path], value) end
    end
  end
end

function Mapping:show()
  local shown = { _meta = self.meta, dynamic = self.dynamic }
  if next(self.properties) then shown.properties = self.properties end
  return shown
end

-- The mapping of a new index from its body.
return function(flavour, body, is_knn)
  local self = setmetatable({ flavour = flavour, is_knn = is_knn, fields = {}, properties = {} }, Mapping)
  self:update(body)
  return self
end
