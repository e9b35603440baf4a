-- SPDX-License-Identifier: MIT
local features = require "lib.model.features"
local fs = require "hilum.fs"
local image = require "hilum.image"
local npy = require "hilum.npy"
local phantom = require "hilum.phantom"
local project = require "lib.project"
local store = require "lib.store"
local t = require "t"

local NAMES = { "1.png", "2.png", "3.png", "4.png", "5.png" }

-- A project with five images; describing is counted.
local function setup()
  local folder, pictures = t.tmp(), {}
  for i, name in ipairs(NAMES) do pictures[i] = { patient = i, followup = 0, path = fs.join(folder, name) } end
  assert(phantom.write(pictures, { size = 64 }))
  return folder, project.open(folder), assert(store.open(folder))
end

-- How many images f has described.
local function count_described(f)
  local real, count = image.describe, 0
  image.describe = function(list, options) -- luacheck: ignore 122
    count = count + #list
    return real(list, options)
  end
  local ok, err = pcall(f)
  image.describe = real -- luacheck: ignore 122
  assert(ok, err)
  return count
end

local function describe_all(folder)
  local paths = {}
  for i, name in ipairs(NAMES) do paths[i] = fs.join(folder, name) end
  return (image.describe(paths))
end

t.test("features.of gives what image.describe gives, in the order of the names, and remembers it", function()
  local folder, p, s = setup()
  local direct = describe_all(folder)
  local count = count_described(function()
    local m, errors = features.of(p, s, { "5.png", "1.png", "5.png" })
    t.eq(errors, nil)
    t.ok(m:bytes() == direct:gather({ 5, 1, 5 }):bytes())
  end)
  t.eq(count, 2)
  t.eq(count_described(function() t.ok(features.of(p, s, NAMES):bytes() == direct:bytes()) end), 3)
  t.eq(count_described(function() t.ok(features.of(p, s, NAMES):bytes() == direct:bytes()) end), 0)
end)

t.test("an image that changed is described again", function()
  local folder, p, s = setup()
  features.of(p, s, NAMES)
  assert(phantom.write({ { patient = 77, followup = 0, path = fs.join(folder, "2.png") } }, { size = 128 }))
  local direct = describe_all(folder)
  t.eq(count_described(function() t.ok(features.of(p, s, NAMES):bytes() == direct:bytes()) end), 1)
end)

t.test("an image that cannot be read is an error of its place, its row is 0, and it is tried again", function()
  local folder, p, s = setup()
  assert(fs.write(fs.join(folder, "2.png"), "no image"))
  for _ = 1, 2 do
    local m, errors = features.of(p, s, { "1.png", "2.png", "gone.png" })
    t.eq(errors[1], nil)
    t.match(errors[2], "2.png")
    t.match(errors[3], "gone.png")
    t.eq(m:get(2, 1), 0.0)
    t.ok(m:slice(1, 1):bytes() == describe_all(folder):slice(1, 1):bytes())
  end
  local none, errors = features.of(p, s, { "2.png" })
  t.eq({ none:rows(), none:cols(), #errors }, { 1, 780, 1 })
end)

t.test("a torn line, and rows of which no line speaks, only cost time", function()
  local folder, p, s = setup()
  features.of(p, s, { "1.png", "2.png" })
  local lines = fs.join(folder, "cache/features.jsonl")
  local direct = describe_all(folder)
  assert(npy.append(fs.join(folder, "cache/features.npy"), direct:slice(4, 5)))
  assert(fs.write(lines, (assert(fs.read(lines)):sub(1, -30))))
  t.eq(count_described(function() t.ok(features.of(p, s, NAMES):bytes() == direct:bytes()) end), 4)
  t.eq(count_described(function() t.ok(features.of(p, s, NAMES):bytes() == direct:bytes()) end), 0)
end)
