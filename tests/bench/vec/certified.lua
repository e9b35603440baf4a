-- SPDX-License-Identifier: MIT
-- Certified top-10 against numpy with OpenBLAS and FAISS: hilum --jobs N tests/bench/vec/certified.lua --data FOLDER
local fs = require "hilum.fs"
local npy = require "hilum.npy"
local task = require "hilum.task"
local vec = require "hilum.vec"

local peer_script = (debug.getinfo(1, "S").source:match("^@(.*)/vec/") or "tests/bench") .. "/peers/vec_certified.py"

local function peer_lines(opt, ...)
  local words = { ("OMP_NUM_THREADS=%d OPENBLAS_NUM_THREADS=%d"):format(task.jobs(), task.jobs()), opt.python, peer_script, ... }
  local lines, pipe = {}, assert(io.popen(table.concat(words, " ") .. " 2>&1"))
  for line in pipe:lines() do lines[#lines + 1] = line end
  return pipe:close() and lines or nil, lines[#lines]
end

local function make_data(opt)
  local folder = fs.join(opt.data, opt.rows .. "x" .. opt.cols)
  if fs.stat(fs.join(folder, "best.npy")) then return folder end
  assert(fs.mkdir(folder))
  assert(peer_lines(opt, "make", folder, opt.rows, opt.cols, math.max(opt.queries, 1000)))
  return folder
end

local function time(f, ...)
  local began = task.now()
  local result = f(...)
  return 1000 * (task.now() - began), result
end

local function median(times)
  table.sort(times)
  return times[(#times + 1) // 2]
end

-- How many of the true best were found, of all, and how many rows were scored for a query.
local function judge(results, best, first)
  local found, all, rescored = 0, 0, 0
  for i, result in ipairs(results) do
    local is_found = {}
    for _, row in ipairs(result.rows) do is_found[row] = true end
    for _, row in ipairs(best:row(first + i - 1)) do
      all = all + 1
      if is_found[row + 1] then found = found + 1 end
    end
    rescored = rescored + result.rescored
  end
  return found / all, rescored / #results
end

local function run_peer(opt, folder, peer, times)
  local lines = peer_lines(opt, "time", folder, opt.queries, opt.calls, peer)
  for _, line in ipairs(lines or {}) do times[#times + 1] = tonumber(line) end
end

return {
  summary = "Certified top-10 search beside numpy and FAISS",
  options = {
    { "data", type = "path", required = true, help = "a folder for vectors, made when they are not there" },
    { "rows", type = "integer", default = 112120, help = "vectors in the index" },
    { "cols", type = "integer", default = 1024, help = "length of a vector" },
    { "queries", type = "integer", default = 1, help = "queries of one call" },
    { "calls", type = "integer", default = 9, help = "calls timed in a round" },
    { "rounds", type = "integer", default = 3, help = "rounds of each in turn, against a changing load" },
    { "peers", type = "list", of = "string", default = { "numpy" }, help = "numpy, faiss" },
    { "python", type = "string", default = "/usr/bin/python3", help = "a Python that has them" },
  },
  run = function(opt, ctx)
    local folder = make_data(opt)
    local data, asked = assert(npy.map(fs.join(folder, "vectors.npy"))), assert(npy.read(fs.join(folder, "queries.npy")))
    local best = assert(npy.read(fs.join(folder, "best.npy")))
    local ours, making, theirs, recall, rescored, q = {}, {}, {}, 1, 0, nil
    for _ = 1, opt.rounds do
      for _ = 1, 3 do
        if q then q:close() end
        making[#making + 1], q = time(vec.quantize, data)
      end
      for call = 1, opt.calls do
        local first = opt.queries == 1 and call or 1
        local ms, results = time(q.search, q, data, asked:slice(first, first + opt.queries - 1), 10)
        ours[#ours + 1] = ms
        local found, scored = judge(results, best, first)
        recall, rescored = math.min(recall, found), rescored + scored / opt.calls / opt.rounds
      end
      for _, peer in ipairs(opt.peers) do
        theirs[peer] = theirs[peer] or {}
        run_peer(opt, folder, peer, theirs[peer])
      end
    end
    local result = { hilum_ms = median(ours), recall = recall, rescored = rescored }
    result.build_gb_s = opt.rows * opt.cols * 4e-6 / median(making)
    ctx.print("top-10 of %d x %d, %d queries, %d threads: hilum %.3f ms, recall %.4f, %.1f rows rescored a query, build %.1f GB/s",
      opt.rows, opt.cols, opt.queries, task.jobs(), result.hilum_ms, recall, rescored, result.build_gb_s)
    for peer, times in pairs(theirs) do
      local ms = median(times)
      if ms then
        result[peer .. "_ms"] = ms
        ctx.print("  %s %.3f ms, ratio %.2f", peer, ms, ms / result.hilum_ms)
      else
        ctx.print("  %s: not there", peer)
      end
    end
    return result
  end,
}
