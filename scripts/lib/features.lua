-- SPDX-License-Identifier: MIT
-- image.describe with a memory. The 780 features of an image are kept in the project, cache/features.npy, until the file's size or
-- time changes; cache/features.jsonl says whose row is whose. Both grow by a chunk at a time, rows first: a run that was killed
-- goes on where it was, and a row that no line speaks of is never read.
local fs = require "hilum.fs"
local image = require "hilum.image"
local json = require "hilum.json"
local npy = require "hilum.npy"
local vec = require "hilum.vec"

-- chunk: so many images are described before what was found is written.
local features = { COUNT = 780, chunk = 512 }

local FORMAT = 1

local Memory = {}
Memory.__index = Memory

-- A torn or foreign line only means that its image is described again.
local function open_memory(folder)
  local self = { rows_path = fs.join(folder, "features.npy"), lines_path = fs.join(folder, "features.jsonl"), known = {} }
  local info = fs.stat(self.rows_path) and assert(npy.info(self.rows_path))
  self.count = info and info.rows or 0
  for line in (fs.read(self.lines_path) or ""):gmatch("[^\n]+") do
    local entry = json.decode(line)
    if type(entry) == "table" and entry.format == FORMAT and entry.row <= self.count then self.known[entry.image] = entry end
  end
  return setmetatable(self, Memory)
end

local function is_same(a, b) return b and a.size == b.size and a.mtime == b.mtime end

-- The row (from 1) of an image, if it was described as it is now.
function Memory:row(entry)
  local known = self.known[entry.image]
  return is_same(entry, known) and known.row or nil
end

function Memory:add(rows, entries)
  assert(npy.append(self.rows_path, rows))
  local lines = { "" } -- ends a line that was torn
  for i, entry in ipairs(entries) do
    entry.row = self.count + i
    self.known[entry.image] = entry
    lines[i + 1] = json.encode(entry)
  end
  self.count = self.count + #entries
  assert(fs.append(self.lines_path, table.concat(lines, "\n") .. "\n", { sync = true }))
end

-- Absolute names, so that the memory holds wherever the command was started; folders are resolved once each.
local function entries_of(store, names)
  local folders, entries = {}, {}
  for i, name in ipairs(names) do
    local path, stat = store:path(name), store:stat(name)
    local folder = fs.dir(path)
    folders[folder] = folders[folder] or fs.real(folder) or folder
    entries[i] = { format = FORMAT, image = fs.join(folders[folder], fs.base(path)), size = stat and stat.size,
      mtime = stat and stat.mtime }
  end
  return entries
end

-- The places in entries of the images to describe, each image once.
local function find_new(memory, entries)
  local new, seen = {}, {}
  for i, entry in ipairs(entries) do
    if not memory:row(entry) and not seen[entry.image] then new[#new + 1] = i end
    seen[entry.image] = true
  end
  return new
end

-- Describes the images at these places; failures by absolute name.
local function describe_chunk(memory, store, names, entries, places, failures, progress)
  local paths, good, rows = {}, {}, {}
  for i, place in ipairs(places) do paths[i] = store:path(names[place]) end
  local described, errors = image.describe(paths, { progress = progress })
  for i, place in ipairs(places) do
    if errors and errors[i] then
      failures[entries[place].image] = errors[i]
    else
      good[#good + 1], rows[#rows + 1] = entries[place], i
    end
  end
  if #good > 0 then memory:add(#good < #places and described:gather(rows) or described, good) end
end

-- The rows of all entries, in order; a failed one is 0.
local function collect(memory, entries, failures)
  local rows, errors = {}, nil
  for i, entry in ipairs(entries) do
    rows[i] = memory:row(entry) or 1
    if failures[entry.image] then
      errors = errors or {}
      errors[i] = failures[entry.image]
    end
  end
  if memory.count == 0 then return vec.new(#entries, features.COUNT), errors end
  local mapped <close> = assert(npy.map(memory.rows_path))
  local found, zeros = mapped:gather(rows), vec.new(1, features.COUNT)
  for i in pairs(errors or {}) do found:put(i, zeros) end
  return found, errors
end

-- The features of named images of a store: a matrix of 780 columns; and errors by place, or nil, for images that could not be read
-- and whose row is 0. options: progress.
function features.of(project, store, names, options)
  local folder, progress = project:path("cache"), options and options.progress
  assert(fs.mkdir(folder))
  local memory, entries, failures = open_memory(folder), entries_of(store, names), {}
  local new = find_new(memory, entries)
  if progress then progress:add(#names - #new) end
  for first = 1, #new, features.chunk do
    local places = table.move(new, first, math.min(first + features.chunk - 1, #new), 1, {})
    describe_chunk(memory, store, names, entries, places, failures, progress)
  end
  return collect(memory, entries, failures)
end

return features
