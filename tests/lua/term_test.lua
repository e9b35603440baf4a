-- SPDX-License-Identifier: MIT
local t = require "t"
local fs = require "hilum.fs"
local term = require "hilum.term"

t.test("tables", function()
  t.eq(term.table({ { name = "Mass", n = 12 }, { name = "Ödem 肺", n = 3 }, { n = 1.5 } }, { "name", "n" }),
    "name       n\nMass      12\nÖdem 肺    3\n         1.5")
  t.eq(term.table({}, { "a", "b" }), "a  b")
  t.raises("no columns", term.table, {}, {})
  t.raises("records", term.table, { 1 }, { "a" })
end)

t.test("a table that is too wide: texts are cut, numbers are not", function()
  local rows = { { name = "Cardiomegaly 肺肺肺肺", n = 123456, note = "seen on both" }, { name = "Mass", n = 1, note = "" } }
  local text = term.table(rows, { "name", "n", "note" }, { width = 26 })
  t.eq(text, "name           n  note\nCardiom…  123456  seen on…\nMass           1  ")
  t.eq(term.table(rows, { "n" }, { width = 1 }), "     n\n123456\n     1")
  t.match(term.table(rows, { "name" }, { width = 15 }), "Cardiomegaly …")
  t.match(term.table(rows, { "name", "note" }, { width = 0 }), "seen on both")
  t.raises("unknown option", term.table, rows, { "n" }, { widht = 1 })
end)

local image = require "hilum.image"

t.test("an image as letters and as half blocks", function()
  local ramp = image.new(4, 2, 1, "\0\85\170\255\255\170\85\0")
  t.eq(term.picture(ramp, { protocol = "letters" }), "====\n")
  local blocks = term.picture(image.new(1, 2, 3, "\1\2\3\4\5\6"), { protocol = "blocks" })
  t.eq(blocks, "\27[38;2;1;2;3m\27[48;2;4;5;6m▀\27[0m\n")
  t.eq(term.picture(image.new(1, 1, 1, "\255"), { protocol = "colors" }), "\27[38;5;231m▀\27[0m\n")
  t.eq(term.picture(image.new(1, 1, 2, "\128\0"), { protocol = "colors" }), "\27[38;5;244m▀\27[0m\n")
  local wide = term.picture(image.new(1000, 10, 1), { protocol = "blocks", columns = 20, rows = 5 })
  t.eq(select(2, wide:gsub("▀", "")), 20)
end)

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function from_base64(text)
  local bits, bytes = 0, {}
  local count = 0
  for c in text:gmatch("[%w+/]") do
    bits, count = (bits << 6 | (DIGITS:find(c, 1, true) - 1)) & 0xFFFF, count + 6
    if count >= 8 then
      count = count - 8
      bytes[#bytes + 1] = string.char(bits >> count & 255)
    end
  end
  return table.concat(bytes)
end

local function picture() return image.resize(require "hilum.phantom".render(1, 0, { size = 128 }), 97, 61) end

t.test("kitty: the pixels in chunks", function()
  local img, bytes = picture(), {}
  local text = term.picture(img, { protocol = "kitty" })
  t.match(text, "^\27_Ga=T,q=2,f=24,s=97,v=61,m=1;")
  for more, chunk in text:gmatch("m=(%d);([^\27]*)\27\\") do
    t.ok(#chunk <= 4096)
    bytes[#bytes + 1] = from_base64(chunk)
    t.eq(more == "0", #table.concat(bytes) == 97 * 61 * 3)
  end
  t.eq(table.concat(bytes), image.decode({ bytes = image.encode(img) }, { mode = "rgb" }):bytes())
end)

t.test("iTerm2: a PNG that is whole", function()
  local img = picture()
  local size, text = term.picture(img, { protocol = "iterm" }):match("^\27%]1337;File=inline=1;size=(%d+);.-:([^\a]*)\a\n$")
  local png = from_base64(text)
  t.eq(#png, tonumber(size))
  t.eq(#image.check({ bytes = png }, { limits = false }).problems, 0)
  t.eq(image.decode({ bytes = png }, { mode = "gray" }):bytes(), img:bytes())
end)

-- The colour registers and the pixels of a sixel picture, as its rules say.
local function decode_sixel(text)
  local width, height, body = text:match('^\27P0;1q"1;1;(%d+);(%d+)(.*)\27\\\n$')
  local rows, x, top, color = {}, 0, 0, nil
  body = body:gsub("#%d+;2;%d+;%d+;%d+", "")
  local at = 1
  while at <= #body do
    local number, to = body:match("^#(%d+)()", at)
    local count, char, after = body:match("^!(%d+)(.)()", at)
    local c = char or body:sub(at, at)
    if number then color = tonumber(number)
    elseif c == "$" then x = 0
    elseif c == "-" then x, top = 0, top + 6
    else
      for _ = 1, tonumber(count or 1) do
        for bit = 0, 5 do
          if (c:byte() - 63) >> bit & 1 == 1 then
            rows[top + bit] = rows[top + bit] or {}
            rows[top + bit][x] = color
          end
        end
        x = x + 1
      end
    end
    at = to or after or at + 1
  end
  return tonumber(width), tonumber(height), rows
end

t.test("sixel: every pixel once, greys to a hundredth", function()
  local img = picture()
  local width, height, rows = decode_sixel(term.picture(img, { protocol = "sixel" }))
  t.eq({ width, height }, { 97, 61 })
  for y = 0, height - 1 do
    for x = 0, width - 1 do t.near(rows[y][x] * 2.55, img:pixel(x, y), 1.5) end
  end
end)

t.test("no colour where there is no terminal", function()
  local status, out = t.run(t.hilum .. [[ -e 'print(term.color("x", "red"), term.isatty(), term.isatty("stderr"))']])
  t.eq(status, 0)
  t.eq(out, "x\tfalse\tfalse\n")
  status, out = t.run("HILUM_COLOR=always " .. t.hilum .. [[ -e 'io.write(term.color("x", "red"))']])
  t.eq(out, "\27[31mx\27[0m")
  t.eq(status, 0)
  t.raises("invalid option 'rot'", term.color, "x", "rot")
end)

t.test("progress counts, and says nothing about quick work", function()
  local status, out, err = t.run(t.hilum
    .. [[ -e 'local p <close> = term.progress(3, "work"); p:add(); p:add(2); p:fail(); print(p:counts())']])
  t.eq({ status, out, err }, { 0, "3\t1\n", "" })
  t.raises("not negative", term.progress, -1, "x")
  t.raises("unknown option 'units'", term.progress, 1, "x", { units = "x" })
end)

local has_script = os.execute("command -v script >/dev/null") -- script(1) gives the program a terminal
local test = has_script and t.test or function(name) t.skip(name, "script(1) is not installed") end

test("progress on a terminal is a bar", function()
  local dir = t.tmp()
  assert(fs.write(fs.join(dir, "p.lua"), [[
    local p = term.progress(1200, "work", { unit = "images" })
    p:set(600) p:fail(2) task.sleep(0.35) p:set(1200) p:finish() p:finish()]]))
  local run = ("script -qec '%s -e \"dofile([[%s]])\"' /dev/null"):format(t.hilum, fs.join(dir, "p.lua"))
  local _, out = t.run(run)
  t.match(out, "work %[=+ +%] 600/1,200 images  [%d.,]+/s  %d+:%d%d left  2 failed")
  t.match(out, "work: 1,200 images in %d")
  _, out = t.run("HILUM_QUIET=1 " .. run)
  t.eq(out, "")
end)
