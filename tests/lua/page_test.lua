-- SPDX-License-Identifier: MIT
local t = require "t"
local page = require "lib.page"
local plot = require "lib.page.plot"
local h = page.h

t.test("round scales, and a curve for the terminal", function()
  for _, case in ipairs { { 0, 5, { 0, 1, 2, 3, 4, 5 } }, { 0.31, 2.4, { 0, 0.5, 1, 1.5, 2, 2.5 } }, { 0, 100, { 0, 20, 40, 60, 80, 100 } },
    { -3, 7, { -4, -2, 0, 2, 4, 6, 8 } } } do
    local scale = plot.round_scale(case[1], case[2])
    t.eq(#scale.ticks, #case[3])
    for i, tick in ipairs(case[3]) do t.near(scale.ticks[i], tick, 1e-9) end
    t.ok(scale.min <= case[1] and scale.max >= case[2])
  end
  local flat = plot.round_scale(0.5, 0.5)
  t.ok(flat.min <= 0.5 and flat.max > flat.min)
  local chart = require "lib.chart"
  t.eq(chart.curve({ { 0, 1 }, { 1, 3 }, { 2, 2 } }, 4, 2), "3 ⠀⡰⠱⡀\n1 ⡰⠁⠀⠈")
  t.eq(chart.curve({ { 0, 1 }, { 1, 1 } }, 3, 1), "1 ⠉⠉⠉")
end)

t.test("text is escaped wherever it stands", function()
  t.eq(tostring(h.p { "<script>", 'a & "b"', title = "it's <b>" }),
    '<p title="it&#39;s &lt;b&gt;">&lt;script&gt;a &amp; &quot;b&quot;</p>')
  t.eq(page.escape("a\0b\27c"), "a\u{FFFD}b\u{FFFD}c")
  t.eq(tostring(h.p { page.raw "<i>x</i>" }), "<p><i>x</i></p>")
end)

t.test("children may be missing, nested, numbers", function()
  t.eq(tostring(h.p { nil, "a", false, { "b", nil, { h.em { "c" } } }, 4 }), "<p>ab<em>c</em>4</p>")
  t.eq(tostring(h.br {}), "<br>")
  t.eq(tostring(h.p { hidden = true, class = false }), "<p hidden></p>")
end)

t.test("the same content gives the same text", function()
  local function draw() return page.document { title = "x", h.p { class = "a", id = "b", title = "c", lang = "d" } } end
  t.eq(draw(), draw())
end)

t.test("a document fetches nothing and runs nothing", function()
  local html = page.document { title = "</title><script>alert(1)</script>", h.p { "x" }, page.picture("\255\216", "a picture"),
    footer = "end" }
  t.ok(not html:find("<script", 1, true))
  t.ok(not html:find("https?://"), "an address outside")
  t.ok(not html:find("@import") and not html:find("url%("))
  t.match(html, "default%-src &#39;none&#39;")
  t.match(html, "prefers%-color%-scheme: dark")
  t.match(html, 'src="data:image/jpeg;base64,/9g="')
  t.match(html, 'alt="a picture"')
end)

t.test("a missing picture is a card that says so", function()
  local html = tostring(page.picture(nil, "result 1", "picture not found"))
  t.match(html, "picture not found")
  t.match(html, 'aria%-label="result 1"')
end)

t.test("tables", function()
  local html = tostring(page.table({ { "name" }, { "n", number = true } }, { { section = "part <1>" }, { "a", "0.5" } }, "about"))
  t.match(html, '<th colspan="2" scope="rowgroup">part &lt;1&gt;</th>')
  t.match(html, '<td class="number">0.5</td>')
  t.match(html, '<th scope="row">a</th>')
  t.match(html, "<caption>about</caption>")
end)

t.test("bars lie where their values are", function()
  local mark = { class = "base", value = 0.5, low = 0.25, high = 0.75 }
  local html = tostring(plot.bars({ mark }, { min = 0, max = 1, ticks = { 0, 1 } }, 0.1, "words"))
  t.match(html, 'class="fill%-base"[^>]*width="50.00%%"')
  t.match(html, 'class="whisker" x1="25.00%%" x2="75.00%%"')
  t.match(html, 'class="chance%-mark" x1="10.00%%"')
  t.match(html, 'aria%-label="words"')
  local beyond = tostring(plot.bars({ { class = "base", value = 7 } }, { min = 0, max = 1, ticks = {} }, nil, ""))
  t.match(beyond, 'width="100.00%%"')
end)

t.test("scales end at a round number above", function()
  t.eq(plot.scale(0.33).max, 0.4)
  t.eq(plot.scale(0.05).max, 0.1)
  t.eq(plot.scale(1).max, 1.0)
  for _, largest in ipairs { 0.05, 0.15, 0.3, 0.5, 0.7, 0.9 } do
    local scale = plot.scale(largest)
    t.near(scale.ticks[#scale.ticks], scale.max, 1e-9)
  end
end)

t.test("curves", function()
  local html = tostring(plot.curves({ { class = "base", points = { { 1, 0 }, { 2, 1 } } } }, { min = 1, max = 2, ticks = { 1, 2 } },
    { min = 0, max = 1, ticks = { 0, 1 } }, "a curve"))
  t.match(html, 'points="0.000,100.000 100.000,0.000"')
end)
