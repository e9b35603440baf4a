-- SPDX-License-Identifier: MIT
local t = require "t"
local fs = require "hilum.fs"
local rows = require "hilum.rows"
local vec = require "hilum.vec"

t.test("the beginning of a file", function()
  local path = fs.join(t.tmp(), "x")
  assert(fs.write(path, "abcabdab"))
  local file = assert(rows.map(path, 6))
  t.eq({ #file, file:text(), file:text(2, 3), file:text(7, 6) }, { 6, "abcabd", "bc", "" })
  t.eq(file:find("ab", 3, 1), { 1, 2 })
  t.eq(file:find("c", 3, 3), { 1 })
  assert(fs.append(path, "zz", { at = 6 }))
  t.eq(file:text(), "abcabd")
  t.fails("integrity", "has 8 bytes, not the 9", rows.map(path, 9))
  t.fails("io", "No such file", rows.map(path .. "y", 0))
  t.eq(assert(rows.map(path, 0)):text(), "")
  t.raises("outside the file", file.text, file, 1, 7)
  t.raises("outside the file", file.text, file, 0, 1)
  t.raises("outside the record", file.find, file, "ab", 3, 3)
  file:close()
  file:close()
  t.raises("closed", file.text, file)
end)

t.test("sets", function()
  local even = rows.set(130)
  for row = 2, 130, 2 do even:add { row } end
  t.eq(even:size(), 65)
  t.eq(even:list(63, 67), { 64, 66 })
  t.eq(even:bits(63, 67), ("=I8I8"):pack(1 << 63, 2))
  t.eq(even:bits(66, 65), ("=I8I8"):pack(0, 0))
  t.eq(even:bits(1, 64), ("=I8"):pack(0xAAAAAAAAAAAAAAAA))
  t.eq({ even:has(130), even:has(129) }, { true, false })
  local odd = rows.set(130):add(even:list()):invert()
  t.eq(odd:list(1, 6), { 1, 3, 5 })
  t.eq(odd:keep(even):size(), 0)
  t.eq(even:remove(rows.set(130):add { 2, 4 }):list(1, 8), { 6, 8 })
  t.eq(rows.set(0):invert():list(), {})
  t.eq(even:list(131, 130), {})
  t.raises("entry 2 is not a number from 1 to 3", function() rows.set(3):add { 1, 4 } end)
  t.raises("another number of rows", function() rows.set(3):keep(rows.set(4)) end)
  t.raises("no such row", even.list, even, 1, 131)
  t.raises("no such row", even.has, even, 0)
end)

t.test("tags", function()
  local path = fs.join(t.tmp(), "tags")
  assert(fs.write(path, ("<I4I4I4I4I4I4"):pack(0, 5, 2, 6, 1, 5)))
  local tags = assert(rows.map(path, 24))
  t.eq(assert(rows.set(3):add_tagged(tags, 5)):list(), { 1, 2 })
  t.eq(assert(rows.set(3):add_tagged(tags, 7)):list(), {})
  t.fails("integrity", "beyond the last", rows.set(2):add_tagged(tags, 6))
end)

t.test("a search takes the bits of a set, however many they are", function()
  local data, queries = vec.gauss(1, 500, 16), vec.gauss(2, 3, 16)
  local quantized = assert(vec.quantize(data))
  for _, others in ipairs { 0, 1, 50, 125, 126, 250, 450, 499, 500 } do
    local order = vec.permutation(others, 500)
    local set = rows.set(500):add(table.move(order, others + 1, 500, 1, {}))
    local wanted = vec.search(data, queries, 9, { only = set:list() })
    t.eq(vec.search(data, queries, 9, { only = set:bits() }), wanted)
    for i, found in ipairs(quantized:search(data, queries, 9, { only = set:bits() })) do t.eq(found.rows, wanted[i].rows) end
  end
  t.raises("not as many as the rows", vec.search, data, queries, 9, { only = "" })
  t.raises("beyond the last row", vec.search, data, queries, 9, { only = rows.set(501):invert():bits() })
end)
