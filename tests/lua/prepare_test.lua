-- SPDX-License-Identifier: MIT
-- prepare: what Bedrock would refuse is refused here with line and reason; what its pages disagree about is a warning.
local fs = require "hilum.fs"
local json = require "hilum.json"
local phantom = require "hilum.phantom"
local t = require "t"
local titan = require "lib.titan"

local function codes(findings)
  local list = {}
  for i, finding in ipairs(findings) do list[i] = finding.code end
  return list
end

local function doubts(width, height, bytes) return codes(titan.doubts { width = width, height = height, bytes = bytes }) end

t.test("between two readings of a limit there is a warning", function()
  t.eq(doubts(1024, 1024, 5000000), {})
  t.eq(doubts(1024, 1024, 5000001), { "bytes" })
  t.eq(doubts(4096, 3058, 1), {})
  t.eq(doubts(4096, 3072, 1), { "pixels" })
end)

local function caption(text)
  local problems, warnings = titan.judge_caption(text, titan.limits)
  return { codes(problems), codes(warnings) }
end

t.test("captions", function()
  t.eq(caption "Effusion, Mass", { {}, {} })
  t.eq(caption "", { { "caption" }, {} })
  t.eq(caption " \n", { { "caption" }, {} })
  t.eq(caption(nil), { { "caption" }, {} })
  t.eq(caption(("é"):rep(2560)), { {}, { "caption" } })
  t.eq(caption(("é"):rep(2561)), { { "caption" }, {} })
  t.eq(caption(("x"):rep(512)), { {}, {} })
  t.eq(caption(("x"):rep(513)), { {}, { "caption" } })
  t.eq(caption "\xff", { { "utf-8" }, {} })
end)

t.test("counts", function()
  t.eq(titan.judge_count("training", 1000, 1000, 500000), nil)
  t.match(titan.judge_count("training", 999, 1000, 500000).message, "999 training records are fewer than 1000")
  t.match(titan.judge_count("training", 500001, 1000, 500000).message, "more than 500000")
end)

t.test("Bedrock's line has its two keys in their order", function()
  t.eq(titan.line("s3://b/images/a \"1\".png", "Mass"), '{"image-ref":"s3://b/images/a \\"1\\".png","caption":"Mass"}')
end)

-- A project with drawn images and a splits.jsonl of these records.
local function project(records)
  local dir = t.tmp()
  assert(fs.mkdir(fs.join(dir, "images")))
  local pictures = {}
  for i = 1, 6 do pictures[i] = { patient = i, followup = 0, path = fs.join(dir, ("images/%d.png"):format(i)) } end
  assert(phantom.write(pictures, { size = 128 }))
  local lines = {}
  for i, r in ipairs(records) do lines[i] = json.encode(r) end
  assert(fs.write(fs.join(dir, "splits.jsonl"), table.concat(lines, "\n") .. "\n"))
  return dir
end

local function record(i, split, changes)
  local r = { image = i .. ".png", caption = "Mass", findings = { "Mass" }, patient = tostring(i), split = split }
  for key, value in pairs(changes or {}) do r[key] = value end
  return r
end

local function prepare(dir, arguments)
  return t.run(("cd '%s' && '%s' prepare --min-records 2 --min-validation 1 --json %s"):format(dir, t.hilum, arguments or ""))
end

local GOOD = { record(1, "train"), record(2, "train"), record(3, "validation"), record(4, "test") }

t.test("the three files hold the records of their part", function()
  local dir = project(GOOD)
  local status, out, err = prepare(dir)
  t.eq(status, 0, err)
  t.eq(assert(fs.read(fs.join(dir, "train.jsonl"))),
    '{"image-ref":"images/1.png","caption":"Mass"}\n{"image-ref":"images/2.png","caption":"Mass"}\n')
  t.eq(assert(fs.read(fs.join(dir, "validation.jsonl"))), '{"image-ref":"images/3.png","caption":"Mass"}\n')
  t.eq(assert(fs.read(fs.join(dir, "test.jsonl"))), '{"image-ref":"images/4.png","caption":"Mass"}\n')
  t.eq(json.decode(out).train, 2)
end)

