-- SPDX-License-Identifier: MIT
-- The query for the nearest vectors, on hilum's exact search: what an approximate one of the same engine would find at its best.
local errors = require "lib.fake.opensearch.errors"
local rows = require "hilum.rows"
local vec = require "hilum.vec"
local vectors = require "lib.fake.opensearch.vectors"

local MOST = 10000
local OPTIONS = { vector = true, k = true, min_score = true, max_distance = true, filter = true, method_parameters = true, rescore = true,
  boost = true, expand_nested_docs = true, ignore_unmapped = true }

local function check_options(body)
  for name in pairs(body) do
    if not OPTIONS[name] then errors.refuse(400, "x_content_parse_exception", ("[1:1] [knn] unknown field [%s]"):format(name)) end
  end
  if type(body.vector) ~= "table" then errors.argument("[knn] requires query vector") end
  if #body.vector == 0 then
    errors.refuse(400, "x_content_parse_exception", "[1:1] [knn] failed to parse field [vector]", { caused_by = {
      type = "illegal_argument_exception", reason = "[knn] field 'vector' requires to be non-null and non-empty" } })
  end
  local ways = (body.k and 1 or 0) + (body.min_score and 1 or 0) + (body.max_distance and 1 or 0)
  if ways ~= 1 then errors.argument("[knn] requires exactly one of k, distance or score to be set") end
  if body.k and (body.k < 1 or body.k > MOST) then errors.argument("[knn] requires k to be in the range (0, 10000]") end
end

local ZERO = { nmslib = "zero vector is not supported when space type is [cosinesimil]", faiss = "Cannot normalize a zero-length vector" }
ZERO.lucene = ZERO.nmslib

local function fail(view, format, ...) errors.shard(view.index, format:format(...), "illegal_argument_exception") end

local function field_of(view, path, body)
  local field = view.index.mapping.fields[path]
  if not field or field.type ~= "knn_vector" then fail(view, "Field '%s' is not knn_vector type.", path) end
  if #body.vector ~= field.dimension then
    fail(view, "Query vector has invalid dimension: %d. Dimension should be: %d", #body.vector, field.dimension)
  end
  if not body.k and field.compression == "32x" then
    fail(view, "Radial search is not supported for indices which have quantization enabled")
  end
  if body.filter and field.engine == "nmslib" then fail(view, "Engine [NMSLIB] does not support filters") end
  return field
end

-- Rows of the matrix whose documents pass.
local function allowed(held, scores)
  local list = {}
  for row, number in ipairs(held.numbers) do if scores[number] then list[#list + 1] = row end end
  return rows.set(#held.numbers):add(list):bits()
end

-- Lucene looks for as many as it is told to explore, and gives them all.
local function how_many(field, body, held)
  local k = body.k or #held.numbers
  local explored = field.engine == "lucene" and body.method_parameters and body.method_parameters.ef_search or 0
  return math.max(k, math.tointeger(explored) or 0)
end

-- A score of at least that.
local function least_score(field, body)
  if body.min_score then return body.min_score end
  if not body.max_distance then return -math.huge end
  if field.space == "l2" then return 1 / (1 + body.max_distance) end
  return field.space == "cosinesimil" and (2 - body.max_distance) / 2 or 0
end

return function(view, given, run)
  local path, body = next(given)
  check_options(body)
  local field, held = field_of(view, path, body), view:vectors(path)
  local query = vec.from(body.vector, 1, field.dimension)
  if field.space == "cosinesimil" and vec.norms(query):get(1, 1) == 0 then fail(view, "%s", ZERO[field.engine]) end
  local only = body.filter and held.matrix and allowed(held, run(view, body.filter)) or nil
  local measure = vectors.measure(field.space)
  if not measure then fail(view, "space [%s] is not searched here", field.space) end
  if not held.matrix then return {} end
  local found = assert(held.quantized:search(held.matrix, query, how_many(field, body, held), { metric = measure.metric, only = only }))[1]
  local scores, least = {}, least_score(field, body)
  for i, row in ipairs(found.rows) do
    local score = measure.score(found.scores[i])
    if score >= least then scores[held.numbers[row]] = score * (body.boost or 1) end
  end
  return scores
end
