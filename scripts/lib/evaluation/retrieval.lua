-- SPDX-License-Identifier: MIT
-- What one model finds on a trial: the measures of every query, kept apart so that the bootstrap can weigh them. The ranking is
-- done in hilum.vec; this turns its answers into columns by measure, with gaps where a measure is not defined.
--
-- In a gallery of moderate size every query ranks all of it. In a larger one the first RANKS results are found by the certified
-- search, which are the same images, and judged alone.
local bootstrap = require "lib.evaluation.bootstrap"
local embeddings = require "lib.embeddings"
local metrics = require "lib.evaluation.metrics"
local vec = require "hilum.vec"

local retrieval = {}

local SHOWN = 50          -- how many results of each query are looked at one by one
local TOP = 10            -- the depth of vec.retrieval's precision
local MOST_RANKED = 20000 -- images in a gallery that is ranked as a whole
local RANKS = 100         -- results of a query that are judged in a larger one
local CHUNK = 16384       -- queries under way at a time

local function gaps_for_nan(values)
  local column = {}
  for i, value in ipairs(values) do if value == value then column[i] = value end end
  return column
end

-- An array of f(query) with gaps where f gives nothing or where there is nothing relevant.
local function column_where(counts, f)
  local column = {}
  for i, count in ipairs(counts) do if count > 0 then column[i] = f(i) end end
  return column
end

local function chance_columns(found, ranks)
  local function precision(counts)
    return column_where(counts, function(i) return metrics.chance.precision(found.candidates[i], counts[i]) end)
  end
  local function average_precision(counts)
    return column_where(counts, function(i) return metrics.chance.average_precision(found.candidates[i], counts[i], ranks) end)
  end
  local share = precision(found.relevant)
  return { map = average_precision(found.relevant), precision_1 = share, precision_5 = share, precision_10 = share,
    r_precision = share, ndcg_10 = gaps_for_nan(found.chance_ndcg), strict_map = average_precision(found.identical),
    strict_precision_10 = precision(found.identical) }
end

