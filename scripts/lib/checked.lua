-- SPDX-License-Identifier: MIT
-- image.check, within the limits of training, with a memory: the project's cache/check.jsonl.
local image = require "hilum.image"
local json = require "hilum.json"
local memory = require "lib.memory"
local titan = require "lib.titan"

local checked = {}

local CHUNK = 512

local function add_doubts(report)
  if #report.problems > 0 then return end
  for _, doubt in ipairs(titan.doubts(report)) do table.insert(report.warnings, doubt) end
end

-- Fills in the reports of these entries. A memory that cannot be written only costs time in the next run.
local function check_chunk(entries, paths, known, options)
  local found, errors = image.check(paths, { progress = options.progress, limits = options.limits })
  if errors then error(select(2, next(errors)), 0) end
  local lasting = {}
  for i, entry in ipairs(entries) do
    add_doubts(found[i])
    entry.report = found[i]
    if entry.size then lasting[#lasting + 1] = entry end
  end
  known:add(lasting)
end

-- The entries, and their paths, that nothing is known of; the others get their report.
local function find_unknown(entries, paths, known)
  local unknown, their_paths = {}, {}
  for i, entry in ipairs(entries) do
    local before = known:find(entry)
    if before then
      entry.report = before.report
    else
      unknown[#unknown + 1], their_paths[#their_paths + 1] = entry, paths[i]
    end
  end
  return unknown, their_paths
end

-- The reports of the files, in order. options: progress; limits, as image.check takes them; memory, its path (none: nothing is
-- kept).
function checked.reports(paths, options)
  local known, entries = memory.open(options.memory), memory.entries(paths, json.encode(options.limits))
  local unknown, their_paths = find_unknown(entries, paths, known)
  if options.progress then options.progress:add(#paths - #unknown) end
  for first = 1, #unknown, CHUNK do
    local last = math.min(first + CHUNK - 1, #unknown)
    check_chunk(table.move(unknown, first, last, 1, {}), table.move(their_paths, first, last, 1, {}), known, options)
  end
  local reports = {}
  for i, entry in ipairs(entries) do reports[i] = entry.report end
  return reports
end

return checked
