-- SPDX-License-Identifier: MIT
-- The index seam: what every kind of index has to do, in a folder and on servers, by the same tests.
local t = require "t"
local embeddings = require "lib.embeddings"
local fake = require "lib.fake.opensearch"
local fs = require "hilum.fs"
local index = require "lib.index"
local opensearch_home = require "opensearch_home"
local servers = require "servers"
local study = require "study"
local vec = require "hilum.vec"

package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local http_server = require "http_server"

local ROUNDING = 1e-6 -- of scores that come from a server

-- A kind: url(), where an index of a test goes; settings, for what writes; server, if it is on one.
local function in_folders()
  return { name = "folder", settings = {}, url = function() return fs.join(t.tmp(), "index", "one") end }
end

local function on_opensearch(server)
  return { name = "OpenSearch", server = server, settings = { engine = "lucene" },
    url = function() return ("%s/%s"):format(server.url, server.index_name()) end }
end

-- One of those that are in memory; Serverless checks who signs.
local function on_fake(flavour, name)
  local opensearch = fake.new { flavour = flavour, authorize = opensearch_home.authorize(flavour) }
  local server = http_server.start({}, opensearch.handler)
  return { name = name, server = server, settings = opensearch_home.settings(flavour), close = function() server:close() end,
    url = function() return server.url .. "/one" end }
end

local kinds = { in_folders(), on_fake("3", "OpenSearch 3"), on_fake("classic", "Serverless classic"), on_fake("nextgen", "NextGen") }
local opensearch, why = servers.opensearch()
if opensearch then table.insert(kinds, 2, on_opensearch(opensearch)) else t.skip("indexes on OpenSearch", why) end

-- body(kind, url) for each kind; what it left on a server goes.
local function each_kind(name, body)
  for _, kind in ipairs(kinds) do
    t.test(("%s: %s"):format(kind.name, name), function()
      local url = kind.url()
      local _ <close> = setmetatable({}, { __close = function() if kind.server then index.remove(url, kind.settings) end end })
      body(kind, url)
    end)
  end
end

local function made(kind, url)
  local docs = study.docs()
  local vectors = study.vectors(docs, "tuned")
  assert(index.create(url, { model = "m-1", length = study.LENGTH, embedded = "image", name = "one" }, docs, vectors, nil, kind.settings))
  return assert(index.open(url, kind.settings)), docs, vectors
end