-- The share of relevant ones among the first k hits of each query.
local function precision_at(k, hits, is_hit, relevant)
  return column_where(relevant, function(i)
    local top, count = math.min(k, #hits[i].rows), 0
    for rank = 1, top do if is_hit(i, hits[i].rows[rank]) then count = count + 1 end end
    return top > 0 and count / top or nil
  end)
end

-- R-precision needs whole rankings.
local function value_columns(found, hits, is_hit, ranks)
  return { map = gaps_for_nan(found.average_precision), precision_1 = precision_at(1, hits, is_hit, found.relevant),
    precision_5 = precision_at(5, hits, is_hit, found.relevant), precision_10 = gaps_for_nan(found.precision),
    r_precision = not ranks and gaps_for_nan(found.r_precision) or nil, ndcg_10 = gaps_for_nan(found.ndcg),
    strict_map = gaps_for_nan(found.identical_average_precision), strict_precision_10 = gaps_for_nan(found.identical_precision) }
end

local function rows_with(side, bit)
  local rows = {}
  for i, labels in ipairs(side.labels) do if labels & bit ~= 0 then rows[#rows + 1] = i end end
  return rows
end

local function pick(list, rows)
  local picked = {}
  for i, row in ipairs(rows) do picked[i] = list[row] end
  return picked
end

local function repeated(value, count)
  local list = {}
  for i = 1, count do list[i] = value end
  return list
end

local function only_bit(labels, bit)
  local masked = {}
  for i, set in ipairs(labels) do masked[i] = set & bit end
  return masked
end

-- Columns of some queries into columns of all: rows are the numbers of the queries.
local function spread(columns, rows, all)
  for key, column in pairs(columns) do
    local wide = all[key] or {}
    all[key] = wide
    for k, row in ipairs(rows) do wide[row] = column[k] end
  end
end

-- The vectors of queries and gallery, one matrix if they are the same; how many results of each query are judged, nil for all; and the
-- gallery's digits to find so many by. model: its vectors, and query_vectors if it asks with others; wanted: so many, however small the
-- gallery is.
function retrieval.sides(trial, model, wanted)
  local gallery = embeddings.take(model.vectors, trial.gallery.rows)
  local ranks = wanted or #gallery > MOST_RANKED and RANKS or nil
  return { gallery = gallery, ranks = ranks, quantized = ranks and assert(vec.quantize(gallery)),
    queries = trial.queries == trial.gallery and not model.query_vectors and gallery
      or embeddings.take(model.query_vectors or model.vectors, trial.queries.rows) }
end

-- A stretch of queries at a time: their numbers, and the first results of each.

local function ask(trial, sides, first, last)
  local rows = {}
  for row = first, last do rows[#rows + 1] = row end
  local groups = { groups = trial.gallery.patients, query_groups = pick(trial.queries.patients, rows) }
  local queries = sides.queries:slice(first, last)
  local hits = sides.ranks and sides.quantized:search(sides.gallery, queries, sides.ranks, groups)
    or vec.search(sides.gallery, queries, SHOWN, groups)
  return { rows = rows, hits = hits }
end

-- Judges some queries, by number, whose hits are given.
local function judge(trial, sides, rows, hits, labels, query_labels)
  local options = { depth = TOP, labels = labels, query_labels = query_labels, groups = trial.gallery.patients,
    query_groups = pick(trial.queries.patients, rows) }
  if sides.ranks then return vec.judge(hits, options) end
  return vec.retrieval(sides.gallery, sides.queries:gather(rows), options)
end

local function add_to_curve(curve, hits, is_hit, relevant)
  for i, one in ipairs(hits) do
    local found = 0
    for k = 1, relevant[i] > 0 and #one.rows > 0 and SHOWN or 0 do
      if one.rows[k] and is_hit(i, one.rows[k]) then found = found + 1 end
      curve.sums[k] = (curve.sums[k] or 0) + found / math.min(k, #one.rows)
    end
    curve.longest = math.max(curve.longest, math.min(SHOWN, #one.rows))
    curve.count = curve.count + (relevant[i] > 0 and #one.rows > 0 and 1 or 0)
  end
end

local function mean_curve(curve)
  local means = {}
  for k = 1, curve.longest do means[k] = curve.sums[k] and curve.sums[k] / curve.count end
  return means
end

-- All findings together: relevant is what has one in common with the query.
local function add_overall(trial, sides, asked, all)
  local gallery_labels, labels = trial.gallery.labels, pick(trial.queries.labels, asked.rows)
  local found = judge(trial, sides, asked.rows, asked.hits, gallery_labels, labels)
  local function is_hit(i, row) return labels[i] & gallery_labels[row] ~= 0 end
  spread(value_columns(found, asked.hits, is_hit, sides.ranks), asked.rows, all.values)
  spread(chance_columns(found, sides.ranks), asked.rows, all.chance)
  add_to_curve(all.curve, asked.hits, is_hit, found.relevant)
end

-- One finding: asked by the images that show it, everything else is irrelevant.
local function add_finding(trial, sides, asked, all, finding)
  local bit, places, of_finding = finding.bit, {}, all.findings[finding.name]
  for place, row in ipairs(asked.rows) do if trial.queries.labels[row] & bit ~= 0 then places[#places + 1] = place end end
  local rows, hits = pick(asked.rows, places), pick(asked.hits, places)
  local found = judge(trial, sides, rows, hits, only_bit(trial.gallery.labels, bit), repeated(bit, #rows))
  local function shows_it(_, row) return trial.gallery.labels[row] & bit ~= 0 end
  local values, chance = value_columns(found, hits, shows_it, sides.ranks), chance_columns(found, sides.ranks)
  values.ndcg_10, chance.ndcg_10 = pick(all.values.ndcg_10, rows), pick(all.chance.ndcg_10, rows)
  spread(values, rows, of_finding.values)
  spread(chance, rows, of_finding.chance)
end

-- How often retrieval.images says progress:add(1).
function retrieval.steps(trial) return ((#trial.queries.rows - 1) // CHUNK + 1) * (1 + #trial.findings) end

-- { values = { [measure] = column }, chance = { [measure] = column }, findings = { [name] = { values=, chance= } },
-- hits = { [query] = { rows=, scores= } } for the queries in options.shown, curve = { mean precision at 1, 2, … } }. Rows count
-- within trial.gallery.
function retrieval.images(trial, sides, options)
  local all = { values = {}, chance = {}, findings = {}, hits = {}, curve = { sums = {}, count = 0, longest = 0 } }
  local function step() if options.progress then options.progress:add(1) end end
  for _, finding in ipairs(trial.findings) do all.findings[finding.name] = { values = {}, chance = {} } end
  for first = 1, #trial.queries.rows, CHUNK do
    local asked = ask(trial, sides, first, math.min(first + CHUNK - 1, #trial.queries.rows))
    for _, query in ipairs(options.shown or {}) do all.hits[query] = all.hits[query] or asked.hits[query - first + 1] end
    add_overall(trial, sides, asked, all)
    step()
    for _, finding in ipairs(trial.findings) do
      add_finding(trial, sides, asked, all, finding)
      step()
    end
  end
  all.curve = mean_curve(all.curve)
  return all
end

-- How many images of the gallery show each finding of the trial.
function retrieval.positives(trial)
  local counts = {}
  for i, finding in ipairs(trial.findings) do counts[i] = #rows_with(trial.gallery, finding.bit) end
  return counts
end

local function relevance(trial)
  local rows = {}
  for f, finding in ipairs(trial.findings) do
    rows[f] = {}
    for i, labels in ipairs(trial.gallery.labels) do rows[f][i] = labels & finding.bit ~= 0 and 1 or 0 end
  end
  return vec.from(rows)
end

local function column_of(matrix, col)
  local values = {}
  for row = 1, #matrix do values[row] = matrix:get(row, col) end
  return values
end

-- texts: a vector for each finding's name. Statistics (see lib/evaluation/bootstrap) of each finding: precisions, areas.
function retrieval.words(trial, sides, texts, draws)
  local scores = vec.matmul(texts, sides.gallery, { tb = true })
  local precisions, areas = vec.resample(scores, relevance(trial), draws.weights, draws.of_row)
  local words = { precisions = {}, areas = {}, positives = retrieval.positives(trial) }
  for f = 1, #trial.findings do
    words.precisions[f] = bootstrap.statistic(column_of(precisions, f))
    words.areas[f] = bootstrap.statistic(column_of(areas, f))
  end
  return words
end

-- The first results of each finding's name: { { rows=, scores= }, … }.
function retrieval.word_hits(sides, texts) return vec.search(sides.gallery, texts, SHOWN) end

return retrieval
