-- SPDX-License-Identifier: MIT
-- The parts of the prompt that need no terminal.
local t = require "t"
local fs = require "hilum.fs"
local chunk = require "host.repl.chunk"
local complete = require "host.repl.complete"
local history = require "host.repl.history"
local show = require "host.repl.show"
local tokens = require "host.repl.tokens"

-- What Enter makes of a text whose cursor stands where the bar is: the text with its bar, and whether it is finished.
local function enter(marked)
  local cursor = marked:find("|", 1, true) - 1
  local text = marked:gsub("|", "", 1)
  local from, replacement, finished = chunk.enter(text, cursor)
  if not from then return text, true end
  return text:sub(1, from - 1) .. replacement .. "|" .. text:sub(cursor + 1), finished
end

t.test("Enter runs what is finished, and goes on with what is not", function()
  local function is(marked, wanted, finished)
    local text, done = enter(marked)
    t.eq({ text, done }, { wanted, finished }, marked)
  end
  is("1 + 1|", "1 + 1|", true)
  is("1 +|", "1 +\n|", false)
  is("for i = 1, 2 do|", "for i = 1, 2 do\n  |", false)
  is("for i = 1, 2 do\n  if x then|", "for i = 1, 2 do\n  if x then\n    |", false)
  is("if x then\n  f()\n  else|", "if x then\n  f()\nelse\n  |", false)
  is("do\n  x = 1\n  end|", "do\n  x = 1\nend|", true)
  is("x = {|", "x = {\n  |", false)
  is("f(function()|", "f(function()\n    |", false)
  is("x = [[a|", "x = [[a\n|", false)
  is("x = 'a|", "x = 'a|", true) -- wrong, and says so when it is run
  is("x x|", "x x|", true)
  is("d|o x() end", "d|o x() end", true)
  is(":time do|", ":time do", true)
  is("?image|", "?image", true)
  is("::label:: do|", "::label:: do\n  |", false)
end)