-- What a search through everything finds: a list of rows and scores for each query. passes(doc) or nil.
local function exact(vectors, docs, queries, k, passes)
  local rows = {}
  for row, doc in ipairs(docs) do if not passes or passes(doc) then rows[#rows + 1] = row end end
  local found = vec.search(vectors:gather(rows), queries, k)
  for _, one in ipairs(found) do
    for rank, place in ipairs(one.rows) do one.rows[rank] = rows[place] end
  end
  return found
end

local function check(results, wanted, docs)
  t.eq(#results, #wanted)
  for i, hits in ipairs(results) do
    t.eq(#hits, #wanted[i].rows)
    for rank, hit in ipairs(hits) do
      t.eq({ hit.rank, hit.row }, { rank, wanted[i].rows[rank] })
      t.near(hit.score, wanted[i].scores[rank], ROUNDING)
      t.eq(hit.doc, docs[hit.row])
    end
  end
end

local function has(list, value)
  for _, one in ipairs(list) do if one == value then return true end end
  return false
end

each_kind("what is found is what a search through everything finds", function(kind, url)
  local idx, docs, vectors = made(kind, url)
  t.eq({ idx.count, idx.rows, idx.model, idx.length, idx.embedded }, { 120, 120, "m-1", study.LENGTH, "image" })
  local queries = study.vectors(docs, "base"):slice(1, 40) -- more than go into one request
  check(idx:search(queries, 10), exact(vectors, docs, queries, 10), docs)
  check(idx:search(queries, 200), exact(vectors, docs, queries, 200), docs)
  local one = queries:slice(5, 5)
  check(idx:search(one, 7), exact(vectors, docs, one, 7), docs)
end)

each_kind("filters leave nothing else, and no place empty", function(kind, url)
  local idx, docs, vectors = made(kind, url)
  local queries = study.vectors(docs, "base"):slice(1, 3)
  local function try(filter, passes, k)
    check(idx:search(queries, k or 20, filter), exact(vectors, docs, queries, k or 20, passes), docs)
  end
  try({ where = { view = "PA" } }, function(doc) return doc.view == "PA" end)
  try({ where = { finding = { "Effusion", "Edema" }, sex = "F" } }, function(doc)
    return has(doc.findings, "Effusion") and has(doc.findings, "Edema") and doc.sex == "F"
  end)
  try({ not_patient = { "1", "2", "nobody" } }, function(doc) return doc.patient ~= "1" and doc.patient ~= "2" end, 200)
  try({ where = { split = "test" }, not_patient = { "2" } }, function(doc) return doc.split == "test" and doc.patient ~= "2" end, 200)
  try({ words = { "effusion", "edema" }, at_least = 1 }, function(doc)
    return has(doc.findings, "Effusion") or has(doc.findings, "Edema")
  end, 200)
  try({ words = { "effusion", "edema" }, at_least = 2 }, function(doc)
    return has(doc.findings, "Effusion") and has(doc.findings, "Edema")
  end, 200)
  try({ words = { "no", "finding", "hernia" }, at_least = 2 }, function(doc) return has(doc.findings, "No Finding") end, 200)
  t.eq(idx:search(queries:slice(1, 1), 5, { where = { patient = "1", split = "test" } }), { {} })
  local own = vectors:slice(9, 10)
  for i, hits in ipairs(idx:search(own, 5, { not_row = { 9, 0 } })) do
    t.eq(#hits, 5)
    t.eq(hits[1].row == 8 + i, i == 2)
  end
end)

each_kind("records, their rows and their vectors", function(kind, url)
  local idx, docs, vectors = made(kind, url)
  t.eq({ idx:doc(7), idx:row_of(docs[7].image), idx:row_of "nothing.png" }, { docs[7], 7, nil })
  t.ok(idx:vector(7):bytes() == vectors:slice(7, 7):bytes())
  local first = idx:first_docs(5)
  t.eq({ #first, first[5].row, first[5].doc, #idx:first_docs(500) }, { 5, 5, docs[5], 120 })
  t.eq(idx:values "finding", { "Edema", "Effusion", "Hernia", "Mass", "No Finding" })
  t.eq({ idx:count_with("finding", "Effusion"), idx:count_with("view", "PA"), idx:count_with("view", "LL") }, { 36, 60, 0 })
  t.eq({ idx:resolve("finding", "effusion") }, { "Effusion" })
  t.match(select(2, idx:resolve("finding", "Efusion")), "did you mean Effusion")
  t.match(select(2, idx:resolve("findings", "Effusion")), "did you mean finding")
  t.match(select(2, idx:resolve("patient", "77")), "no image in the index has patient=77; there are 1, 10")
end)

each_kind("vectors of another model are refused", function(kind, url)
  local idx = made(kind, url)
  t.ok(idx:accepts { id = "m-1", length = study.LENGTH })
  t.fails("integrity", "another model", idx:accepts { id = "m-2", length = study.LENGTH })
  t.fails("integrity", "vectors of length 32, the model gives 384", idx:accepts { id = "m-1", length = 384 })
end)

each_kind("images come and go", function(kind, url)
  local idx, docs, vectors = made(kind, url)
  local more = { { image = "new 1.png", findings = { "Mass" }, patient = "900" }, { image = "new/é.png", view = "LL" } }
  local rows = study.vectors(more, "tuned")
  assert(idx:append(rows, more, kind.settings))
  t.eq({ idx.count, idx.rows, idx:row_of "new/é.png", idx:doc(121) }, { 122, 122, 122, more[1] })
  t.eq(idx:search(rows:slice(2, 2), 1)[1][1].doc, more[2])
  local function delete(what) return assert(idx:delete(what, kind.settings)) end
  t.eq(delete { "new 1.png", docs[3].image, "nothing.png" }, 2)
  t.eq({ idx.count, idx:row_of(docs[3].image), idx:count_with("finding", "Mass") }, { 120, nil, 12 })
  t.eq(delete { patient = "1" }, 2)
  local function is_left(doc)
    return doc.patient ~= "1" and doc ~= docs[3] and not (has(doc.findings, "Effusion") and doc.view == "PA")
  end
  local left = 1 -- the new one
  for _, doc in ipairs(docs) do left = left + (is_left(doc) and 1 or 0) end
  t.eq({ delete { finding = "Effusion", view = "PA" }, idx.count }, { 118 - left, left })
  idx = assert(index.open(url, kind.settings))
  t.eq({ idx.count, #idx:search(rows, 200)[1] }, { left, left })
  local queries = vectors:slice(50, 52)
  check(idx:search(queries, 90, { where = { split = "train" } }), exact(vectors, docs, queries, 90, function(doc)
    return is_left(doc) and doc.split == "train"
  end), docs)
end)

each_kind("what cannot be searched for is refused by name", function(kind, url)
  local idx, docs = made(kind, url)
  local bad = study.vectors(docs, "base"):slice(1, 2)
  bad:set(2, 7, 0 / 0)
  t.fails("integrity", docs[2].image:gsub("%p", "%%%0") .. " has numbers that are not finite", idx:append(bad, { docs[1], docs[2] }))
  t.raises("2 x 32 vectors for 1 records", idx.append, idx, bad, { docs[1] })
  t.eq(assert(index.open(url, kind.settings)).count, 120)
end)

each_kind("embeddings are indexed once, extended, and made anew", function(kind, url)
  local dir, docs = t.tmp(), study.docs()
  local function embed(count, name, info)
    study.write_embeddings(dir, name or "tuned", table.move(docs, 1, count, 1, {}), info)
    return assert(embeddings.open(dir, name or "tuned"))
  end
  local function state(set, force) return index.build(set, url, force, kind.settings) end
  local function exists() return index.exists(url, kind.settings) end
  t.eq({ exists(), state(embed(70)), state(embed(70)), exists() }, { false, "built", "current", true })
  local all = embed(120)
  all.vectors:close()
  local grown = study.vectors(docs, "tuned")
  grown:put(1, study.vectors(table.move(docs, 1, 70, 1, {}), "tuned"))
  assert(require "hilum.npy".write(dir .. "/tuned.npy", grown))
  local set = assert(embeddings.open(dir, "tuned"))
  t.eq({ state(set), state(set) }, { "extended", "current" })
  check(assert(index.open(url, kind.settings)):search(grown:slice(1, 5), 120), exact(grown, docs, grown:slice(1, 5), 120), docs)
  t.eq(state(set, true), "built")
  t.eq(index.open(url, kind.settings).count, 120)
end)

each_kind("an index is found by its name, and deleted", function(kind, url)
  made(kind, url)
  local place = kind.server and url or fs.dir(url)
  t.eq(index.names(place, kind.settings), { "one" })
  t.eq(index.at(place, "one"), url)
  t.eq({ index.remove(url, kind.settings) }, { true })
  t.eq({ index.exists(url, kind.settings), index.remove(url, kind.settings) }, { false, false })
  t.fails("io", "no index yet", index.open(url, kind.settings))
end)

-- The workflows.

-- A study whose tuned embeddings are indexed under the url, and the folder's index beside it.
local function lay_out(kind, url)
  local dir = t.tmp()
  local docs = study.write(dir)
  local options = { names = { "tuned" }, out = kind.server and url or fs.dir(url), engine = kind.settings.engine, auth = kind.settings.auth,
    poll = kind.settings.poll }
  local function run(name, given)
    local all = {}
    for key, value in pairs(given or {}) do all[key] = value end
    if name == "index" then for key, value in pairs(options) do all[key] = value end end
    all.index, all.auth = options.out, options.auth
    return study.run(dir, name, all)
  end
  return run, docs, dir, options.out
end

each_kind("index, query and compare see no difference", function(kind, url)
  local run, docs, dir = lay_out(kind, url)
  t.eq(run("index").indexes[1].state, "built")
  t.eq(run("index").indexes[1].state, "current")
  local result, heard = run("query", { text = "Mass", k = 5, where = { "view=pa" } })
  t.eq({ result.model, #result.queries[1].results, result.queries[1].results[1].findings }, { "tuned", 5, { "Mass" } })
  t.match(heard.printed[1], "Mass")
  result = run("query", { image = { dir .. "/images/" .. docs[3].image }, k = 119 })
  t.eq(#result.queries[1].results, 119)
  for _, hit in ipairs(result.queries[1].results) do t.ok(hit.image ~= docs[3].image) end
  t.raises("did you mean Effusion", run, "query", { text = "Mass", where = { "finding=Efusion" } })
  local compared = run("index", { compare = true, queries = 30 }).compared[1]
  t.eq({ compared.recall, compared.complete, compared.queries, compared.k }, { 1.0, 1.0, 30, 10 })
  t.ok(compared.score_error < ROUNDING)
end)

each_kind("hybrid: the words that an image's findings have count", function(kind, url)
  local run, docs, _, place = lay_out(kind, url)
  run("index")
  local vectors, query, wanted = study.vectors(docs, "tuned"), study.vectors(docs, "tuned"):slice(3, 3), { "effusion", "edema" }
  local all = {}
  for row, doc in ipairs(docs) do
    local share = (has(doc.findings, "Effusion") and 0.5 or 0) + (has(doc.findings, "Edema") and 0.5 or 0)
    all[row] = { row = row, score = 0.7 * vec.matmul(query, vectors:slice(row, row), { tb = true }):get(1, 1) + 0.3 * share }
  end
  table.sort(all, function(a, b) return a.score > b.score end)
  local idx = assert(index.open(index.at(place, "tuned"), kind.settings))
  local hybrid = require "lib.query.hybrid"
  t.eq(hybrid.words(idx, "Effusion and EDEMA"), wanted)
  local found = hybrid.search(function(one, ...) return one:search(...) end, idx, query, 40, { where = {} }, wanted, 0.3)[1]
  t.eq(#found, 40)
  for rank, hit in ipairs(found) do
    t.eq({ hit.rank, hit.row }, { rank, all[rank].row })
    t.near(hit.score, all[rank].score, ROUNDING)
  end
  for _, hit in ipairs(run("query", { text = "Hernia", hybrid = 1.0, k = 12 }).queries[1].results) do t.eq(hit.findings, { "Hernia" }) end
  t.raises("%-%-hybrid weighs words", run, "query", { image = { "x.png" }, hybrid = 0.5 })
end)

for _, kind in ipairs(kinds) do if kind.close then kind.close() end end
