-- SPDX-License-Identifier: MIT
local t = require "t"
local fs = require "hilum.fs"
local npy = require "hilum.npy"
local vec = require "hilum.vec"

t.test("a matrix there and back", function()
  local path = fs.join(t.tmp(), "m.npy")
  local m = vec.from { { 1, 2, 3 }, { 4, 5, 6.5 } }
  t.ok(npy.write(path, m))
  t.eq(npy.info(path), { rows = 2, cols = 3, type = "f4", big_endian = false, fortran = false })
  for _, read in ipairs { npy.read(path), npy.map(path) } do
    t.eq({ read:rows(), read:cols(), read:get(2, 3), read:get(1, 1) }, { 2, 3, 6.5, 1.0 })
  end
  t.raises("read%-only", function() npy.map(path):fill(0) end)
end)

t.test("rows are added", function()
  local path = fs.join(t.tmp(), "m.npy")
  for i = 1, 3 do t.ok(npy.append(path, vec.from { { i, -i } })) end
  local m = npy.read(path)
  t.eq({ m:rows(), m:get(3, 2) }, { 3, -3.0 })
  t.fails("usage", "has 2 columns, the rows to add have 3", npy.append(path, vec.new(1, 3)))
end)

t.test("what is no matrix is refused", function()
  local path = fs.join(t.tmp(), "m.npy")
  assert(fs.write(path, "not a matrix at all"))
  t.fails("parse", "m.npy: not a .npy file", npy.read(path))
  t.fails("parse", "m.npy: not a .npy file", npy.append(path, vec.new(1, 1)))
  t.ok(npy.write(path, vec.new(10, 10)))
  assert(fs.write(path, fs.read(path):sub(1, -2)))
  t.fails("parse", "shorter than its header says", npy.read(path))
  t.fails("io", "/no/such", npy.read("/no/such"))
  t.fails("io", "/no/such", npy.write("/no/such/x", vec.new(1, 1)))
  t.raises("Matrix expected", npy.write, path, {})
end)
