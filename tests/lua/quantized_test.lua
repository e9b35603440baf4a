-- SPDX-License-Identifier: MIT
-- vec.quantize and the certified search: against vec.search, and against every score in float64.
local fs = require "hilum.fs"
local npy = require "hilum.npy"
local t = require "t"
local task = require "hilum.task"
local vec = require "hilum.vec"

local function score(metric, x, q)
  local dot, squares, query_squares, distance = 0, 0, 0, 0
  for i = 1, #x do
    dot, squares, query_squares = dot + x[i] * q[i], squares + x[i] ^ 2, query_squares + q[i] ^ 2
    distance = distance + (x[i] - q[i]) ^ 2
  end
  if metric == "l2" then return -math.sqrt(distance) end
  if metric == "dot" then return dot end
  return squares * query_squares == 0 and 0 or dot / math.sqrt(squares * query_squares)
end

-- The k best scores in float64.
local function best_scores(metric, rows, q, k)
  local scores = {}
  for i, x in ipairs(rows) do scores[i] = score(metric, x, q) end
  table.sort(scores, function(a, b) return a > b end)
  return table.move(scores, 1, math.min(k, #scores), 1, {})
end

local function check(data, queries, k)
  local q, rows = assert(vec.quantize(data)), data:table()
  for _, metric in ipairs { "dot", "cosine", "l2" } do
    local results = q:search(data, queries, k, { metric = metric })
    t.eq(#results, queries:rows())
    for i, result in ipairs(results) do
      local wanted = best_scores(metric, rows, queries:row(i), k)
      t.eq(#result.rows, #wanted)
      t.ok(result.rescored <= #rows)
      for rank, row in ipairs(result.rows) do
        local size = math.max(1e-30, math.abs(wanted[rank]))
        t.near(result.scores[rank], wanted[rank], 1e-5 * size + (metric == "dot" and 1e-5 or 0))
        t.near(result.scores[rank], score(metric, rows[row], queries:row(i)), 1e-5 * size + (metric == "dot" and 1e-5 or 0))
      end
    end
  end
end

t.test("quantized: the best of every score, few and many queries", function()
  for _, queries in ipairs { 1, 2, 3, 40 } do check(vec.gauss(1, 300, 17), vec.gauss(2, queries, 17), 7) end
  check(vec.gauss(1, 5, 130), vec.gauss(2, 3, 130), 9)
end)

t.test("quantized: zeros, duplicates, huge and tiny rows", function()
  check(vec.new(40, 9), vec.gauss(2, 5, 9), 7)
  local row = vec.gauss(3, 1, 9)
  local same = vec.new(200, 9)
  for i = 1, 200 do same:put(i, row) end
  check(same, vec.gauss(2, 5, 9), 7)
  t.eq(assert(vec.quantize(same)):search(same, vec.gauss(2, 1, 9), 3)[1].rows, { 1, 2, 3 })
  check(vec.gauss(1, 50, 9, 1e15), vec.gauss(2, 5, 9, 1e15), 7)
  check(vec.gauss(1, 50, 9, 1e-15), vec.gauss(2, 5, 9, 1e-15), 7)
end)

t.test("quantized: the same rows and scores as vec.search", function()
  local data, queries = vec.gauss(1, 20000, 24), vec.gauss(2, 9, 24)
  local groups, query_groups, only = {}, {}, {}
  for i = 1, 20000 do groups[i] = i % 7 end
  for i = 1, 9 do query_groups[i] = i % 7 end
  for i = 1, 500 do only[i] = 3 * i end
  local q = assert(vec.quantize(data))
  for _, options in ipairs { {}, { groups = groups, query_groups = query_groups }, { only = only } } do
    local together = q:search(data, queries, 12, options)
    for i = 1, 9 do
      local query = queries:slice(i, i)
      local one = { groups = options.groups, query_groups = options.query_groups and { query_groups[i] }, only = options.only }
      local wanted = vec.search(data, query, 12, one)[1]
      local alone = q:search(data, query, 12, one)[1]
      t.eq({ rows = alone.rows, scores = alone.scores }, wanted)
      t.eq({ rows = together[i].rows, scores = together[i].scores }, wanted)
      t.ok(alone.rescored < 400, "too many rows were scored")
    end
  end
end)

t.test("quantized: tasks search at once, and nothing they use can be closed meanwhile", function()
  local data, queries = vec.gauss(1, 30000, 64), vec.gauss(2, 8, 64)
  local q = assert(vec.quantize(data))
  local wanted = q:search(data, queries, 5)
  local tasks = {}
  for i = 1, 4 do tasks[i] = task.spawn(function() return q:search(data, queries, 5) end) end
  task.sleep(0)
  t.raises("in use", q.close, q)
  t.raises("in use", data.close, data)
  for i = 1, 4 do t.eq((tasks[i]:join()), wanted) end
  q:close()
  q:close()
  t.raises("closed", q.search, q, data, queries, 5)
  t.eq(tostring(q), "Quantized (closed)")
end)

t.test("quantized: rows that cannot be searched for are refused by number", function()
  for _, bad in ipairs { 0 / 0, math.huge, -math.huge } do
    local m = vec.gauss(1, 1000, 6)
    m:set(700, 3, bad)
    m:set(900, 3, bad)
    local q, err = vec.quantize(m)
    t.eq(q, nil)
    t.eq(err.kind, "integrity")
    t.ok(err.message:find("row 700 ", 1, true))
  end
end)

t.test("quantized: queries that are not finite find nothing", function()
  local data = vec.gauss(1, 50, 4)
  local q = assert(vec.quantize(data))
  t.eq(q:search(data, vec.from { { 1, 0 / 0, 0, 0 } }, 3)[1].rows, {})
end)

t.test("quantized: saved, mapped, and searched with mapped vectors", function()
  local dir = t.tmp()
  local data, queries = vec.gauss(1, 1000, 128), vec.gauss(2, 3, 128)
  local q = assert(vec.quantize(data))
  local path, vectors = fs.join(dir, "v.q8"), fs.join(dir, "v.npy")
  assert(q:save(path))
  assert(npy.write(vectors, data))
  local mapped = assert(npy.map(vectors))
  local loaded <close> = assert(vec.load_quantized(path, mapped))
  t.eq({ loaded:rows(), loaded:cols(), #loaded }, { 1000, 128, 1000 })
  t.eq(tostring(loaded), "Quantized 1000 x 128")
  t.eq(loaded:search(mapped, queries, 5), q:search(data, queries, 5))
  t.ok(fs.stat(path).size < 1000 * 128 * 1.3)
end)

t.test("quantized: files that are damaged or of another matrix are refused", function()
  local dir = t.tmp()
  local data = vec.gauss(1, 100, 10)
  local path, broken = fs.join(dir, "v.q8"), fs.join(dir, "broken.q8")
  assert(assert(vec.quantize(data)):save(path))
  local bytes = assert(fs.read(path))
  local function refuses(pattern, content, matrix)
    assert(fs.write(broken, content))
    local q, err = vec.load_quantized(broken, matrix or data)
    t.eq(q, nil)
    t.ok(tostring(err):find(pattern, 1, true), tostring(err))
  end
  refuses("no file of quantised", "hello")
  refuses("no file of quantised", ("x"):rep(#bytes))
  refuses("damaged header", bytes:sub(1, 20) .. "\1" .. bytes:sub(22))
  refuses("cut short", bytes:sub(1, -2))
  refuses("cut short", bytes .. "x")
  refuses("another shape", bytes, vec.gauss(1, 99, 10))
  refuses("does not belong", bytes, vec.gauss(2, 100, 10))
  refuses("damaged checksums", bytes:sub(1, -2) .. string.char(bytes:byte(-1) ~ 1))
  local q, err = vec.load_quantized(fs.join(dir, "none"), data)
  t.eq({ q, err.kind, err.code }, { nil, "io", "ENOENT" })
  t.eq(#assert(vec.load_quantized(path, data)), 100)
end)

t.test("quantized: whatever bit of a file is wrong, no answer comes from it", function()
  local dir = t.tmp()
  local data, queries = vec.gauss(1, 40000, 30), vec.gauss(2, 2, 30)
  local path = fs.join(dir, "v.q8")
  assert(assert(vec.quantize(data)):save(path))
  local bytes, wanted = assert(fs.read(path)), assert(vec.load_quantized(path, data)):search(data, queries, 3)
  for _, at in ipairs { 64 + 5 * 64 + 3, 1 << 20, (1 << 21) + 100, #bytes - 100 } do
    assert(fs.write(path, bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ 16) .. bytes:sub(at + 1)))
    local q = assert(vec.load_quantized(path, data))
    for _ = 1, 2 do t.fails("integrity", "damaged", q:search(data, queries, 3, { only = { 40000 } })) end
  end
  assert(fs.write(path, bytes))
  local q = assert(vec.load_quantized(path, data))
  for _ = 1, 2 do t.eq(q:search(data, queries, 3), wanted) end
end)

t.test("quantized: vectors without numbers score alike", function()
  local dir, data = t.tmp(), vec.new(40, 0)
  local path, q = fs.join(dir, "v.q8"), assert(vec.quantize(data))
  assert(q:save(path))
  for _, one in ipairs { q, assert(vec.load_quantized(path, data)) } do
    for _, metric in ipairs { "dot", "cosine", "l2" } do
      for _, queries in ipairs { 1, 20 } do
        local found = one:search(data, vec.new(queries, 0), 2, { metric = metric })
        t.eq(found[queries].rows, { 1, 2 })
        t.ok(#found[1].scores == 2 and found[1].scores[1] == 0 and found[1].scores[2] == 0)
      end
    end
  end
end)

t.test("quantized: misuse raises", function()
  local data, queries = vec.gauss(1, 10, 4), vec.gauss(2, 2, 4)
  local q = assert(vec.quantize(data))
  t.raises("10 x 4", q.search, q, vec.new(9, 4), queries, 1)
  t.raises("N x 4", q.search, q, data, vec.new(1, 3), 1)
  t.raises("at least 1 row", q.search, q, data, queries, 0)
  t.raises("metric", q.search, q, data, queries, 1, { metric = "hamming" })
  t.eq(#q:search(data, queries, 1 << 40)[1].rows, 10)
  t.raises("#5.*entry 1 is not a number from 1 to 10", q.search, q, data, queries, 1, { only = { 11 } })
  t.raises("#5.*bits are not as many", q.search, q, data, queries, 1, { only = "bits" })
  t.raises("#5.*beyond the last row", q.search, q, data, queries, 1, { only = ("=I8"):pack(1 << 10) })
  t.raises("unknown option", q.search, q, data, queries, 1, { metrik = "dot" })
  t.raises("come together", q.search, q, data, queries, 1, { groups = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } })
  t.raises("Matrix expected", vec.quantize, 1)
  t.eq(q:search(data, vec.new(0, 4), 3), {})
  t.eq(assert(vec.quantize(vec.new(0, 4))):search(vec.new(0, 4), queries, 3)[1].rows, {})
end)
