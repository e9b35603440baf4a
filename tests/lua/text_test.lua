-- SPDX-License-Identifier: MIT
-- Golden values from the model's specification (reference/local-model/final.py).
local t = require "t"
local text = require "lib.model.text"

t.test("text.hash is FNV-1a of 32 bits", function()
  t.eq(text.hash(""), 2166136261)
  t.eq(text.hash("w:effusion"), 923239519)
  t.eq(text.hash("c:^ef"), 2450184265)
  t.eq(text.hash("w:cardiomegaly") % text.BUCKETS, 787)
end)

t.test("text.words separates at everything but letters and digits, and drops what was there already", function()
  t.eq(text.words("Pleural_Thickening|No Finding, no 3-D"), { "pleural", "thickening", "no", "finding", "3", "d" })
  t.eq(text.words(" ,;\n"), {})
  t.eq(text.words("Übung"), { "bung" })
end)

t.test("text.features: words and trigrams, ascending, the weights of one bucket added up", function()
  local buckets, weights = text.features("Effusion, Mass")
  t.eq(buckets, { 191, 198, 261, 734, 859, 895, 1119, 1809, 1996, 2121, 2148, 2351, 3498, 3763 })
  local golden = { 0.106066, 0.15, 0.106066, 0.106066, 0.15, 0.106066, 1, 0.15, 1, 0.106066, 0.15, 0.106066, 0.106066, 0.106066 }
  for i, weight in ipairs(golden) do t.near(weights[i], weight, 1e-6) end
  t.eq({ text.features("") }, { {}, {} })
end)

local CAPTIONS = { "Effusion", "Effusion, Mass", "No Finding", "No Finding", "Mass", "Infiltration, Effusion, Mass" }

t.test("text.distinct sorts, counts and points back", function()
  local distinct, counts, place = text.distinct(CAPTIONS)
  t.eq(distinct, { "Effusion", "Effusion, Mass", "Infiltration, Effusion, Mass", "Mass", "No Finding" })
  t.eq(counts, { 1, 1, 1, 1, 2 })
  t.eq(place, { 1, 2, 5, 5, 4, 3 })
end)

t.test("text.fit counts records, not distinct captions", function()
  local vocabulary = text.fit(text.distinct(CAPTIONS))
  t.eq(vocabulary.records, 6)
  t.eq(vocabulary.words, { effusion = 3, mass = 3, no = 2, finding = 2, infiltration = 1 })
  t.eq(#vocabulary.buckets, 36)
  t.near(vocabulary.idf[text.hash("w:mass") % text.BUCKETS], 0.6931471824645996, 1e-6)
  t.eq(vocabulary.idf[text.hash("w:edema") % text.BUCKETS], nil)
  t.near(text.idf(1, 6), 1.5404450409471488, 1e-12)
  t.eq(text.idf(1000, 1), 0)
end)

local function likeness(captions, vocabulary)
  local weighed = {}
  for i, caption in ipairs(captions) do weighed[i] = text.weigh(caption, vocabulary) end
  return text.jaccard(weighed)
end

t.test("text.jaccard weighs words by what they tell", function()
  local distinct, counts = text.distinct(CAPTIONS)
  local rows = likeness(distinct, text.fit(distinct, counts))
  local golden = { { 1, 0.5, 0.236833, 0, 0 }, { 0.5, 1, 0.473665, 0.5, 0 }, { 0.236833, 0.473665, 1, 0.236833, 0 },
    { 0, 0.5, 0.236833, 1, 0 }, { 0, 0, 0, 0, 1 } }
  for i, row in ipairs(golden) do
    for j, value in ipairs(row) do t.near(rows[i][j], value, 1e-6) end
  end
end)

t.test("text.jaccard of captions of which nothing is known compares the words themselves", function()
  local vocabulary = text.fit(text.distinct(CAPTIONS))
  local rows = likeness({ "edema", "hernia", "Edema.", "Mass", "" }, vocabulary)
  t.eq(rows[1], { 1.0, 0.0, 1.0, 0.0, 0.0 })
  t.eq(rows[4], { 0.0, 0.0, 0.0, 1.0, 0.0 })
  t.eq(rows[5], { 0.0, 0.0, 0.0, 0.0, 1.0 })
end)
