-- SPDX-License-Identifier: MIT
-- status: up to date, stale, gone, changed by hand; and what comes next.
local fs = require "hilum.fs"
local json = require "hilum.json"
local t = require "t"

local function state_of(dir, step)
  local status, out, err = t.run(("'%s' --project '%s' status --json"):format(t.hilum, dir))
  t.eq(status, 0, err)
  local result = json.decode(out)
  for _, row in ipairs(result.steps) do
    if row.step == step then return row.state, result.next end
  end
end

local function hilum(dir, arguments)
  local status, out, err = t.run(("cd '%s' && '%s' %s"):format(dir, t.hilum, arguments))
  t.eq(status, 0, out .. err)
end

local TABLE = "id,Mass,No Finding,subj_id\n%sb.png,0,1,2\nc.png,1,0,3\nd.png,0,1,4\ne.png,0,1,5\nf.png,1,0,6\n"

local function labelled()
  local dir = t.tmp()
  assert(fs.write(fs.join(dir, "labels.csv"), TABLE:format("a.png,1,0,1\n")))
  hilum(dir, "labels labels.csv")
  return dir
end

t.test("an empty folder begins with the labels", function()
  local dir = t.tmp()
  local state, following = state_of(dir, "labels")
  t.eq(state, "missing")
  t.match(following, "hilum labels")
end)

t.test("a step that ran is up to date, and the next is named", function()
  local dir = labelled()
  local state, following = state_of(dir, "labels")
  t.eq(state, "up to date")
  t.eq(following, "hilum split")
end)

t.test("an input that changed makes it stale, and what was made from it", function()
  local dir = labelled()
  hilum(dir, "split")
  assert(fs.write(fs.join(dir, "labels.csv"), TABLE:format("a.png,0,1,1\n")))
  local state, following = state_of(dir, "labels")
  t.eq(state, "stale: labels.csv changed since")
  t.match(following, "hilum labels")
  t.eq(state_of(dir, "split"), "stale: dataset.jsonl is stale")
end)

t.test("an output that was edited is told", function()
  local dir = labelled()
  assert(fs.append(fs.join(dir, "dataset.jsonl"), "\n"))
  t.eq(state_of(dir, "labels"), "stale: dataset.jsonl changed after it was made")
end)

t.test("the answer is the same from another folder", function()
  local dir = labelled()
  local status, out = t.run(("cd / && '%s' --project '%s' status --json"):format(t.hilum, dir))
  t.eq(status, 0)
  t.eq(json.decode(out).steps[1].state, "up to date")
end)

t.test("files without a recorded run are said to be so", function()
  local dir = t.tmp()
  assert(fs.write(fs.join(dir, "train.jsonl"), "{}\n"))
  t.eq(state_of(dir, "prepare"), "there, but no run of it is recorded")
end)

t.test("a new split makes out of date what was embedded, indexed and measured; evaluate refuses until it is embedded again", function()
  local dir = t.tmp()
  assert(fs.write(dir .. "/project.lua", 'return { defaults = { images = "phantoms/images", quiet = true, resamples = 0 } }'))
  hilum(dir, "phantom --count 60 --size 64")
  for _, step in ipairs { "labels phantoms/labels.csv", "split", "embed", "index", "evaluate" } do hilum(dir, step) end
  t.eq(state_of(dir, "evaluate"), "up to date")
  hilum(dir, "split --seed 2")
  t.eq(state_of(dir, "embed"), "stale: splits.jsonl changed since")
  t.eq(state_of(dir, "index"), "stale: embeddings is stale")
  t.match(state_of(dir, "evaluate"), "^stale: ")
  local status, _, err = t.run(("cd '%s' && '%s' evaluate"):format(dir, t.hilum))
  t.eq(status, 1)
  t.match(err, "splits.jsonl has changed since embeddings/base.jsonl was made: .* run `hilum embed`")
  for _, step in ipairs { "embed", "index", "evaluate" } do
    hilum(dir, step)
    t.eq(state_of(dir, step), "up to date")
  end
end)

t.test("the next step is told as it has to be typed", function()
  local dir = labelled()
  hilum(dir, "split")
  t.eq(select(2, state_of(dir, "split")), "hilum prepare IMAGES")
  assert(fs.write(dir .. "/project.lua", 'return { defaults = { images = "s3://bucket/images" } }'))
  t.eq(select(2, state_of(dir, "split")), "hilum prepare")
  assert(fs.write(dir .. "/project.lua", "return {}"))
  assert(fs.mkdir(dir .. "/images"))
  t.eq(select(2, state_of(dir, "split")), "hilum prepare")
end)
