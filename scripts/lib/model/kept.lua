-- SPDX-License-Identifier: MIT
-- Rows of numbers that took work or money, kept in a project's cache: NAME.npy, and the memory NAME.jsonl (lib/memory), which says whose
-- row is whose. Rows are written first: one that no line speaks of is never read, so that a run may be killed at any moment.
local fs = require "hilum.fs"
local memory = require "lib.memory"
local npy = require "hilum.npy"
local vec = require "hilum.vec"

local kept = {}

local Kept = {}
Kept.__index = Kept

-- folder: it has to be there.
function kept.open(folder, name)
  local rows_path = fs.join(folder, name .. ".npy")
  local info = fs.stat(rows_path) and assert(npy.info(rows_path))
  return setmetatable({ rows_path = rows_path, count = info and info.rows or 0,
    lines = memory.open(fs.join(folder, name .. ".jsonl")) }, Kept)
end

-- The row (from 1) of an entry (lib/memory), if there is one of it as it is now.
function Kept:row(entry)
  local known = self.lines:find(entry)
  return known and known.row <= self.count and known.row or nil
end

-- One row for each entry.
function Kept:add(rows, entries)
  assert(npy.append(self.rows_path, rows))
  for i, entry in ipairs(entries) do entry.row = self.count + i end
  self.count = self.count + #entries
  assert(self.lines:add(entries))
end

-- The places in entries of those that have no row, each thing once.
function Kept:missing(entries)
  local new, seen = {}, {}
  for i, entry in ipairs(entries) do
    if not self:row(entry) and not seen[entry.file] then new[#new + 1] = i end
    seen[entry.file] = true
  end
  return new
end

-- The rows of all entries, in order, `cols` wide. failures: errors by the entries' files, whose rows are 0; they are returned by place,
-- or nil if there are none.
function Kept:collect(entries, failures, cols)
  local rows, errors = {}, nil
  for i, entry in ipairs(entries) do
    rows[i] = self:row(entry) or 1
    if failures[entry.file] then
      errors = errors or {}
      errors[i] = failures[entry.file]
    end
  end
  if self.count == 0 then return vec.new(#entries, cols), errors end
  local mapped <close> = assert(npy.map(self.rows_path))
  local found, zeros = mapped:gather(rows), vec.new(1, cols)
  for i in pairs(errors or {}) do found:put(i, zeros) end
  return found, errors
end

return kept
