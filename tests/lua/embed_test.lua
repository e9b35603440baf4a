-- SPDX-License-Identifier: MIT
local fs = require "hilum.fs"
local json = require "hilum.json"
local npy = require "hilum.npy"
local t = require "t"
local vec = require "hilum.vec"
local xrays = require "xrays"

local function read(folder, name)
  local stem, docs = fs.join(folder, "embeddings", name), {}
  for doc in json.lines(stem .. ".jsonl") do docs[#docs + 1] = doc end
  return { vectors = assert(npy.read(stem .. ".npy")), docs = docs, info = assert(json.decode(assert(fs.read(stem .. ".json")))) }
end

local function finetune(folder) t.eq(xrays.run(folder, "finetune --epochs 2"), 0) end

t.test("embed writes base and every model of the project, a row for each record", function()
  local folder, count = xrays.project()
  finetune(folder)
  t.eq(xrays.run(folder, ("embed '%s/images'"):format(folder)), 0)
  for _, name in ipairs { "base", "tuned" } do
    local made = read(folder, name)
    t.eq({ made.vectors:rows(), made.vectors:cols(), #made.docs }, { count, 1024, count })
    t.eq({ made.info.format, made.info.length, made.info.embedded, made.info.count }, { 1, 1024, "image", count })
    t.eq(made.docs[1].image, "00000001_000.png")
    t.ok(made.docs[1].patient and made.docs[1].split)
    local norms = vec.norms(made.vectors)
    for i = 1, count do t.near(norms:get(i, 1), 1, 1e-5) end
  end
  t.ok(read(folder, "base").info.model ~= read(folder, "tuned").info.model)
  local _, _, err = xrays.run(folder, ("embed '%s/images'"):format(folder))
  t.match(err, "tuned.npy is up to date")
end)

t.test("a shorter vector is the beginning of the longer one, normalised again", function()
  local folder = xrays.project()
  t.eq(xrays.run(folder, "embed --length 1024"), 0)
  local whole = read(folder, "base").vectors
  t.eq(xrays.run(folder, "embed --length 256"), 0)
  local short, cut = read(folder, "base").vectors, whole:columns(1, 256)
  vec.normalize(cut)
  for i = 1, 10 do t.near(short:get(3, i), cut:get(3, i), 1e-6) end
  t.eq(xrays.run(folder, "embed --length 100"), 2)
end)

t.test("--with-caption embeds the mean of image and caption, and says so", function()
  local folder = xrays.project()
  finetune(folder)
  t.eq(xrays.run(folder, "embed --model tuned"), 0)
  local plain = read(folder, "tuned")
  t.eq(xrays.run(folder, "embed --model tuned --with-caption"), 0)
  local both = read(folder, "tuned")
  t.eq(both.info.embedded, "image+caption")
  local m = assert(require "lib.model".open(fs.join(folder, "models/tuned"), {}))
  local expected = m:combine(plain.vectors:slice(2, 2), (m:embed_texts { both.docs[2].caption }), 0.5)
  for i = 1, 10 do t.near(both.vectors:get(2, i), expected:get(1, i), 1e-6) end
end)

t.test("without records every image of the folder is embedded", function()
  local folder, count = xrays.project()
  assert(fs.remove(fs.join(folder, "splits.jsonl")))
  assert(fs.write(fs.join(folder, "images/notes.txt"), "not an image"))
  local status, out = xrays.run(folder, "embed --json")
  t.eq(status, 0)
  t.match(out, '"broken":%[%]')
  t.eq(read(folder, "base").docs[1], { image = "00000001_000.png" })
  t.eq(#read(folder, "base").docs, count)
end)

t.test("a broken image is listed and left out, and the exit status is 1", function()
  local folder, count = xrays.project()
  assert(fs.write(fs.join(folder, "images/00000002_000.png"), "no image"))
  local status, out = xrays.run(folder, "embed")
  t.eq(status, 1)
  t.match(out, "00000002_000.png")
  t.match(select(2, xrays.run(folder, "embed --json")), '"broken":%[{"image":"00000002_000.png","message":')
  local made = read(folder, "base")
  t.eq({ made.vectors:rows(), #made.docs }, { count - 1, count - 1 })
  for _, doc in ipairs(made.docs) do t.ok(doc.image ~= "00000002_000.png") end
end)

t.test("what is missing is said: images, records, models", function()
  local folder = xrays.project()
  assert(fs.remove(fs.join(folder, "images/00000001_000.png")))
  local _, _, err = xrays.run(folder, "embed")
  t.match(err, "1 record of .* left out: no such images in ")
  local status, _, unknown = xrays.run(folder, "embed --model nothing")
  t.eq(status, 2)
  t.match(unknown, "no model nothing")
  assert(fs.mkdir(fs.join(folder, "empty")))
  local _, _, empty = xrays.run(folder, ("embed '%s/empty'"):format(folder))
  t.match(empty, "names no image that is in")
end)

t.test("kill -9 anywhere, run again: the embeddings are the same", function()
  local names = {}
  for _, model in ipairs { "base", "tuned" } do
    for _, ending in ipairs { ".npy", ".jsonl", ".json" } do names[#names + 1] = "embeddings/" .. model .. ending end
  end
  xrays.survives_kills(finetune, "embed --with-caption",
    { { "npy", "write", 2 }, { "fs", "write", 4 }, { "hash", "sha256", 1 } }, names)
end)

t.test("kill -9 while images are described: what was described is not described again", function()
  local folder, count = xrays.project()
  xrays.run(folder, "embed", xrays.killer("fs", "append", 3))
  local kept = 0
  for _ in io.lines(fs.join(folder, "cache/features.jsonl")) do kept = kept + 1 end
  t.ok(kept >= 8 and kept < count, kept .. " lines")
  t.eq(xrays.run(folder, "embed"), 0)
  t.eq(#read(folder, "base").docs, count)
end)
