-- SPDX-License-Identifier: MIT
local t = require "t"
local fs = require "hilum.fs"
local index = require "lib.index"
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
  t.fails("usage", "not in this build", index.open("https://search.example/x"))
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

t.test("queries need not be many to be exact", function()
  local _, _, idx = made()
  local one, all = idx:search(idx.vectors:slice(7, 7), 12)[1], idx:search(idx.vectors:copy(), 12)[7]
  for rank, hit in ipairs(one) do t.eq(hit.row, all[rank].row) end
  t.eq(vec.search(idx.vectors, idx.vectors:slice(7, 7), 1)[1].rows[1], 7)
end)
