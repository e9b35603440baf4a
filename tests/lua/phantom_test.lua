-- SPDX-License-Identifier: MIT
-- hilum.phantom and the workflow that fills a folder with phantoms. What the pictures show is tested in C.
local t = require "t"
local fs = require "hilum.fs"
local json = require "hilum.json"
local phantom = require "hilum.phantom"
local task = require "hilum.task"

t.test("labels follow from patient, follow-up and seed", function()
  t.eq(#phantom.names, 19)
  t.eq({ phantom.names[1], phantom.names[12], phantom.names[19] }, { "Atelectasis", "Pleural Thickening", "Calcification of the Aorta" })
  t.eq(phantom.findings(26, 0), { "Cardiomegaly", "Edema", "Infiltration" })
  t.eq(phantom.findings(26, 0, 1), phantom.findings(26, 0))
  t.eq(phantom.findings(58, 0, 2), { "Atelectasis", "Consolidation", "Edema", "Effusion" })
  t.eq({ phantom.followups(26), phantom.followups(54, 2), phantom.followups(56, 2) }, { 2, 4, 1 })
end)

t.test("info", function()
  local info = phantom.info(54, 0, 2)
  t.eq(info.sex, "F")
  t.ok(info.view == "AP" or info.view == "PA")
  t.eq(math.type(info.age), "integer")
  t.ok(phantom.info(54, 3, 2).age >= info.age)
end)

local function bytes_of(path) return assert(fs.read(path)) end

t.test("one picture, a list, and files are the same pictures", function()
  local path = fs.join(t.tmp(), "a.png")
  local one = phantom.render(26, 1, { size = 64, seed = 2 })
  local list = phantom.render({ { patient = 1, followup = 0 }, { patient = 26, followup = 1 } }, { size = 64, seed = 2 })
  t.eq(#list, 2)
  t.eq({ one:width(), one:height(), one:channels() }, { 64, 64, 1 })
  t.ok(list[2]:bytes() == one:bytes())
  t.ok(list[1]:bytes() ~= one:bytes())
  t.ok(phantom.write({ { patient = 26, followup = 1, path = path } }, { size = 64, seed = 2 }))
  t.ok(require "hilum.image".decode(path):bytes() == one:bytes())
  t.eq(phantom.render({}), {})
end)

t.test("drawing in tasks, and a task cancelled meanwhile", function()
  local drawn = task.spawn(phantom.render, 3, 0, { size = 64 })
  local pictures = {}
  for i = 1, 200 do pictures[i] = { patient = i, followup = 0 } end
  local busy = task.spawn(phantom.render, pictures, { size = 128 })
  task.sleep(0)
  busy:cancel()
  local _, err = busy:join()
  t.eq(err.kind, "cancelled")
  t.ok(drawn:join():bytes() == phantom.render(3, 0, { size = 64 }):bytes())
end)

t.test("what cannot be written fails and leaves nothing behind", function()
  local folder = t.tmp()
  t.ok(fs.mkdir(fs.join(folder, "taken.png")))
  t.fails("io", "nowhere", phantom.write({ { patient = 1, followup = 0, path = fs.join(folder, "nowhere/a.png") } }, { size = 64 }))
  t.fails("io", "taken.png", phantom.write({ { patient = 1, followup = 0, path = fs.join(folder, "taken.png") } }, { size = 64 }))
  t.eq(fs.list(folder), { "taken.png" })
end)

t.test("mistakes raise", function()
  t.raises("follow%-up", phantom.findings, 1, -1)
  t.raises("integer", phantom.followups, 1.5)
  t.raises("multiple of 8", phantom.render, 1, 0, { size = 100 })
  t.raises("64%.%.2048", phantom.render, 1, 0, { size = 4096 })
  t.raises("unknown option 'sise'", phantom.render, 1, 0, { sise = 64 })
  t.raises("picture 2: bad 'followup'", phantom.render, { { patient = 1, followup = 0 }, { patient = 1 } })
  t.raises("picture 1 is no table", phantom.render, { 7 })
  t.raises("picture 1: bad 'path'", phantom.write, { { patient = 1, followup = 0 } })
  t.raises("table expected", phantom.write, "a.png")
end)

-- The workflow.

local function command(folder, options)
  return ("%s --quiet --json phantom --project %s --out %s %s"):format(t.hilum, fs.dir(folder), folder, options)
end

local function draw(folder, more)
  local status, out, err = t.run(command(folder, "--count 12 --size 64 " .. (more or "")))
  return status, status == 0 and json.decode(out) or err
end

t.test("a set has pictures and tables", function()
  local folder = fs.join(t.tmp(), "set")
  local status, result = draw(folder)
  t.eq(status, 0)
  t.eq(#fs.list(fs.join(folder, "images")), result.pictures)
  t.ok(result.pictures >= 12)
  local labels, entries = {}, {}
  for line in bytes_of(fs.join(folder, "labels.csv")):gmatch("[^\n]+") do labels[#labels + 1] = line end
  for line in bytes_of(fs.join(folder, "Data_Entry.csv")):gmatch("[^\n]+") do entries[#entries + 1] = line end
  t.eq({ #labels, #entries }, { result.pictures + 1, result.pictures + 1 })
  t.eq(labels[1], "id," .. table.concat(phantom.names, ",") .. ",No Finding,subj_id")
  local last = fs.list(fs.join(folder, "images"))[result.pictures]
  t.match(labels[#labels], "^" .. last .. (",[01]"):rep(20) .. "," .. result.patients .. "$")
  t.match(entries[#entries], "^" .. last .. ",[%a_| ]+,%d+," .. result.patients .. ",%d+,[FM],[AP][AP],64,64,5%.625,5%.625$")
end)

t.test("pictures that are there are kept, missing ones drawn again as they were", function()
  local folder = fs.join(t.tmp(), "set")
  draw(folder)
  local victim = fs.join(folder, "images/00000001_000.png")
  local before = bytes_of(victim)
  assert(fs.remove(victim))
  local _, result = draw(folder)
  t.eq(result.drawn, 1)
  t.ok(bytes_of(victim) == before)
  _, result = draw(folder)
  t.eq(result.drawn, 0)
end)

t.test("killed on the way and run again: the same set as in one go", function()
  local hash = require "hilum.hash"
  local function sums(folder)
    local paths = {}
    for i, name in ipairs(fs.walk(folder)) do paths[i] = fs.join(folder, name) end
    return table.concat(hash.sha256_file(paths), "\n")
  end
  local whole, broken = fs.join(t.tmp(), "set"), fs.join(t.tmp(), "set")
  local options = "--count 300 --size 128"
  t.eq((t.run(command(whole, options))), 0)
  t.run(command(broken, options) .. " & sleep 0.2; kill -9 $!; wait")
  t.eq((t.run(command(broken, options))), 0)
  t.ok(sums(broken) == sums(whole))
end)

t.test("a folder with another set or with real images is left alone", function()
  local folder = fs.join(t.tmp(), "set")
  draw(folder)
  local status, err = draw(folder, "--seed 2")
  t.eq(status, 1)
  t.match(err, "holds phantoms of size 64 and seed 1")
  local result
  status, result = draw(folder, "--seed 2 --force")
  t.eq(status, 0)
  t.eq(result.drawn, result.pictures)
  local real = fs.join(t.tmp(), "real")
  assert(fs.mkdir(fs.join(real, "images")))
  assert(fs.write(fs.join(real, "images/00000001_000.png"), "precious"))
  status, err = draw(real)
  t.eq(status, 1)
  t.match(err, "not phantoms")
  t.eq(bytes_of(fs.join(real, "images/00000001_000.png")), "precious")
end)

t.test("a size that is no multiple of 8 is refused as usage", function()
  t.eq((t.run(command(fs.join(t.tmp(), "set"), "--size 100"))), 2)
end)
