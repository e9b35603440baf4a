-- SPDX-License-Identifier: MIT
-- A field of vectors: what its mapping may say, and how near two vectors are in numbers. The words are those of the k-NN plugin.
local errors = require "lib.fake.opensearch.errors"

local vectors = {}

local MAX_DIMENSION = 16000

local SPACES = {
  faiss = { l2 = true, innerproduct = true, cosinesimil = true },
  lucene = { l2 = true, innerproduct = true, cosinesimil = true },
  nmslib = { l2 = true, innerproduct = true, cosinesimil = true, l1 = true, linf = true },
}
local LEVELS = { ["1x"] = true, ["2x"] = true, ["4x"] = true, ["8x"] = true, ["16x"] = true, ["32x"] = true }
local PARAMETERS = { m = true, ef_construction = true, encoder = true, ef_search = true }
local OPTIONS = { type = true, dimension = true, method = true, space_type = true, mode = true, compression_level = true, data_type = true }

-- By space: the metric of hilum.vec's certified search, and the score that OpenSearch makes of its result.
local MEASURES = {
  l2 = { metric = "l2", score = function(x) return 1 / (1 + x * x) end },
  innerproduct = { metric = "dot", score = function(x) return x >= 0 and x + 1.0 or 1 / (1 - x) end },
  cosinesimil = { metric = "cosine", score = function(x) return (1 + x) / 2 end },
}

local function invalid(format, ...)
  errors.mapping(("Validation Failed: 1: %s;"):format(format:format(...)), "validation_exception")
end

local function check_engine(flavour, engine)
  if not SPACES[engine] then errors.mapping("Invalid engine: " .. tostring(engine)) end
  if flavour.engines[engine] then return end
  if flavour.serverless then errors.mapping("Invalid engine: " .. engine) end
  errors.mapping(("%s engine is deprecated in OpenSearch  and cannot be used for new index creation in OpenSearch from  3.0.0."):format(
    engine), "illegal_argument_exception")
end

local function check_method(method, engine, space)
  if method.name ~= "hnsw" then errors.mapping("Invalid method name: " .. tostring(method.name), "illegal_argument_exception") end
  if not SPACES[engine][space] then
    invalid('"hnsw" with "%s" configuration does not support space type: "%s".', engine, tostring(space))
  end
  for name in pairs(method.parameters or {}) do
    if not PARAMETERS[name] then invalid("Unknown parameter '%s' found", name) end
  end
end

local function check_options(flavour, name, given)
  local method = given.method or {}
  if flavour.engine_refused then
    if method.engine then errors.mapping("Field parameter 'engine' is not supported") end
    if given.mode then errors.mapping("Field parameter 'mode' is not supported") end
  end
  for option in pairs(given) do
    if not OPTIONS[option] then
      errors.mapping(("unknown parameter [%s] on mapper [%s] of type [knn_vector]"):format(option, name))
    end
  end
  if given.compression_level and not LEVELS[given.compression_level] then
    errors.mapping(("Unknown value [%s] for field [compression_level] - accepted values are [, 1x, 2x, 4x, 8x, 16x, 32x]"):format(
      given.compression_level))
  end
  if method.space_type and given.space_type and method.space_type ~= given.space_type then
    errors.mapping(('Cannot specify conflicting space types: "[%s]" "[%s]"'):format(method.space_type, given.space_type))
  end
end

-- Checks what a mapping says of a field. is_knn: index.knn is set. Returns { type, dimension, engine, space, compression }, and what the
-- mapping shows of it afterwards.
function vectors.field(flavour, name, given, is_knn)
  check_options(flavour, name, given)
  local method = given.method
  if method and not is_knn then
    errors.mapping("Cannot set modelId or method parameters when index.knn setting is false", "illegal_argument_exception")
  end
  local engine = (method or {}).engine or flavour.default_engine
  local space = (method or {}).space_type or given.space_type or "l2"
  check_engine(flavour, engine)
  if not math.tointeger(given.dimension) then
    errors.mapping("Dimension value missing for vector: " .. name, "illegal_argument_exception")
  end
  if given.dimension > MAX_DIMENSION then
    invalid("Dimension value cannot be greater than %d for vector with engine: %s", MAX_DIMENSION, engine)
  end
  if method then check_method(method, engine, space) end
  local shown = {}
  for option, value in pairs(given) do shown[option] = value end
  if method and not flavour.engine_refused then
    shown.method = { name = method.name, engine = engine, space_type = space, parameters = method.parameters or {} }
  end
  return { type = "knn_vector", dimension = given.dimension, engine = engine, space = space,
    compression = given.compression_level or flavour.compression }, shown
end

-- What is wrong with a vector, as the cause of a refusal; nil: nothing.
local function fault(field, value)
  local numbers = type(value) == "table" and value or { value }
  for _, number in ipairs(numbers) do
    if number == require "hilum.json".null then
      return { type = "json_parse_exception", reason = "Current token (VALUE_NULL) not numeric, can not use numeric value accessors" }
    end
    if type(number) ~= "number" and not tonumber(number) then
      return { type = "number_format_exception", reason = ('For input string: "%s"'):format(tostring(number)) }, tostring(number)
    end
  end
  if #numbers ~= field.dimension then
    return { type = "illegal_argument_exception",
      reason = ("Vector dimension mismatch. Expected: %d, Given: %d"):format(field.dimension, #numbers) }
  end
end

-- A document's vector as the bytes of float32.
function vectors.read(field, name, value, id)
  local cause, preview = fault(field, value)
  if cause then errors.value(name, "knn_vector", id, preview or "null", cause) end
  local matrix = require "hilum.vec".from(value, 1, field.dimension)
  if field.space == "cosinesimil" and require "hilum.vec".norms(matrix):get(1, 1) == 0 then
    errors.value(name, "knn_vector", id, "null", { type = "illegal_argument_exception",
      reason = "zero vector is not supported when space type is [cosinesimil]" })
  end
  return matrix:bytes()
end

-- How results are scored in a space, or nil.
function vectors.measure(space) return MEASURES[space] end

return vectors
