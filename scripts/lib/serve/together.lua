-- SPDX-License-Identifier: MIT
-- Searches that are asked for while one is under way are done together after it: the vectors of an index are then read once for all of
-- them, and 200 who ask at once wait for a few searches, not for 200.
local json = require "hilum.json"
local task = require "hilum.task"
local vec = require "hilum.vec"

local together = { MOST = 64 }

-- What the entries of a batch ask for, as one search of that many rows.
local function search_all(index, batch)
  local rows, k, not_row = vec.new(batch.count, index.length), 0, {}
  for _, entry in ipairs(batch) do
    rows:put(entry.first, entry.queries)
    k = math.max(k, entry.k)
    for i = 1, entry.queries:rows() do not_row[entry.first + i - 1] = entry.not_row and entry.not_row[i] or 0 end
  end
  local filter = setmetatable({ not_row = not_row }, { __index = batch[1].filter })
  return index:search(rows, k, filter)
end

-- Those that the entry asked for, each cut to its k.
local function own_part(results, entry)
  local part = {}
  for i = 1, entry.queries:rows() do
    local hits = results[entry.first + i - 1]
    part[i] = table.move(hits, 1, math.min(#hits, entry.k), 1, {})
  end
  return part
end

-- Returns search(index, queries, k, filter), which answers as index:search does, from a task. Those with the same filter share.
function together.new()
  local open, last = {}, {} -- batches that still take entries, by index and filter; the last task of each index

  local function new_batch(index, key)
    local batch, before = { count = 0 }, last[index]
    open[key] = batch
    batch.task = task.spawn(function()
      if before then before:join() end
      if open[key] == batch then open[key] = nil end
      return search_all(index, batch)
    end)
    last[index] = batch.task
    return batch
  end

  return function(index, queries, k, filter)
    local key = index.url .. "\0" .. json.encode { filter.where, filter.not_patient or false,
      filter.words or false, filter.at_least or false }
    local batch = open[key] or new_batch(index, key)
    local entry = { first = batch.count + 1, queries = queries, k = k, filter = filter, not_row = filter.not_row }
    batch[#batch + 1] = entry
    batch.count = batch.count + queries:rows()
    if batch.count >= together.MOST then open[key] = nil end
    local results, err = batch.task:join()
    return results and own_part(results, entry) or error(err, 0)
  end
end

return together
