-- SPDX-License-Identifier: MIT
-- image.describe with a memory. The 780 features of an image are a row of the project's cache/features.npy; the memory
-- cache/features.jsonl says whose row is whose. Rows are written first: one that no line speaks of is never read.
local fs = require "hilum.fs"
local image = require "hilum.image"
local memory = require "lib.memory"
local npy = require "hilum.npy"
local store = require "lib.store"
local vec = require "hilum.vec"

-- chunk: so many images are described before what was found is written.
local features = { COUNT = 780, chunk = 128 }

local Memory = {}
Memory.__index = Memory

local function open_memory(folder)
  local rows_path = fs.join(folder, "features.npy")
  local info = fs.stat(rows_path) and assert(npy.info(rows_path))
  return setmetatable({ rows_path = rows_path, count = info and info.rows or 0, lines = memory.open(fs.join(folder, "features.jsonl")) },
    Memory)
end

-- The row (from 1) of an image, if it was described as it is now.
function Memory:row(entry)
  local known = self.lines:find(entry)
  return known and known.row <= self.count and known.row or nil
end

function Memory:add(rows, entries)
  assert(npy.append(self.rows_path, rows))
  for i, entry in ipairs(entries) do entry.row = self.count + i end
  self.count = self.count + #entries
  assert(self.lines:add(entries))
end

local function paths_of(images, names)
  local paths = {}
  for i, name in ipairs(names) do paths[i] = images:path(name) end
  return paths
end

-- The places in entries of the images to describe, each image once.
local function find_new(kept, entries)
  local new, seen = {}, {}
  for i, entry in ipairs(entries) do
    if not kept:row(entry) and not seen[entry.file] then new[#new + 1] = i end
    seen[entry.file] = true
  end
  return new
end

-- Describes the images at these places; failures by absolute name.
local function describe_chunk(kept, paths, entries, places, failures, progress)
  local chunk, good, rows = {}, {}, {}
  for i, place in ipairs(places) do chunk[i] = paths[place] end
  local inputs, unread = store.inputs(chunk)
  local described, errors = image.describe(inputs, { progress = progress })
  for i, place in ipairs(places) do
    local err = unread[i] or errors and errors[i]
    if err then
      failures[entries[place].file] = err
    else
      good[#good + 1], rows[#rows + 1] = entries[place], i
    end
  end
  if #good > 0 then kept:add(#good < #places and described:gather(rows) or described, good) end
end

-- The rows of all entries, in order; a failed one is 0.
local function collect(kept, entries, failures)
  local rows, errors = {}, nil
  for i, entry in ipairs(entries) do
    rows[i] = kept:row(entry) or 1
    if failures[entry.file] then
      errors = errors or {}
      errors[i] = failures[entry.file]
    end
  end
  if kept.count == 0 then return vec.new(#entries, features.COUNT), errors end
  local mapped <close> = assert(npy.map(kept.rows_path))
  local found, zeros = mapped:gather(rows), vec.new(1, features.COUNT)
  for i in pairs(errors or {}) do found:put(i, zeros) end
  return found, errors
end

-- The features of named images of a store: a matrix of 780 columns; and errors by place, or nil, for images that could not be read
-- and whose row is 0. options: progress.
function features.of(project, images, names, options)
  local folder, progress = project:path("cache"), options and options.progress
  assert(fs.mkdir(folder))
  local kept, paths, failures = open_memory(folder), paths_of(images, names), {}
  local entries = memory.entries(paths)
  local new = find_new(kept, entries)
  if progress then progress:add(#names - #new) end
  for first = 1, #new, features.chunk do
    local places = table.move(new, first, math.min(first + features.chunk - 1, #new), 1, {})
    describe_chunk(kept, paths, entries, places, failures, progress)
  end
  return collect(kept, entries, failures)
end

return features
