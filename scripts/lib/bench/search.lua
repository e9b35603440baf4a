-- SPDX-License-Identifier: MIT
-- The certified search measured: what it finds beside scoring every row, and how its time grows with the rows.
local fs = require "hilum.fs"
local json = require "hilum.json"
local npy = require "hilum.npy"
local task = require "hilum.task"
local timing = require "lib.bench.timing"
local vec = require "hilum.vec"

local search = {}

search.ROWS = { 112120 }                                -- of the NIH's data set
search.GROWTH = { 1000, 10000, 100000, 1000000, 4000000 }
search.LENGTHS = { 1024, 384 }
local THREADS = { 1, 2 }
local TOP = 10
local SHARE = 0.8 -- of the free memory that vectors may take
local FLOAT, DIGIT, TERMS = 4, 1, 12 -- bytes of a number in float32, in int8, and of what comes with a row of digits

-- The vectors: 500 clusters in LATENT dimensions, turned into as many as are wanted, with noise; of length 1.

local CENTRES, LATENT, SPREAD, NOISE, BLOCK = 500, 64, 0.6, 0.5, 1 << 16

-- f(seed, rows): a matrix of that law.
local function drawer(length)
  local frame, centres = vec.gauss(1, LATENT, length, 1 / math.sqrt(length)), vec.gauss(2, CENTRES, LATENT)
  for i = 1, LATENT do frame:put(i, vec.scale(frame:slice(i, i), i ^ -0.3)) end
  return function(seed, rows)
    local latent, picked = vec.gauss(seed, rows, LATENT, SPREAD), {}
    for i, place in ipairs(vec.permutation(seed, rows)) do picked[i] = place % CENTRES + 1 end
    vec.add(latent, centres:gather(picked))
    local m = vec.add_noise(vec.matmul(latent, frame), seed, NOISE / math.sqrt(length))
    vec.normalize(m)
    return m
  end
end

-- An iterator over the blocks of the rows: the first row's number, the block.
local function blocks(draw_block, rows)
  local first = 1 - BLOCK
  return function()
    first = first + BLOCK
    if first <= rows then return first, draw_block(10 + first, math.min(BLOCK, rows - first + 1)) end
  end
end

-- Vectors, and what draws more of them; or nil and an error.
function search.draw(rows, length)
  local draw_block, data = drawer(length), vec.new(rows, length)
  for first, block in blocks(draw_block, rows) do data:put(first, block) end
  return data, draw_block
end

-- The same vectors in a mapped file, as an index has them: its pages leave the memory when others need it. Its name goes at once.
function search.draw_file(rows, length)
  local draw_block, folder = drawer(length), assert(fs.temp())
  local gone <close> = setmetatable({}, { __close = function() fs.remove_tree(folder) end }) -- luacheck: ignore 211
  local path = fs.join(folder, "vectors.npy")
  for _, block in blocks(draw_block, rows) do
    local appended, err = npy.append(path, block)
    if not appended then return nil, err end
  end
  return assert(npy.map(path)), draw_block
end

-- Memory, in GB.

local function digits_of(rows, length) return rows * (length * DIGIT + TERMS) / 1e9 end

local function floats_of(rows, length) return rows * length * FLOAT / 1e9 end

local function available()
  local kilobytes = (fs.read("/proc/meminfo") or ""):match("MemAvailable:%s*(%d+)")
  return kilobytes and SHARE * tonumber(kilobytes) * 1024 / 1e9 or math.huge
end

-- One size, on the threads that this process has.

local function recall(results, wanted)
  local found, all = 0, 0
  for i, result in ipairs(results) do
    local is_found = {}
    for _, row in ipairs(result.rows) do is_found[row] = true end
    for _, row in ipairs(wanted[i].rows) do
      all = all + 1
      if is_found[row] then found = found + 1 end
    end
  end
  return found / all
end

local function mean_rescored(results)
  local sum = 0
  for _, result in ipairs(results) do sum = sum + result.rescored end
  return sum / #results
end

-- wanted: the results of scoring every row.
local function row_of(data, seconds, results, wanted)
  return { rows = #data, length = data:cols(), queries = #results, jobs = task.jobs(), ms = 1000 * seconds / #results,
    recall = recall(results, wanted), rescored = mean_rescored(results) }
end

local function ask_one_by_one(data, quantized, queries, wanted)
  local results = {}
  local _, seconds = timing.calls(function(call)
    local i = (call - 1) % #queries + 1
    results[i] = quantized:search(data, queries:slice(i, i), TOP)[1]
  end)
  local row = row_of(data, seconds, results, wanted)
  row.queries, row.ms = 1, 1000 * seconds
  return row
end

local function ask_together(data, quantized, queries, wanted)
  local results
  local _, seconds = timing.calls(function() results = quantized:search(data, queries, TOP) end)
  return row_of(data, seconds, results, wanted)
end

-- Queries one by one, also by scoring every row in float32, and 1,000 together.
function search.certified(rows, length)
  local data, draw_block = search.draw(rows, length)
  local queries = draw_block(5, 1000)
  local wanted = vec.search(data, queries, TOP)
  local _, float_seconds = timing.calls(function() vec.search(data, queries:slice(1, 1), TOP) end)
  local build_seconds = timing.calls(function() assert(vec.quantize(data)):close() end)
  local quantized = assert(vec.quantize(data))
  local one = ask_one_by_one(data, quantized, queries, wanted)
  one.float_ms, one.build_gb_s = 1000 * float_seconds, floats_of(rows, length) / build_seconds
  return { one, ask_together(data, quantized, queries, wanted) }
end

-- Vectors where there is room for them.
local function draw_somewhere(rows, length)
  local digits, free = digits_of(rows, length), available()
  if digits > free then return nil, ("needs %.1f GB; %.1f are free"):format(digits, free) end
  return (digits + floats_of(rows, length) > free and search.draw_file or search.draw)(rows, length)
end

-- Queries one by one and 100 together, in one row.
function search.grown(rows, length)
  local data, draw_block = draw_somewhere(rows, length)
  if not data then return { rows = rows, length = length, jobs = task.jobs(), left_out = tostring(draw_block) } end
  local queries, quantized = draw_block(5, 100), assert(vec.quantize(data))
  local wanted = vec.search(data, queries, TOP)
  local row, together = ask_one_by_one(data, quantized, queries, wanted), ask_together(data, quantized, queries, wanted)
  row.queries, row.batch_ms, row.recall = nil, together.ms, math.min(row.recall, together.recall)
  row.digits_gb = digits_of(rows, length)
  return row
end

local function in_process(threads, rows, length)
  local pipe = assert(io.popen(("'%s' --jobs %d --json --quiet bench certified --rows %d --length %d"):format(
    fs.real("/proc/self/exe"), threads, rows, length)))
  local text = pipe:read("a")
  assert(pipe:close())
  return assert(json.decode(text)).results
end

-- Every size, with each number of threads in a process of its own.
function search.in_processes(sizes, lengths)
  local results = {}
  for _, rows in ipairs(sizes) do
    for _, length in ipairs(lengths) do
      for _, threads in ipairs(THREADS) do
        local measured = in_process(threads, rows, length)
        table.move(measured, 1, #measured, #results + 1, results)
      end
    end
  end
  return results
end

return search
