-- SPDX-License-Identifier: MIT
-- check: which files it looks at, what it reports, duplicates, labels, and the exit status.
local fs = require "hilum.fs"
local images = require "lib.images"
local json = require "hilum.json"
local phantom = require "hilum.phantom"
local t = require "t"

local function draw(dir, names)
  local pictures = {}
  for i, name in ipairs(names) do pictures[i] = { patient = i, followup = 0, path = fs.join(dir, name) } end
  assert(phantom.write(pictures, { size = 128 }))
end

local function folder(names)
  local dir = t.tmp()
  assert(fs.mkdir(fs.join(dir, "images")))
  draw(fs.join(dir, "images"), names)
  return dir
end

local function check(dir, arguments)
  local status, out, err = t.run(("cd '%s' && '%s' check --json %s"):format(dir, t.hilum, arguments or "images"))
  return status, out ~= "" and assert(json.decode(out)) or nil, err
end

local function write(dir, name, text) assert(fs.write(fs.join(dir, "images", name), text)) end

t.test("names tell what is an image", function()
  t.eq(images.kind "a.PNG", "image")
  t.eq(images.kind "x/a.jpeg", "image")
  t.eq(images.kind "a.dcm", "dicom")
  t.eq({ images.kind "labels.csv" }, { nil, "csv" })
  t.eq({ images.kind "README" }, { nil, "" })
end)

t.test("a DICOM file without an extension is recognised", function()
  local path = fs.join(t.tmp(), "IM000001")
  assert(fs.write(path, ("\0"):rep(128) .. "DICM" .. ("x"):rep(100)))
  t.eq(images.kind(path), "dicom")
end)

t.test("a name is shown as one line", function()
  t.eq(images.show "new\nline \27[31m.png", "new\\x0aline \\x1b[31m.png")
  t.eq(images.show "ünï.png", "ünï.png")
  t.eq(images.show "\xff.png", "\\xff.png")
end)

