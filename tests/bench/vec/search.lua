-- SPDX-License-Identifier: MIT
-- Exact top-10 against numpy with OpenBLAS: hilum --jobs N tests/bench/vec/search.lua
local task = require "hilum.task"
local vec = require "hilum.vec"

local function median_ms(repeats, f)
  local times = {}
  f()
  for i = 1, repeats do
    local began = task.now()
    f()
    times[i] = 1000 * (task.now() - began)
  end
  table.sort(times)
  return times[(repeats + 1) // 2]
end

local function peer_ms(python, opt)
  local folder = debug.getinfo(1, "S").source:match("^@(.*)/vec/") or "tests/bench"
  local command = ("OPENBLAS_NUM_THREADS=%d %s %s/peers/vec_search.py %d %d %d %d"):format(task.jobs(), python, folder, opt.rows, opt.cols,
    opt.queries, opt.repeats)
  local pipe <close> = assert(io.popen(command))
  return assert(tonumber(pipe:read("a")), "the numpy peer failed")
end

return {
  summary = "Exact top-10 search beside numpy",
  options = {
    { "rows", type = "integer", default = 112120, help = "vectors in the index" },
    { "cols", type = "integer", default = 1024, help = "length of a vector" },
    { "queries", type = "integer", default = 1, help = "queries of one call" },
    { "repeats", type = "integer", default = 15, help = "calls timed" },
    { "python", type = "string", default = "/usr/bin/python3", help = "a Python that has numpy" },
  },
  run = function(opt, ctx)
    local data, queries = vec.gauss(1, opt.rows, opt.cols), vec.gauss(2, opt.queries, opt.cols)
    local ours = median_ms(opt.repeats, function() vec.search(data, queries, 10) end)
    data:close()
    local theirs = peer_ms(opt.python, opt)
    ctx.print("top-10 of %d x %d, %d queries, %d threads: hilum %.2f ms, numpy %.2f ms, ratio %.2f", opt.rows, opt.cols, opt.queries,
      task.jobs(), ours, theirs, theirs / ours)
    return { hilum_ms = ours, numpy_ms = theirs, ratio = theirs / ours }
  end,
}
