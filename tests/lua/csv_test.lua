-- SPDX-License-Identifier: MIT
local t = require "t"
local csv = require "hilum.csv"
local fs = require "hilum.fs"
local json = require "hilum.json"

local function file(text)
  local path = fs.join(t.tmp(), "t.csv")
  assert(fs.write(path, text))
  return path
end

t.test("rows by name, with lines", function()
  local got = {}
  for row, line in assert(csv.rows(file("\239\187\191id,x\r\na,\"1\n2\"\r\n\r\nb,3"))) do got[#got + 1] = { row, line } end
  t.eq(got, { { { id = "a", x = "1\n2" }, 2 }, { { id = "b", x = "3" }, 5 } })
end)

t.test("rows as arrays", function()
  local got = {}
  for row in assert(csv.rows(file("a;b\n1\n"), { header = false, separator = ";" })) do got[#got + 1] = row end
  t.eq(got, { { "a", "b" }, { "1" } })
end)

t.test("rows may be left early, and used up", function()
  local rows = assert(csv.rows(file("id\n1\n2\n3\n")))
  t.eq(rows().id, "1")
  rows:close()
  t.raises("closed", rows)
end)

t.test("what is wrong with a file is raised where it is", function()
  local path, seen = file("a,b\n1,2\n3\n"), 0
  t.raises("t.csv:3: 1 cell where the table has 2 columns", function()
    for _ in assert(csv.rows(path)) do seen = seen + 1 end
  end)
  t.eq(seen, 1)
  t.fails("parse", "t.csv:3: 1 cell", csv.load(path))
  t.eq(#csv.load(path, { ragged = true }), 2)
  t.fails("parse", "t.csv:2: a NUL", csv.load(file("a\n\0\n")))
  t.fails("parse", "t.csv:1: empty", csv.load(file("")))
  t.fails("parse", "never closed", csv.load(file('a\n"1\n2\n')))
  t.fails("parse", "gunzip", csv.load(file("\31\139\8\0")))
  t.fails("io", "/no/such", csv.load("/no/such"))
  t.fails("io", "/no/such", csv.rows("/no/such"))
end)

t.test("parse", function()
  t.eq(csv.parse("a,b\n1,2\n"), { { a = "1", b = "2" } })
  t.eq(csv.parse("", { header = false }), {})
  t.fails("parse", "text:2", csv.parse("a,b\n1\n"))
end)

t.test("a table of several files", function()
  local one, two = file("id,x\na,1\nb,2\n"), file("id,x\nc,1\n")
  local table = assert(csv.load({ one, two }, { file_column = "file" }))
  t.eq(#table, 3)
  t.eq(table:columns(), { "id", "x", "file" })
  t.eq(table:column("x"), { "1", "2", "1" })
  t.eq(table:cell(3, "id"), "c")
  t.eq(table:cell(3, "file"), two)
  t.eq(table:line(3), 2)
  t.fails("parse", "other columns than in", csv.load { one, file("id,y\na,1\n") })
  t.raises("no column 'y'", table.cell, table, 1, "y")
  t.raises("no such row", table.cell, table, 4, "id")
  t.raises("no such row", table.line, table, 0)
end)

t.test("groups", function()
  local table = assert(csv.load(file("id,x,y\na,1,2\nb,1,2\nc,,1\nd,1,\n")))
  local both, x, id = table:distinct({ "x", "y" }, "x", "id")
  t.eq({ #both, #x, #id }, { 3, 2, 4 })
  t.eq(both:cells(1), { "1", "2" })
  t.eq({ both:count(1), both:row(2), both:of(2), both:of(4) }, { 2, 3, 1, 3 })
  t.eq({ id:find("c"), id:find("nope") }, { 3 })
  t.raises("no such group", both.count, both, 4)
  t.raises("one column", both.find, both, "1")
  t.raises("no column 'z'", table.distinct, table, { "x", "z" })
  t.raises("no columns", table.distinct, table, {})
  t.raises("columns expected", table.distinct, table)
end)

t.test("groups keep their table", function()
  local groups = assert(csv.load(file("id\na\n"))):distinct("id")
  collectgarbage()
  collectgarbage()
  t.eq(groups:cells(1), { "a" })
end)

t.test("selecting rows", function()
  local table = assert(csv.load(file("id,x\na,1\nb,2\nc,3\n")))
  local some = table:select("id", { a = true, c = 1, b = false })
  table = nil -- luacheck: ignore
  collectgarbage()
  collectgarbage()
  t.eq(some:column("x"), { "1", "3" })
  t.eq(#some:select("id", {}), 0)
  t.eq(some:line(2), 4)
end)

t.test("a join, written", function()
  local labels = assert(csv.load(file("id,mass\na,1\nb,0\nc,1\n")))
  local entries = assert(csv.load(file("name,age,view\nc,57,PA\na,58,AP\n")))
  local match = labels:match("id", entries:distinct("name"))
  t.eq({ match:row(1), match:row(3), match:missing() }, { 2, 1, 1 })
  t.eq(match:row(2), nil)
  local masses, ages = labels:distinct("mass"), entries:distinct("age")
  local out = fs.join(t.tmp(), "out.jsonl")
  t.ok(labels:write(out, { '{"id":', { column = "id" }, { groups = masses, texts = { ',"mass":true', "" } },
    { groups = ages, texts = { ',"age":57', ',"age":58' }, match = match }, "}\n" }))
  t.eq(fs.read(out), '{"id":"a","mass":true,"age":58}\n{"id":"b"}\n{"id":"c","mass":true,"age":57}\n')
  t.ok(labels:write(out, { { column = "view", table = entries, match = match } }, { before = "[", between = ",", after = "]" }))
  t.eq(fs.read(out), '["AP",,"PA"]')
end)

t.test("pieces that do not fit raise", function()
  local a, b = assert(csv.load(file("id\na\n"))), assert(csv.load(file("id\nb\n")))
  local groups = a:distinct("id")
  local function writing(piece) return function() a:write("/no/such/x", { piece }) end end
  t.raises("piece 1: texts", writing { groups = groups, texts = {} })
  t.raises("piece 1: texts: strings", writing { groups = groups, texts = { 1 } })
  t.raises("of another table", writing { groups = b:distinct("id"), texts = { "x" } })
  t.raises("of another table", writing { column = "id", table = b })
  t.raises("match", writing { column = "id", match = 1 })
  t.raises("match", writing { column = "id", table = a, match = b:match("id", groups) })
  t.raises("piece 1: a text, groups", writing { column = "nope" })
  t.raises("unknown option 'colum'", writing { colum = "id" })
  t.fails("io", "/no/such/x", a:write("/no/such/x", { "x" }))
end)

t.test("cells become JSON strings", function()
  local table = assert(csv.load(file('id\n"a""b\\c\nd\te\1"\n"é"\n')))
  local out = fs.join(t.tmp(), "out")
  t.ok(table:write(out, { { column = "id" } }, { before = "[", between = ",", after = "]" }))
  t.eq(json.decode(fs.read(out)), { 'a"b\\c\nd\te\1', "é" })
  t.fails("parse", "line 2, column id: not UTF%-8", assert(csv.load(file("id\n\255\n"))):write(out, { { column = "id" } }))
end)
