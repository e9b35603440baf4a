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
