-- SPDX-License-Identifier: MIT
-- What only an index on a server has to care for: runs that end half-way, indexes of others, the page, the command line.
local t = require "t"
local embeddings = require "lib.embeddings"
local fake = require "lib.fake.opensearch"
local fs = require "hilum.fs"
local host = require "hilum.host"
local index = require "lib.index"
local json = require "hilum.json"
local opensearch_home = require "opensearch_home"
local pages = require "lib.index.remote.pages"
local servers = require "servers"
local study = require "study"
local task = require "hilum.task"

package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local http_server = require "http_server"

local real, why = servers.opensearch()
if not real then t.skip("indexes on OpenSearch", why) end

-- body(url, client, …) with the URL of an index, which goes afterwards.
local function try(url, settings, body, ...)
  local client = assert(require "lib.opensearch".open(url, settings))
  local _ <close> = setmetatable({}, { __close = function() client:delete_index(client.name) end })
  body(url, client, ...)
end

-- On an OpenSearch, if there is one, and on one in memory.
local function on_real(name, body)
  if real then t.test(name, function() try(("%s/%s"):format(real.url, real.index_name()), nil, body) end) end
end

-- A fake of a flavour as body(url, client, settings, fake) wants it. faulty(request, serve) may answer in its place.
local function on_fake(flavour, name, body, faulty)
  t.test(("%s (%s)"):format(name, flavour), function()
    local opensearch = fake.new { flavour = flavour, authorize = opensearch_home.authorize(flavour) }
    local server <close> = http_server.start({}, function(request)
      if faulty then return faulty(request, opensearch.handler) end
      return opensearch.handler(request)
    end)
    local settings = opensearch_home.settings(flavour)
    settings.sleep = function() task.sleep(0.001) end
    try(server.url .. "/one", settings, body, settings, opensearch)
  end)
end

local function test(name, body)
  on_real(name, body)
  on_fake("3", name, body)
end

local function embed(dir, docs, info)
  study.write_embeddings(dir, "tuned", docs, info)
  return assert(embeddings.open(dir, "tuned"))
end

-- Settings with which a run ends, as if it had been killed, when so many images have been written.
local function ends_after(count)
  local written = 0
  return { bulk = 1000, at_once = 1, progress = function()
    return setmetatable({ add = function(_, more)
      written = written + more
      if written >= count then error(host.error("interrupted", "enough"), 0) end
    end }, { __close = function() end })
  end }
end

local function counting()
  local settings = { sent = 0 }
  settings.progress = function(count)
    settings.sent = count
    return setmetatable({ add = function() end, finish = function() end }, { __close = function() end })
  end
  return settings
end

test("a run that ended half-way goes on where it was", function(url)
  local dir, docs = t.tmp(), study.docs()
  local set = embed(dir, docs)
  t.raises("enough", index.build, set, url, false, ends_after(50))
  t.fails("integrity", "not complete: run `hilum index %-%-out URL` again", index.open(url))
  local settings = counting()
  t.eq(index.build(set, url, false, settings), "resumed")
  t.ok(settings.sent > 0 and settings.sent <= 70, settings.sent)
  local idx = assert(index.open(url))
  t.eq({ idx.count, idx:doc(120), idx:vector(120):bytes() == set.vectors:slice(120, 120):bytes() }, { 120, docs[120], true })
  t.eq(index.build(set, url), "current")
end)

test("what was deleted stays deleted when the index is extended, also in two attempts", function(url)
  local dir, docs = t.tmp(), study.docs()
  local some = table.move(docs, 1, 60, 1, {})
  local set = embed(dir, some)
  t.eq(index.build(set, url), "built")
  local set_of_all = embed(t.tmp(), docs)
  set_of_all.vectors = set_of_all.vectors:copy():put(1, set.vectors)
  t.raises("enough", index.build, set_of_all, url, false, ends_after(30))
  local settings = counting()
  t.eq(index.build(set_of_all, url, false, settings), "resumed")
  t.ok(settings.sent <= 30, settings.sent)
  t.eq({ assert(index.open(url)).count, index.open(url):doc(61) }, { 120, docs[61] })
end)