t.test("a prefix with characters that Bedrock refuses elsewhere is warned of, once", function()
  local dir = project(GOOD)
  for prefix, bad in pairs { ["s3://bucket/a b/"] = " ", ["s3://bucket/dt=2026"] = "=", ["s3://bucket/é"] = "é" } do
    local status, _, err = prepare(dir, ("--prefix '%s'"):format(prefix))
    t.eq({ status, select(2, err:gsub(", which Bedrock refuses", "")) }, { 0, 1 }, err)
    t.ok(err:find(("has '%s', which Bedrock refuses"):format(bad), 1, true), err)
  end
  for _, prefix in ipairs { "s3://bucket/a-b_c/(1).x", "/a b" } do
    t.ok(not select(3, prepare(dir, ("--prefix '%s'"):format(prefix))):find("which Bedrock refuses", 1, true), prefix)
  end
end)

t.test("a prefix stands before every name", function()
  local dir = project(GOOD)
  t.eq((prepare(dir, "--prefix s3://bucket/images")), 0)
  t.match(fs.read(fs.join(dir, "train.jsonl")), '"image%-ref":"s3://bucket/images/1.png"')
end)

t.test("every problem is told with its line, and nothing is written", function()
  local dir = project { record(1, "train"), record(9, "train"), record(2, "train", { caption = "" }), record(5, "train"),
    record(3, "validation"), record(4, "elsewhere") }
  assert(fs.write(fs.join(dir, "images/5.png"), "<html>not found</html>"))
  local status, out = prepare(dir)
  t.eq(status, 1)
  local found = {}
  for _, problem in ipairs(json.decode(out).problems) do found[problem.line or 0] = problem end
  t.eq(found[2].code, "missing")
  t.eq(found[3].code, "caption")
  t.eq(found[4].image, "5.png")
  t.eq(found[6].code, "record")
  t.eq(found[1], nil)
  t.eq(fs.stat(fs.join(dir, "train.jsonl")), nil)
end)

t.test("--skip-broken leaves them out", function()
  local dir = project { record(1, "train"), record(9, "train"), record(2, "train"), record(3, "validation") }
  local status, out, err = prepare(dir, "--skip-broken")
  t.eq(status, 0, err)
  t.eq(json.decode(out).broken, 1)
  t.eq(json.decode(out).train, 2)
  t.match(err, "left out")
end)

t.test("many problems are some lines, and the way out for missing images", function()
  local records = {}
  for i = 1, 30 do records[i] = record(100 + i, "train") end
  local dir = project(records)
  local status, out, err = t.run(("cd '%s' && '%s' prepare --min-records 2"):format(dir, t.hilum))
  local _, lines = out:gsub("\n", "")
  t.eq({ status, lines }, { 1, 22 })
  t.match(out, "0 training records are fewer than 2 %(%-%-min%-records%)\nand 10 more %(%-%-json lists all%)\n$")
  t.match(err, "refused for 31 reasons, nothing was written; `hilum labels TABLE… %-%-images images` keeps what has an image")
end)

t.test("too few records are refused, with --skip-broken too", function()
  local dir = project { record(1, "train"), record(9, "train"), record(3, "validation") }
  local status, out = prepare(dir, "--skip-broken")
  t.eq(status, 1)
  t.match(out, "1 training records are fewer than 2")
end)

t.test("a file of an earlier run whose part is empty now goes", function()
  local dir = project(GOOD)
  t.eq((prepare(dir)), 0)
  local lines = {}
  for i = 1, 3 do lines[i] = json.encode(GOOD[i]) end
  assert(fs.write(fs.join(dir, "splits.jsonl"), table.concat(lines, "\n") .. "\n"))
  t.eq((prepare(dir)), 0)
  t.eq(fs.stat(fs.join(dir, "test.jsonl")), nil)
end)

t.test("a patient in two parts is a warning", function()
  local dir = project { record(1, "train"), record(2, "train"), record(3, "validation", { patient = "1" }) }
  local status, _, err = prepare(dir)
  t.eq(status, 0)
  t.match(err, "1 patient is in more than one part")
end)

t.test("a limit is an option", function()
  local dir = project(GOOD)
  local status, out = prepare(dir, "--min-side 129")
  t.eq(status, 1)
  t.match(out, "128 x 128: no side may be below 129 pixels")
  t.eq((prepare(dir, "--max-side 128 --min-side 64")), 0)
end)

t.test("what is known of an image is kept until it changes", function()
  local dir = project(GOOD)
  t.eq((prepare(dir)), 0)
  local memory = fs.join(dir, "cache/check.jsonl")
  local before = assert(fs.read(memory))
  t.eq((prepare(dir)), 0)
  t.eq(assert(fs.read(memory)), before)
  assert(fs.append(memory, '{"format":1,"file":"/torn'))
  assert(fs.write(fs.join(dir, "images/1.png"), "broken"))
  t.eq((prepare(dir)), 1)
  t.ok(#assert(fs.read(memory)) > #before)
end)
