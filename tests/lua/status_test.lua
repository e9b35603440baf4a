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
