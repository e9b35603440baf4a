-- SPDX-License-Identifier: MIT
-- What a search counts and adds up of all documents that it finds. A new kind is an entry of KINDS.
local errors = require "lib.fake.opensearch.errors"
local json = require "hilum.json"
local query = require "lib.fake.opensearch.query"

local aggregations = {}

local NO_TEXT = "Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so "
  .. "these operations are disabled by default. Please use a keyword field instead. Alternatively, set fielddata=true on [%s] in order to "
  .. "load field data by uninverting the inverted index. Note that this can use significant memory."

-- A field that is to be counted or sorted by; nil if there is none.
function aggregations.field(view, path)
  local field = view.index.mapping.fields[path]
  if field and field.type == "text" then
    errors.refuse(400, "search_phase_execution_exception", "all shards failed", { index = view.index,
      root = { type = "illegal_argument_exception", reason = NO_TEXT:format(path) } })
  end
  return field
end

-- The values of a field in the documents that were found, in their order.
local function values(view, scores, path)
  local field, list = aggregations.field(view, path), {}
  for i, doc in ipairs(view.docs) do
    local ones = field and scores[i] and doc.values[field.parent or path] or {}
    for _, value in ipairs(ones) do list[#list + 1] = value end
  end
  return list
end

local function fold(view, scores, body, start, step)
  local result = start
  for _, value in ipairs(values(view, scores, body.field)) do result = result and step(result, value) or value end
  return { value = result or json.null }
end

local KINDS = {}

function KINDS.max(view, scores, body) return fold(view, scores, body, nil, math.max) end
function KINDS.min(view, scores, body) return fold(view, scores, body, nil, math.min) end
function KINDS.sum(view, scores, body) return fold(view, scores, body, 0.0, function(a, b) return a + b end) end
function KINDS.value_count(view, scores, body) return { value = #values(view, scores, body.field) } end

function KINDS.avg(view, scores, body)
  local list = values(view, scores, body.field)
  return { value = #list > 0 and KINDS.sum(view, scores, body).value / #list or json.null }
end

function KINDS.cardinality(view, scores, body)
  local seen, count = {}, 0
  for _, value in ipairs(values(view, scores, body.field)) do
    if not seen[value] then seen[value], count = true, count + 1 end
  end
  return { value = count }
end

local function both(a, b)
  local kept = {}
  for i, score in pairs(a) do if b[i] then kept[i] = score end end
  return kept
end

function KINDS.filter(view, scores, body, inner)
  local kept, count = both(scores, query.run(view, body)), 0
  for _ in pairs(kept) do count = count + 1 end
  local made = inner and aggregations.run(view, kept, inner) or {}
  made.doc_count = count
  return made
end

function KINDS.terms(view, scores, body, inner)
  aggregations.field(view, body.field)
  local buckets, rest = {}, 0
  for term, docs in pairs(view:terms(body.field).docs) do
    local found, count = both(scores, docs), 0
    for _ in pairs(found) do count = count + 1 end
    if count > 0 then buckets[#buckets + 1] = { key = term, doc_count = count, found = found } end
  end
  table.sort(buckets, function(a, b) return a.doc_count > b.doc_count or a.doc_count == b.doc_count and a.key < b.key end)
  local shown = json.array()
  for i, bucket in ipairs(buckets) do
    if i <= (body.size or 10) then
      shown[i] = inner and aggregations.run(view, bucket.found, inner) or {}
      shown[i].key, shown[i].doc_count = bucket.key, bucket.doc_count
    else
      rest = rest + bucket.doc_count
    end
  end
  return { doc_count_error_upper_bound = 0, sum_other_doc_count = rest, buckets = shown }
end

local function run_one(view, scores, given)
  local inner = given.aggs or given.aggregations
  for kind, body in pairs(given) do
    if kind ~= "aggs" and kind ~= "aggregations" then
      if not KINDS[kind] then
        errors.refuse(400, "parsing_exception", ("Unknown aggregation type [%s]"):format(kind), { fields = { line = 1, col = 1 },
          caused_by = { type = "named_object_not_found_exception", reason = ("[1:1] unknown field [%s]"):format(kind) } })
      end
      return KINDS[kind](view, scores, body, inner)
    end
  end
end

function aggregations.run(view, scores, wanted)
  local results = {}
  for name, given in pairs(wanted) do results[name] = run_one(view, scores, given) end
  return results
end

return aggregations
