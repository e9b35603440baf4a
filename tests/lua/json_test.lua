-- SPDX-License-Identifier: MIT
local t = require "t"
local fs = require "hilum.fs"
local json = require "hilum.json"

t.test("numbers keep what they are", function()
  local v = json.decode("[1, 1.0, 1e3, -0, 0.5, 9007199254740993, 9223372036854775807, -9223372036854775808, 9223372036854775808]")
  for i, wanted in ipairs { 1, 1, 1000, 0, 0.5, 9007199254740993, math.maxinteger, math.mininteger, 2.0 ^ 63 } do
    t.eq(v[i], wanted)
  end
  t.eq(json.decode("0.12345678901234567890"), 0.12345678901234567890)
  t.eq(json.decode("12345678901234567890123"), 12345678901234567890123.0)
end)

t.test("null, empty arrays and empty objects stay apart", function()
  local text = '{"a":[],"b":{},"c":null,"d":[[],{},[null]],"e":""}'
  t.eq(json.encode(json.decode(text)), text)
  t.eq(json.decode("null"), json.null)
  t.eq(json.encode(json.decode("[ \n]")), "[]")
end)

t.test("strings that look like our marks are strings", function()
  for _, s in ipairs { "\0", "\0a", "\0i12", "\0s\0a", "[]", "12345678901234567890" } do
    t.eq(json.decode(json.encode { s })[1], s)
    t.eq(json.decode(json.encode { [s] = {} })[s] ~= nil, true)
  end
end)

t.test("what is no JSON is refused, with the place", function()
  for text, where in pairs { ["[1,"] = "column 4", ["{\n\"a\" 1}"] = "line 2, column 5", [""] = "column 1", ["[01]"] = "column 2",
    ["nan"] = "column 1", ["1\0"] = "NUL", ["[1e999]"] = "too large", ["{'a':1}"] = "column 2", ["[[],1 2]"] = "column 7",
    ["[0x10]"] = "column 2", ["Infinity"] = "column 1", ["[1]]"] = "column 4" } do
    t.fails("parse", where, json.decode(text))
  end
  t.fails("parse", "nested", json.decode(("["):rep(2000) .. ("]"):rep(2000)))
end)

t.test("encoding is canonical", function()
  t.eq(json.encode { b = 1, a = { 1, 2.5, "x" }, [""] = true, ["é"] = json.null }, '{"":true,"a":[1,2.5,"x"],"b":1,"é":null}')
  t.eq(json.encode "\"\\/\b\f\n\r\t\1\127é\255", '"\\"\\\\/\\b\\f\\n\\r\\t\\u0001\127é\u{FFFD}"')
  for value, text in pairs { [0.1] = "0.1", [1 / 3] = "0.3333333333333333", [1e300] = "1e+300", [2.0 ^ 53] = "9007199254740992",
    [5e-324] = "4.94065645841247e-324", [-2.0] = "-2", [math.mininteger] = "-9223372036854775808", [0.1 + 0.2] = "0.30000000000000004" } do
    t.eq(json.encode(value), text)
    t.eq(json.decode(text) == value, true)
  end
end)

t.test("order and indent", function()
  local value = { caption = "c", image = "i", b = json.array {}, a = { x = 1 } }
  t.eq(json.encode(value, { order = { "image", "caption" } }), '{"image":"i","caption":"c","a":{"x":1},"b":[]}')
  t.eq(json.encode(value, { order = { "image" }, indent = 2 }),
    '{\n  "image": "i",\n  "a": {\n    "x": 1\n  },\n  "b": [],\n  "caption": "c"\n}')
end)

t.test("what JSON has no form for raises", function()
  local cycle = {}
  cycle.cycle = cycle
  for pattern, value in pairs { NaN = 0 / 0, infinity = 1 / 0, ["function"] = print, ["key 'x'"] = { 1, x = 1 }, holes = { 1, nil, 3 },
    ["key 1.5"] = { [1.5] = 1 }, nested = cycle, userdata = io.stdout } do
    t.raises(pattern, json.encode, value)
  end
  t.raises("unknown option 'ident'", json.encode, {}, { ident = 2 })
end)

t.test("files", function()
  local dir = t.tmp()
  local path = fs.join(dir, "x.json")
  t.ok(json.write(path, { a = 1 }, { indent = 1 }))
  t.eq(fs.read(path), '{\n "a": 1\n}\n')
  t.eq(json.read(path), { a = 1 })
  assert(fs.write(path, "{\n"))
  t.fails("parse", "x.json: line 2", json.read(path))
  t.fails("io", "/no/such", json.read("/no/such"))
  t.fails("io", "/no/such", json.write("/no/such/x", 1))
  t.raises("function", json.write, path, print)
  t.eq(fs.list(dir), { "x.json" })
end)

t.test("lines", function()
  local path = fs.join(t.tmp(), "x.jsonl")
  t.ok(json.write_lines(path, { { b = 1, a = 2 }, false, json.null, "x" }, { order = { "b" } }))
  t.eq(fs.read(path), '{"b":1,"a":2}\nfalse\nnull\n"x"\n')
  assert(fs.append(path, "\n \n7"))
  local got, numbers = {}, {}
  for value, number in assert(json.lines(path)) do got[#got + 1], numbers[#numbers + 1] = value, number end
  t.eq(json.encode(got), [=[[{"a":2,"b":1},false,null,"x",7]]=])
  t.eq(numbers, { 1, 2, 3, 4, 7 })
  assert(fs.write(path, "1\n2\n{\n"))
  t.raises("x.jsonl:3: column", function() for _ in json.lines(path) do end end) -- luacheck: ignore 542
  t.fails("io", "/no/such", json.lines("/no/such"))
end)
