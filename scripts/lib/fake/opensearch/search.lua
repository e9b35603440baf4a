-- SPDX-License-Identifier: MIT
-- A search: which documents, in which order, and what of them.
local aggregations = require "lib.fake.opensearch.aggregations"
local errors = require "lib.fake.opensearch.errors"
local hybrid = require "lib.fake.opensearch.hybrid"
local json = require "hilum.json"
local query = require "lib.fake.opensearch.query"
local source = require "lib.fake.opensearch.source"

local search = {}

local WINDOW, COUNTED = 10000, 10000

local OPTIONS = { query = true, size = true, from = true, _source = true, fields = true, sort = true, aggs = true, aggregations = true,
  track_total_hits = true, min_score = true, search_after = true, search_pipeline = true, timeout = true, version = true,
  track_scores = true, post_filter = true, explain = true, stored_fields = true, docvalue_fields = true, profile = true, ext = true }

local function check(view, body)
  for name, value in pairs(body) do
    if not OPTIONS[name] then
      local kind = type(value) == "table" and (value[1] ~= nil and "START_ARRAY" or "START_OBJECT") or "VALUE"
      errors.refuse(400, "parsing_exception", ("Unknown key for a %s in [%s]."):format(kind, name), { fields = { line = 1, col = 1 } })
    end
  end
  for _, name in ipairs { "size", "from" } do
    if (body[name] or 0) < 0 then errors.argument("[%s] parameter cannot be negative, found [%d]", name, body[name]) end
  end
  local last = (body.from or 0) + (body.size or 10)
  if last > WINDOW then
    errors.refuse(400, "search_phase_execution_exception", "all shards failed", { index = view.index,
      root = { type = "illegal_argument_exception", reason = ("Result window is too large, from + size must be less than or equal to: "
        .. "[%d] but was [%d]. See the scroll api for a more efficient way to request large data sets. This limit can be set by changing "
        .. "the [index.max_result_window] index level setting."):format(WINDOW, last) } })
  end
end

-- The shortest digits that are the same float32: scores are of that type.
local function float32(x)
  local exact = ("f"):pack(x)
  local rounded = ("f"):unpack(exact)
  for digits = 6, 9 do
    local short = tonumber(("%%.%dg"):format(digits):format(rounded))
    if ("f"):pack(short) == exact then return short end
  end
end

-- Sorting: keys { path or "_score" or "_doc", is_descending }.

local function sort_key(view, given)
  local path, how = given, nil
  if type(given) == "table" then path, how = next(given) end
  local order = type(how) == "table" and how.order or how or (path == "_score" and "desc" or "asc")
  if path ~= "_score" and path ~= "_doc" and not aggregations.field(view, path) then
    errors.shard(view.index, ("No mapping found for [%s] in order to sort on"):format(path))
  end
  return { path = path, is_descending = order == "desc" }
end

local function sort_keys(view, given)
  local keys, list = {}, type(given) == "table" and given[1] ~= nil and given or { given }
  for i, one in ipairs(list) do keys[i] = sort_key(view, one) end
  return keys
end

local function sort_value(view, hit, key)
  if key.path == "_doc" then return hit.number - 1 end
  if key.path == "_score" then return hit.score end
  local best
  for _, value in ipairs(view.docs[hit.number].values[key.path] or {}) do
    if best == nil or key.is_descending and value > best or not key.is_descending and value < best then best = value end
  end
  return best
end

-- -1, 0 or 1; what is missing comes last.
local function compare(a, b, keys)
  for i, key in ipairs(keys) do
    local x, y = a[i], b[i]
    if x ~= y then
      if x == nil then return 1 elseif y == nil then return -1 end
      return (x < y) == not key.is_descending and -1 or 1
    end
  end
  return 0
end

local function in_order(view, hits, keys)
  for _, hit in ipairs(hits) do
    hit.sort = {}
    for i, key in ipairs(keys) do hit.sort[i] = sort_value(view, hit, key) end
  end
  table.sort(hits, function(a, b)
    local side = compare(a.sort, b.sort, keys)
    return side < 0 or side == 0 and a.number < b.number
  end)
end

local function by_score(a, b) return a.score > b.score or a.score == b.score and a.number < b.number end

-- Only what comes after the values of another hit.
local function after(hits, values, keys)
  local rest = {}
  for _, hit in ipairs(hits) do
    if compare(hit.sort, values, keys) > 0 then rest[#rest + 1] = hit end
  end
  return rest
end

local function run_query(view, body)
  local clause = body.query
  if not clause then return query.run(view, { match_all = {} }) end
  if clause.hybrid then return hybrid.run(view, clause.hybrid, body.search_pipeline, query.run) end
  return query.run(view, clause)
end

local function to_list(scores, least)
  local hits = {}
  for number, score in pairs(scores) do
    if score >= (least or -math.huge) then hits[#hits + 1] = { number = number, score = float32(score) } end
  end
  return hits
end

local function total(count, tracked)
  if tracked == false then return nil end
  local most = tracked == true and math.huge or math.tointeger(tracked) or COUNTED
  return { value = math.min(count, most), relation = count > most and "gte" or "eq" }
end

local function sort_shown(hit, keys)
  local shown = json.array()
  for i in ipairs(keys) do shown[i] = hit.sort[i] == nil and json.null or hit.sort[i] end
  return shown
end

local function show(view, hit, body, keys)
  local doc, index = view.docs[hit.number], view.index
  local has_score = not keys or body.track_scores
  for _, key in ipairs(keys or {}) do has_score = has_score or key.path == "_score" end
  local wanted = body._source
  if wanted == nil and body.stored_fields then wanted = false end
  return { _index = index.name, _id = doc.id, _score = has_score and hit.score or json.null,
    _source = source.of(doc, wanted, index.flavour.hides_vectors), sort = keys and sort_shown(hit, keys) or nil,
    fields = body.fields and source.fields(doc, body.fields, index.mapping) or nil }
end

-- The answer to a search in an index's view.
function search.run(view, body)
  check(view, body)
  local scores = run_query(view, body)
  local hits = to_list(scores, body.min_score)
  local keys = body.sort and sort_keys(view, body.sort)
  if keys then in_order(view, hits, keys) else table.sort(hits, by_score) end
  local wanted, count = body.aggs or body.aggregations, #hits
  local counted = wanted and aggregations.run(view, scores, wanted) or nil
  if body.search_after then hits = after(hits, body.search_after, keys or {}) end
  local shown, from, size = json.array(), body.from or 0, body.size or 10
  for i = from + 1, math.min(from + size, #hits) do shown[#shown + 1] = show(view, hits[i], body, keys) end
  return { took = 1, timed_out = false, _shards = { total = 1, successful = 1, skipped = 0, failed = 0 }, aggregations = counted,
    hits = { total = total(count, body.track_total_hits), hits = shown,
      max_score = not keys and size > 0 and hits[1] and hits[1].score or json.null } }
end

-- How many documents a query finds.
function search.count(view, body)
  for name in pairs(body) do
    if name ~= "query" then
      errors.refuse(400, "parsing_exception", ("request does not support [%s]"):format(name), { fields = { line = 1, col = 2 } })
    end
  end
  local count = 0
  for _ in pairs(query.run(view, body.query or { match_all = {} })) do count = count + 1 end
  return { count = count, _shards = { total = 1, successful = 1, skipped = 0, failed = 0 } }
end

return search
