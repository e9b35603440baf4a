-- SPDX-License-Identifier: MIT
-- lib/memory.lua and lib/freshness.lua: what is known of files holds until they change, and survives torn lines.
local fs = require "hilum.fs"
local freshness = require "lib.freshness"
local memory = require "lib.memory"
local project = require "lib.project"
local t = require "t"

local function setup()
  local dir = t.tmp()
  local path = fs.join(dir, "a.png")
  assert(fs.write(path, "pixels"))
  return fs.join(dir, "cache/what.jsonl"), path
end

local function learn(memory_path, path, terms)
  local entry = memory.entries({ path }, terms)[1]
  entry.found = "whole"
  assert(memory.open(memory_path):add { entry })
end

local function recall(memory_path, path, terms)
  local known = memory.open(memory_path):find(memory.entries({ path }, terms)[1])
  return known and known.found
end

t.test("what was added is found again, by any name of the file", function()
  local memory_path, path = setup()
  t.eq(recall(memory_path, path), nil)
  learn(memory_path, path)
  t.eq(recall(memory_path, path), "whole")
  t.eq(recall(memory_path, fs.join(fs.dir(path), ".", "a.png")), "whole")
end)

t.test("a file that changed, went, or is asked about under other terms is not known", function()
  local memory_path, path = setup()
  learn(memory_path, path, "5 MB")
  t.eq(recall(memory_path, path, "5 MB"), "whole")
  t.eq(recall(memory_path, path, "6 MB"), nil)
  assert(fs.write(path, "other pixels"))
  t.eq(recall(memory_path, path, "5 MB"), nil)
  assert(fs.remove(path))
  t.eq(recall(memory_path, path, "5 MB"), nil)
end)

t.test("torn and foreign lines are passed over", function()
  local memory_path, path = setup()
  learn(memory_path, path)
  assert(fs.append(memory_path, 'null\n{"format":99,"file":"/x"}\n{"format":1,"file":7}\n{"format":1,"fi'))
  t.eq(recall(memory_path, path), "whole")
  assert(fs.write(path, "new"))
  learn(memory_path, path)
  t.eq(recall(memory_path, path), "whole")
end)

t.test("without a path nothing is written, and what was added is known while it lives", function()
  local _, path = setup()
  local short = memory.open(nil)
  local entry = memory.entries({ path })[1]
  t.eq(short:add { entry }, true)
  t.ok(short:find(memory.entries({ path })[1]))
end)

t.test("a record holds until an input or output changes or goes", function()
  local dir = t.tmp()
  local p = project.open(dir)
  local input, output = fs.join(dir, "in"), fs.join(dir, "out")
  assert(fs.write(input, "1"))
  assert(fs.write(output, "2"))
  t.eq(freshness.new(p):why("step"), "never ran")
  p:record { workflow = "step", seconds = 0, options = {}, reads = { input }, writes = { output } }
  t.eq(freshness.new(p):why("step"), nil)
  assert(fs.write(output, "3"))
  t.eq(freshness.new(p):why("step"), "out changed after it was made")
  assert(fs.write(input, "4"))
  t.eq(freshness.new(p):why("step"), "in changed since")
  assert(fs.remove(input))
  t.eq(freshness.new(p):why("step"), "in is gone")
end)
