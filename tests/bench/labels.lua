-- SPDX-License-Identifier: MIT
-- `hilum labels` beside the same in Python's csv, whole processes in turn: hilum tests/bench/labels.lua TABLE…
-- (NIH-CXR-LT tables). Prints the medians and their ratio, after comparing what the two have written.
local fs = require "hilum.fs"
local json = require "hilum.json"
local timing = require "timing"

local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."

-- The peer knows no split; all else is to be the same.
local function check_same(folder)
  local theirs = assert(json.lines(fs.join(folder, "peer.jsonl")))
  local rows = 0
  for record in assert(json.lines(fs.join(folder, "dataset.jsonl"))) do
    record.split = nil
    assert(json.encode(record) == json.encode((theirs())), record.image)
    rows = rows + 1
  end
  return rows
end

local function run(opt, ctx)
  local folder = assert(fs.temp())
  local tables = {}
  for i, path in ipairs(opt.tables) do tables[i] = "'" .. assert(fs.real(path)) .. "'" end
  local listed = table.concat(tables, " ")
  local ours = ("cd %s && '%s' --quiet labels %s"):format(folder, fs.real("/proc/self/exe"), listed)
  local peer = ("cd %s && %s '%s/peers/labels.py' %s"):format(folder, opt.python, fs.real(here), listed)
  local times = { ours = {}, peer = {} }
  for i = 1, opt.rounds do times.ours[i], times.peer[i] = timing.seconds(ours), timing.seconds(peer) end
  local rows = check_same(folder)
  assert(fs.remove_tree(folder))
  local result = { rows = rows, hilum = timing.median(times.ours), python = timing.median(times.peer) }
  result.ratio = result.python / result.hilum
  ctx.print("%d rows: hilum %.3f s, python %.3f s, ratio %.1f", rows, result.hilum, result.python, result.ratio)
  return result
end

return {
  summary = "Compare labels with Python's csv",
  options = {
    { "tables", type = "list", of = "path", positional = true, required = true, metavar = "TABLE", help = "NIH-CXR-LT tables" },
    { "rounds", type = "integer", default = 7, min = 1, help = "runs of each" },
    { "python", type = "string", default = "/usr/bin/python3", help = "the interpreter" },
  },
  run = run,
}
