-- SPDX-License-Identifier: MIT
-- `hilum embed --import`: the vectors of another encoder as embeddings.
local t = require "t"
local fs = require "hilum.fs"
local json = require "hilum.json"
local npy = require "hilum.npy"
local vec = require "hilum.vec"
local xrays = require "xrays"

xrays.PATIENTS = 8

-- @ stands for the project.
local function run(folder, words) return xrays.run(folder, (words:gsub("@", folder .. "/"))) end

-- A project, and vectors of twice the length 1 for its images, in the order of splits.jsonl.
local function setup()
  local folder, count = xrays.project()
  local rows = vec.gauss(3, count, 48)
  vec.normalize(rows)
  assert(npy.write(fs.join(folder, "dense.npy"), vec.scale(rows:copy(), 2)))
  return folder, rows, count
end

local function read(folder, name)
  local stem = fs.join(folder, "embeddings", "import:" .. name)
  local docs = {}
  for doc in assert(json.lines(stem .. ".jsonl")) do docs[#docs + 1] = doc end
  return assert(npy.read(stem .. ".npy")), docs, assert(json.read(stem .. ".json"))
end

local function near(a, b)
  local difference = vec.norms(vec.add(a:copy(), b, -1))
  for i = 1, a:rows() do t.near(difference:get(i, 1), 0, 1e-5) end
end

t.test("rows as in splits.jsonl, given length 1, which is said; the records are those of the splits", function()
  local folder, rows, count = setup()
  local status, _, err = run(folder, "embed --import @dense.npy")
  t.eq(status, 0, err)
  local vectors, docs, info = read(folder, "dense")
  near(vectors, rows)
  t.eq({ #docs, docs[2].patient, info.name, info.length, info.embedded, info.base }, { count, "1", "import:dense", 48, "image", false })
  t.match(err, "lengths from 2 to 2; they were given length 1")
  assert(npy.write(fs.join(folder, "dense.npy"), rows))
  _, _, err = run(folder, "embed --import @dense.npy --name other")
  t.ok(not err:find("given length 1", 1, true))
  near(read(folder, "other"), rows)
end)

t.test("a list of names takes what the splits say of them; a list of records is taken as it is", function()
  local folder, rows = setup()
  t.eq(run(folder, "embed --import @dense.npy"), 0)
  local _, docs = read(folder, "dense")
  assert(npy.write(fs.join(folder, "two.npy"), rows:slice(1, 2)))
  assert(fs.write(fs.join(folder, "list.txt"), docs[5].image .. "\r\n\nunknown.png\n"))
  t.eq(run(folder, "embed @list.txt --import @two.npy"), 0)
  local _, found = read(folder, "two")
  t.eq(found, { docs[5], { image = "unknown.png" } })
  assert(json.write_lines(fs.join(folder, "list.jsonl"), { { image = "x.png", patient = "9" }, { image = "y.png" } }))
  t.eq(run(folder, "embed @list.jsonl --import @two.npy"), 0)
  _, found = read(folder, "two")
  t.eq(found, { { image = "x.png", patient = "9" }, { image = "y.png" } })
end)

t.test("what does not fit is refused in a line, and nothing is written", function()
  local folder, rows, count = setup()
  local function refused(pattern, words)
    local status, _, err = run(folder, words)
    t.ok(status ~= 0, err)
    t.match(err, pattern)
    t.eq(fs.stat(fs.join(folder, "embeddings")), nil)
  end
  local function write(matrix) assert(npy.write(fs.join(folder, "bad.npy"), matrix)) end
  write(rows:slice(1, 5))
  refused(("bad.npy has 5 rows, .*splits.jsonl names %d images"):format(count), "embed --import @bad.npy")
  local bad = rows:copy()
  bad:set(3, 7, 0 / 0)
  write(bad)
  refused("bad.npy: row 3 %(00000%d+_%d+.png%) has numbers that are not finite", "embed --import @bad.npy")
  bad:set(3, 7, math.huge)
  write(bad)
  refused("row 3 .* not finite", "embed --import @bad.npy")
  bad:put(3, vec.new(1, 48))
  write(bad)
  refused("row 3 .* is zero and has no direction", "embed --import @bad.npy")
  assert(fs.write(fs.join(folder, "list.txt"), "a.png\nb.png\na.png\n"))
  write(rows:slice(1, 3))
  refused("list.txt names a.png twice, for rows 1 and 3", "embed @list.txt --import @bad.npy")
  refused("%-%-name a/b: a name in letters", "embed --import @bad.npy --name a/b")
  assert(fs.remove(fs.join(folder, "splits.jsonl")))
  refused("which images the rows are of is not known", "embed --import @bad.npy")
end)

-- Findings that patients have in common.
local function add_findings(folder)
  local path, records = fs.join(folder, "splits.jsonl"), {}
  for record in json.lines(path) do
    record.findings = { tonumber(record.patient) % 3 == 0 and "Effusion" or "Mass" }
    records[#records + 1] = record
  end
  assert(json.write_lines(path, records))
end

t.test("index, query and evaluate take it: images of it ask, words and others cannot, base is compared", function()
  local folder = setup()
  add_findings(folder)
  t.eq(run(folder, "embed --import @dense.npy"), 0)
  t.eq(run(folder, "embed --model base"), 0)
  t.eq(run(folder, "index"), 0)
  local _, docs = read(folder, "dense")
  local image = fs.join(folder, "images", docs[1].image)
  local status, out, err = run(folder, ("query --model import:dense --image '%s' --json"):format(image))
  t.eq(status, 0, err)
  t.ok(#assert(json.decode(out)).queries[1].results > 0, "results")
  status, _, err = run(folder, "query --model import:dense --text Mass")
  t.ok(status ~= 0)
  t.match(err, "import:dense was imported, and its encoder is not here: words cannot ask it")
  assert(require "hilum.phantom".write({ { patient = 99, followup = 0, path = fs.join(folder, "new.png") } }, { size = 64 }))
  status, _, err = run(folder, ("query --model import:dense --image '%s'"):format(fs.join(folder, "new.png")))
  t.ok(status ~= 0)
  t.match(err, "the index import:dense does not have that image")
  status, out, err = run(folder, "evaluate --model import:dense --on validation --resamples 20 --json")
  t.eq(status, 0, err)
  t.match(err, "queries in words are left out: the encoder of import:dense is not here")
  local result = assert(json.decode(out))
  t.eq({ result.labels, #result.words }, { { base = "base", tuned = "import:dense" }, 0 })
end)
