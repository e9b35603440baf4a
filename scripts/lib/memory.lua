-- SPDX-License-Identifier: MIT
-- What was found out about files, kept as JSON Lines until a file changes: by its absolute name, with its size and time. A memory only
-- grows, a chunk at a time, so that a run that was killed goes on where it was. A torn or foreign line costs nothing but the work.
local fs = require "hilum.fs"
local json = require "hilum.json"
local store = require "lib.store"

local memory = {}

local FORMAT = 1

local Memory = {}
Memory.__index = Memory

-- The memory at path; without one nothing is remembered.
function memory.open(path)
  local known = {}
  for line in (path and fs.read(path) or ""):gmatch("[^\n]+") do
    local entry = json.decode(line)
    if type(entry) == "table" and entry.format == FORMAT and type(entry.file) == "string" then known[entry.file] = entry end
  end
  return setmetatable({ path = path, known = known }, Memory)
end

-- An entry for each location: the file as it is now. terms: a string; what was found out under other terms does not count.
function memory.entries(locations, terms)
  local names, stats, entries = store.absolute(locations), store.stats(locations), {}
  for i, name in ipairs(names) do
    local stat = stats[i] or {}
    entries[i] = { format = FORMAT, file = name, size = stat.size, mtime = stat.mtime, terms = terms }
  end
  return entries
end

-- What was added about the same file, if it is still as it was.
function Memory:find(entry)
  local known = self.known[entry.file]
  local is_same = known and entry.size and known.size == entry.size and known.mtime == entry.mtime and known.terms == entry.terms
  return is_same and known or nil
end

-- Adds entries with whatever fields they were given. Returns true, or nil and an error.
function Memory:add(entries)
  local lines = { "" } -- ends a line that was torn
  for _, entry in ipairs(entries) do
    self.known[entry.file] = entry
    lines[#lines + 1] = json.encode(entry)
  end
  if not self.path then return true end
  local made, err = fs.mkdir(fs.dir(self.path))
  if not made then return nil, err end
  return fs.append(self.path, table.concat(lines, "\n") .. "\n", { sync = true })
end

return memory