t.test("sound images: exit 0", function()
  local status, result = check(folder { "a.png", "b.png", "sub.png" })
  t.eq(status, 0)
  t.eq({ result.images, result.ok, #result.problems, #result.duplicates }, { 3, 3, 0, 0 })
end)

t.test("a broken image: exit 1, its name and its problem", function()
  local dir = folder { "a.png", "b.png" }
  write(dir, "page.png", "<!DOCTYPE html><html></html>")
  write(dir, "half.png", fs.read(fs.join(dir, "images/a.png")):sub(1, 900))
  write(dir, "empty.png", "")
  local status, result = check(dir)
  t.eq(status, 1)
  t.eq({ result.images, result.ok }, { 5, 2 })
  local of = {}
  for _, problem in ipairs(result.problems) do of[fs.base(problem.file)] = problem end
  t.ok(of["page.png"] and of["half.png"] and of["empty.png"])
  t.match(of["page.png"].message, "web page")
end)

t.test("what is no image by its name is counted, not judged", function()
  local dir = folder { "a.png" }
  write(dir, "labels.csv", "id\n")
  write(dir, ".DS_Store", "x")
  local status, result, err = check(dir)
  t.eq(status, 0)
  t.eq({ result.images, result.skipped }, { 1, 1 })
  t.match(err, "1 %.csv")
end)

t.test("DICOM is refused with the way forward", function()
  local dir = folder { "a.png" }
  write(dir, "scan.dcm", "x")
  local status, result = check(dir)
  t.eq(status, 1)
  t.eq(result.problems[1].code, "dicom")
  t.match(result.problems[1].message, "dcm2img")
end)

t.test("exact duplicates are a warning", function()
  local dir = folder { "a.png", "b.png" }
  write(dir, "copy.png", fs.read(fs.join(dir, "images/a.png")))
  local status, result = check(dir)
  t.eq(status, 0)
  t.eq(result.duplicates, { { "images/a.png", "images/copy.png" } })
end)

t.test("labels without an image, and the reverse", function()
  local dir = folder { "a.png", "b.png" }
  assert(fs.write(fs.join(dir, "labels.csv"), "id,Mass,No Finding,subj_id\na.png,1,0,1\nz.png,0,1,2\n"))
  local status, result, err = check(dir, "images --labels labels.csv")
  t.eq(status, 0)
  t.eq(result.unlabelled, { "images/b.png" })
  t.eq(result.imageless, { "z.png" })
  t.match(err, "1 images have no label: images/b.png")
end)

t.test("single files, whatever they are called", function()
  local dir = folder { "a.png" }
  assert(fs.rename(fs.join(dir, "images/a.png"), fs.join(dir, "scan")))
  local _, result = check(dir, "scan")
  t.eq(result.images, 1)
end)

t.test("nothing to look at is a failure", function()
  local dir = t.tmp()
  assert(fs.mkdir(fs.join(dir, "images")))
  local status, _, err = check(dir)
  t.eq(status, 1)
  t.match(err, "no images")
end)

t.test("outside a project nothing is written", function()
  local dir = folder { "a.png" }
  check(dir)
  t.eq(fs.list(dir), { "images" })
  assert(fs.write(fs.join(dir, "project.lua"), "return {}\n"))
  check(dir)
  t.ok(fs.stat(fs.join(dir, "cache/check.jsonl")))
end)

-- a.png, the same smaller as JPEG, its bytes again, and another; a text inside, bytes behind the end, half a file.
local function messy_folder()
  local image = require "hilum.image"
  local dir = folder { "a.png", "b.png" }
  local a, b = fs.read(fs.join(dir, "images/a.png")), fs.read(fs.join(dir, "images/b.png"))
  write(dir, "copy.png", a)
  assert(image.write(assert(image.decode { bytes = a }), fs.join(dir, "images/a.jpg"), { quality = 60 }))
  write(dir, "tail.png", b .. "tail")
  write(dir, "half.png", b:sub(1, #b // 2))
  return dir
end

t.test("pictures that look the same are grouped, copies of a file once", function()
  local _, result = check(messy_folder())
  t.eq(result.duplicates, { { "images/a.png", "images/copy.png" } })
  t.eq(#result.near_duplicates, 1)
  t.eq(result.near_duplicates[1].files, { "images/a.jpg", "images/a.png" })
  t.ok(result.near_duplicates[1].correlation > 0.98)
  _, result = check(messy_folder(), "images --exact")
  t.eq(#result.near_duplicates, 0)
end)

t.test("fix: what is sound stays, what can be mended is, what cannot is named; the originals are as they were", function()
  local image = require "hilum.image"
  local dir = messy_folder()
  local before = fs.read(fs.join(dir, "images/tail.png"))
  assert(image.write(image.new(600, 300, 4, ("\1\2\3\255"):rep(600 * 300)), fs.join(dir, "images/rgba.png")))
  local jpeg = assert(image.encode(image.new(200, 200, 3), { format = "jpeg" }))
  write(dir, "wrong.png", jpeg)
  local status, result = check(dir, "images --fix clean")
  t.eq(status, 1)
  t.eq(result.fixed, { folder = "clean", kept = 4, rewritten = 3, left_out = json.array { "images/half.png" } })
  t.eq(fs.read(fs.join(dir, "images/tail.png")), before)
  t.eq(fs.read(fs.join(dir, "clean/a.png")), fs.read(fs.join(dir, "images/a.png")))
  local clean, after = check(dir, "clean --exact")
  t.eq({ clean, #after.problems, #after.warnings }, { 0, 0, 0 })
  t.eq(image.info(fs.join(dir, "clean/wrong.png")).format, "png")
end)

t.test("fix: too large becomes as large as is allowed, in its shape", function()
  local image = require "hilum.image"
  local dir = folder { "a.png" }
  assert(image.write(image.new(6000, 3000, 1), fs.join(dir, "images/wide.png")))
  check(dir, "images --fix clean")
  local info = image.info(fs.join(dir, "clean/wide.png"))
  t.eq({ info.width, info.height }, { 4096, 2048 })
end)

t.test("the page shows what is broken and what is double", function()
  local dir = messy_folder()
  check(dir, "images --page out/check.html")
  local page = fs.read(fs.join(dir, "out/check.html"))
  for _, expected in ipairs { "With problems %(2%)", "The same file more than once %(1 group%)", "images/half.png", "128 × 128",
    "The same picture more than once %(1 group%)" } do
    t.match(page, expected)
  end
end)
