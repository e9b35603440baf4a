-- SPDX-License-Identifier: MIT
-- The evaluation itself: measures of one or two models on a trial, with intervals from a bootstrap over patients.
-- Images ask for images ("like this one") and names of findings ask for images ("Effusion"); see MEASURES and WORD_MEASURES.
local bootstrap = require "lib.evaluation.bootstrap"
local comparison = require "lib.evaluation.comparison"
local metrics = require "lib.evaluation.metrics"
local retrieval = require "lib.evaluation.retrieval"

local evaluation = {}

evaluation.MEASURES = {
  { key = "map", title = "Mean average precision" },
  { key = "precision_1", title = "Precision at 1" },
  { key = "precision_5", title = "Precision at 5" },
  { key = "precision_10", title = "Precision at 10" },
  { key = "r_precision", title = "R-precision" },
  { key = "ndcg_10", title = "nDCG at 10" },
  { key = "strict_map", title = "Mean average precision, identical findings" },
  { key = "strict_precision_10", title = "Precision at 10, identical findings" },
}

-- Of one finding: asked by the images that show it, relevant are the images that show it too. The first of the measures above.
evaluation.FINDING_MEASURES = table.move(evaluation.MEASURES, 1, 6, 1, {})

evaluation.WORD_MEASURES = {
  { key = "auc", title = "Area under the ROC curve" },
  { key = "ap", title = "Average precision" },
}

evaluation.steps = retrieval.steps

evaluation.BANDS = { "head", "medium", "tail" }

local function key_of(...) return table.concat({ ... }, "/") end

-- Images ask for images.

