-- SPDX-License-Identifier: MIT
local t = require "t"
local task = require "hilum.task"
local vec = require "hilum.vec"

local function near(m, rows, tolerance)
  t.eq({ m:rows(), m:cols() }, { #rows, #rows[1] })
  for i, row in ipairs(rows) do
    for j, value in ipairs(row) do t.near(m:get(i, j), value, tolerance or 1e-6) end
  end
end

-- Matrices.

t.test("vec.new, vec.from: zeros, rows, a flat array, bytes", function()
  near(vec.new(2, 3), { { 0, 0, 0 }, { 0, 0, 0 } })
  near(vec.from { { 1, 2 }, { 3, 4 }, { 5, 6 } }, { { 1, 2 }, { 3, 4 }, { 5, 6 } })
  near(vec.from({ 1, 2, 3, 4, 5, 6 }, 3, 2), { { 1, 2 }, { 3, 4 }, { 5, 6 } })
  near(vec.from(string.pack("<ffff", 1, -2, 0.5, 4), 2, 2), { { 1, -2 }, { 0.5, 4 } })
  t.eq(vec.new(0, 3):rows(), 0)
  t.eq(vec.from({}):cols(), 0)
end)

t.test("vec.new, vec.from: misuse raises", function()
  t.raises("negative or too large", vec.new, -1, 2)
  t.raises("not enough memory", vec.new, 0x7FFFFFFF, 0x7FFFFFFF)
  t.raises("row 2 has not 2 numbers", vec.from, { { 1, 2 }, { 3 } })
  t.raises("an array of rows", vec.from, { 1, 2 })
  t.raises("3 numbers are not 2 x 2", vec.from, { 1, 2, 3 }, 2, 2)
  t.raises("entry 2 is no number", vec.from, { 1, "x" }, 1, 2)
  t.raises("7 bytes are not 1 x 2 float32", vec.from, "7 bytes", 1, 2)
end)

t.test("Matrix: shape, entries, rows, bytes, text", function()
  local m = vec.from { { 1, 2, 3 }, { 4, 5, 6 } }
  t.eq({ #m, m:rows(), m:cols() }, { 2, 2, 3 })
  t.eq(m:get(2, 3), 6.0)
  m:set(2, 3, 7)
  t.eq(m:row(2), { 4.0, 5.0, 7.0 })
  t.eq(m:table(), { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 7.0 } })
  t.eq(m:bytes(), string.pack("<ffffff", 1, 2, 3, 4, 5, 7))
  t.eq(tostring(m), "Matrix 2 x 3")
  near(m:fill(2), { { 2, 2, 2 }, { 2, 2, 2 } })
  t.raises("row 3 is not in 1..2", m.get, m, 3, 1)
  t.raises("column 0 is not in 1..3", m.set, m, 1, 0, 1)
  t.raises("row 0 is not in 1..2", m.row, m, 0)
  t.raises("hilum.vec.Matrix expected", m.get, {}, 1, 1)
end)

t.test("Matrix: copy, slice, columns, gather, put", function()
  local m = vec.from { { 1, 2, 3 }, { 4, 5, 6 }, { 7, 8, 9 } }
  local copy = m:copy()
  copy:set(1, 1, 0)
  t.eq(m:get(1, 1), 1.0)
  near(m:slice(2, 3), { { 4, 5, 6 }, { 7, 8, 9 } })
  t.eq(m:slice(4, 3):rows(), 0)
  near(m:columns(2, 2), { { 2 }, { 5 }, { 8 } })
  near(m:gather({ 3, 1, 3 }), { { 7, 8, 9 }, { 1, 2, 3 }, { 7, 8, 9 } })
  t.eq(m:gather({}):rows(), 0)
  near(m:put(2, vec.from { { 0, 0, 0 }, { 1, 1, 1 } }), { { 1, 2, 3 }, { 0, 0, 0 }, { 1, 1, 1 } })
  near(m:put({ 3, 1 }, vec.from { { 4, 4, 4 }, { 5, 5, 5 } }), { { 5, 5, 5 }, { 0, 0, 0 }, { 4, 4, 4 } })
  t.raises("row 4 is not in 1..3", m.slice, m, 2, 4)
  t.raises("column 2 is not in 3..3", m.columns, m, 4, 2)
  t.raises("entry 2 is not a number from 1 to 3", m.gather, m, { 1, 4 })
  t.raises("matrix is 1 x 2, not at most 2 x 3", m.put, m, 2, vec.new(1, 2))
  t.raises("matrix is 1 x 3, not 2 x 3", m.put, m, { 1, 2 }, vec.new(1, 3))
  t.raises("row 9 is not in 1..3", m.put, m, { 9 }, vec.new(1, 3))
end)

t.test("Matrix: close is idempotent, and ends every other use", function()
  local m = vec.new(2, 2)
  m:close()
  m:close()
  t.eq(tostring(m), "Matrix (closed)")
  t.raises("matrix is closed", m.get, m, 1, 1)
  t.raises("matrix is closed", vec.matmul, m, vec.new(2, 2))
  do
    local scoped <close> = vec.new(1, 1)
    m = scoped
  end
  t.raises("matrix is closed", m.rows, m)
end)

t.test("Matrix: mean, sum, deviation of the columns", function()
  local m = vec.from { { 1, 10 }, { 3, 10 }, { 8, 10 } }
  near(m:mean(), { { 4, 10 } })
  near(m:sum(), { { 12, 30 } })
  near(m:deviation(), { { math.sqrt(26 / 3), 0 } })
end)

-- Random numbers.

t.test("vec.gauss: the specification's numbers, in any shape and size", function()
  near(vec.gauss(7, 2, 3), { { 0.9884743, 0.1046566, -1.864256 }, { -1.070043, 0.003920207, 1.097524 } })
  near(vec.gauss(7, 1, 1, 2), { { 2 * vec.gauss(7, 1, 2):get(1, 1) } })
  local big = vec.gauss(1, 501, 601)
  t.eq({ big:get(1, 1), big:get(501, 601) }, { vec.gauss(1, 1, 1):get(1, 1), vec.gauss(1, 1, 501 * 601):get(1, 501 * 601) })
  t.near(vec.norms(vec.from(big:bytes(), 1, 501 * 601)):get(1, 1) ^ 2 / (501 * 601), 1, 0.01)
end)

t.test("vec.permutation holds every number once, by seed", function()
  local order = vec.permutation(1, 1000)
  t.eq(order, vec.permutation(1, 1000))
  t.ok(table.concat(order, " ") ~= table.concat(vec.permutation(2, 1000), " "))
  table.sort(order)
  for i = 1, 1000 do t.eq(order[i], i) end
end)

-- Algebra.

t.test("vec.matmul: transposes, alpha, beta, out", function()
  local a, b = vec.from { { 1, 2 }, { 3, 4 }, { 5, 6 } }, vec.from { { 1, 0, 2 }, { 0, 1, 3 } }
  near(vec.matmul(a, b), { { 1, 2, 8 }, { 3, 4, 18 }, { 5, 6, 28 } })
  near(vec.matmul(a, a, { ta = true }), { { 35, 44 }, { 44, 56 } })
  near(vec.matmul(a, a, { tb = true, alpha = 0.5 }), { { 2.5, 5.5, 8.5 }, { 5.5, 12.5, 19.5 }, { 8.5, 19.5, 30.5 } })
  local out = vec.from { { 1, 1, 1 }, { 1, 1, 1 }, { 1, 1, 1 } }
  t.ok(vec.matmul(a, b, { out = out, beta = 10 }) == out)
  near(out, { { 11, 12, 18 }, { 13, 14, 28 }, { 15, 16, 38 } })
end)

t.test("vec.matmul: a large product equals its parts", function()
  local a, b = vec.gauss(1, 700, 90), vec.gauss(2, 90, 400)
  local c = vec.matmul(a, b)
  for _, i in ipairs { 1, 128, 129, 700 } do near(vec.matmul(a:slice(i, i), b), { c:row(i) }, 1e-4) end
end)

t.test("vec.matmul: wrong shapes and options raise", function()
  local a, b = vec.new(3, 2), vec.new(3, 4)
  t.raises("cannot multiply 3 x 2 by 3 x 4", vec.matmul, a, b)
  t.raises("cannot multiply 3 x 2 by 3 x 4 turned", vec.matmul, a, b, { tb = true })
  t.raises("unknown option 'transpose'", vec.matmul, a, b, { transpose = true })
  t.raises("matrix is 2 x 2, not 2 x 4", vec.matmul, a, b, { ta = true, out = vec.new(2, 2) })
  t.raises("one of the factors", vec.matmul, vec.new(2, 2), a, { tb = true, out = a })
end)

t.test("vec.add, vec.scale change in place", function()
  local m = vec.from { { 1, 2 }, { 3, 4 } }
  t.ok(vec.add(m, vec.from { { 1, 1 }, { 2, 2 } }, 10) == m)
  near(m, { { 11, 12 }, { 23, 24 } })
  near(vec.add(m, vec.from { { 1, 2 } }), { { 12, 14 }, { 24, 26 } })
  near(vec.scale(m, 0.5), { { 6, 7 }, { 12, 13 } })
  t.raises("matrix is 2 x 3, not 2 x 2", vec.add, m, vec.new(2, 3))
  t.raises("the same", vec.add, m, m)
end)

t.test("vec.normalize, vec.norms", function()
  local m = vec.from { { 3, 4 }, { 0, 0 } }
  near(vec.norms(m), { { 5 }, { 0 } })
  local divisors = vec.normalize(m)
  near(m, { { 0.6, 0.8 }, { 0, 0 } })
  near(divisors, { { 5 }, { 0 } })
  near(vec.normalize(m, { floor = 2, epsilon = 0.5 }), { { 2.5 }, { 2.5 } })
  t.raises("unknown option 'eps'", vec.normalize, m, { eps = 1 })
end)

t.test("vec.standardize, vec.take", function()
  local x, mean, deviation, weight = vec.from { { 1, 9 }, { 3, -9 } }, vec.from { { 2, 0 } }, vec.from { { 2, 3 } }, vec.from { { 1, 10 } }
  near(vec.standardize(x, mean, deviation, weight, 2), { { -0.5, 20 }, { 0.5, -20 } })
  near(vec.standardize(x, mean, deviation, weight), { { -0.5, 30 }, { 0.5, -30 } })
  near(vec.take(x, { 2, 2, 1 }, { 2 }), { { -9 }, { -9 }, { 9 } })
  t.raises("matrix is 2 x 2, not 1 x 2", vec.standardize, x, x, deviation, weight)
  t.raises("entry 1 is not a number from 1 to 2", vec.take, x, { 0 }, { 1 })
end)

t.test("vec.pca: directions of known variance; values that are not finite are refused", function()
  local components, variances, mean = vec.pca(vec.from { { 5, 1, 2 }, { 5, 1, -2 }, { 5, -1, 2 }, { 5, -1, -2 } }, 2)
  near(components, { { 0, 0 }, { 0, 1 }, { 1, 0 } })
  near(variances, { { 4, 1 } })
  near(mean, { { 5, 0, 0 } })
  t.fails("integrity", "not finite", vec.pca(vec.from { { 1, 0 / 0 }, { 2, 3 } }, 1))
  t.raises("not between 1", vec.pca, vec.new(2, 2), 3)
  t.raises("no rows", vec.pca, vec.new(0, 2), 1)
end)

-- Training.

t.test("vec.cross_entropy: by rows, by columns, without the diagonal", function()
  local S, J, G = vec.from { { 0, math.log(3) } }, vec.from { { 0, 2 } }, vec.new(1, 2)
  t.near(vec.cross_entropy(S, J, G, { weight = 2 }), 2 * math.log(4 / 3), 1e-6)
  near(G, { { 0.5, -0.5 } })
  G:fill(0)
  t.near(vec.cross_entropy(S, J, G, { axis = "columns" }), 0, 1e-6)
  near(G, { { 0, 0 } })
  local square, same = vec.from { { 9, 1 }, { 2, 9 } }, vec.from { { 1, 1 }, { 0, 1 } }
  G = vec.new(2, 2)
  t.near(vec.cross_entropy(square, same, G, { diagonal = false }), 0, 1e-6)
  near(G, { { 0, 0 }, { 0, 0 } })
  t.raises("matrix is 1 x 2, not 2 x 2", vec.cross_entropy, square, J, G)
  t.raises("'diagonal'", vec.cross_entropy, square, same, G, { diagonal = false, axis = "columns" })
  t.raises("unknown choice 'cols'", vec.cross_entropy, square, same, G, { axis = "cols" })
end)

t.test("vec.normalize_backward takes off what points along the row", function()
  local gradient = vec.from { { 1, 2 } }
  near(vec.normalize_backward(gradient, vec.from { { 1, 0 } }, vec.from { { 4 } }), { { 0, 0.5 } })
  t.raises("matrix is 1 x 2, not 1 x 1", vec.normalize_backward, gradient, vec.from { { 1, 0 } }, vec.new(1, 2))
end)

t.test("vec.adam: the first step has the size of the rate, the second follows the formula", function()
  local p, g, m, v = vec.from { { 1, 1, 1 } }, vec.from { { 5, -0.01, 0 } }, vec.new(1, 3), vec.new(1, 3)
  near(vec.adam(p, g, m, v, 1, 0.1), { { 0.9, 1.1, 1 } }, 1e-5)
  vec.adam(p, vec.from { { 1, 0, 0 } }, m, v, 2, 0.1)
  local mean, square = (0.9 * 0.5 + 0.1) / (1 - 0.81), (0.999 * 0.025 + 0.001) / (1 - 0.999 ^ 2)
  t.near(p:get(1, 1), 0.9 - 0.1 * mean / math.sqrt(square), 1e-5)
  t.raises("same matrix twice", vec.adam, p, g, m, m, 1, 0.1)
  t.raises("first step is 1", vec.adam, p, g, m, v, 0, 0.1)
end)

t.test("vec.symmetrize adds the transpose", function()
  near(vec.symmetrize(vec.from { { 1, 2, 3 }, { 4, 5, 6 }, { 7, 8, 9 } }), { { 2, 6, 10 }, { 6, 10, 14 }, { 10, 14, 18 } })
  t.raises("matrix is 1 x 2, not square", vec.symmetrize, vec.new(1, 2))
end)

t.test("vec.add_noise: by seed, the same in any shape, of the deviation asked for", function()
  local long, wide = vec.add_noise(vec.new(1, 9000), 5, 2), vec.add_noise(vec.new(90, 100), 5, 2)
  t.eq(long:bytes(), wide:bytes())
  t.ok(vec.add_noise(vec.new(1, 9000), 6, 2):bytes() ~= long:bytes())
  t.near(vec.norms(long):get(1, 1) ^ 2 / 9000, 4, 0.2)
  t.near(vec.add_noise(vec.from { { 10, 10 } }, 5, 2):get(1, 2), 10 + long:get(1, 2), 1e-5)
end)

t.test("gradient descent on vec separates two classes", function()
  local X, W = vec.gauss(1, 200, 5), vec.gauss(2, 5, 2, 0.01)
  local targets = vec.new(200, 2)
  for i = 1, 200 do targets:set(i, X:get(i, 1) > 0 and 1 or 2, 1) end
  local m, v, first, last = vec.new(5, 2), vec.new(5, 2), nil, nil
  for step = 1, 100 do
    local dS = vec.new(200, 2)
    last = vec.cross_entropy(vec.matmul(X, W), targets, dS)
    first = first or last
    vec.adam(W, vec.matmul(X, dS, { ta = true }), m, v, step, 0.1)
  end
  t.near(first, math.log(2), 0.05)
  t.ok(last < 0.12, "loss is " .. last)
end)

-- Search.

t.test("vec.search: best first, ties by row, groups, only, fewer than k", function()
  local data = vec.from { { 1, 0 }, { 0, 1 }, { 1, 0 }, { 0.5, 0.5 } }
  local query = vec.from { { 1, 0 } }
  t.eq(vec.search(data, query, 3), { { rows = { 1, 3, 4 }, scores = { 1.0, 1.0, 0.5 } } })
  t.eq(vec.search(data, query, 9)[1].rows, { 1, 3, 4, 2 })
  t.eq(vec.search(data, query, 2, { groups = { 7, 7, 8, 9 }, query_groups = { 7 } })[1].rows, { 3, 4 })
  t.eq(vec.search(data, query, 3, { only = { 4, 2 } })[1].rows, { 4, 2 })
  t.eq(vec.search(data, query, 3, { only = {} })[1].rows, {})
  t.eq(vec.search(vec.new(0, 2), query, 3), { { rows = {}, scores = {} } })
  t.eq(vec.search(data, vec.new(0, 2), 3), {})
end)

t.test("vec.search: many queries find what each one finds alone", function()
  local data, queries = vec.gauss(1, 3000, 24), vec.gauss(2, 70, 24)
  local together = vec.search(data, queries, 5)
  for i = 1, 70 do t.eq(vec.search(data, queries:slice(i, i), 5)[1].rows, together[i].rows) end
end)

t.test("vec.search: misuse raises", function()
  local data, query = vec.new(4, 2), vec.new(1, 2)
  t.raises("matrix is 1 x 3, not N x 2", vec.search, data, vec.new(1, 3), 1)
  t.raises("at least 1 row", vec.search, data, query, 0)
  t.raises("come together", vec.search, data, query, 1, { groups = { 1, 2, 3, 4 } })
  t.raises("an array of 4 integers", vec.search, data, query, 1, { groups = { 1 }, query_groups = { 1 } })
  t.raises("entry 3 is no integer", vec.search, data, query, 1, { groups = { 1, 2, "x", 4 }, query_groups = { 1 } })
  t.raises("entry 1 is not a number from 1 to 4", vec.search, data, query, 1, { only = { 5 } })
end)

-- Metrics.

t.test("vec.order, vec.average_precision, vec.area_under_curve", function()
  local scores = vec.from { { 2, 3, 2, 0 / 0, -1 } }
  t.eq(vec.order(scores), { 2, 1, 3, 5, 4 })
  local ranked, relevant = vec.from({ 3, 2, 2, 2, 1, 0 }, 6, 1), { true, false, true, false, true, false }
  t.near(vec.average_precision(ranked, relevant), (1 + 2 / 3 + 3 / 5) / 3, 1e-12)
  t.near(vec.area_under_curve(ranked, relevant), 6 / 9, 1e-12)
  t.ok(vec.area_under_curve(vec.new(1, 1), { true }) ~= vec.area_under_curve(vec.new(1, 1), { true }))
  t.raises("2 entries for 6 scores", vec.average_precision, ranked, { true, false })
  t.raises("array of booleans", vec.average_precision, vec.new(1, 1), { 1 })
  t.raises("matrix is 2 x 2, not one row or one column", vec.order, vec.new(2, 2))
end)

t.test("vec.retrieval: one query by hand, its own group left out", function()
  local gallery = vec.from({ 0.5, 0.9, 0.8, 0.7, 0.6, 0.95 }, 6, 1)
  local r = vec.retrieval(gallery, vec.from { { 1 } }, {
    labels = { 3, 1, 4, 5, 8, 1 }, query_labels = { 1 }, groups = { 1, 2, 3, 4, 5, 6 }, query_groups = { 6 }, depth = 2 })
  t.eq({ r.candidates[1], r.relevant[1], r.identical[1] }, { 5.0, 3.0, 1.0 })
  t.near(r.average_precision[1], (1 + 2 / 3 + 3 / 5) / 3, 1e-12)
  t.near(r.precision[1], 0.5, 1e-12)
  t.near(r.r_precision[1], 2 / 3, 1e-12)
  t.near(r.identical_average_precision[1], 1, 1e-12)
  t.raises("option 'labels' is missing", vec.retrieval, gallery, gallery, {})
end)

-- Tasks.

t.test("a matrix in use by an operation can be read, not changed or closed", function()
  local a, b = vec.gauss(1, 1500, 600), vec.gauss(2, 600, 1500)
  local product
  local running = task.spawn(function() product = vec.matmul(a, b) end)
  task.sleep(0)
  if not product then
    t.raises("in use", a.close, a)
    t.raises("in use", a.set, a, 1, 1, 0)
    t.near(a:get(1, 1), vec.gauss(1, 1, 1):get(1, 1), 0)
  end
  running:join()
  a:set(1, 1, 0)
  a:close()
  t.eq({ product:rows(), product:cols() }, { 1500, 1500 })
end)
