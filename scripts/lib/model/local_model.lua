-- SPDX-License-Identifier: MIT
-- The offline model: two linear towers into one space of 1,024 numbers, in which an image and the words for what it shows point in
-- the same direction.
--
--   image   780 features (image.describe), standardised, clipped   -> times a matrix, plus a bias  -> divided by its length
--   text    buckets of words and trigrams (lib.model.text), weighed      -> times a table of their rows   -> divided by its length
--
-- The base model knows no captions: its matrix and table are random. A random projection keeps angles, so images find similar
-- images; texts find nothing but chance. Training (lib.model.training) replaces both. What it makes is a baseline: it sees 64 x 64 pixels
-- and sets of words, no word order and no negation.
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local host = require "hilum.host"
local json = require "hilum.json"
local safetensors = require "lib.model.safetensors"
local text = require "lib.model.text"
local vec = require "hilum.vec"

local local_model = { LENGTH = 1024, FEATURES = 780 }

local LENGTH, FEATURES = local_model.LENGTH, local_model.FEATURES
local FORMAT = 1
local CHUNK = 4096 -- rows at a time, to bound memory

-- The descriptor's parts: Gabor energies, grey histograms, local binary patterns. Each has the same say, whatever its size.
local BLOCKS = { { 1, 288 }, { 289, 544 }, { 545, 780 } }

-- Beyond this many deviations a feature tells of a defect, not of the patient.
local CLIP = 4

-- Seeds of the fixed random numbers.
local TABLE_SEED, BASE_SEED = 7, 11

-- Preparation: what makes features of different units comparable.

-- 1 / sqrt(size of its block) for each feature.
local function block_weights()
  local weights = {}
  for _, block in ipairs(BLOCKS) do
    for i = block[1], block[2] do weights[i] = 1 / math.sqrt(block[2] - block[1] + 1) end
  end
  return vec.from(weights, 1, FEATURES)
end

local WEIGHTS = block_weights()

local function median(values)
  table.sort(values)
  local middle = #values // 2
  return #values % 2 == 1 and values[middle + 1] or (values[middle] + values[middle + 1]) / 2
end

-- A feature that hardly varies is not blown up into noise: a deviation is at least a twentieth of its block's median.
local function floor_deviations(deviation)
  local values = deviation:row(1)
  for _, block in ipairs(BLOCKS) do
    local least = 0.05 * median(table.move(values, block[1], block[2], 1, {})) + 1e-6
    for i = block[1], block[2] do values[i] = math.max(values[i], least) end
  end
  return vec.from(values, 1, FEATURES)
end

-- Mean and deviation of each feature over a set of images.
function local_model.fit_scale(features)
  return { mean = features:mean(), deviation = floor_deviations(features:deviation()) }
end

function local_model.standardize(features, scale)
  return vec.standardize(features, scale.mean, scale.deviation, WEIGHTS, CLIP)
end

-- The random table in which every bucket begins, unit rows on average.
function local_model.random_table() return vec.gauss(TABLE_SEED, text.BUCKETS, LENGTH, 1 / math.sqrt(LENGTH)) end

-- Towers.

local Towers = {}
Towers.__index = Towers

-- parts: scale {mean, deviation}, projection (780 x LENGTH), bias (1 x LENGTH or nil), table (a row for each bucket), columns
-- {[bucket] = row of the table} and idf {[bucket] =}; both nil when every bucket has its own row and the same weight.
function local_model.new(parts) return setmetatable(parts, Towers) end

function Towers:project(features)
  local rows = vec.matmul(local_model.standardize(features, self.scale), self.projection)
  if self.bias then vec.add(rows, self.bias) end
  vec.normalize(rows)
  return rows
end

-- Features to rows of length 1.
function Towers:images(features)
  local count = features:rows()
  local out = vec.new(count, LENGTH)
  for first = 1, count, CHUNK do
    out:put(first, self:project(features:slice(first, math.min(first + CHUNK - 1, count))))
  end
  return out
end

-- Fills a row of `out` with the weighed buckets of a caption. Returns whether the model knows any of them.
function Towers:weigh(caption, out, row)
  local buckets, weights = text.features(caption)
  local known = false
  for i, bucket in ipairs(buckets) do
    local column = self.columns and self.columns[bucket] or not self.columns and bucket + 1
    if column then
      out:set(row, column, weights[i] * (self.idf and self.idf[bucket] or 1))
      known = true
    end
  end
  return known
end

