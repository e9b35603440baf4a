-- SPDX-License-Identifier: MIT
local t = require "t"
local embeddings = require "lib.embeddings"
local folder = require "lib.index.folder"
local fs = require "hilum.fs"
local host = require "hilum.host"
local index = require "lib.index"
local json = require "hilum.json"
local npy = require "hilum.npy"
local study = require "study"
local vec = require "hilum.vec"

local function made()
  local dir = t.tmp()
  local docs = study.write(dir)
  study.run(dir, "index")
  return dir, docs, assert(index.open(dir .. "/index/tuned"))
end

t.test("an index for each embedding, which finds what its vectors say", function()
  local dir, docs, idx = made()
  t.eq(index.names(dir .. "/index"), { "base", "tuned" })
  t.eq(idx.count, #docs)
  t.eq(idx.model, "tuned-1")
  t.eq(idx.embedded, "image")
  local queries = idx.vectors:slice(3, 4)
  for i, results in ipairs(idx:search(queries, 5)) do
    t.eq(#results, 5)
    t.eq(results[1].row, i + 2)
    t.near(results[1].score, 1, 1e-5)
    t.eq(results[1].doc, docs[i + 2])
    for rank, hit in ipairs(results) do
      t.eq(hit.rank, rank)
      t.ok(rank == 1 or hit.score <= results[rank - 1].score)
    end
  end
end)

t.test("filters", function()
  local _, _, idx = made()
  local query = idx.vectors:slice(1, 1)
  for _, hit in ipairs(idx:search(query, 50, { where = { finding = "Effusion", view = "PA" } })[1]) do
    t.eq(hit.doc.view, "PA")
    t.eq(hit.doc.findings[1], "Effusion")
  end
  local both = idx:search(query, 50, { where = { finding = { "Effusion", "Edema" } } })[1]
  t.ok(#both > 0)
  for _, hit in ipairs(both) do t.eq(hit.doc.findings, { "Effusion", "Edema" }) end
  for _, hit in ipairs(idx:search(query, 200, { not_patient = { "1", "2" } })[1]) do
    t.ok(hit.doc.patient ~= "1" and hit.doc.patient ~= "2")
  end
  local others = { "nobody" }
  for patient = 1, 30 do others[patient + 1] = tostring(patient) end
  local left = idx:search(query, 200, { not_patient = others })[1]
  t.eq(#left, 30)
  for _, hit in ipairs(left) do t.ok(tonumber(hit.doc.patient) > 30) end
  for _, hit in ipairs(idx:search(query, 200, { not_row = { 1 } })[1]) do t.ok(hit.row ~= 1) end
  t.eq(#idx:search(query, 200, { not_row = { 0 } })[1], 120)
  t.eq(idx:search(query, 5, { where = { patient = "1", split = "test" } }), { {} })
end)

t.test("names of filters and values are checked", function()
  local _, _, idx = made()
  t.eq(idx:resolve("finding", "effusion"), "Effusion")
  local value, why = idx:resolve("finding", "Efusion")
  t.eq(value, nil)
  t.match(why, "did you mean Effusion")
  value, why = idx:resolve("findings", "Effusion")
  t.eq(value, nil)
  t.match(why, "did you mean finding")
end)

t.test("vectors of another model are refused", function()
  local _, _, idx = made()
  t.ok(idx:accepts { id = "tuned-1", length = study.LENGTH })
  t.fails("integrity", "another model", idx:accepts { id = "tuned-2", length = study.LENGTH })
  t.fails("integrity", "length", idx:accepts { id = "tuned-1", length = 384 })
end)

t.test("nothing is done twice", function()
  local dir = made()
  local function states(options)
    local result = study.run(dir, "index", options)
    return result.indexes[1].state .. " " .. result.indexes[2].state
  end
  t.eq(states(), "current current")
  t.eq(states { force = true }, "built built")
  study.write_embeddings(dir .. "/embeddings", "base", study.docs(), { version = "other" })
  t.eq(states(), "built current")
  assert(fs.write(dir .. "/index/tuned/docs.jsonl", "{}\n"))
  t.eq(states(), "current built")
end)

t.test("an unfinished or damaged index is none", function()
  local dir = made()
  assert(fs.write(dir .. "/index/base/docs.jsonl", '{"image":"x"}\n'))
  t.fails("integrity", "index %-%-force", index.open(dir .. "/index/base"))
  assert(fs.remove(dir .. "/index/tuned/index.json"))
  t.fails("io", "no index yet", index.open(dir .. "/index/tuned"))
  t.eq(index.names(dir .. "/index"), { "base" })
  study.run(dir, "index")
  t.ok(index.open(dir .. "/index/tuned"))
  t.ok(index.open(dir .. "/index/base"))
  t.fails("usage", "in a folder, or on a server", index.open("s3://bucket/x"))
end)

t.test("which model is meant when none is named", function()
  local preferred = require "lib.embeddings".preferred
  t.eq(preferred { "base", "mine", "tuned" }, "tuned")
  t.eq(preferred { "base", "mine" }, "mine")
  t.eq(preferred { "base" }, "base")
  t.eq(preferred { "a", "base" }, "a")
end)

t.test("a clear word when there is nothing to index", function()
  local dir = t.tmp()
  t.raises("nothing is embedded.*hilum embed", study.run, dir, "index")
  study.write(dir)
  t.raises("no embeddings 'tunde'.*there are base, tuned", study.run, dir, "index", { names = { "tunde" } })
  assert(fs.write(dir .. "/embeddings/base.jsonl", "{}\n"))
  t.raises("120 vectors for 1 images", study.run, dir, "index", { names = { "base" } })
end)

t.test("embeddings that only grew extend the index", function()
  local dir, docs = made()
  local function embed(list) study.write_embeddings(dir .. "/embeddings", "base", list) end
  local function state() return study.run(dir, "index", { names = { "base" } }).indexes[1].state end
  embed(table.move(docs, 1, 70, 1, {}))
  t.eq(state(), "built")
  assert(assert(index.open(dir .. "/index/base")):delete { docs[5].image })
  embed(docs)
  local all = assert(npy.read(dir .. "/embeddings/base.npy"))
  all:put(1, index.open(dir .. "/index/base").vectors)
  assert(npy.write(dir .. "/embeddings/base.npy", all))
  t.eq({ state(), state() }, { "extended", "current" })
  local idx = assert(index.open(dir .. "/index/base"))
  t.eq({ idx.count, idx.rows, idx:row_of(docs[5].image) }, { 119, 120, nil })
  t.eq(idx:doc(100), docs[100])
  t.ok(idx.vectors:bytes() == all:bytes())
  all:set(3, 1, 0.5)
  assert(npy.write(dir .. "/embeddings/base.npy", all))
  t.eq(state(), "built")
  docs[2].view = "LL"
  docs[121] = { image = "new.png" }
  embed(docs)
  t.eq(state(), "built")
end)

-- Against a list of what is in the index and a search through all of it.

local LENGTH = 20
local VIEWS, SOME_FINDINGS = { "PA", "AP" }, { "Mass", "Edema", "Hernia", "No Finding" }

-- Some vectors are the same, so that scores are, too.
local function random_rows(count, number)
  local vectors, docs = vec.gauss(math.random(1 << 30), count, LENGTH), {}
  vec.normalize(vectors)
  for i = 1, count do
    if math.random(4) == 1 then vectors:put(i, vectors:slice(1, 1)) end
    local findings = { SOME_FINDINGS[math.random(4)] }
    if math.random(3) == 1 then findings[2] = SOME_FINDINGS[math.random(4)] end
    docs[i] = { image = ("%d.png"):format(number + i), findings = findings, patient = tostring(math.random(30)),
      view = VIEWS[math.random(3)], sex = math.random(2) == 1 and "F" or nil }
  end
  return vectors, docs
end

local function has(values, wanted)
  for _, value in ipairs(values) do if value == wanted then return true end end
  return false
end

local function passes(doc, where, not_patient)
  for name, values in pairs(where) do
    for _, value in ipairs(type(values) == "table" and values or { values }) do
      if not has(name == "finding" and doc.findings or { doc[name] }, value) then return false end
    end
  end
  return not has(not_patient, doc.patient)
end

local function random_filter()
  local where, not_patient = {}, {}
  if math.random(2) == 1 then where.view = VIEWS[math.random(2)] end
  if math.random(3) == 1 then where.sex = "F" end
  if math.random(3) == 1 then where.finding = { "Mass", math.random(2) == 1 and "Edema" or nil } end
  if math.random(6) == 1 then where.patient = tostring(math.random(31)) end
  for i = 1, math.random(0, 2) do not_patient[i] = tostring(math.random(30)) end
  return where, not_patient
end

local Model = {}
Model.__index = Model

function Model:add(vectors, docs)
  for i, doc in ipairs(docs) do table.insert(self, { doc = doc, vector = vectors:slice(i, i) }) end
end

function Model:remove(meant)
  local kept = {}
  for _, one in ipairs(self) do if not meant(one.doc) then kept[#kept + 1] = one end end
  local removed = #self - #kept
  for i = 1, #self do self[i] = kept[i] end
  return removed
end

function Model:search(query, k, where, not_patient)
  local meant, found = {}, {}
  for _, one in ipairs(self) do if passes(one.doc, where, not_patient) then meant[#meant + 1] = one end end
  if #meant == 0 then return found end
  local vectors = vec.new(#meant, LENGTH)
  for i, one in ipairs(meant) do vectors:put(i, one.vector) end
  local best = vec.search(vectors, query, k)[1]
  for rank, row in ipairs(best.rows) do found[rank] = { doc = meant[row].doc, score = best.scores[rank] } end
  return found
end

local function compare(idx, model)
  t.eq(idx.count, #model)
  local where, not_patient = random_filter()
  local queries, k = (random_rows(math.random(5), 0)), math.random(40)
  local results = idx:search(queries, k, { where = where, not_patient = not_patient })
  for i = 1, #queries do
    local wanted = model:search(queries:slice(i, i), k, where, not_patient)
    t.eq(#results[i], #wanted)
    for rank, hit in ipairs(results[i]) do t.eq({ hit.rank, hit.score, hit.doc }, { rank, wanted[rank].score, wanted[rank].doc }) end
  end
end

local STEPS = {
  function(idx, model, number)
    local count = math.random(6) == 1 and math.random(1000, 1500) or math.random(40)
    local vectors, docs = random_rows(count, number)
    assert(idx:append(vectors, docs))
    model:add(vectors, docs)
    return number + count
  end,
  function(idx, model, number)
    local meant, names = {}, {}
    for i = 1, math.random(0, 30) do
      names[i] = ("%d.png"):format(math.random(number + 5))
      meant[names[i]] = true
    end
    t.eq(idx:delete(names), model:remove(function(doc) return meant[doc.image] end))
    return number
  end,
  function(idx, model, number)
    local where = { patient = tostring(math.random(30)), view = math.random(2) == 1 and "PA" or nil }
    t.eq(idx:delete(where), model:remove(function(doc) return passes(doc, where, {}) end))
    return number
  end,
  function(idx, _, number)
    if math.random(3) == 1 then assert(idx:compact()) end
    return number
  end,
}

t.test("whatever is added, deleted and compacted, the answers are those of a search through everything", function()
  local url = fs.join(t.tmp(), "index")
  math.randomseed(5)
  assert(index.create(url, { model = "m", length = LENGTH, embedded = "image" }))
  local idx, model, number = assert(index.open(url)), setmetatable({}, Model), 0
  compare(idx, model)
  for step = 1, 120 do
    number = STEPS[math.random(#STEPS)](idx, model, number)
    compare(step % 2 == 0 and idx or assert(index.open(url)), model)
  end
  t.ok(idx.record.quantized > 0 and idx.record.commit > 60)
  assert(idx:compact())
  t.eq({ idx.rows, idx.record.quantized, npy.info(url .. "/vectors.npy").rows }, { #model, #model, #model })
  t.eq(idx:delete { where = nil }, 0)
  assert(idx:delete { view = "PA" })
  assert(idx:delete { view = "AP" })
  model:remove(function(doc) return doc.view ~= nil end)
  compare(idx, model)
end)

t.test("an index can lose everything and go on", function()
  local _, docs, idx = made()
  t.raises("no value of finding is named", idx.delete, idx, { finding = {} })
  t.eq({ idx:delete {}, idx.count }, { 0, 120 })
  t.eq(idx:delete { sex = "F" } + idx:delete { sex = "M" }, 120)
  t.eq({ idx.count, #idx:search(study.vectors(docs, "base"):slice(1, 1), 5)[1] }, { 0, 0 })
  assert(idx:compact())
  t.eq({ idx.rows, fs.stat(idx.url .. "/vectors.int8") }, { 0, nil })
  assert(idx:append(study.vectors(docs, "base"), docs))
  t.eq(idx:search(idx.vectors:slice(9, 9), 1)[1][1].doc, docs[9])
end)

t.test("what cannot be searched for is refused by name", function()
  local _, docs, idx = made()
  local bad = study.vectors(docs, "base"):slice(1, 2)
  bad:set(2, 7, 0 / 0)
  t.fails("integrity", docs[2].image:gsub("%p", "%%%0") .. " has numbers that are not finite", idx:append(bad, { docs[1], docs[2] }))
  bad:set(2, 7, math.huge)
  t.fails("integrity", "not finite", idx:append(bad, { docs[1], docs[2] }))
  t.raises("2 x 32 vectors for 1 records", idx.append, idx, bad, { docs[1] })
  t.raises("record 2 names no image", idx.append, idx, bad, { docs[1], {} })
  t.eq(idx.count, 120)
  t.eq(assert(index.open(idx.url)).count, 120)
end)

t.test("files that a writer replaces while they are being opened", function()
  local _, docs, idx = made()
  local open = folder.open
  folder.open = function(...)
    folder.open = open
    assert(idx:delete { docs[1].image })
    assert(idx:compact())
    return open(...)
  end
  t.eq({ assert(index.open(idx.url)).rows, idx.rows }, { 119, 119 })
end)

t.test("files that have not got their names yet", function()
  local _, docs, idx = made()
  assert(idx:delete { docs[1].image })
  assert(idx:compact())
  for name, file in pairs(idx.record.files) do
    local path = fs.join(idx.url, name)
    local unnamed = fs.join(idx.url, "." .. name .. ".")
    assert(fs.rename(path, unnamed .. file.since))
    assert(fs.write(path, "what was there before"))
    assert(fs.write(unnamed .. "99", "what a writer that was killed has left"))
  end
  local reader = assert(index.open(idx.url))
  t.eq(reader:doc(1), docs[2])
  assert(reader:append(idx.vectors:slice(1, 1), { docs[1] }))
  t.eq(assert(index.open(idx.url)):doc(120), docs[1])
  t.eq(fs.list(idx.url), { "docs.jsonl", "index.json", "rows.bin", "tags.bin", "values.jsonl", "vectors.int8", "vectors.npy" })
end)

t.test("a writer killed after its change counted: the next run gives the files their names, though nothing else is to be done", function()
  local dir, _, idx = made()
  for name, file in pairs(idx.record.files) do
    assert(fs.rename(fs.join(idx.url, name), fs.join(idx.url, ("." .. name .. ".%d"):format(file.since))))
  end
  t.eq(index.build(assert(embeddings.open(dir .. "/embeddings", "tuned")), idx.url), "current")
  for name in pairs(idx.record.files) do t.ok(fs.stat(fs.join(idx.url, name)), name) end
end)

t.test("every damaged file is told of", function()
  local dir, docs = made()
  local url = dir .. "/index/base"
  for _, name in ipairs { "docs.jsonl", "rows.bin", "tags.bin", "values.jsonl", "vectors.int8", "vectors.npy" } do
    local path = fs.join(url, name)
    local bytes = assert(fs.read(path))
    assert(fs.write(path, bytes:sub(1, -2)))
    t.fails("integrity", "base is damaged: .*" .. name:gsub("%p", "%%%0") .. ".*index %-%-force", index.open(url))
    assert(fs.remove(path))
    t.fails("integrity", "base is damaged: .*" .. name:gsub("%p", "%%%0") .. ".*index %-%-force", index.open(url))
    assert(fs.write(path, bytes))
    assert(index.open(url))
  end
  local lines = assert(fs.read(url .. "/docs.jsonl"))
  assert(fs.write(url .. "/docs.jsonl", (" "):rep(#lines)))
  t.raises("docs.jsonl has no record for row 3", function() return index.open(url):doc(3) end)
  local ends = assert(fs.read(url .. "/rows.bin"))
  assert(fs.write(url .. "/rows.bin", ("\255"):rep(#ends)))
  t.raises("has no record for row 3", function() return index.open(url):doc(3) end)
  local tags = assert(fs.read(url .. "/tags.bin"))
  assert(fs.write(url .. "/tags.bin", tags:gsub("....(....)", "\255\255\255\0%1")))
  local idx, queries = assert(index.open(url)), study.vectors(docs, "base")
  t.raises("base is damaged: tags.bin: .*row beyond the last.*index %-%-force", idx.search, idx, queries, 1, { where = { sex = "F" } })
end)

-- Bytes of a file that are in memory; nil where the tool is missing.
local function cached(path)
  local pipe <close> = assert(io.popen(("fincore -b -n -o RES '%s' 2>/dev/null"):format(path)))
  return tonumber(pipe:read("a"))
end

-- Takes a file out of memory as far as the system does that.
local function forget(path) assert(os.execute(("dd if='%s' iflag=nocache count=0 status=none"):format(path))) end

local READS = "a search reads the rows it scores from the float32 vectors, and no others"
t.test(READS, function()
  local count, length = 40000, 512
  local url, vectors, docs = fs.join(t.tmp(), "index"), vec.gauss(1, count, length), {}
  vec.normalize(vectors)
  for i = 1, count do docs[i] = { image = i .. ".png" } end
  assert(index.create(url, { model = "m", length = length, embedded = "image" }, docs, vectors))
  local query, path = vectors:slice(7, 7), fs.join(url, "vectors.npy")
  collectgarbage()
  collectgarbage()
  forget(path)
  local before = cached(path)
  if not before or before > 0 then return t.skip(READS, "fincore is missing, or files stay in memory here") end
  local idx = assert(index.open(url))
  t.eq(idx:search(query, 10)[1][1].row, 7)
  t.ok(cached(path) < count * length, ("%.2f bytes a dimension"):format(cached(path) / count / length))
  idx.vectors:sum() -- what would be seen if a search read them all
  t.ok(cached(path) >= 4 * count * length)
end)

t.test("a damaged digit is told of before anything is found", function()
  local _, docs, idx = made()
  local path = fs.join(idx.url, "vectors.int8")
  local bytes = assert(fs.read(path))
  local at = 64 + 3 * 64 + 2 -- in the third row, which opening does not look at
  assert(fs.write(path, bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ 1) .. bytes:sub(at + 1)))
  local opened = assert(index.open(idx.url))
  for _ = 1, 2 do
    t.raises("damaged: vectors.int8: .*index %-%-force", opened.search, opened, study.vectors(docs, "base"):slice(9, 9), 1)
  end
end)

t.test("an index.json that is damaged, or of another version", function()
  local _, _, idx = made()
  local path = idx.url .. "/index.json"
  assert(fs.write(path, "{"))
  t.fails("integrity", "is damaged: index.json: .*index %-%-force", index.open(idx.url))
  assert(fs.write(path, json.encode { format = 1, count = 120 }))
  t.fails("parse", "written by another version of hilum: run `hilum index %-%-force`", index.open(idx.url))
  for key in pairs(idx.record) do
    local record = json.decode(json.encode(idx.record))
    record[key] = key == "files" and { ["rows.bin"] = { since = 1 } } or key == "format" and 2 or -1.5
    assert(json.write(path, record))
    local opened, err = index.open(idx.url)
    t.ok(opened or err.kind == "integrity", key)
  end
  local record = json.decode(json.encode(idx.record))
  record.count = 119
  assert(json.write(path, record))
  t.fails("integrity", "damaged", index.open(idx.url))
end)

t.test("rows without int8 are found alike by one query and by many, equal ones by row", function()
  local url, count, docs = fs.join(t.tmp(), "index"), 517, {}
  local vectors, one, queries = vec.new(count, 100), vec.gauss(3, 1, 100), vec.gauss(4, 9, 100)
  for i = 1, count do
    vectors:put(i, one)
    docs[i] = { image = i .. ".png" }
  end
  assert(index.create(url, { model = "m", length = 100, embedded = "image" }))
  local idx = assert(index.open(url))
  assert(idx:append(vectors, docs))
  t.eq(idx.record.quantized, 0)
  for i, hits in ipairs(idx:search(queries, 20)) do
    t.eq(hits, idx:search(queries:slice(i, i), 20)[1])
    for rank, hit in ipairs(hits) do t.eq(hit.row, rank) end
  end
end)

t.test("an index that was deleted and made again is not mistaken for what it was", function()
  local url, info = fs.join(t.tmp(), "index"), { model = "m", length = LENGTH, embedded = "image" }
  local vectors = vec.gauss(1, 4, LENGTH)
  local function make(finding)
    local docs = {}
    for i = 1, 4 do docs[i] = { image = i .. ".png", findings = { finding } } end
    assert(index.create(url, info, docs, vectors))
  end
  make("Effusion")
  local opened = assert(index.open(url))
  assert(index.remove(url))
  make("Mass")
  assert(opened:append(vectors:slice(1, 1), { { image = "5.png", findings = { "Effusion" } } }))
  local idx = assert(index.open(url))
  t.eq({ idx:count_with("finding", "Mass"), idx:count_with("finding", "Effusion") }, { 4, 1 })
  local open = folder.open
  folder.open = function(...)
    folder.open = open
    assert(index.remove(url))
    make("Hernia")
    return open(...)
  end
  t.eq(assert(index.open(url)):doc(1).findings, { "Hernia" })
end)

t.test("a file that cannot be read is not taken for damaged", function()
  local _, _, idx = made()
  local path = fs.join(idx.url, "docs.jsonl")
  assert(fs.remove(path))
  assert(os.execute(("ln -s docs.jsonl '%s'"):format(path)))
  local opened, err = index.open(idx.url)
  t.eq({ opened, err.kind, err.code }, { nil, "io", "ELOOP" })
end)

t.test("a change that fails leaves nothing behind, nor takes anything away", function()
  local _, docs, idx = made()
  local names, write = fs.list(idx.url), json.write
  json.write = function() return nil, host.error("io", "the disk is full") end
  local _ <close> = setmetatable({}, { __close = function() json.write = write end })
  t.fails("io", "disk is full", index.create(idx.url, idx, docs, study.vectors(docs, "tuned")))
  t.eq(fs.list(idx.url), names)
  t.eq(assert(index.open(idx.url)):doc(3), docs[3])
end)

t.test("records and values of any kind can be kept, and filtered by", function()
  local _, docs, idx = made()
  local odd = { 'we"ird\n\\ \u{1F600}', "", "\0x" }
  local vectors = study.vectors(docs, "tuned"):slice(1, 5)
  assert(idx:append(vectors, { { image = 'q"\n.png', findings = { odd[1] } }, { image = "é.png", findings = { odd[2] }, view = odd[3] },
    { image = "null.png", findings = json.null, view = json.null }, { image = "text.png", findings = "Mass", patient = 5 },
    { image = "mixed.png", findings = { 1, true, odd[1] }, view = { "PA" } } }))
  idx = assert(index.open(idx.url))
  t.eq({ idx:count_with("finding", odd[1]), idx:count_with("finding", odd[2]), idx:count_with("view", odd[3]) }, { 2, 1, 1 })
  t.eq({ idx:row_of('q"\n.png'), idx:row_of("é.png"), idx.count }, { 121, 122, 125 })
  t.eq(#idx:search(vectors:slice(1, 1), 200, { where = { finding = odd[1] } })[1], 2)
end)

t.test("queries need not be many to be exact", function()
  local _, _, idx = made()
  local one, all = idx:search(idx.vectors:slice(7, 7), 12)[1], idx:search(idx.vectors:copy(), 12)[7]
  for rank, hit in ipairs(one) do t.eq(hit.row, all[rank].row) end
  t.eq(vec.search(idx.vectors, idx.vectors:slice(7, 7), 1)[1].rows[1], 7)
end)
