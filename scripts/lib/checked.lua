-- SPDX-License-Identifier: MIT
-- image.check, within the limits of training, with a memory: what was found about a file is kept in the project's cache/check.jsonl
-- until its size, its time or the limits change. Reports are appended in chunks, so that a run that was killed goes on where it was.
local fs = require "hilum.fs"
local image = require "hilum.image"
local json = require "hilum.json"
local titan = require "lib.titan"

local checked = {}

local FORMAT = 1
local CHUNK = 512

-- A torn or foreign line only means that its file is checked again.
local function load_memory(path)
  local known = {}
  for line in (path and fs.read(path) or ""):gmatch("[^\n]+") do
    local entry = json.decode(line)
    if type(entry) == "table" and entry.format == FORMAT then known[entry.file] = entry end
  end
  return known
end

-- A line of its own even after a torn one. A memory that cannot be written only costs time in the next run.
local function remember(path, entries)
  local lines = { "" }
  for _, entry in ipairs(entries) do lines[#lines + 1] = json.encode(entry) end
  fs.mkdir(fs.dir(path))
  fs.append(path, table.concat(lines, "\n") .. "\n", { sync = true })
end

-- Absolute names, so that the memory holds wherever the command was started; folders are resolved once each.
local function absolute_names()
  local folders = {}
  return function(path)
    local folder = fs.dir(path)
    folders[folder] = folders[folder] or fs.real(folder) or folder
    return fs.join(folders[folder], fs.base(path))
  end
end

local function entries_of(paths, limits)
  local absolute, entries, within = absolute_names(), {}, json.encode(limits)
  for i, path in ipairs(paths) do
    local stat = fs.stat(path)
    entries[i] = { format = FORMAT, file = absolute(path), size = stat and stat.size, mtime = stat and stat.mtime, limits = within }
  end
  return entries
end

local function is_same(a, b) return b and a.size and a.size == b.size and a.mtime == b.mtime and a.limits == b.limits end

-- Checks the files at these indices; fills reports.
local function check_chunk(paths, indices, entries, reports, options)
  local chunk = {}
  for i, index in ipairs(indices) do chunk[i] = paths[index] end
  local found, errors = image.check(chunk, { progress = options.progress, limits = options.limits })
  if errors then error(select(2, next(errors)), 0) end
  local fresh = {}
  for i, index in ipairs(indices) do
    local report = found[i]
    if #report.problems == 0 then table.move(titan.doubts(report), 1, 2, #report.warnings + 1, report.warnings) end
    reports[index], entries[index].report = report, report
    if entries[index].size then fresh[#fresh + 1] = entries[index] end
  end
  if options.memory then remember(options.memory, fresh) end
end

-- The reports of the files, in order. options: progress; limits, as image.check takes them; memory, its path (none: nothing is
-- kept).
function checked.reports(paths, options)
  local known, entries, reports, open = load_memory(options.memory), entries_of(paths, options.limits), {}, {}
  for i, entry in ipairs(entries) do
    local before = known[entry.file]
    if is_same(entry, before) then reports[i] = before.report else open[#open + 1] = i end
  end
  if options.progress then options.progress:add(#paths - #open) end
  for first = 1, #open, CHUNK do
    check_chunk(paths, table.move(open, first, math.min(first + CHUNK - 1, #open), 1, {}), entries, reports, options)
  end
  return reports
end

return checked
