-- SPDX-License-Identifier: MIT
-- embed: images to vectors, by the base model and by what was trained.
local fs = require "hilum.fs"
local store = require "lib.store"

local FORMAT = 1
local MOST_SHOWN = 20

-- The location of each record's image.
local function locations_of(records, images)
  local locations = {}
  for i, record in ipairs(records) do locations[i] = images:path(record.image) end
  return locations
end

-- The records whose image is there.
local function present(records, path, images, ctx)
  local there = {}
  for i, stat in ipairs(store.stats(locations_of(records, images))) do
    if stat then there[#there + 1] = records[i] end
  end
  if #there < #records then
    ctx.say("%d records of %s have no image in %s and are left out", #records - #there, path, images.url)
  end
  return there
end

-- The records of a JSON Lines file whose image is in the store: {image=, caption=, line=}; line is kept as it stands.
local function records_of_file(path, images, ctx)
  local json = require "hilum.json"
  local records, number = {}, 0
  for line in assert(fs.read(path)):gmatch("[^\n]*") do
    number = number + 1
    local record = line:find("%S") and json.decode(line)
    if line:find("%S") and (type(record) ~= "table" or type(record.image) ~= "string") then
      ctx.fail("%s:%d: not a record with an image; `hilum split` makes the file", path, number)
    elseif record then
      records[#records + 1] = { image = record.image, caption = record.caption, line = line }
    end
  end
  return present(records, path, images, ctx)
end

local function records_of_store(images)
  local kind_of, json = require "lib.images".kind, require "hilum.json"
  local records = {}
  for _, name in ipairs(images:list()) do
    if kind_of(images:path(name)) == "image" then records[#records + 1] = { image = name, line = json.encode { image = name } } end
  end
  return records
end

-- From the splits or the dataset, whichever is there, else every image of the folder.
local function read_records(opt, images, ctx)
  for _, path in ipairs { opt.splits, opt.dataset } do
    if fs.stat(path) then return records_of_file(path, images, ctx), path end
  end
  return records_of_store(images), images.url
end

-- Leaves out the images that cannot be read, and says which. Returns the features and the records of the rest, and the failures.
local function describe(records, images, ctx)
  local names = {}
  for i, record in ipairs(records) do names[i] = record.image end
  local progress <close> = ctx.progress(#names, "features")
  local matrix, errors = require "lib.model.features".of(ctx.project, images, names, { progress = progress })
  progress:finish()
  if not errors then return matrix, records, {} end
  local whole, rows, broken = {}, {}, {}
  for i, record in ipairs(records) do
    if errors[i] then
      broken[#broken + 1] = { image = record.image, message = errors[i].message }
    else
      whole[#whole + 1], rows[#rows + 1] = record, i
    end
  end
  return matrix:gather(rows), whole, broken
end

local function say_broken(broken, ctx)
  for i = 1, math.min(#broken, MOST_SHOWN) do ctx.print("%s", require "lib.images".show(broken[i].message)) end
  if #broken > MOST_SHOWN then ctx.print("and %d more", #broken - MOST_SHOWN) end
end

-- Vectors of image and caption together, as the search this replaces stores them: the mean of both, of length 1. A caption of
-- which the model knows nothing leaves the image alone.
local function embed_with_captions(m, features, records, ctx)
  local captions, unknown = {}, 0
  for i, record in ipairs(records) do captions[i] = record.caption or "" end
  local texts, known = m:embed_texts(captions)
  for i in ipairs(captions) do if not known[i] then unknown = unknown + 1 end end
  if unknown > 0 then ctx.warn("%s: nothing of %d captions is known; those images are embedded without", m.name, unknown) end
  return m:combine(m:embed_images(features), texts, 0.5)
end

-- What the vectors were made from: the model and its options, each record, and each image file's size and time.
local function fingerprint(records, images)
  local lines = {}
  for i, stat in ipairs(store.stats(locations_of(records, images))) do
    if not stat then error(("%s is no longer there"):format(images:path(records[i].image)), 0) end
    lines[i] = ("%s\0%d\0%.9f"):format(records[i].line, stat.size, stat.mtime)
  end
  return require "hilum.hash".sha256(table.concat(lines, "\n"))
end

local function is_made(stem, info)
  local json = require "hilum.json"
  return fs.read(stem .. ".json") == json.encode(info) .. "\n" and fs.stat(stem .. ".npy") and fs.stat(stem .. ".jsonl")
end

-- NAME.json comes last: without it the others are not valid.
local function store_vectors(stem, vectors, records, info)
  local lines = {}
  for i, record in ipairs(records) do lines[i] = record.line .. "\n" end
  if fs.stat(stem .. ".json") then assert(fs.remove(stem .. ".json")) end
  assert(require "hilum.npy".write(stem .. ".npy", vectors))
  assert(fs.write(stem .. ".jsonl", table.concat(lines)))
  assert(fs.write(stem .. ".json", require "hilum.json".encode(info) .. "\n"))
end

local function embed_one(name, set, opt, ctx)
  local m = assert(require "lib.model".open(name, { project = ctx.project, length = opt.length }))
  local stem = fs.join(opt.out, m.name)
  local info = { format = FORMAT, version = hilum.version, model = m.id, name = m.name, base = m.base, length = m.length,
    embedded = opt.with_caption and "image+caption" or "image", count = #set.records, inputs = set.inputs }
  if not ctx.force and is_made(stem, info) then
    ctx.say("%s.npy is up to date", stem)
  else
    local vectors = opt.with_caption and embed_with_captions(m, set.features, set.records, ctx) or m:embed_images(set.features)
    store_vectors(stem, vectors, set.records, info)
    ctx.say("%s.npy: %d vectors of length %d by %s (%s)", stem, #set.records, m.length, m.name, info.embedded)
  end
  return info
end

local function run(opt, ctx)
  local images = assert(store.open(opt.images))
  local records, source = read_records(opt, images, ctx)
  if #records == 0 then ctx.fail("%s names no image that is in %s", source, opt.images) end
  local features, whole, broken = describe(records, images, ctx)
  if #whole == 0 then
    say_broken(broken, ctx)
    ctx.fail("none of the %d images can be read", #records)
  end
  assert(fs.mkdir(opt.out))
  assert(fs.sweep(opt.out))
  local set = { features = features, records = whole, inputs = fingerprint(whole, images) }
  local result = { embeddings = {}, images = #whole, broken = broken }
  for i, name in ipairs(opt.model or require "lib.model".names(ctx.project)) do
    result.embeddings[i] = embed_one(name, set, opt, ctx)
  end
  say_broken(broken, ctx)
  if #broken > 0 then
    ctx.say("%d images cannot be read and are left out; `hilum check %s` tells more", #broken, opt.images)
    result.exit = 1
  end
  return result
end

return {
  summary = "Images to vectors, by the base and the trained models",
  step = 6,
  details = [[
Embeds the images that splits.jsonl (else dataset.jsonl) names and that are in IMAGES; without either, every image there. Writes for each
model embeddings/NAME.npy, a row per image, NAME.jsonl, the record of each row, and NAME.json. Without --model: base, and every model
below models/.

With --with-caption a vector is the mean of the image's vector and its caption's. Such an index finds by what was written
about an image as well as by what it shows, so figures from it say little about images without captions.

An image that cannot be read is listed and left out, and the exit status is 1. What was computed of an image is kept in cache/, so that
a run goes on where one was stopped.]],
  options = {
    { "images", type = "path", positional = true, default = "images", help = "the folder of the images" },
    { "model", type = "list", metavar = "NAME", help = "base, a model below models/, or a model's folder" },
    { "length", type = "choice", choices = { 256, 384, 1024 }, default = 1024, help = "numbers in a vector" },
    { "with-caption", type = "flag", default = false, help = "embed each image together with its caption" },
    { "splits", type = "path", default = "splits.jsonl", help = "the records, made by `hilum split`" },
    { "dataset", type = "path", default = "dataset.jsonl", help = "the records where there are no splits" },
    { "out", type = "path", default = "embeddings", help = "the folder of the embeddings" },
  },
  examples = {
    "hilum embed images",
    "hilum embed images --model base --model tuned --length 384",
    "hilum embed images --with-caption --out embeddings-with-captions",
  },
  reads = { "images", "splits" },
  writes = { "out" },
  run = run,
}