-- The columns whose means are wanted: { key=, values=, chance=, has= }; values by query, with gaps where a query does not count; has:
-- the queries of a group, nil for all.
local function add_columns(columns, group, measures, found, has)
  for _, measure in ipairs(measures) do
    local values, chance = found.values[measure.key], found.chance[measure.key]
    if values then columns[#columns + 1] = { key = key_of(group, measure.key), values = values, chance = chance, has = has } end
  end
end

local function image_columns(trial, images)
  local columns = {}
  add_columns(columns, "all", evaluation.MEASURES, images)
  add_columns(columns, "abnormal", evaluation.MEASURES, images, trial.abnormal)
  for _, group in ipairs(trial.groups) do
    add_columns(columns, key_of(group.by, group.value), evaluation.MEASURES, images, group.has)
  end
  for _, finding in ipairs(trial.findings) do
    add_columns(columns, key_of("finding", finding.name), evaluation.FINDING_MEASURES, images.findings[finding.name])
  end
  return columns
end

local function compare_images(board, role, trial, images, draws)
  local columns = image_columns(trial, images)
  for i, statistic in ipairs(draws:means(columns)) do
    local column = columns[i]
    board:add(role, column.key, statistic)
    board:add_chance(column.key, metrics.mean(column.chance, #trial.queries.rows, column.has))
  end
end

-- Words ask for images.

local function compare_words(board, role, trial, words)
  local n = #trial.gallery.rows
  for i, finding in ipairs(trial.findings) do
    if words.positives[i] >= 2 and words.positives[i] < n then
      board:add(role, key_of("words", finding.name, "auc"), words.areas[i])
      board:add(role, key_of("words", finding.name, "ap"), words.precisions[i])
      board:add_chance(key_of("words", finding.name, "auc"), metrics.chance.auc)
      board:add_chance(key_of("words", finding.name, "ap"), metrics.chance.average_precision(n, words.positives[i]))
    end
  end
end

-- Averages over findings, all of them and by how often they were seen in training.
local function combine_findings(board, trial, prefix, measures, name, wanted)
  for _, measure in ipairs(measures) do
    local keys = {}
    for _, finding in ipairs(trial.findings) do
      if wanted(finding) then keys[#keys + 1] = key_of(prefix, finding.name, measure.key) end
    end
    board:combine(key_of(prefix, name, measure.key), keys)
  end
end

local function combine(board, trial)
  for prefix, measures in pairs { finding = evaluation.FINDING_MEASURES, words = evaluation.WORD_MEASURES } do
    combine_findings(board, trial, prefix, measures, "*macro", function() return true end)
    combine_findings(board, trial, prefix, measures, "*learnt", function(finding) return finding.training >= trial.enough end)
    for _, band in ipairs(evaluation.BANDS) do
      combine_findings(board, trial, prefix, measures, "*" .. band, function(finding) return finding.band == band end)
    end
  end
end

-- The result.

-- ranks: how many results of each query were judged; nil: all.
local function list_measures(board, group, measures, ranks)
  local list = {}
  for _, measure in ipairs(measures) do
    local compared = board:get(key_of(group, measure.key))
    if compared then
      compared.key, compared.title = measure.key, measure.title:gsub("Mean average precision", ranks and "%0 at " .. ranks or "%0")
      list[#list + 1] = compared
    end
  end
  return list
end

local function by_key(board, group, measures)
  local found = {}
  for _, measure in ipairs(measures) do found[measure.key] = board:get(key_of(group, measure.key)) end
  return found
end

local function list_findings(board, trial)
  local list, positives = {}, retrieval.positives(trial)
  for i, finding in ipairs(trial.findings) do
    list[i] = { finding = finding.name, training = finding.training, band = finding.band, positives = positives[i],
      images = by_key(board, key_of("finding", finding.name), evaluation.FINDING_MEASURES),
      words = by_key(board, key_of("words", finding.name), evaluation.WORD_MEASURES) }
  end
  return list
end

local function list_bands(board, trial)
  local list = {}
  for _, band in ipairs(evaluation.BANDS) do
    local names = {}
    for _, finding in ipairs(trial.findings) do
      if finding.band == band then names[#names + 1] = finding.name end
    end
    if #names > 0 then
      list[#list + 1] = { band = band, findings = names,
        images = by_key(board, "finding/*" .. band, evaluation.FINDING_MEASURES),
        words = by_key(board, "words/*" .. band, evaluation.WORD_MEASURES) }
    end
  end
  return list
end

local function list_groups(board, trial)
  local list = {}
  for i, group in ipairs(trial.groups) do
    list[i] = { by = group.by, value = group.value, queries = group.count,
      images = by_key(board, key_of(group.by, group.value), evaluation.MEASURES) }
  end
  return list
end

local function count_patients(side)
  local seen, count = {}, 0
  for _, patient in ipairs(side.patients) do
    if not seen[patient] then seen[patient], count = true, count + 1 end
  end
  return count
end

local function result_of(board, trial, options, ranks)
  return { ranks = ranks, left_out = trial.left_out,
    split = trial.split, gallery = trial.gallery_name, queries = #trial.queries.rows, images = #trial.gallery.rows,
    patients = count_patients(trial.queries), resamples = options.resamples, seed = options.seed,
    all = list_measures(board, "all", evaluation.MEASURES, ranks),
    abnormal = list_measures(board, "abnormal", evaluation.MEASURES, ranks),
    macro = list_measures(board, "finding/*macro", evaluation.FINDING_MEASURES, ranks),
    words = list_measures(board, "words/*macro", evaluation.WORD_MEASURES),
    learnt = list_measures(board, "words/*learnt", evaluation.WORD_MEASURES), bands = list_bands(board, trial),
    findings = list_findings(board, trial), groups = list_groups(board, trial) }
end

-- The draws of both sides; the same where the sides are.
local function draw_both(trial, options)
  local queries = bootstrap.draws(trial.queries.patients, options.resamples, options.seed)
  if trial.gallery == trial.queries then return { queries = queries, gallery = queries } end
  return { queries = queries, gallery = bootstrap.draws(trial.gallery.patients, options.resamples, options.seed) }
end

-- Adds one model to the board. Returns what it found, for the example rows, its curve, and how many results were judged.
local function measure(board, trial, model, draws, options)
  local sides = retrieval.sides(trial, model, options.ranks)
  local images = retrieval.images(trial, sides, options)
  compare_images(board, model.role, trial, images, draws.queries)
  local found = { hits = images.hits }
  if model.texts then
    compare_words(board, model.role, trial, retrieval.words(trial, sides, model.texts, draws.gallery))
    found.word_hits = retrieval.word_hits(sides, model.texts)
  end
  return found, images.curve, sides.ranks
end

-- models: { { role = "base" or "tuned", vectors=, query_vectors= (if images ask by others), texts= (one row per finding of the trial, or
-- nil) }, … }. options: resamples,
-- seed, ranks, progress (of evaluation.steps for each model), shown (queries whose results are wanted). Returns the numbers, and what
-- each model found, by role, for the example rows.
function evaluation.run(trial, models, options)
  local roles, found, curve, ranks = {}, {}, {}, nil
  for i, model in ipairs(models) do roles[i] = model.role end
  local board, draws = comparison.new(roles), draw_both(trial, options)
  for _, model in ipairs(models) do
    found[model.role], curve[model.role], ranks = measure(board, trial, model, draws, options)
  end
  combine(board, trial)
  local result, at_10 = result_of(board, trial, options, ranks), board:get("all/precision_10")
  if at_10 then
    curve.chance = at_10.chance
    result.curve = curve
  end
  return result, found
end

return evaluation