t.test("tokens of text that is not finished", function()
  local list = tokens.of([[f("a\"b", [=[x]=], 'open]])
  local kinds = {}
  for i, token in ipairs(list) do kinds[i] = token.kind end
  t.eq(table.concat(kinds, " "), "name symbol string symbol string symbol string")
  t.eq({ list[3].text, list[5].text, list[7].open }, { [["a\"b"]], "[=[x]=]", true })
  t.eq({ tokens.depth("f({ function() --[[ end") }, { 3, true })
  t.eq({ tokens.depth("-- do\nx = 'do' do") }, { 1, false })
end)

-- The text after Tab at its end; and what was listed.
local function tab(text)
  local from, replacement, listing = complete(text, #text)
  if not from then return nil end
  return text:sub(1, from - 1) .. replacement, listing
end

t.test("Tab", function()
  t.eq((tab "collectg"), "collectgarbage(")
  t.eq((tab "x = coroutine.wr"), "x = coroutine.wrap(")
  t.eq((tab "hilum.imag"), "hilum.image")
  t.eq((tab "task.spa"), "task.spawn(")
  t.eq((tab "archive.op"), "archive.open(") -- by its reference
  t.eq(package.loaded["hilum.archive"], nil)
  t.eq((tab "('x'):"), nil)
  t.eq((tab "retur"), "return")
  t.eq((tab "-- collectg"), nil)
  t.eq((tab "nosuch.fiel"), nil)
  t.eq((tab ""), "  ")
  t.eq((tab "for i = 1, 2 do\n"), "for i = 1, 2 do\n  ")
  t.eq((tab "require 'hilum.np"), "require 'hilum.npy'")
  t.eq((tab "ctx.run('spl"), "ctx.run('split'")
  t.eq((tab "ctx.run('split', { val_f"), "ctx.run('split', { val_fraction = ")
  t.eq((tab "ctx.run('aws whoami', { prof"), "ctx.run('aws whoami', { profile = ")
  t.eq((tab "image.thumbnail(x, 9, { qual"), "image.thumbnail(x, 9, { quality = ")
  t.eq((tab "image.thumbnail(x, 9, { quality = 1, prog"), "image.thumbnail(x, 9, { quality = 1, progress = ")
  t.eq(select(2, tab "string.re"), "rep      reverse")
  t.match(select(2, tab "image.resize("), "image.resize%(img, width, height, options%)\n  %u")
end)

t.test("Tab in what exists: fields, methods, elements", function()
  _G.probe = { list = { { inner_name = 1 } }, ["two words"] = 1, m = require "hilum.vec".new(1, 1) }
  t.eq((tab "probe.l"), "probe.list")
  t.eq((tab "probe.list[1].inn"), "probe.list[1].inner_name")
  t.eq((tab "probe.m:slic"), "probe.m:slice(")
  t.eq((tab "probe.two"), nil)
  t.eq((tab "probe.list().inn"), nil)
  _G.probe = nil
end)

t.test("Tab in strings: files", function()
  local dir = t.tmp()
  assert(fs.mkdir(dir .. "/folder"))
  assert(fs.write(dir .. "/file one.png", ""))
  assert(fs.write(dir .. "/.hidden", ""))
  t.eq((tab("f('" .. dir .. "/file")), "f('" .. dir .. "/file one.png'")
  t.eq((tab("f \"" .. dir .. "/fold")), "f \"" .. dir .. "/folder/")
  t.eq((tab("f('" .. dir .. "/fi', '" .. dir .. "/.h")), "f('" .. dir .. "/fi', '" .. dir .. "/.hidden'")
end)

t.test("a Tab whose field raises is no matter", function()
  _G.probe = setmetatable({}, { __index = function() error("no") end })
  t.eq((tab "probe.x.y"), nil)
  _G.probe = nil
end)

t.test("secrets", function()
  for _, secret in ipairs { "aws_secret_access_key = 'x'", "PASSWORD='x'", "s.session_token", "login('AKIAIOSFODNN7EXAMPLE', 1)",
    "k = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'", "get('https://me:word@host/')", "h = { Authorization = x }",
    "u = '…X-Amz-Signature=1'" } do
    t.ok(history.is_secret(secret), secret)
  end
  for _, plain in ipairs { "image.decode('/data/study/images/00000001_000.png')", "x = 'https://example.org/a'", ("f0"):rep(32) } do
    t.ok(not history.is_secret(plain), plain)
  end
end)

t.test("the history's file: line ends, backslashes, its length", function()
  local path = t.tmp() .. "/deep/history"
  t.ok(history.add(path, "a\\n = 'x'\nb"))
  t.ok(not history.add(path, " a = 1"))
  t.ok(not history.add(path, "password = 1"))
  t.eq(history.load(path), { "a\\n = 'x'\nb" })
  local lines = {}
  for i = 1, 2100 do lines[i] = "line " .. i end
  assert(fs.write(path, table.concat(lines, "\n") .. "\n"))
  local entries = history.load(path)
  t.eq({ #entries, entries[1], entries[1000] }, { 1000, "line 1101", "line 2100" })
  t.eq(#history.load(path), 1000)
  t.eq(history.load(t.tmp() .. "/none"), {})
end)

t.test("values as text", function()
  t.eq(show.text(0.1 + 0.2), "0.3")
  t.eq(show.text("as\nit is"), "as\nit is")
  t.eq(show.text({ "a\27[31m", ["two words"] = 1, [2.5] = true }), '{ "a\\x1b[31m", [2.5] = true, ["two words"] = 1 }')
  t.eq(show.text("\xff\0a\""), '"\\xff\\x00a\\""')
  t.eq(show.text("Ödem\t肺"), "Ödem\t肺")
  t.match(show.text({ ("x"):rep(500) }), '^{\n  "x+"… %(500 bytes%)\n}$')
  t.match(show.text(setmetatable({}, { __tostring = function() return "itself" end })), "^itself$")
  local m = require "hilum.vec".new(1, 1)
  m:close()
  t.match(show.text(m), "closed")
  local deep = {}
  for _ = 1, 100 do deep = { deep } end
  t.eq(show.text(deep), "{ { { { { … } } } } }")
  local wide = {}
  for i = 1, 100000 do wide[i] = { n = i } end
  t.match(show.text(wide), "… 99000 more rows$")
end)
