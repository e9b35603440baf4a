-- SPDX-License-Identifier: MIT
-- The words of the offline model: how a caption becomes a few weighted buckets of a table, and how alike two captions are.
--
-- A caption is a set of words. Each word falls into one of 4,096 buckets by its hash, and each of its character trigrams into
-- another with less weight, so that "effusions" lands near "effusion". How often a bucket was met in training says how much it
-- tells (inverse document frequency); one that was never met tells nothing and is left out. Word order does not exist here:
-- "no effusion" is "no" and "effusion".
local text = { BUCKETS = 4096 }

local TRIGRAM_WEIGHT = 0.3

-- FNV-1a, 32 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
function text.hash(s)
  local h = 2166136261
  for i = 1, #s do h = ((h ~ s:byte(i)) * 16777619) & 0xffffffff end
  return h
end

local function bucket_of(s) return text.hash(s) % text.BUCKETS end

-- The distinct words of s in order of appearance. Everything but a-z and 0-9 separates, "_" and "|" included.
function text.words(s)
  local words, seen = {}, {}
  for word in s:lower():gmatch("[a-z0-9]+") do
    if not seen[word] then
      seen[word] = true
      words[#words + 1] = word
    end
  end
  return words
end

-- Buckets (from 0, ascending) and their weights. A word weighs 1; its trigrams, with ends marked, 0.3/sqrt(their number).
function text.features(caption)
  local weights, buckets = {}, {}
  local function add(s, weight)
    local bucket = bucket_of(s)
    if not weights[bucket] then buckets[#buckets + 1] = bucket end
    weights[bucket] = (weights[bucket] or 0) + weight
  end
  for _, word in ipairs(text.words(caption)) do
    add("w:" .. word, 1)
    local marked = "^" .. word .. "$"
    local count = #marked - 2
    for i = 1, count do add("c:" .. marked:sub(i, i + 2), TRIGRAM_WEIGHT / math.sqrt(count)) end
  end
  table.sort(buckets)
  local values = {}
  for i, bucket in ipairs(buckets) do values[i] = weights[bucket] end
  return buckets, values
end

-- What being in `count` of `total` captions says: 0 for a word that is nearly everywhere, never less.
function text.idf(count, total) return math.max(0, math.log((total + 1) / (count + 0.5))) end

-- The distinct captions, sorted, with the number of records of each, and each record's place in that list.
function text.distinct(captions)
  local counts, list = {}, {}
  for _, caption in ipairs(captions) do
    if not counts[caption] then list[#list + 1] = caption end
    counts[caption] = (counts[caption] or 0) + 1
  end
  table.sort(list)
  local place, of_record, in_order = {}, {}, {}
  for i, caption in ipairs(list) do
    place[caption] = i
    in_order[i] = counts[caption]
  end
  for i, caption in ipairs(captions) do of_record[i] = place[caption] end
  return list, in_order, of_record
end

local function add_counts(totals, keys, count)
  for _, key in ipairs(keys) do totals[key] = (totals[key] or 0) + count end
end

-- What a set of captions knows: {records=, buckets={those met, ascending}, idf={[bucket]=}, words={[word]=number of records}}.
function text.fit(distinct, counts)
  local in_bucket, words, records = {}, {}, 0
  for i, caption in ipairs(distinct) do
    add_counts(in_bucket, (text.features(caption)), counts[i])
    add_counts(words, text.words(caption), counts[i])
    records = records + counts[i]
  end
  local vocabulary = { records = records, buckets = {}, idf = {}, words = words }
  for bucket, count in pairs(in_bucket) do
    vocabulary.idf[bucket] = text.idf(count, records)
    table.insert(vocabulary.buckets, bucket)
  end
  table.sort(vocabulary.buckets)
  return vocabulary
end

-- One caption's words with what each tells, and the sum: what text.jaccard compares. Words never met tell nothing.
function text.weigh(caption, vocabulary)
  local weighed = { words = text.words(caption), weights = {}, total = 0 }
  for i, word in ipairs(weighed.words) do
    local count = vocabulary.words[word]
    weighed.weights[i] = count and text.idf(count, vocabulary.records) or 0
    weighed.total = weighed.total + weighed.weights[i]
  end
  return weighed
end

local function same_words(a, b)
  if #a.words ~= #b.words then return false end
  local has = {}
  for _, word in ipairs(a.words) do has[word] = true end
  for _, word in ipairs(b.words) do if not has[word] then return false end end
  return true
end

-- word -> {the places in weighed that have it}
local function index_words(weighed)
  local places = {}
  for place, w in ipairs(weighed) do
    for _, word in ipairs(w.words) do
      places[word] = places[word] or {}
      table.insert(places[word], place)
    end
  end
  return places
end

local function untold(weighed)
  local places = {}
  for place, w in ipairs(weighed) do if w.total == 0 then places[#places + 1] = place end end
  return places
end

-- One row: a against all. Only those that share a telling word with it are visited.
local function jaccard_row(a, weighed, places, row)
  local touched = {}
  for k, word in ipairs(a.words) do
    local weight = a.weights[k]
    for _, j in ipairs(weight > 0 and places[word] or {}) do
      if row[j] == 0 then touched[#touched + 1] = j end
      row[j] = row[j] + weight
    end
  end
  for _, j in ipairs(touched) do row[j] = row[j] / (a.total + weighed[j].total - row[j]) end
  return row
end

-- Jaccard likeness of each weighed caption with each, as rows: what the words of both tell over what the words of either tell.
-- Captions that tell nothing are alike when they are the same words.
function text.jaccard(weighed)
  local places, rows, zeros = index_words(weighed), {}, {}
  for i = 1, #weighed do zeros[i] = 0.0 end
  for i, a in ipairs(weighed) do rows[i] = jaccard_row(a, weighed, places, table.move(zeros, 1, #zeros, 1, {})) end
  local silent = untold(weighed)
  for _, i in ipairs(silent) do
    for _, j in ipairs(silent) do rows[i][j] = same_words(weighed[i], weighed[j]) and 1.0 or 0.0 end
  end
  return rows
end

return text
