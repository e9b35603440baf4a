-- SPDX-License-Identifier: MIT
-- demo: the whole chain in small, again, over a kill, on given images, and what it refuses.
local fs = require "hilum.fs"
local json = require "hilum.json"
local t = require "t"

local SMALL = "--count 100 --size 128"

local function demo(dir, arguments) return t.run(("cd '%s' && '%s' demo %s"):format(dir, t.hilum, arguments)) end

local function must(dir, arguments)
  local status, out, err = demo(dir, arguments)
  t.eq(status, 0, out .. err)
  return out, err
end

local function runs_of(dir)
  local count = {}
  for record in json.lines(fs.join(dir, "hilum-demo/run.jsonl")) do count[record.workflow] = (count[record.workflow] or 0) + 1 end
  return count
end

t.test("every step leaves what the next one reads", function()
  local dir = t.tmp()
  local out = must(dir, SMALL .. " --json")
  local result = json.decode(out)
  for _, name in ipairs { "project.lua", "phantoms/labels.csv", "dataset.jsonl", "splits.jsonl", "train.jsonl", "validation.jsonl",
    "models/tuned/model.safetensors", "embeddings/base.npy", "embeddings/tuned.npy", "index/base/index.json", "index/tuned/index.json" } do
    t.ok(fs.stat(fs.join(dir, "hilum-demo", name)), name .. " is missing")
  end
  t.eq(#result.steps, 10)
  t.ok(#result.pages >= 4)
  for _, page in ipairs(result.pages) do t.ok(fs.stat(fs.join(dir, page)), page) end
end)

t.test("again, nothing that holds is done again; --force does it", function()
  local dir = t.tmp()
  must(dir, SMALL)
  local before = runs_of(dir)
  local _, err = must(dir, SMALL)
  t.match(err, "done before")
  t.eq(runs_of(dir).finetune, before.finetune)
  must(dir, SMALL .. " --force")
  t.eq(runs_of(dir).finetune, before.finetune + 1)
end)

t.test("killed in the middle, it goes on", function()
  local dir = t.tmp()
  t.run(("cd '%s' && { '%s' demo %s & p=$!; sleep 0.4; kill -9 $p; wait $p; }"):format(dir, t.hilum, SMALL))
  must(dir, SMALL)
end)

t.test("given images stay where they are", function()
  local dir = t.tmp()
  t.eq((t.run(("cd '%s' && '%s' phantom --count 100 --size 128 --out p"):format(dir, t.hilum))), 0)
  local _, err = must(dir, "--images p/images --labels p/labels.csv")
  t.match(err, "%-%-min%-records")
  local train = assert(fs.read(fs.join(dir, "hilum-demo/train.jsonl")))
  t.ok(train:find('"image-ref":"' .. fs.real(fs.join(dir, "p/images")), 1, true), "not the whole path of the images")
  t.eq(fs.stat(fs.join(dir, "hilum-demo/phantoms")), nil)
end)

t.test("a folder that is no demo is left alone", function()
  local dir = t.tmp()
  assert(fs.mkdir(fs.join(dir, "hilum-demo")))
  assert(fs.write(fs.join(dir, "hilum-demo/thesis.txt"), "x"))
  local status, _, err = demo(dir, SMALL)
  t.eq(status, 1)
  t.match(err, "no demo")
  t.eq(fs.list(fs.join(dir, "hilum-demo")), { "thesis.txt" })
end)

t.test("a demo of other options is not gone on with", function()
  local dir = t.tmp()
  assert(fs.mkdir(fs.join(dir, "hilum-demo")))
  assert(fs.write(fs.join(dir, "hilum-demo/demo.json"), "{}\n"))
  local status, _, err = demo(dir, SMALL)
  t.eq(status, 1)
  t.match(err, "other options")
end)

t.test("--images without --labels is a mistake of usage", function()
  local dir = t.tmp()
  local status, _, err = demo(dir, "--images .")
  t.eq(status, 2)
  t.match(err, "belong together")
end)
