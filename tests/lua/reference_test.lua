-- SPDX-License-Identifier: MIT
-- The references (modules/NAME/NAME.meta.lua) say what is there, all of it and nothing else, and their examples run.
local t = require "t"
local fs = require "hilum.fs"
local host = require "hilum.host"
local reference = require "host.reference"

local folder = host.root .. "/share/hilum/reference"
local modules = {}
for _, file in ipairs(fs.list(folder)) do modules[#modules + 1] = file:match("^(.*)%.meta%.lua$") end

-- "csv.load" and "hilum.csv.Table:group" of everything that Lua can call.
local function registered(module)
  local names = {}
  for name, value in pairs(require("hilum." .. module)) do
    if type(value) == "function" then names[module .. "." .. name] = true end
  end
  for type_name, metatable in pairs(debug.getregistry()) do
    local methods = type(metatable) == "table" and rawget(metatable, "__index")
    if type(type_name) == "string" and type_name:find("^hilum%." .. module .. "%.") and type(methods) == "table" then
      for name in pairs(methods) do names[type_name .. ":" .. name] = true end
    end
  end
  return names
end

local function documented(module)
  local names = {}
  for _, entry in ipairs(reference.read(module)) do if entry.callable then names[entry.name] = entry end end
  return names
end

local function missing_from(names, others)
  local list = {}
  for name in pairs(names) do if not others[name] then list[#list + 1] = name end end
  table.sort(list)
  return list
end

for _, module in ipairs(modules) do
  t.test(module .. ": what is registered is what is documented", function()
    t.eq(missing_from(registered(module), documented(module)), {}, "without a reference")
    t.eq(missing_from(documented(module), registered(module)), {}, "not registered")
  end)
end

t.test("help finds modules, functions and methods", function()
  for _, word in ipairs { "task", "task.map", "task:join" } do
    local status, out = t.run(("%s help %s"):format(t.hilum, word))
    t.eq(status, 0, word)
    t.ok(#out > 40, word)
  end
end)

-- Examples run in a folder that has these files.
local function lay_out_files(dir)
  local image, phantom = require "hilum.image", require "hilum.phantom"
  local picture = phantom.render(1, 0, { size = 128 })
  assert(fs.mkdir(dir .. "/images"))
  for _, name in ipairs { "a.png", "b.png", "images/a.png", "images/b.png" } do assert(image.write(picture, dir .. "/" .. name)) end
  assert(fs.write(dir .. "/labels.csv", "id,Effusion,Mass,subj_id\na.png,1,0,1\nb.png,0,1,2\n"))
  assert(fs.write(dir .. "/dataset.jsonl", '{"image":"a.png","findings":["Effusion"]}\n'))
  assert(require "hilum.npy".write(dir .. "/vectors.npy", require "hilum.vec".gauss(1, 4, 8)))
end

for _, module in ipairs(modules) do
  t.test(module .. ": every function has an example that runs", function()
    for name, entry in pairs(documented(module)) do
      local usage = {}
      for _, line in ipairs(entry.text) do usage[#usage + 1] = line:match("^@usage%s*(.*)$") end
      t.ok(#usage > 0, name .. " has no @usage")
      local dir = t.tmp()
      lay_out_files(dir)
      assert(fs.write(dir .. "/usage.lua", table.concat(usage, "\n")))
      local status, _, err = t.run(("cd %s && %s - < usage.lua"):format(dir, t.hilum))
      t.eq(status, 0, ("%s: %s: %s"):format(name, table.concat(usage, " "), err))
    end
  end)
end
