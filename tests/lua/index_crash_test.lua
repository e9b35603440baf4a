-- SPDX-License-Identifier: MIT
-- An index that is killed while it changes, and read while it changes.
local t = require "t"
local fs = require "hilum.fs"
local index = require "lib.index"
local task = require "hilum.task"
local vec = require "hilum.vec"

local SCRIPT = t.root .. "/support/index_writer.lua"
dofile(SCRIPT)
local writer = require "index_writer"
local all = writer.vectors()

local function made()
  local url = fs.join(t.tmp(), "index")
  assert(index.create(url, { model = "m", length = writer.LENGTH, embedded = "image" }))
  return url
end

local function command(url, options)
  return ("%s --quiet '%s' '%s' %s"):format(t.hilum, SCRIPT, url, options)
end

-- The numbers of the images that are in an index, by row.
local function ids_of(idx)
  local list, row_of = {}, {}
  for _, hit in ipairs(idx:search(all:slice(1, 1), math.max(idx.rows, 1))[1]) do row_of[#row_of + 1] = hit.row end
  table.sort(row_of)
  for i, row in ipairs(row_of) do list[i] = tonumber(idx:doc(row).image:match("^%d+")) end
  return list, row_of
end

-- What the images are after a step: a list of their numbers.
local function after(ids, step)
  local kind, a, b = step:match("^(%a+) ?(%d*) ?(%d*)$")
  local result = {}
  for _, id in ipairs(ids) do
    if not (kind == "delete" and id == tonumber(a)) then result[#result + 1] = id end
  end
  if kind == "append" then for id = a, a + b - 1 do result[#result + 1] = math.tointeger(id) end end
  return result
end

-- What the log of a writer says: the images after all that was done, and after what was begun too.
local function replay(ids, log)
  local begun
  for line in log:gmatch("([^\n]*)\n") do
    if line == "done" then ids, begun = after(ids, begun), nil else begun = line end
  end
  return ids, begun and after(ids, begun), begun
end

-- Every image has its own vector and record, and a search finds what a search of all vectors finds.
local function check_answers(idx, ids, rows)
  t.eq(idx.count, #ids)
  if #ids == 0 then return end
  local wanted = all:gather(ids)
  t.ok(idx.vectors:gather(rows):bytes() == wanted:bytes(), "vectors")
  local query = all:slice(writer.MOST, writer.MOST)
  local best = vec.search(wanted, query, 7)[1]
  for rank, hit in ipairs(idx:search(query, 7)[1]) do
    t.eq(hit.doc, writer.doc(ids[best.rows[rank]]))
    t.eq(hit.score, best.scores[rank])
    t.eq(idx:row_of(hit.doc.image), hit.row)
  end
  local masses = 0
  for _, id in ipairs(ids) do if id % 3 == 0 then masses = masses + 1 end end
  t.eq(#idx:search(query, idx.rows, { where = { finding = "Mass" } })[1], masses)
end

local function seconds_of(run)
  local start = task.now()
  assert(run())
  return task.now() - start
end

t.test("killed at 100 random moments, it answers rightly and has all that was acknowledged", function()
  local url, ids, next_id, interrupted, acknowledged = made(), {}, 1, 0, 0
  local quick = seconds_of(function() return os.execute(command(url, "--steps 0")) end)
  math.randomseed(11)
  for round = 1, 100 do
    local options = ("--first %d --seed %d"):format(next_id, round)
    local _, log = t.run(("timeout -s KILL %.4f %s; true"):format(quick * (0.7 + 3 * math.random()), command(url, options)))
    local done, maybe, begun = replay(ids, log)
    local found, rows = ids_of(assert(index.open(url)))
    acknowledged = acknowledged + select(2, log:gsub("done\n", ""))
    if begun then interrupted = interrupted + 1 end
    ids = maybe and #found == #maybe and maybe or done
    t.eq(found, ids, "round " .. round)
    check_answers(assert(index.open(url)), found, rows)
    for first, count in log:gmatch("append (%d+) (%d+)") do next_id = math.max(next_id, math.tointeger(first + count)) end
  end
  t.ok(interrupted > 0 and acknowledged > 0, "nothing was interrupted")
end)

t.test("several read while one writes", function()
  local url = made()
  local log = url .. ".log"
  os.execute(("( %s; echo end ) > '%s' 2>&1 &"):format(command(url, "--steps 150 --seed 5"), log))
  local first, before, reads = nil, nil, 0
  while not (fs.read(log) or ""):find("end\n") do
    local idx = assert(index.open(url))
    check_answers(idx, ids_of(idx))
    if not first and idx.count > 3 then first, before = idx, ids_of(idx) end
    reads = reads + 1
  end
  t.ok(reads > 3 and first)
  t.eq((ids_of(first)), before, "what a reader opened has changed")
  local ids = replay({}, (fs.read(log):gsub("end\n$", "")))
  t.eq((ids_of(assert(index.open(url)))), ids)
end)

t.test("one writes at a time", function()
  local url = made()
  local one, other = assert(index.open(url)), assert(index.open(url))
  assert(one:append(all:slice(1, 2), { writer.doc(1), writer.doc(2) }))
  t.eq(other.count, 0)
  assert(other:append(all:slice(3, 3), { writer.doc(3) }))
  t.eq(other.count, 3)
  local lock <close> = assert(fs.lock(url .. "/.hilum.lock")) -- luacheck: ignore
  t.fails("io", "in use by process", one:append(all:slice(4, 4), { writer.doc(4) }))
  t.fails("io", "in use by process", one:delete { writer.name(1) })
  t.eq(one.count, 2)
end)
