-- SPDX-License-Identifier: MIT
-- What one model finds on a trial: the measures of every query, kept apart so that the bootstrap can weigh them. The ranking is
-- done in hilum.vec; this turns its answers into columns by measure, with gaps where a measure is not defined.
local bootstrap = require "lib.evaluation.bootstrap"
local metrics = require "lib.evaluation.metrics"
local vec = require "hilum.vec"

local retrieval = {}

local SHOWN = 50 -- how many results of each query are looked at one by one
local TOP = 10   -- the depth of vec.retrieval's precision

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

local function chance_columns(found)
  local function precision(counts)
    return column_where(counts, function(i) return metrics.chance.precision(found.candidates[i], counts[i]) end)
  end
  local function average_precision(counts)
    return column_where(counts, function(i) return metrics.chance.average_precision(found.candidates[i], counts[i]) end)
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

local function value_columns(found, hits, is_hit)
  return { map = gaps_for_nan(found.average_precision), precision_1 = precision_at(1, hits, is_hit, found.relevant),
    precision_5 = precision_at(5, hits, is_hit, found.relevant), precision_10 = gaps_for_nan(found.precision),
    r_precision = gaps_for_nan(found.r_precision), ndcg_10 = gaps_for_nan(found.ndcg),
    strict_map = gaps_for_nan(found.identical_average_precision), strict_precision_10 = gaps_for_nan(found.identical_precision) }
end

-- One finding: asked by the images that show it, everything else is irrelevant.

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

-- From the k-th asking query back to its place among all queries.
local function spread(columns, rows)
  local wide = {}
  for key, column in pairs(columns) do
    wide[key] = {}
    for k, row in ipairs(rows) do wide[key][row] = column[k] end
  end
  return wide
end

local function judge_finding(trial, finding, gallery, queries, overall, hits)
  local rows = rows_with(trial.queries, finding.bit)
  local found = vec.retrieval(gallery, queries:gather(rows), { depth = TOP, labels = only_bit(trial.gallery.labels, finding.bit),
    query_labels = repeated(finding.bit, #rows), groups = trial.gallery.patients, query_groups = pick(trial.queries.patients, rows) })
  local function shows_it(_, row) return trial.gallery.labels[row] & finding.bit ~= 0 end
  local values, chance = value_columns(found, pick(hits, rows), shows_it), chance_columns(found)
  values.ndcg_10, chance.ndcg_10 = pick(overall.values.ndcg_10, rows), pick(overall.chance.ndcg_10, rows)
  return { values = spread(values, rows), chance = spread(chance, rows) }
end

local function precision_curve(hits, is_hit, relevant)
  local curve, most = {}, 0
  for _, one in ipairs(hits) do most = math.max(most, #one.rows) end
  for k = 1, most do curve[k] = metrics.mean(precision_at(k, hits, is_hit, relevant), #hits) end
  return curve
end

-- The vectors of both sides of the trial: { queries=, gallery= }, one matrix if they are the same.
function retrieval.sides(trial, vectors)
  local gallery = vectors:gather(trial.gallery.rows)
  return { gallery = gallery, queries = trial.queries == trial.gallery and gallery or vectors:gather(trial.queries.rows) }
end

-- { values = { [measure] = column }, chance = { [measure] = column }, findings = { [name] = { values=, chance= } },
-- hits = { { rows=, scores= } for each query }, curve = { mean precision at 1, 2, … } }. Rows count within trial.gallery.
function retrieval.images(trial, sides, options)
  local gallery, queries = sides.gallery, sides.queries
  local groups = { groups = trial.gallery.patients, query_groups = trial.queries.patients }
  local found = vec.retrieval(gallery, queries, { depth = TOP, labels = trial.gallery.labels, query_labels = trial.queries.labels,
    groups = groups.groups, query_groups = groups.query_groups })
  local hits = vec.search(gallery, queries, SHOWN, groups)
  local function is_hit(i, row) return trial.queries.labels[i] & trial.gallery.labels[row] ~= 0 end
  local overall = { values = value_columns(found, hits, is_hit), chance = chance_columns(found), hits = hits, findings = {} }
  overall.curve = precision_curve(hits, is_hit, found.relevant)
  for _, finding in ipairs(trial.findings) do
    overall.findings[finding.name] = judge_finding(trial, finding, gallery, queries, overall, hits)
    if options.progress then options.progress:add(1) end
  end
  return overall
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
