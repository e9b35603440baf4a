-- SPDX-License-Identifier: MIT
-- Example rows for the evaluation page: queries drawn at random, one for each of the most common findings, and the names of those
-- findings as queries in words; with the first results of each model.
local vec = require "hilum.vec"

local examples = {}

local QUERIES, WORDS, RESULTS = 5, 3, 5
local NO_FINDING = "No Finding"

local function results_of(hits, trial, labels)
  local results = {}
  for rank = 1, math.min(RESULTS, #hits.rows) do
    local row = hits.rows[rank]
    results[rank] = { doc = trial.gallery.docs[row], score = hits.scores[rank], hit = trial.gallery.labels[row] & labels ~= 0 }
  end
  return results
end

local function results_by_model(found, field, place, trial, labels)
  local by_role = {}
  for role, of_model in pairs(found) do by_role[role] = results_of(of_model[field][place], trial, labels) end
  return by_role
end

-- The first query with that finding in a random order, and not yet taken.
local function draw(trial, finding, order, taken)
  for _, i in ipairs(order) do
    if not taken[i] and trial.queries.labels[i] & finding.bit ~= 0 then return i end
  end
end

-- The queries, by number, that examples.draw shows.
function examples.queries(trial, seed)
  local list, taken, order = {}, {}, vec.permutation(seed, #trial.queries.rows)
  for _, finding in ipairs(trial.findings) do
    local i = #list < QUERIES and draw(trial, finding, order, taken)
    if i then
      taken[i] = true
      list[#list + 1] = i
    end
  end
  return list
end

local function image_examples(trial, found, queries)
  local list = {}
  for k, i in ipairs(queries) do
    list[k] = results_by_model(found, "hits", i, trial, trial.queries.labels[i])
    list[k].doc = trial.queries.docs[i]
  end
  return list
end

local function has_words(found)
  for _, of_model in pairs(found) do if not of_model.word_hits then return false end end
  return true
end

local function word_examples(trial, found)
  local list = {}
  for i, finding in ipairs(trial.findings) do
    if #list < WORDS and finding.name ~= NO_FINDING then
      local example = results_by_model(found, "word_hits", i, trial, finding.bit)
      example.word = finding.name
      list[#list + 1] = example
    end
  end
  return list
end

-- { { doc= or word=, base = { { doc=, score=, hit= }, … }, tuned = … }, … }. found: from evaluation.run, which was shown the queries.
function examples.draw(trial, found, queries)
  local list = image_examples(trial, found, queries)
  if has_words(found) then table.move(word_examples(trial, found), 1, WORDS, #list + 1, list) end
  return list
end

-- All that has a record: the queries and their results.
local function entries(list)
  local all = {}
  for _, example in ipairs(list) do
    if example.doc then all[#all + 1] = example end
    for _, role in ipairs { "base", "tuned" } do
      local results = example[role] or {}
      table.move(results, 1, #results, #all + 1, all)
    end
  end
  return all
end

-- The names of all images that the examples show.
function examples.images(list)
  local names, seen = {}, {}
  for _, entry in ipairs(entries(list)) do
    if not seen[entry.doc.image] then
      seen[entry.doc.image] = true
      names[#names + 1] = entry.doc.image
    end
  end
  return names
end

-- Takes everything but the findings out of the records.
function examples.anonymise(list)
  for _, entry in ipairs(entries(list)) do entry.doc = { findings = entry.doc.findings } end
end

return examples
