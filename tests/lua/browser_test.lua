-- SPDX-License-Identifier: MIT
-- The pages as a browser shows them.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local browser = require "browser"
local fs = require "hilum.fs"
local study = require "study"

local function check(name, draw)
  if not browser.find() then return t.skip(name, "no Chromium here") end
  t.test(name, function()
    local dir = t.tmp()
    study.write(dir)
    study.run(dir, "index")
    local html = assert(fs.read(draw(dir)))
    local light, dark = browser.measure(html, dir), browser.measure(html, dir, { dark = true })
    t.eq(#light, #browser.WIDTHS)
    for i, seen in ipairs(light) do
      local where = ("at %d px"):format(browser.WIDTHS[i])
      t.ok(seen.title ~= "", "no title " .. where)
      t.ok(seen.overflow <= 0, ("%g px wider than the window %s"):format(seen.overflow, where))
      t.ok(seen.pictures > 0, "no pictures " .. where)
      t.eq({ seen.broken, seen.silent, seen.scripts, seen.fetched }, { 0, 0, 0, 0 }, where)
      t.ok(seen.letters >= 15, "letters too small " .. where)
      t.ok(dark[i].paper ~= seen.paper, "dark is light " .. where)
    end
  end)
end

check("the evaluation page", function(dir) return study.run(dir, "evaluate", { resamples = 50 }).page end)

check("the query page", function(dir)
  return study.run(dir, "query", { text = "Mass", page = dir .. "/q.html" }).page
end)

check("a query page with long words", function(dir)
  local image = dir .. "/" .. ("a"):rep(120) .. ".png"
  local docs = study.docs()
  assert(fs.write(image, assert(fs.read(dir .. "/images/" .. docs[1].image))))
  return study.run(dir, "query", { image = { image }, text = "Effusion", page = dir .. "/q.html" }).page
end)
