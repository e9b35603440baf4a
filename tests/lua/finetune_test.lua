-- SPDX-License-Identifier: MIT
local fs = require "hilum.fs"
local json = require "hilum.json"
local t = require "t"
local xrays = require "xrays"

local FILES = { "models/tuned/model.safetensors", "models/tuned/model.json" }

local function info_of(folder) return assert(json.decode(assert(fs.read(fs.join(folder, FILES[2]))))) end

t.test("finetune shows the loss of each epoch and writes a model that says what it is", function()
  local folder = xrays.project()
  local status, _, err = xrays.run(folder, "finetune --epochs 3")
  t.eq(status, 0)
  for epoch = 1, 3 do t.match(err, ("epoch %d of 3: loss %%d+%%.%%d+, validation %%d+%%.%%d+\n"):format(epoch)) end
  local info = info_of(folder)
  t.eq(info.format, 1)
  t.eq(info.hyperParameters, { epochCount = 3, batchSize = 256, learningRate = 0.01 })
  t.eq({ #info.loss, #info.validation_loss, info.seed }, { 3, 3, 1 })
  t.eq(info.train_sha256, require "hilum.hash".sha256_file(fs.join(folder, "train.jsonl")))
  t.match(info.about, "baseline.*no negation.*Not a clinical tool")
  t.ok(info.words.effusion or info.words.finding)
end)

t.test("the same seed gives the same bytes, whatever --jobs says; another seed others", function()
  local folder = xrays.project()
  t.eq(xrays.run(folder, "finetune --jobs 1 --batch-size 16"), 0)
  local first = xrays.contents(folder, FILES)
  t.eq(xrays.run(folder, "finetune --jobs 2 --batch-size 16"), 0)
  t.ok(xrays.contents(folder, FILES)[FILES[1]] == first[FILES[1]])
  t.ok(xrays.contents(folder, FILES)[FILES[2]] == first[FILES[2]])
  t.eq(xrays.run(folder, "finetune --seed 2 --batch-size 16"), 0)
  t.ok(xrays.contents(folder, FILES)[FILES[1]] ~= first[FILES[1]])
end)

t.test("a Bedrock job gives the hyperparameters; what is typed wins; Auto is the default", function()
  local folder = xrays.project()
  local job = fs.join(folder, "job.json")
  assert(fs.write(job, '{"jobName":"x","hyperParameters":{"epochCount":"2","batchSize":"16","learningRate":"0.003"}}'))
  t.eq(xrays.run(folder, ("finetune --job '%s' --learning-rate 0.02"):format(job)), 0)
  t.eq(info_of(folder).hyperParameters, { epochCount = 2, batchSize = 16, learningRate = 0.02 })
  assert(fs.write(job, '{"hyperParameters":{"epochCount":"Auto"}}'))
  t.eq(xrays.run(folder, ("finetune --job '%s'"):format(job)), 0)
  t.eq(info_of(folder).hyperParameters.epochCount, 5)
end)

t.test("hyperparameters out of range are refused", function()
  local folder = xrays.project()
  local job = fs.join(folder, "job.json")
  for given, why in pairs { epochCount = "101", batchSize = "1.5", learningRate = "2" } do
    assert(fs.write(job, json.encode { hyperParameters = { [given] = why } }))
    local status, _, err = xrays.run(folder, ("finetune --job '%s'"):format(job))
    t.eq(status, 1)
    t.match(err, given .. ".*must be")
  end
  t.eq(xrays.run(folder, "finetune --epochs 0"), 2)
  t.eq(xrays.run(folder, "finetune --name base"), 2)
  assert(fs.write(job, "{}"))
  local _, _, err = xrays.run(folder, ("finetune --job '%s'"):format(job))
  t.match(err, "no object hyperParameters")
end)

local function replace(path, pattern, with, count) assert(fs.write(path, (assert(fs.read(path)):gsub(pattern, with, count)))) end

t.test("references to S3 are read by name from --images, and it is said", function()
  local folder = xrays.project()
  replace(fs.join(folder, "train.jsonl"), "images/", "s3://bucket/images/")
  local status, _, err = xrays.run(folder, "finetune --epochs 1")
  t.eq(status, 0)
  t.match(err, "named on S3 are read from")
  local other_status, other = xrays.run(folder, "finetune --epochs 1 --images /nowhere")
  t.eq(other_status, 1)
  t.match(other, "give the folder that has")
end)

t.test("broken, missing and malformed records are listed and nothing is written; --skip-broken leaves them out", function()
  local folder, count = xrays.project()
  local train = fs.join(folder, "train.jsonl")
  assert(fs.write(fs.join(folder, "images/00000001_000.png"), "no image"))
  assert(fs.append(train, '{"image-ref":"images/gone.png","caption":"Mass"}\n{"caption":"Mass"}\n'))
  local status, out, err = xrays.run(folder, "finetune")
  t.eq(status, 1)
  t.match(out, "train.jsonl:1: .*00000001_000.png")
  t.match(out, "images/gone.png: no such image")
  t.match(out, "not a record")
  t.match(err, "3 records cannot be used, nothing was trained; %-%-skip%-broken")
  t.eq(fs.stat(fs.join(folder, "models")), nil)
  t.eq(xrays.run(folder, "finetune --skip-broken --epochs 1"), 0)
  local info = info_of(folder)
  t.eq(info.records + info.validation_records, count - 1)
end)

t.test("too little to learn from is refused", function()
  local folder = xrays.project()
  local train = fs.join(folder, "train.jsonl")
  replace(train, "\n.*", "\n", 1)
  local status, _, err = xrays.run(folder, "finetune")
  t.eq(status, 1)
  t.match(err, "has 1 usable records")
  assert(fs.write(train, assert(fs.read(train)):rep(3)))
  local _, _, one_caption = xrays.run(folder, "finetune")
  t.match(one_caption, "one caption only")
  assert(fs.write(train, '{"image-ref":"images/00000001_000.png","caption":"?"}\n{"image-ref":"images/00000001_000.png","caption":"!"}\n'))
  local _, _, no_words = xrays.run(folder, "finetune")
  t.match(no_words, "one caption only")
  assert(fs.remove(train))
  local _, _, none = xrays.run(folder, "finetune")
  t.match(none, "hilum prepare")
end)

t.test("kill -9 anywhere, run again: the model is the same", function()
  xrays.survives_kills(function() end, "finetune --epochs 2",
    { { "npy", "append", 2 }, { "fs", "append", 2 }, { "vec", "adam", 3 }, { "fs", "write", 2 } }, FILES)
end)
