-- SPDX-License-Identifier: MIT
-- Queries: query.run(view, clause) gives the score of each document that fits, { [number] = score }. A new kind of query is an entry of
-- KINDS: function(view, its body, run) -> scores.
local errors = require "lib.fake.opensearch.errors"
local text = require "lib.fake.opensearch.text"

local query = {}

-- How often a word of a document counts at most, and how much its length (BM25's usual numbers).
local K1, B = 1.2, 0.75

local function constant(set, score)
  local scores = {}
  for i in pairs(set) do scores[i] = score end
  return scores
end

local function all_of(view, score)
  local scores = {}
  for i in ipairs(view.docs) do scores[i] = score end
  return scores
end

-- BM25 of one term.
local function score_term(view, path, term)
  local terms = view:terms(path)
  local n, scores = terms.frequency[term] or 0, {}
  local rarity = math.log(1 + (terms.count - n + 0.5) / (n + 0.5))
  for i, count in pairs(terms.docs[term] or {}) do
    local length = 1 - B + B * terms.lengths[i] / terms.average
    scores[i] = view.index.flavour.bm25 * rarity * count / (count + K1 * length)
  end
  return scores
end

-- A query about one field, { FIELD = value or { KEY = value, boost = } }: the field, the value, the rest of it.
local function one_field(body, key)
  local path, given = next(body)
  if type(given) == "table" and given[1] == nil then return path, given[key], given end
  return path, given, {}
end

local function number_of(view, path, value)
  local field = view.index.mapping.fields[path]
  if not field or not field.is_number then return value end
  return tonumber(value) or errors.shard(view.index, ('For input string: "%s"'):format(tostring(value)), "number_format_exception")
end

local function add(to, scores)
  for i, score in pairs(scores) do to[i] = (to[i] or 0) + score end
end

-- Scores, each at least as often as so many of the clauses fit.
local function some_of(list, at_least)
  local sums, counts = {}, {}
  for _, scores in ipairs(list) do
    add(sums, scores)
    add(counts, constant(scores, 1))
  end
  for i, count in pairs(counts) do if count < at_least then sums[i] = nil end end
  return sums
end

local KINDS = {}

function KINDS.match_all(view, body) return all_of(view, body.boost or 1) end

function KINDS.match_none() return {} end

function KINDS.term(view, body)
  local path, value, options = one_field(body, "value")
  local field = view.index.mapping.fields[path] or {}
  local scores = score_term(view, path, number_of(view, path, value))
  if field.is_number then scores = constant(scores, 1) end
  for i, score in pairs(scores) do scores[i] = score * (options.boost or 1) end
  return scores
end

function KINDS.terms(view, body)
  local scores = {}
  for path, values in pairs(body) do
    if path ~= "boost" then
      if type(values) ~= "table" then errors.refuse(400, "parsing_exception", "[terms] query does not support [" .. path .. "]") end
      for _, value in ipairs(values) do add(scores, score_term(view, path, number_of(view, path, value))) end
    end
  end
  return constant(scores, body.boost or 1)
end

function KINDS.match(view, body)
  local path, value, options = one_field(body, "query")
  local field = view.index.mapping.fields[path]
  if field and field.type ~= "text" then return KINDS.term(view, { [path] = value }) end
  local list = {}
  for i, word in ipairs(text.words(tostring(value))) do list[i] = score_term(view, path, word) end
  local is_and = (options.operator or "or"):lower() == "and"
  return some_of(list, is_and and #list or math.tointeger(options.minimum_should_match) or 1)
end

local COMPARE = {
  gt = function(a, b) return a > b end, gte = function(a, b) return a >= b end,
  lt = function(a, b) return a < b end, lte = function(a, b) return a <= b end,
}

function KINDS.range(view, body)
  local path, limits = next(body)
  local scores = {}
  for value, docs in pairs(view:terms(path).docs) do
    local fits = true
    for name, limit in pairs(limits) do
      if COMPARE[name] then fits = fits and COMPARE[name](value, number_of(view, path, limit)) end
    end
    if fits then add(scores, docs) end
  end
  return constant(scores, 1)
end

function KINDS.prefix(view, body)
  local path, value = one_field(body, "value")
  local scores = {}
  for term, docs in pairs(view:terms(path).docs) do
    if tostring(term):sub(1, #value) == value then add(scores, docs) end
  end
  return constant(scores, 1)
end

function KINDS.exists(view, body)
  local scores = {}
  for i, doc in ipairs(view.docs) do
    if doc.values[body.field] and #doc.values[body.field] > 0 or doc.vectors[body.field] then scores[i] = 1 end
  end
  return scores
end

function KINDS.ids(view, body)
  local wanted, scores = {}, {}
  for _, id in ipairs(body.values) do wanted[id] = true end
  for i, doc in ipairs(view.docs) do if wanted[doc.id] then scores[i] = 1 end end
  return scores
end

function KINDS.constant_score(view, body, run) return constant(run(view, body.filter), body.boost or 1) end

-- Clauses, given as a list or one alone.
local function each_of(view, clauses, run)
  local list = {}
  for i, clause in ipairs(type(clauses) == "table" and (clauses[1] and clauses or next(clauses) and { clauses }) or {}) do
    list[i] = run(view, clause)
  end
  return list
end

local function keep(scores, set) for i in pairs(scores) do if not set[i] then scores[i] = nil end end end

local BOOL = { must = true, filter = true, should = true, must_not = true, minimum_should_match = true, boost = true }

local function check_bool(body)
  for name in pairs(body) do
    if not BOOL[name] then errors.refuse(400, "parsing_exception", ("[bool] query does not support [%s]"):format(name)) end
  end
end

function KINDS.bool(view, body, run)
  check_bool(body)
  local must, filter, should = each_of(view, body.must, run), each_of(view, body.filter, run), each_of(view, body.should, run)
  local must_not = each_of(view, body.must_not, run)
  if #must + #filter + #should + #must_not == 0 then return all_of(view, 1) end
  local at_least = math.tointeger(tonumber(body.minimum_should_match)) or (#must + #filter == 0 and #should > 0 and 1) or 0
  local scores = all_of(view, 0)
  for _, one in ipairs(must) do
    keep(scores, one)
    for i in pairs(scores) do scores[i] = scores[i] + one[i] end
  end
  for _, one in ipairs(filter) do keep(scores, one) end
  for _, one in ipairs(must_not) do for i in pairs(one) do scores[i] = nil end end
  local optional = some_of(should, at_least)
  if at_least > 0 then keep(scores, optional) end
  for i in pairs(scores) do scores[i] = scores[i] + (optional[i] or 0) end
  return scores
end

KINDS.knn = require "lib.fake.opensearch.knn"
KINDS.hybrid = require "lib.fake.opensearch.hybrid".plain

function query.run(view, clause)
  local kind, body = next(clause)
  if not kind then errors.argument("query malformed, empty clause found at [1:1]") end
  if not KINDS[kind] then
    errors.refuse(400, "parsing_exception", ("unknown query [%s]"):format(kind), { fields = { line = 1, col = 1 },
      caused_by = { type = "named_object_not_found_exception", reason = ("[1:1] unknown field [%s]"):format(kind) } })
  end
  return KINDS[kind](view, body, query.run)
end

return query
