-- SPDX-License-Identifier: MIT
local t = require "t"
local bootstrap = require "lib.evaluation.bootstrap"
local comparison = require "lib.evaluation.comparison"
local metrics = require "lib.evaluation.metrics"
local retrieval = require "lib.evaluation.retrieval"
local trial = require "lib.evaluation.trial"
local vec = require "hilum.vec"
local study = require "study"

-- The average over all orders, by enumeration.
local function enumerate(n, r, measure)
  local sum, count = 0, 0
  local function place(order, hits)
    if #order == n then
      if hits == r then sum, count = sum + measure(order), count + 1 end
      return
    end
    for _, hit in ipairs { true, false } do
      local longer = table.move(order, 1, #order, 1, {})
      longer[#longer + 1] = hit
      place(longer, hits + (hit and 1 or 0))
    end
  end
  place({}, 0)
  return sum / count
end

local function average_precision(order)
  local hits, sum = 0, 0
  for rank, hit in ipairs(order) do
    if hit then
      hits = hits + 1
      sum = sum + hits / rank
    end
  end
  return hits > 0 and sum / hits or nil
end

-- The same of the first k, of at most r relevant ones.
local function first_precision(order, r, k)
  local hits, sum = 0, 0
  for rank = 1, k do
    if order[rank] then
      hits = hits + 1
      sum = sum + hits / rank
    end
  end
  return sum / math.min(r, k)
end

t.test("chance is the mean over all orders", function()
  for _, case in ipairs { { 5, 2 }, { 7, 1 }, { 6, 6 }, { 8, 3 } } do
    local n, r = case[1], case[2]
    t.near(metrics.chance.average_precision(n, r), enumerate(n, r, average_precision), 1e-9)
    for k = 1, n do
      t.near(metrics.chance.average_precision(n, r, k), enumerate(n, r, function(order) return first_precision(order, r, k) end), 1e-9)
    end
    t.near(metrics.chance.precision(n, r), enumerate(n, r, function(order) return order[1] and 1 or 0 end), 1e-9)
  end
  t.eq(metrics.chance.average_precision(1, 1), 1)
  t.near(metrics.chance.average_precision(100000, 50000), 0.5, 1e-3)
end)

t.test("a mean leaves gaps out", function()
  t.eq(metrics.mean({ 1, nil, 3 }, 3), 2.0)
  t.eq(metrics.mean({}, 5), nil)
  t.eq(metrics.mean({ 1, 2, 3 }, 3, { [2] = true, [3] = true }), 2.5)
end)

t.test("draws are whole patients, and the same for a seed", function()
  local names = { "a", "b", "a", "c" }
  local draws, again = bootstrap.draws(names, 50, 7), bootstrap.draws(names, 50, 7)
  t.eq(draws.weights:bytes(), again.weights:bytes())
  t.ok(draws.weights:bytes() ~= bootstrap.draws(names, 50, 8).weights:bytes())
  t.eq(draws.weights:row(1), { 1.0, 1.0, 1.0 })
  for b = 1, 51 do
    local row = draws.weights:row(b)
    t.eq(row[1] + row[2] + row[3], 3.0)
  end
  t.eq(draws.of_row, { 1, 2, 1, 3 })
end)

t.test("means of columns with gaps, on the data and on each draw", function()
  local draws = bootstrap.draws({ "a", "b", "a", "c" }, 20, 1)
  local full, gaps, none = table.unpack(draws:means { { values = { 1, 2, 3, 4 } }, { values = { [1] = 1, [4] = 0 } },
    { values = {} } })
  t.eq(full.value, 2.5)
  t.eq(gaps.value, 0.5)
  t.ok(none.value ~= none.value)
  t.eq(draws:means({ { values = { 1, 2, 3, 4 }, has = { [2] = true, [3] = true } } })[1].value, 2.5)
  for b = 1, 20 do
    local w = draws.weights:row(b + 1)
    t.near(full.samples[b], (w[1] * 4 + w[2] * 2 + w[3] * 4) / (2 * w[1] + w[2] + w[3]), 1e-6)
  end
end)

t.test("the interval is the middle 95 % of what is defined", function()
  local samples = {}
  for i = 1, 1001 do samples[i] = (i * 8) % 1001 end
  local low, high = bootstrap.interval(samples)
  t.near(low, 25, 1e-9)
  t.near(high, 975, 1e-9)
  t.eq(bootstrap.interval {}, nil)
  t.eq(bootstrap.interval { 0 / 0, 0 / 0, 1 }, nil)
end)

t.test("the difference is paired", function()
  local board = comparison.new { "base", "tuned" }
  board:add("base", "x", { value = 1, samples = { 0, 10, 20 } })
  board:add("tuned", "x", { value = 2, samples = { 1, 11, 21 } })
  board:add_chance("x", 0.5)
  local x = board:get "x"
  t.eq(x.difference, { value = 1.0, low = 1.0, high = 1.0 })
  t.eq(x.chance, 0.5)
  t.eq(board:get "y", nil)
end)

t.test("a macro average leaves undefined findings out", function()
  local board = comparison.new { "base" }
  board:add("base", "a", { value = 1, samples = { 1, 3 } })
  board:add("base", "b", { value = 0 / 0, samples = { 0 / 0, 0 / 0 } })
  board:add("base", "c", { value = 5, samples = { 5, 0 / 0 } })
  for _, key in ipairs { "a", "b", "c" } do board:add_chance(key, 0.25) end
  t.eq(board:combine("all", { "a", "b", "c", "missing" }), 2)
  t.eq(board.statistics.base.all, { value = 3.0, samples = { 3.0, 4.0 } })
end)

-- vec.resample against rankings in which every row stands as often as its weight says.
t.test("weighted rankings", function()
  local scores = vec.from { { 5, 4, 4, 3, 2, 1 }, { 1, 2, 3, 4, 5, 6 } }
  local relevant = vec.from { { 1, 0, 1, 0, 1, 0 }, { 0, 0, 1, 1, 0, 0 } }
  local weights = vec.from { { 1, 1, 1 }, { 2, 0, 1 }, { 0, 3, 0 } }
  local groups = { 1, 1, 2, 2, 3, 3 }
  local precisions, areas = vec.resample(scores, relevant, weights, groups)
  t.near(precisions:get(1, 1), vec.average_precision(scores:slice(1, 1), { true, false, true, false, true, false }), 1e-6)
  t.near(areas:get(1, 1), vec.area_under_curve(scores:slice(1, 1), { true, false, true, false, true, false }), 1e-6)
  t.near(areas:get(1, 2), vec.area_under_curve(scores:slice(2, 2), { false, false, true, true, false, false }), 1e-6)
  t.near(areas:get(2, 1), vec.area_under_curve(vec.from { { 5, 5, 4, 4, 2, 1 } }, { true, true, false, false, true, false }), 1e-6)
  t.ok(precisions:get(2, 2) ~= precisions:get(2, 2), "nothing relevant has weight")
  t.eq(areas:get(3, 1), 1.0)
  t.raises("one group for each", vec.resample, scores, relevant, weights, { 1, 2 })
  t.raises("entry 6", vec.resample, scores, relevant, weights, { 1, 1, 2, 2, 3, 4 })
end)

-- The measures of one query by the definitions, without hilum.vec.

local function ranked(made, rows, i)
  local order, query = {}, rows:row(made.queries.rows[i])
  for j = 1, #made.gallery.rows do
    local score, row = 0, rows:row(made.gallery.rows[j])
    for d = 1, #row do score = score + row[d] * query[d] end
    local doc = made.gallery.docs[j]
    if doc.patient ~= made.queries.docs[i].patient then order[#order + 1] = { score = score, doc = doc } end
  end
  table.sort(order, function(a, b) return a.score > b.score end)
  return order
end

local function hits_of(order, is_hit)
  local hits, r = {}, 0
  for rank, one in ipairs(order) do
    hits[rank] = is_hit(one.doc)
    if hits[rank] then r = r + 1 end
  end
  return hits, r
end

local function share(hits, k)
  local count = 0
  for rank = 1, k do if hits[rank] then count = count + 1 end end
  return count / k
end

local function jaccard(a, b)
  local in_a, shared = {}, 0
  for _, finding in ipairs(a) do in_a[finding] = true end
  for _, finding in ipairs(b) do if in_a[finding] then shared = shared + 1 end end
  return shared / (#a + #b - shared)
end

local function ndcg(order, findings)
  local gains, got, best = {}, 0, 0
  for rank, one in ipairs(order) do gains[rank] = 2 ^ jaccard(findings, one.doc.findings) - 1 end
  for rank = 1, 10 do got = got + gains[rank] / math.log(rank + 1, 2) end
  table.sort(gains, function(a, b) return a > b end)
  for rank = 1, 10 do best = best + gains[rank] / math.log(rank + 1, 2) end
  return got / best
end

t.test("every measure of every query by its definition", function()
  local docs = study.docs()
  local made = trial.new(docs, trial.count_training(docs), { split = "test", gallery = "same", head = 20, tail = 5, enough = 5 })
  local rows = study.vectors(docs, "tuned")
  local found = retrieval.images(made, retrieval.sides(made, { vectors = rows }), { shown = { 1, 2, 60 } })
  t.eq({ found.hits[3], #found.hits[60].rows }, { nil, 50 })
  for i, doc in ipairs(made.queries.docs) do
    local order = ranked(made, rows, i)
    local hits, r = hits_of(order, function(other) return jaccard(doc.findings, other.findings) > 0 end)
    t.near(found.values.map[i], average_precision(hits), 1e-6)
    for _, k in ipairs { 1, 5, 10 } do t.near(found.values["precision_" .. k][i], share(hits, k), 1e-6) end
    t.near(found.values.r_precision[i], share(hits, r), 1e-6)
    t.near(found.values.ndcg_10[i], ndcg(order, doc.findings), 1e-6)
    t.near(found.chance.precision_10[i], r / #order, 1e-9)
    local same = hits_of(order, function(other) return jaccard(doc.findings, other.findings) == 1 end)
    if found.values.strict_map[i] then t.near(found.values.strict_map[i], average_precision(same), 1e-6) end
    local of_finding = hits_of(order, function(other) return jaccard({ doc.findings[1] }, other.findings) > 0 end)
    t.near(found.findings[doc.findings[1]].values.map[i], average_precision(of_finding), 1e-6)
    t.near(found.findings[doc.findings[1]].values.precision_5[i], share(of_finding, 5), 1e-6)
    local kept = found.hits[i] or { rows = {} }
    for _, row in ipairs(kept.rows) do t.ok(made.gallery.docs[row].patient ~= doc.patient, "own patient") end
  end
end)

t.test("the first ranks alone, by their definition", function()
  local docs = study.docs()
  local made = trial.new(docs, trial.count_training(docs), { split = "test", gallery = "same", head = 20, tail = 5, enough = 5 })
  local rows = study.vectors(docs, "tuned")
  local whole = retrieval.images(made, retrieval.sides(made, { vectors = rows }), {})
  local first = retrieval.images(made, retrieval.sides(made, { vectors = rows }, 12), {})
  t.eq({ first.values.r_precision, #first.curve }, { nil, 12 })
  for k = 1, 12 do t.near(first.curve[k], whole.curve[k], 1e-12) end
  for _, key in ipairs { "precision_1", "precision_5", "precision_10", "ndcg_10", "strict_precision_10" } do
    t.eq({ first.values[key], first.chance[key] }, { whole.values[key], whole.chance[key] })
  end
  for i, doc in ipairs(made.queries.docs) do
    local order = ranked(made, rows, i)
    local hits, r = hits_of(order, function(other) return jaccard(doc.findings, other.findings) > 0 end)
    t.near(first.values.map[i], first_precision(hits, r, 12), 1e-9)
    t.near(first.chance.map[i], metrics.chance.average_precision(#order, r, 12), 1e-12)
    local of_finding, s = hits_of(order, function(other) return jaccard({ doc.findings[1] }, other.findings) > 0 end)
    t.near(first.findings[doc.findings[1]].values.map[i], first_precision(of_finding, s, 12), 1e-9)
  end
end)

t.test("bands by training count", function()
  local limits = { head = 1000, tail = 100 }
  t.eq(trial.band(1001, limits), "head")
  t.eq(trial.band(1000, limits), "medium")
  t.eq(trial.band(100, limits), "medium")
  t.eq(trial.band(99, limits), "tail")
end)

t.test("a trial keeps its parts apart", function()
  local docs = study.docs()
  local made = trial.new(docs, {}, { split = "test", gallery = "train", head = 20, tail = 5, enough = 5 })
  for _, doc in ipairs(made.queries.docs) do t.eq(doc.split, "test") end
  for _, doc in ipairs(made.gallery.docs) do t.eq(doc.split, "train") end
  t.eq(trial.choose_split(docs), "test")
  t.eq(trial.choose_split { { split = "validation" }, { split = "train" } }, "validation")
  t.eq(trial.choose_split { { split = "train" } }, nil)
end)
