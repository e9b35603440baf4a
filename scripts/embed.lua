-- SPDX-License-Identifier: MIT
-- embed: images to vectors, by the base model and by what was trained.
local cost = require "lib.cost"
local embeddings = require "lib.embeddings"
local fs = require "hilum.fs"
local plural = require "lib.plural"
local ready = require "lib.ready"
local store = require "lib.store"

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
    ctx.say("%s of %s left out: no such images in %s", plural(#records - #there, "record"), path, images.url)
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

local function say_broken(broken, ctx)
  for i = 1, math.min(#broken, MOST_SHOWN) do ctx.print("%s", require "lib.images".show(broken[i].message)) end
  if #broken > MOST_SHOWN then ctx.print("and %d more", #broken - MOST_SHOWN) end
end

-- Vectors of all images; or of image and caption together, as the search this replaces stores them: the mean of both, of length 1.
local function embed_all(m, set, opt, ctx)
  local names, captions = {}, opt.with_caption and {} or nil
  for i, record in ipairs(set.records) do
    names[i] = record.image
    if captions then captions[i] = record.caption or "" end
  end
  local batch = opt.batch and require "lib.model.batch.settings"(m, opt, ctx) or nil
  local progress <close> = ctx.progress(#names, m.name)
  local vectors, errors = m:embed_files(ctx.project, set.images, names, { captions = captions, progress = progress, say = ctx.say,
    warn = ctx.warn, pay = require "lib.model.paying".new(opt, ctx), batch = batch })
  progress:finish()
  return vectors, errors
end

-- Leaves out the images that could not be embedded, and notes which. Returns the vectors and the records of the rest.
local function leave_out(vectors, errors, records, note)
  if not errors then return vectors, records end
  local whole, rows = {}, {}
  for i, record in ipairs(records) do
    if errors[i] then
      note(record.image, errors[i].message)
    else
      whole[#whole + 1], rows[#rows + 1] = record, i
    end
  end
  return vectors:gather(rows), whole
end

-- A list of the images that could not be embedded, {image=, message=}, and what adds to it, each message once.
local function new_broken()
  local list, seen = require "hilum.json".array(), {}
  return list, function(name, message)
    local key = name .. "\0" .. message
    if not seen[key] then list[#list + 1] = { image = name, message = message } end
    seen[key] = true
  end
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

local function embed_one(name, set, opt, ctx)
  local m = assert(require "lib.model".open(name, { project = ctx.project, length = opt.length, resize = opt.resize }))
  local vectors, errors = embed_all(m, set, opt, ctx)
  if not vectors then
    ctx.say("%s: not all is there yet; the same command goes on with it", m.name)
    return { name = m.name, pending = true }
  end
  local records
  vectors, records = leave_out(vectors, errors, set.records, set.note)
  if #records == 0 then
    say_broken(set.broken, ctx)
    ctx.fail("none of %s can be read", plural(#set.records, "image"))
  end
  local info = { model = m.id, name = m.name, base = m.base, length = m.length,
    embedded = opt.with_caption and "image+caption" or "image", count = #records, inputs = fingerprint(records, set.images) }
  if not ctx.force and embeddings.is_made(opt.out, m.name, info) then
    ctx.say("%s is up to date", embeddings.paths(opt.out, m.name).vectors)
  else
    assert(fs.mkdir(opt.out))
    assert(fs.sweep(opt.out))
    local path = embeddings.write(opt.out, m.name, vectors, records, info)
    ctx.say("%s: %s of length %d by %s (%s)", path, plural(#records, "vector"), m.length, require "lib.model.shown"(m.name, ctx.project),
      info.embedded)
  end
  return info
end

local function run(opt, ctx)
  if opt.import then return require "lib.embeddings.import"(opt, ctx) end
  if opt.retry and not opt.batch then ctx.usage("--retry goes with --batch; without it what failed is always tried again") end
  local images = assert(store.open(opt.images))
  local records, source = read_records(opt, images, ctx)
  if #records == 0 then
    if source == opt.images then ctx.fail("no images are in %s; hilum reads .png and .jpg", source) end
    ctx.fail("%s names no image that is in %s", source, opt.images)
  end
  local set = { records = records, images = images }
  set.broken, set.note = new_broken()
  local result = { embeddings = {}, images = #records, broken = set.broken }
  for i, name in ipairs(opt.model or require "lib.model".names(ctx.project)) do
    result.embeddings[i] = embed_one(name, set, opt, ctx)
    result.images = math.min(result.images, result.embeddings[i].count or 0)
  end
  say_broken(set.broken, ctx)
  if #set.broken > 0 then
    ctx.say("%s left out; of those that cannot be read `hilum check %s` tells more", plural(#set.broken, "image"), opt.images)
    result.exit = 1
  end
  return result
end

local OPTIONS = {
  { "images", type = "path", positional = true, default = "images", help = "the folder of the images; with --import: a list of them" },
  { "model", type = "list", metavar = "NAME", names = "models", help = "base, a model below models/, a model's folder, or bedrock:ID" },
  { "length", type = "choice", choices = { 256, 384, 512, 1024, 1536, 3072 }, default = 1024, help = "numbers in a vector" },
  { "with-caption", type = "flag", default = false, help = "embed each image together with its caption" },
  { "resize", type = "flag", default = true, help = "scale down what is too large for Bedrock (--no-resize: refuse it)" },
  { "splits", type = "path", default = "splits.jsonl", help = "the records, made by `hilum split`" },
  { "dataset", type = "path", default = "dataset.jsonl", help = "the records where there are no splits" },
  { "out", type = "path", default = "embeddings", help = "the folder of the embeddings" },
  { "batch", type = "flag", default = false, help = "Bedrock: as a batch job" },
  { "role", type = "string", metavar = "ARN", help = "batch: the role that reads and writes there (default: finetune's)" },
  { "work", type = "string", metavar = "S3URI", help = "batch: below which the images and the answers are written" },
  { "watch", type = "flag", default = true, help = "batch: follow the job to its end (--no-watch: begin it)" },
  { "poll", type = "duration", default = 60, metavar = "TIME", help = "batch: between two looks at the job" },
  { "retry", type = "flag", default = false, help = "batch: try again what failed" },
  { "delete-data", type = "flag", default = false, help = "batch: remove the images and answers of jobs that are over from S3" },
  { "job", type = "table", help = "batch: what else it is asked with, and its limits, in project.lua" },
  { "import", type = "path", must_exist = true, metavar = "FILE.npy", help = "take the vectors of another encoder" },
  { "name", type = "string", metavar = "NAME", help = "import: what they are called (default: as the file)" },
  cost.OPTIONS[1],
  cost.OPTIONS[2],
  ready.OPTIONS[1],
}

-- None of them is for a verb. What other workflows share stays as it is.
for i, spec in ipairs(OPTIONS) do
  OPTIONS[i] = { own = true }
  for key, value in pairs(spec) do OPTIONS[i][key] = value end
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

With --model bedrock:ID or bedrock:ARN the model is one on Amazon Bedrock: Titan Multimodal Embeddings by its id, a fine-tuned one by its
name or ARN when `hilum deploy` has bought throughput for it, or by the ARN of any throughput. That costs money; what is to be paid for is
said first, in images, tokens and USD. From 1 USD on all that `hilum ready embed` looks at must be well (--anyway goes on in spite of it),
and the sum must be agreed to: at the terminal, by --max-cost USD or by --yes. What was ordered, and what was answered, stands in
run.jsonl. As many calls run as the account takes, and each vector is kept in cache/ as it comes, so that none is paid for twice. An image
that the model does not take for its size is scaled down.

With --batch they go to Bedrock as a batch job instead, in one step and for less trouble with the account's rate: all images that are not
in cache/ are written below --work on S3, Bedrock reads them as --role and writes the vectors there, and the whole input once more beside
them. The job is followed to its end; --no-watch only begins it, and the same command, whenever it is run again, goes on with it and never
orders it twice; `hilum embed stop JOB` ends it. Records that Bedrock could not embed are listed, and tried again with --retry, or one by
one without --batch. The images stay on S3 until --delete-data removes them. A batch job takes a custom model's ARN, too, without
throughput, in the regions that have it.

With --import FILE.npy nothing is embedded: the rows are vectors of another encoder, of the images that IMAGES lists (a name or a record a
line; without such a list: those of splits.jsonl), and become the embeddings import:NAME, to be indexed and compared with the others.

An image that cannot be read is listed and left out, and the exit status is 1. What was computed of an image is kept in cache/, so that
a run goes on where one was stopped.]],
  options = OPTIONS,
  examples = {
    "hilum embed images",
    "hilum embed images --model base --model tuned --length 384",
    "hilum embed images --with-caption --out embeddings-with-captions",
    "hilum embed images --model bedrock:amazon.titan-embed-image-v1 --length 384",
    "hilum embed images --model bedrock:amazon.titan-embed-image-v1 --batch --work s3://b/batch/ --role arn:aws:iam::123456789012:role/x",
    "hilum embed --import densenet.npy --name densenet",
  },
  verbs = {
    stop = { summary = "End a batch job on Bedrock", run = function(opt, ctx) return require "lib.model.batch.stop"(opt, ctx) end,
      details = "What it has answered is charged. The same `hilum embed --batch` as before takes that, and orders the rest anew.",
      options = { { "id", type = "string", positional = true, required = true, metavar = "JOB",
        help = "a job of the project (`hilum status` shows them), or the ARN of any" } },
      examples = { "hilum embed stop hilum-0a1b2c3d4e5f6071", "hilum embed stop hilum-0a1b2c3d4e5f6071 --json" } },
  },
  reads = { "images", "splits" },
  writes = { "out" },
  run = run,
}
