-- SPDX-License-Identifier: MIT
-- What a certified search reads of its files: hilum tests/bench/vec/memory.lua --data FOLDER, where certified.lua made vectors.
local fs = require "hilum.fs"
local npy = require "hilum.npy"
local vec = require "hilum.vec"

local function run(format, ...)
  local pipe <close> = assert(io.popen(format:format(...)))
  return pipe:read("a")
end

local function bytes_in_memory(path)
  return tonumber(run("fincore -b -n -o RES '%s'", path)) or error("fincore (util-linux) is missing", 0)
end

local function forget(path) run("dd if='%s' iflag=nocache count=0 status=none", path) end

-- Bytes of this process that are resident.
local function resident() return 1024 * tonumber(fs.read("/proc/self/status"):match("VmRSS:%s*(%d+)")) end

return {
  summary = "What a certified search reads of its files",
  options = {
    { "data", type = "path", required = true, help = "a folder with vectors of certified.lua" },
    { "rows", type = "integer", default = 112120, help = "vectors in the index" },
    { "cols", type = "integer", default = 1024, help = "length of a vector" },
  },
  run = function(opt, ctx)
    local folder = fs.join(opt.data, opt.rows .. "x" .. opt.cols)
    local vectors, digits = fs.join(folder, "vectors.npy"), fs.join(folder, "vectors.int8")
    local queries = assert(npy.read(fs.join(folder, "queries.npy")))
    local whole <close> = assert(npy.map(vectors))
    assert(assert(vec.quantize(whole)):save(digits))
    whole:close()
    collectgarbage()
    forget(vectors)
    forget(digits)
    local before = resident()
    local data = assert(npy.map(vectors, { few = true }))
    local quantized = assert(vec.load_quantized(digits, data))
    local found = assert(quantized:search(data, queries:slice(1, 1), 10))
    local numbers = opt.rows * opt.cols
    local result = { float32 = bytes_in_memory(vectors) / numbers, int8 = bytes_in_memory(digits) / numbers,
      resident = (resident() - before) / numbers, rescored = found[1].rescored }
    ctx.print("%d x %d, one search of files not in memory before: %.3f bytes a dimension of the int8 rows, %.4f of the float32 ones; "
      .. "the process grew by %.3f", opt.rows, opt.cols, result.int8, result.float32, result.resident)
    return result
  end,
}