function Towers:embed_distinct(captions)
  local out, known = vec.new(#captions, LENGTH), {}
  for first = 1, #captions, CHUNK do
    local last = math.min(first + CHUNK - 1, #captions)
    local weighed = vec.new(last - first + 1, self.table:rows())
    for i = first, last do known[i] = self:weigh(captions[i], weighed, i - first + 1) end
    out:put(first, vec.matmul(weighed, self.table))
  end
  vec.normalize(out)
  return out, known
end

-- Captions to rows of length 1, and for each whether any of it is known: the row of one that is not stays 0.
function Towers:texts(captions)
  local distinct, _, place = text.distinct(captions)
  local rows, known_distinct = self:embed_distinct(distinct)
  local known = {}
  for i in ipairs(captions) do known[i] = known_distinct[place[i]] end
  return rows:gather(place), known
end

-- The words of a caption that were in no caption of the training.
function Towers:unknown_words(caption)
  local unknown = {}
  for _, word in ipairs(text.words(caption)) do
    if self.words and not self.words[word] then unknown[#unknown + 1] = word end
  end
  return unknown
end

-- The base model: features scaled as phantom radiographs have them, and random numbers.
function local_model.base()
  local path = debug.getinfo(1, "S").source:match("^@(.*)local_model%.lua$") .. "base_stats.json"
  local bytes = assert(fs.read(path))
  local statistics = assert(json.decode(bytes))
  local scale = { mean = vec.from(statistics.mean, 1, FEATURES), deviation = floor_deviations(vec.from(statistics.deviation, 1, FEATURES)) }
  return local_model.new { id = "local-base-" .. hash.sha256(bytes):sub(1, 12), scale = scale,
    projection = vec.gauss(BASE_SEED, FEATURES, LENGTH), table = local_model.random_table() }
end

-- Files: model.safetensors has the numbers; model.json what they are and what they were made from.

local function weights_path(folder) return fs.join(folder, "model.safetensors") end
local function info_path(folder) return fs.join(folder, "model.json") end
local function id_of(info) return "local-" .. info.weights_sha256:sub(1, 12) end

local ABOUT = "A baseline: two linear maps from 780 image features (64 x 64 pixels) and from the words of captions into one space. "
  .. "Far below deep models. Knows no synonyms and no negation. Not a clinical tool."

-- Writes a trained model; info: what model.json says besides. Either both files are there afterwards, or neither: without
-- model.json there is no model. Returns the model's id.
function local_model.save(towers, folder, info)
  assert(fs.mkdir(folder))
  assert(fs.sweep(folder))
  if fs.stat(info_path(folder)) then assert(fs.remove(info_path(folder))) end
  local buckets, idf = {}, {}
  for bucket, column in pairs(towers.columns) do buckets[column], idf[column] = bucket, towers.idf[bucket] end
  assert(safetensors.write(weights_path(folder), { { "image.mean", towers.scale.mean }, { "image.deviation", towers.scale.deviation },
    { "image.projection", towers.projection }, { "image.bias", towers.bias }, { "text.buckets", buckets },
    { "text.idf", vec.from(idf, 1, #idf) }, { "text.table", towers.table } }, { format = "hilum-local-" .. FORMAT }))
  local full = { format = FORMAT, kind = "local", about = ABOUT, version = hilum.version, length = LENGTH, words = towers.words,
    weights_sha256 = assert(hash.sha256_file(weights_path(folder))) }
  for key, value in pairs(info) do full[key] = value end
  assert(fs.write(info_path(folder), json.encode(full, { indent = 1 }) .. "\n"))
  return id_of(full)
end

local function fail(folder, what)
  return nil, host.error("integrity", ("%s %s; `hilum finetune` makes it anew"):format(folder, what))
end

local function has_shape(m, rows, cols) return type(m) == "userdata" and m:rows() == rows and m:cols() == cols end

local function are_whole(t)
  local buckets = t["text.buckets"]
  return type(buckets) == "table" and has_shape(t["image.mean"], 1, FEATURES) and has_shape(t["image.deviation"], 1, FEATURES)
    and has_shape(t["image.projection"], FEATURES, LENGTH) and has_shape(t["image.bias"], 1, LENGTH)
    and has_shape(t["text.idf"], 1, #buckets) and has_shape(t["text.table"], #buckets, LENGTH)
end

local function from_tensors(t, info)
  local columns, idf = {}, {}
  for column, bucket in ipairs(t["text.buckets"]) do
    columns[bucket], idf[bucket] = column, t["text.idf"]:get(1, column)
  end
  return local_model.new { id = id_of(info), info = info, words = info.words, columns = columns, idf = idf, table = t["text.table"],
    scale = { mean = t["image.mean"], deviation = t["image.deviation"] }, projection = t["image.projection"], bias = t["image.bias"] }
end

-- What model.json says, or nil and an error.
function local_model.read_info(folder)
  local bytes, err = fs.read(info_path(folder))
  if not bytes then return nil, err end
  local info = json.decode(bytes)
  if type(info) ~= "table" or info.format ~= FORMAT then return fail(folder, "was written by another version of hilum, or is damaged") end
  return info
end

-- A saved model, or nil and an error.
function local_model.load(folder)
  local info, err = local_model.read_info(folder)
  if not info then return nil, err end
  if hash.sha256_file(weights_path(folder)) ~= info.weights_sha256 then
    return fail(folder, "has a model.safetensors that is not the one model.json speaks of")
  end
  local tensors, why = safetensors.read(weights_path(folder))
  if not tensors then return nil, why end
  if not are_whole(tensors) then return fail(folder, "lacks a tensor, or has one of another shape") end
  return from_tensors(tensors, info)
end

return local_model
