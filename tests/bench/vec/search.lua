-- SPDX-License-Identifier: MIT
-- Exact top-10 against numpy with OpenBLAS: hilum --jobs N tests/bench/vec/search.lua
local task = require "hilum.task"
local vec = require "hilum.vec"

local function add_times(times, calls, f)
  f()
  for _ = 1, calls do
    local began = task.now()
    f()
    times[#times + 1] = 1000 * (task.now() - began)
  end
end

local function add_peer_times(times, opt)
  local folder = debug.getinfo(1, "S").source:match("^@(.*)/vec/") or "tests/bench"
  local pipe <close> = assert(io.popen(("OPENBLAS_NUM_THREADS=%d %s %s/peers/vec_search.py %d %d %d %d"):format(task.jobs(), opt.python,
    folder, opt.rows, opt.cols, opt.queries, opt.calls)))
  for line in pipe:lines() do times[#times + 1] = tonumber(line) end
end

local function median(times)
  table.sort(times)
  return assert(times[(#times + 1) // 2], "the numpy peer failed")
end

return {
  summary = "Exact top-10 search beside numpy",
  options = {
    { "rows", type = "integer", default = 112120, help = "vectors in the index" },
    { "cols", type = "integer", default = 1024, help = "length of a vector" },
    { "queries", type = "integer", default = 1, help = "queries of one call" },
    { "calls", type = "integer", default = 7, help = "calls timed in a round" },
    { "rounds", type = "integer", default = 3, help = "rounds of each in turn, against a changing load" },
    { "python", type = "string", default = "/usr/bin/python3", help = "a Python that has numpy" },
  },
  run = function(opt, ctx)
    local data, queries = vec.gauss(1, opt.rows, opt.cols), vec.gauss(2, opt.queries, opt.cols)
    local ours, theirs = {}, {}
    for _ = 1, opt.rounds do
      add_times(ours, opt.calls, function() vec.search(data, queries, 10) end)
      add_peer_times(theirs, opt)
    end
    ours, theirs = median(ours), median(theirs)
    ctx.print("top-10 of %d x %d, %d queries, %d threads: hilum %.2f ms, numpy %.2f ms, ratio %.2f", opt.rows, opt.cols, opt.queries,
      task.jobs(), ours, theirs, theirs / ours)
    return { hilum_ms = ours, numpy_ms = theirs, ratio = theirs / ours }
  end,
}
