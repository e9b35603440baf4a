-- SPDX-License-Identifier: MIT
-- scripts/README.md does what it says: its commands and its program, run in the order in which they stand.
local t = require "t"
local fs = require "hilum.fs"

local text = assert(fs.read(t.root .. "/../scripts/README.md"))

-- The blocks of a page: {kind = "sh" or "lua", text=}.
local function blocks(page)
  local list = {}
  for kind, body in page:gmatch("```(%w+)\n(.-)```") do list[#list + 1] = { kind = kind, text = body } end
  return list
end

local function count_lines(code)
  local count = 0
  for line in code:gmatch("[^\n]+") do if line:find("%S") and not line:find("^%s*%-%-") then count = count + 1 end end
  return count
end

t.test("from nothing to a workflow of one's own, as scripts/README.md tells it", function()
  local dir, at = t.tmp(), "."
  local out
  for _, block in ipairs(blocks(text)) do
    if block.kind == "lua" then
      t.ok(count_lines(block.text) <= 40, "the program has grown to " .. count_lines(block.text) .. " lines")
      assert(fs.write(dir .. "/study/scripts/similar.lua", block.text))
    else
      local status, said, err = t.run(("set -e; cd %s/%s; hilum() { '%s' \"$@\"; }; %s"):format(dir, at, fs.real(t.hilum), block.text))
      t.eq(status, 0, block.text .. said .. err)
      out, at = said, "study"
    end
  end
  t.match(out, '{"images":2,"page":"[^"]*reports/similar.html"}')
  local page = assert(fs.read(dir .. "/study/reports/similar.html"))
  t.eq(select(2, page:gsub("<img ", "")), 22)
  local own = page:match("<h2>00000001_000.png</h2>(.-)<h2>")
  t.eq(select(2, own:gsub("<li ", "")), 11)
  t.ok(not own:find("patient 1</p>"), "an image of the same patient was found")
end)
