-- SPDX-License-Identifier: MIT
-- image.check within the limits of training, and image.phash, with a memory: the project's cache.
local host = require "hilum.host"
local image = require "hilum.image"
local json = require "hilum.json"
local memory = require "lib.memory"
local store = require "lib.store"
local titan = require "lib.titan"

local checked = {}

local CHUNK = 128

local function add_doubts(report)
  if #report.problems > 0 then return end
  for _, doubt in ipairs(titan.doubts(report)) do table.insert(report.warnings, doubt) end
end

-- The entries of files that are there. A memory that cannot be written only costs time in the next run.
local function lasting(entries)
  local kept = {}
  for _, entry in ipairs(entries) do
    if entry.size then kept[#kept + 1] = entry end
  end
  return kept
end

-- The entries, and their paths, that nothing is known of; the others get what is.
local function find_unknown(entries, paths, known)
  local unknown, their_paths = {}, {}
  for i, entry in ipairs(entries) do
    local before = known:find(entry)
    if before then
      entry.report, entry.phash = before.report, before.phash
    else
      unknown[#unknown + 1], their_paths[#their_paths + 1] = entry, paths[i]
    end
  end
  return unknown, their_paths
end

-- Has work do what is not known of the files in chunks, each remembered at once. Returns the entries.
local function remember(paths, terms, options, work)
  local known, entries = memory.open(options.memory), memory.entries(paths, terms)
  local unknown, their_paths = find_unknown(entries, paths, known)
  if options.progress then options.progress:add(#paths - #unknown) end
  for first = 1, #unknown, CHUNK do
    local last = math.min(first + CHUNK - 1, #unknown)
    local chunk = table.move(unknown, first, last, 1, {})
    work(chunk, table.move(their_paths, first, last, 1, {}))
    known:add(lasting(chunk))
  end
  return entries
end

local function values_of(entries, field)
  local values = {}
  for i, entry in ipairs(entries) do values[i] = entry[field] end
  return values
end

-- The reports of the files, in order. options: progress; limits, as image.check takes them; memory, its path (none: nothing is
-- kept).
function checked.reports(paths, options)
  local terms = json.encode { limits = options.limits, hilum = host.version }
  return values_of(remember(paths, terms, options, function(entries, their_paths)
    local inputs, unread = store.inputs(their_paths)
    local found, errors = image.check(inputs, { progress = options.progress, limits = options.limits })
    if errors then error(select(2, next(errors)), 0) end
    for i, entry in ipairs(entries) do
      if unread[i] then found[i].problems = { { code = "unreadable", message = unread[i].message } } end
      add_doubts(found[i])
      entry.report = found[i]
    end
  end), "report")
end

local NO_HASH = ("0"):rep(64)

-- The perceptual hashes of the files, in order; one that cannot be read resembles nothing. options: progress, memory.
function checked.hashes(paths, options)
  return values_of(remember(paths, "phash " .. host.version, options, function(entries, their_paths)
    local hashes = image.phash(store.inputs(their_paths), { progress = options.progress })
    for i, entry in ipairs(entries) do entry.phash = hashes[i] or NO_HASH end
  end), "phash")
end

return checked