on_real("scores are cosines, whatever the engine and the space", function(url)
  local docs = table.move(study.docs(), 1, 40, 1, {})
  local vectors, queries = study.vectors(docs, "tuned"), study.vectors(docs, "base"):slice(1, 4)
  local wanted = require "hilum.vec".search(vectors, queries, 40)
  for engine, spaces in pairs { lucene = { "cosinesimil", "innerproduct", "l2" }, faiss = { "innerproduct" } } do
    for _, space in ipairs(spaces) do
      assert(index.create(url, { model = "m", length = study.LENGTH, embedded = "image" }, docs, vectors, nil,
        { engine = engine, space = space }))
      for i, hits in ipairs(assert(index.open(url)):search(queries, 40)) do
        for rank, hit in ipairs(hits) do
          t.eq(hit.row, wanted[i].rows[rank], engine .. " " .. space)
          t.near(hit.score, wanted[i].scores[rank], 1e-6)
        end
      end
    end
  end
end)

test("what others may be using is not replaced unasked", function(url, client)
  local docs = study.docs()
  t.eq(index.build(embed(t.tmp(), docs), url), "built")
  local other = embed(t.tmp(), docs, { model = "tuned-2" })
  t.raises("was made with another model: %-%-force makes it anew", index.build, other, url)
  local changed = embed(t.tmp(), table.move(docs, 2, 100, 1, {}))
  t.raises("was made from other embeddings: %-%-force", index.build, changed, url)
  study.write_embeddings(t.tmp(), "base", docs)
  t.eq(assert(index.open(url)).model, "tuned-1")
  t.eq(index.build(other, url, true), "built")
  t.eq(assert(index.open(url)).model, "tuned-2")
  assert(client:delete_index(client.name))
  assert(client:create_index(client.name, {}))
  t.raises("was not made by hilum", index.build, other, url, true)
  t.fails("usage", "was not made by hilum", index.open(url))
  t.fails("usage", "was not made by hilum", index.remove(url))
  t.raises("was not made by hilum", index.names, url)
end)

test("an image is there once, however often it is added", function(url)
  local docs = study.docs()
  assert(index.create(url, { model = "m", length = study.LENGTH, embedded = "image", name = "one" }))
  local idx = assert(index.open(url))
  local vectors = study.vectors(docs, "tuned")
  assert(idx:append(vectors, docs))
  local again = { json.decode(json.encode(docs[7])) }
  again[1].findings = { "Hernia" }
  assert(idx:append(vectors:slice(8, 8), again))
  t.eq({ idx.count, idx.rows, idx:row_of(docs[7].image), idx:doc(121).findings }, { 120, 121, 121, { "Hernia" } })
end)

