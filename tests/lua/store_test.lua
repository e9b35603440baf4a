-- SPDX-License-Identifier: MIT
-- lib/store.lua: a folder as a store, and what is refused.
local fs = require "hilum.fs"
local store = require "lib.store"
local t = require "t"

t.test("a folder lists what is below it, sorted, without hidden files", function()
  local dir = t.tmp()
  for _, name in ipairs { "b.png", "a b.png", ".DS_Store" } do assert(fs.write(fs.join(dir, name), name)) end
  assert(fs.mkdir(fs.join(dir, "sub/.git")))
  assert(fs.write(fs.join(dir, "sub/c.png"), "c"))
  assert(fs.write(fs.join(dir, "sub/.git/config"), "x"))
  local folder = assert(store.open(dir))
  t.eq(folder:list(), { "a b.png", "b.png", "sub/c.png" })
  t.eq(folder:read("sub/c.png"), "c")
  t.eq(folder:stat("b.png").size, 5)
  t.eq(folder:stat("none.png"), nil)
end)

t.test("write makes the folders of a name", function()
  local folder = assert(store.open(t.tmp()))
  t.ok(folder:write("images/x/y.png", "pixels"))
  t.eq(folder:read("images/x/y.png"), "pixels")
  t.eq(fs.read(folder:path("images/x/y.png")), "pixels")
end)

t.test("a file:// URL is a folder", function()
  local dir = t.tmp()
  t.eq(assert(store.open("file://" .. dir)).url, dir)
end)

t.test("what is no store is refused in a line", function()
  local dir = t.tmp()
  assert(fs.write(fs.join(dir, "file"), ""))
  t.fails("io", "no such folder", store.open(fs.join(dir, "none")))
  t.fails("io", "is not a folder", store.open(fs.join(dir, "file")))
  t.fails("usage", "bucket", store.open("s3://"))
  t.fails("usage", "a store is a folder", store.open("ftp://host/images"))
end)
