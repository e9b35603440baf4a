-- SPDX-License-Identifier: MIT
-- The README's commands, run in the order in which they stand, and its prompt as the tour's test has it.
local fs = require "hilum.fs"
local servers = require "servers"
local t = require "t"

local text = assert(fs.read(t.root .. "/../README.md"))

local server <close> = servers.ceph() or assert(servers.start("fault"))

-- What the commands find: images and tables of somebody's own, hilum in PATH, S3.
local PREPARE = [[
set -e
mkdir -p bin home/labels
ln -s '%s' bin/hilum
export PATH="$PWD/bin:$PATH" HOME="$PWD/home"
hilum phantom --quiet --count 150 --size 128 --out home
mv home/labels.csv home/labels/
]]

-- What a reader does between two commands.
local BETWEEN = {
  ["hilum init my-study && cd my-study"] = [[
    echo 'return { defaults = { images = "../home/images" }, prepare = { min_records = 20, min_validation = 1 } }' >project.lua
    cp ../home/images/00000001_000.png x.png]],
  ["hilum status"] = "ln -s ../home/images images; cp ~/labels/labels.csv .",
}

t.test("the README's commands work as they stand", function()
  local script = { PREPARE:format(fs.real(t.hilum)) }
  for block in text:gmatch("```sh\n(.-)```") do
    for line in block:gmatch("[^\n]+") do
      local command = line:gsub("%s+#.*$", "")
      script[#script + 1] = ("echo \"\n$ %s\" >&2\n%s >/dev/null"):format(command:gsub('["$\\]', "\\%0"), command)
      script[#script + 1] = BETWEEN[command]
    end
  end
  local dir = t.tmp()
  assert(fs.write(dir .. "/all.sh", table.concat(script, "\n") .. "\n"))
  local status, _, err = t.run(("cd '%s' && %s sh all.sh"):format(dir, server:environment()))
  t.eq({ status, status ~= 0 and err:sub(-2000) or nil }, { 0 })
  for _, made in ipairs { "reports/check.html", "reports/evaluation.html", "found.html", "models/tuned/model.json" } do
    t.ok(fs.stat(dir .. "/my-study/" .. made), made)
  end
end)

t.test("the prompt in the README is the one that is tried", function()
  t.ok(text:find(assert(fs.read(t.root .. "/../.readme/tour.txt")), 1, true))
end)
