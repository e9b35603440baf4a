-- SPDX-License-Identifier: MIT
-- What a filter costs, by the share of the rows it lets through: hilum --jobs N tests/bench/vec/filters.lua
local rows = require "hilum.rows"
local task = require "hilum.task"
local vec = require "hilum.vec"

local SHARES = { 1, 0.999, 0.9, 0.5, 0.1, 0.01 }

local function milliseconds(f)
  local began = task.now()
  f()
  return 1000 * (task.now() - began)
end

local function median(times)
  table.sort(times)
  return times[(#times + 1) // 2]
end

-- The first of the rows in a random order; nil for all of them.
local function filter(order, share)
  if share == 1 then return nil end
  return rows.set(#order):add(table.move(order, 1, math.floor(share * #order), 1, {}))
end

return {
  summary = "Certified top-10 search with filters of several densities",
  options = {
    { "rows", type = "integer", default = 112120, help = "vectors in the index" },
    { "cols", type = "integer", default = 1024, help = "length of a vector" },
    { "queries", type = "integer", default = 1, help = "queries of one call" },
    { "rounds", type = "integer", default = 25, help = "calls of each filter, in turn, against a changing load" },
  },
  run = function(opt, ctx)
    local data, queries = vec.gauss(1, opt.rows, opt.cols), vec.gauss(2, opt.queries, opt.cols)
    vec.normalize(data)
    local quantized, order = assert(vec.quantize(data)), vec.permutation(3, opt.rows)
    local times, filters = {}, {}
    for i, share in ipairs(SHARES) do times[i], filters[i] = {}, filter(order, share) or false end
    for _ = 1, opt.rounds do
      for i in ipairs(SHARES) do
        table.insert(times[i], milliseconds(function()
          quantized:search(data, queries, 10, { only = filters[i] and filters[i]:bits() or nil })
        end))
      end
    end
    local result = {}
    for i, share in ipairs(SHARES) do
      result[i] = { share = share, ms = median(times[i]) }
      ctx.print("%d x %d, %d queries, %d threads, %5.1f %% of the rows: %7.3f ms", opt.rows, opt.cols, opt.queries, task.jobs(),
        100 * share, result[i].ms)
    end
    return result
  end,
}