test("indexes are found at their server by hilum's names for them", function(url)
  local place, name = url:match("^(.*)/([^/]*)$")
  t.eq({ index.at(place, "Lab 7"), index.at(url, "tuned") }, { place .. "/hilum-lab-7", url })
  t.eq(index.at(place, "bedrock:amazon.titan-v1"), place .. "/hilum-bedrock-amazon-titan-v1")
  local own = index.at(place, name)
  local _ <close> = setmetatable({}, { __close = function() index.remove(own) end })
  assert(index.create(own, { model = "m", length = 4, embedded = "image", name = name }))
  local names = {}
  for _, one in ipairs(index.names(place)) do names[one] = true end
  t.ok(names[name])
  t.eq({ index.open(own).count, #index.open(own):search(require "hilum.vec".gauss(1, 1, 4), 5)[1] }, { 0, 0 })
end)

on_real("what hilum has indexed answers to other programs' queries", function(url, client)
  local docs = study.docs()
  local set = embed(t.tmp(), docs)
  t.eq(index.build(set, url, false, { engine = "lucene" }), "built")
  local found = assert(client:search(client.name, { size = 3, _source = false, fields = { "filename", "diagnoses" },
    query = { knn = { embedding = { vector = set.vectors:row(2), k = 3 } } } })).hits.hits
  t.eq({ #found, found[1].fields.filename, found[1].fields.diagnoses }, { 3, { docs[2].image }, { docs[2].caption } })
end)

-- Serverless.

local function copies_of(client, opensearch)
  local count = 0
  for _ in pairs(opensearch.indexes[client.name].docs) do count = count + 1 end
  return count - 120
end

-- The first requests that write are done, and their answers lost.
local function loses_answers(count)
  return function(request, serve)
    local answer = serve(request)
    if count == 0 or not request.path:find("/_bulk$") then return answer end
    count = count - 1
  end
end

on_fake("classic", "what was written twice, since an answer was lost, is there once", function(url, client, settings, opensearch)
  local docs = study.docs()
  local set = embed(t.tmp(), docs)
  settings.bulk = 10000
  t.eq(index.build(set, url, false, settings), "built")
  local idx = assert(index.open(url, settings))
  t.eq({ idx.count, copies_of(client, opensearch) }, { 120, 0 })
  for _, hit in ipairs(idx:search(set.vectors:slice(1, 1), 120)[1]) do t.eq(hit.doc, docs[hit.row]) end
end, loses_answers(3))

on_fake("classic", "a run that ended half-way goes on, and leaves no copies", function(url, client, settings, opensearch)
  local set, broken = embed(t.tmp(), study.docs()), ends_after(50)
  for key, value in pairs(settings) do broken[key] = value end
  t.raises("enough", index.build, set, url, false, broken)
  t.eq(index.build(set, url, false, settings), "resumed")
  t.eq({ assert(index.open(url, settings)).count, copies_of(client, opensearch) }, { 120, 0 })
end)

on_fake("classic", "copies that are there take no place among the results", function(url, client, settings)
  local docs = study.docs()
  local vectors = study.vectors(docs, "tuned")
  assert(index.create(url, { model = "m", length = study.LENGTH, embedded = "image" }, docs, vectors, nil, settings))
  local writing, places = require "lib.index.remote.writing", {}
  for i = 1, 120 do places[i] = i end
  local to = { client = client, name = "one", found = { ids = false, refresh = false }, settings = settings }
  assert(writing.documents(to, vectors, docs, places, function(place) return place end))
  local idx
  repeat idx = assert(index.open(url, settings)) until idx.count == 240
  for i, hits in ipairs(idx:search(vectors:slice(1, 3), 10)) do
    t.eq({ #hits, hits[1].row }, { 10, i })
    for rank = 2, 10 do t.ok(hits[rank].row ~= hits[rank - 1].row) end
  end
  assert(writing.settle(to, 1, 120))
  t.eq(assert(index.open(url, settings)).count, 120)
end)

on_fake("classic", "an index that is not known at once, and documents that there is no room for", function(url, _, settings, opensearch)
  local busy = { status = 429, type = "es_rejected_execution_exception", reason = "busy" }
  opensearch.settling = 3
  for i = 1, 50 do opensearch.item_faults[i] = i % 2 == 0 and busy end
  t.eq(index.build(embed(t.tmp(), study.docs()), url, false, settings), "built")
  t.eq(assert(index.open(url, settings)).count, 120)
end)

on_fake("classic", "all documents are found, however many a page has, and copies with them", function(url, client, settings)
  local docs = table.move(study.docs(), 1, 20, 1, {})
  assert(index.create(url, { model = "m", length = study.LENGTH, embedded = "image" }, docs, study.vectors(docs, "tuned"), nil, settings))
  local lines = {}
  for i = 1, 4 do lines[i] = ('{"index":{}}\n{"filename":"x","row":%d}\n'):format(i < 4 and 7 or 20) end
  assert(client:bulk("one", table.concat(lines)))
  repeat until assert(client:count("one")) == 24
  local _ <close> = setmetatable({}, { __close = function(_, _) pages.SIZE = 10000 end })
  for _, size in ipairs { 5, 6, 8, 12, 24, 25 } do
    pages.SIZE = size
    local rows, ids = {}, {}
    for one in pages.each(client, "one", { match_all = {} }, { "row" }) do
      t.ok(not ids[one._id])
      ids[one._id], rows[one._source.row] = true, (rows[one._source.row] or 0) + 1
    end
    t.eq({ #rows, rows[6], rows[7], rows[20] }, { 20, 1, 4, 2 })
  end
end)

-- Answers in place of a server whose answer to the first request that makes an index is lost. instead(), if given, is what
-- was done in its place.
local function losing_create(instead)
  local is_lost = false
  return function(request, serve)
    if request.method ~= "PUT" or is_lost then return serve(request) end
    is_lost = true
    if instead then instead() else serve(request) end
    return { status = 503, body = "lost" }
  end
end

on_fake("3", "an index that was made though the answer was lost is gone on with", function(url, _, settings)
  t.eq(index.build(embed(t.tmp(), study.docs()), url, false, settings), "built")
  t.eq(assert(index.open(url, settings)).count, 120)
end, losing_create())

do
  local another
  on_fake("3", "an index that another made meanwhile is not taken for one's own", function(url, _, settings, opensearch)
    function another() opensearch:create("one", { mappings = { _meta = { hilum = { format = 1, content = "another" } } } }) end
    t.raises("already exists", index.build, embed(t.tmp(), study.docs()), url, false, settings)
  end, losing_create(function() another() end))
end

on_fake("nextgen", "its generation is found out; vectors are kept with all their digits", function(url, _, settings, opensearch)
  local set = embed(t.tmp(), study.docs())
  t.eq(index.build(set, url, false, settings), "built")
  local field = opensearch.indexes.one.mapping:show().properties.embedding
  t.eq({ field.compression_level, field.space_type, field.method.engine }, { "1x", "cosinesimil", nil })
  local idx = assert(index.open(url, settings))
  t.eq({ idx.meta.kind, idx:vector(3):bytes() == set.vectors:slice(3, 3):bytes() }, { "nextgen", true })
end)

on_fake("classic", "who may not is told what has to be allowed", function(url, _, settings, opensearch)
  opensearch.permits = function(_, permission) return permission ~= "WriteDocument" end
  t.raises("403.*gw%-helper%-deny.*data access policy must give aoss:WriteDocument on index/COLLECTION/one", index.build,
    embed(t.tmp(), study.docs()), url, false, settings)
  opensearch.permits = function() return false end
  t.fails("auth", "aoss:DescribeIndex on index/COLLECTION/one", index.open(url, settings))
end)

-- The page.

local function serve(dir, url, anonymous)
  local function fail(format, ...) error(host.error("integrity", format:format(...)), 0) end
  local ctx = { project = { path = function(_, path) return fs.join(dir, path) end }, fail = fail, usage = fail, say = function() end,
    warn = function() end }
  local page, served, gate = require "lib.serve.site".serve({ host = "127.0.0.1", port = 0, index = url, images = dir .. "/images",
    max_upload = 1000000, cache = 1 << 20, anonymous = anonymous }, ctx)
  return setmetatable({ port = page:port(), served = served, gate = gate }, { __close = function() page:close() page:wait() end })
end

test("the page is served from it, as long as it is there", function(url, client)
  local http_client = require "http_client"
  local dir = t.tmp()
  local docs = study.write(dir)
  study.run(dir, "index", { names = { "tuned" }, out = url })
  for _, anonymous in ipairs { false, true } do
    local page <close> = serve(dir, url, anonymous)
    local function get(target)
      local answer = assert(http_client.ask(page.port, { target = target }))
      return json.decode(answer.body), answer.status
    end
    local status = get "/api/status"
    local effusion = status.filters.finding[2]
    t.eq({ status.model, effusion.value, effusion.count }, { "tuned", "Effusion", 36 })
    local found = get("/api/query?text=Mass&k=5&view=PA").queries[1]
    t.eq({ #found.results, found.results[1].findings, found.results[1].image ~= nil }, { 5, { "Mass" }, not anonymous })
    local id = found.results[1].id
    local like = get("/api/query?k=119&like=" .. id).queries[1]
    t.eq({ #like.results, like.doc.findings }, { 119, { "Mass" } })
    for _, hit in ipairs(like.results) do t.ok(hit.id ~= id) end
    t.eq(select(2, get("/thumbnails/" .. (anonymous and "3" or docs[3].image))), 200)
    t.eq(select(2, get "/api/query?like=nothing"), 400)
    client:delete_index(client.name)
    local problem, code = get("/api/query?text=Mass&sex=F")
    t.eq({ code, problem.error.kind }, { 502, "http" })
    t.match(problem.error.message, "no such index")
    study.run(dir, "index", { names = { "tuned" }, out = url })
  end
end)

-- The command line.

on_real("index, query, index delete", function(url)
  local dir = t.tmp()
  study.write(dir)
  local function run(words)
    local status, out, err = t.run(("cd '%s' && HILUM_COLOR=never %s %s"):format(dir, t.hilum, words))
    return status, out .. err
  end
  t.match(select(2, run("index --out " .. url)), "is one index: name the embeddings")
  local status, said = run(("index base --out %s --engine lucene --bulk 10KiB"):format(url))
  t.eq(status, 0, said)
  t.match(said, "120 images, vectors of length 32\nnext: `hilum query %-%-text Effusion %-%-open %-%-index " .. url:gsub("%p", "%%%0"))
  t.match(select(2, run(("index base --out %s --compare --queries 20 --json"):format(url))), '"recall":1[,.]')
  status, said = run(("index delete base --out %s </dev/null"):format(url))
  t.eq({ status, said }, { 2, "hilum: nothing was deleted: say --yes\n" })
  t.eq({ run(("index delete base --yes --out %s"):format(url)) }, { 0, url .. ": deleted\n" })
  t.match(select(2, run(("index delete base --yes --out %s"):format(url))), "there is no index 'base'")
  t.match(select(2, run "index --engine faiss"), "%-%-engine is for an index on a server")
end)
