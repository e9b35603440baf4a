-- SPDX-License-Identifier: MIT
-- The fake OpenSearch. What a real OpenSearch 2.19 can be asked too is asked of both, and they have to answer the same, word by word;
-- what only AWS has, or version 3, is held against what is known of them.
local t = require "t"
local access = require "lib.fake.opensearch.access"
local fakes = require "opensearch_fakes"
local json = require "hilum.json"
local servers = require "servers"

local VECTOR = { type = "knn_vector", dimension = 2, method = { name = "hnsw", engine = "lucene", space_type = "l2" } }

local function vector(changes, method)
  local made = {}
  for name, value in pairs(VECTOR) do made[name] = value end
  for name, value in pairs(changes or {}) do made[name] = value end
  if method then
    made.method = { name = "hnsw", engine = "lucene", space_type = "l2" }
    for name, value in pairs(method) do made.method[name] = value end
  end
  return made
end

local function body_with(field) return { settings = { ["index.knn"] = true }, mappings = { properties = { embedding = field } } } end

local XRAYS = { settings = { index = { knn = true } }, mappings = { _meta = { by = "test" }, dynamic = false, properties = {
  embedding = VECTOR, filename = { type = "keyword" }, findings = { type = "keyword" }, diagnoses = { type = "text" },
  row = { type = "integer" }, age = { type = "float" } } } }

local DOCUMENTS = {
  { filename = "a.png", findings = { "Mass", "Hernia" }, diagnoses = "Mass, Hernia", row = 1, age = 0.5, embedding = { 1, 0 } },
  { filename = "b.png", findings = { "Mass" }, diagnoses = "Mass", row = 2, embedding = { 0, 1 } },
  { filename = "c.png", findings = "Pleural_Thickening", diagnoses = "Pleural Thickening of the MASS-like (x2.5) kind", row = 3,
    embedding = { 1, 1 } },
  { filename = "d.png", row = 4, more = { deep = 1 } },
}

local function load_documents(ask, name, documents)
  local lines = {}
  for i, document in ipairs(documents or DOCUMENTS) do
    lines[2 * i - 1], lines[2 * i] = { index = { _id = tostring(i) } }, document
  end
  return ask(("POST %s/_bulk?refresh=true"):format(name), lines)
end

local function knn(vector_of, options)
  local body = { vector = vector_of, k = 3 }
  for name, value in pairs(options or {}) do body[name] = value end
  return { knn = { embedding = body } }
end

-- What is asked, in order: { "METHOD path", body }; INDEX in a path is an index of the test.
local SAME = {}

SAME["indexes are made, shown, changed and deleted"] = {
  { "HEAD INDEX" }, { "GET INDEX" }, { "PUT INDEX", XRAYS }, { "PUT INDEX", XRAYS }, { "HEAD INDEX" }, { "GET INDEX/_mapping" },
  { "GET INDEX" }, { "PUT INDEX/_mapping", { properties = { z = { type = "long" } } } },
  { "PUT INDEX/_mapping", { properties = { row = { type = "keyword" } } } }, { "PUT INDEX/_mapping", { _meta = { by = "other" } } },
  { "GET INDEX/_mapping" }, { "GET _cat/indices/INDEX?format=json" }, { "POST INDEX/_refresh" }, { "DELETE INDEX" }, { "DELETE INDEX" },
  { "GET INDEX/_mapping" }, { "POST INDEX/_search", {} }, { "POST INDEX/_count" }, { "POST INDEX/_refresh" },
  { "PUT Upper" }, { "PUT _begins" }, { "PUT a,b" }, { "PUT a*" }, { "POST INDEX" }, { "PATCH INDEX" }, { "GET _nothing" },
  { "PUT INDEX", { settinks = { x = 1 } } }, { "PUT INDEX", { settings = { ["index.nothing"] = 1 } } },
  { "PUT INDEX", { mappings = { properties = { a = { type = "nothing" } } } } },
}

SAME["what a field of vectors may be"] = {
  { "PUT INDEX", { mappings = { properties = { embedding = VECTOR } } } },
  { "PUT INDEX", body_with { type = "knn_vector" } },
  { "PUT INDEX", body_with { type = "knn_vector", dimension = 20000 } },
  { "PUT INDEX", body_with(vector({}, { engine = "nothing" })) },
  { "PUT INDEX", body_with(vector({}, { space_type = "l1" })) },
  { "PUT INDEX", body_with(vector({}, { name = "ivf" })) },
  { "PUT INDEX", body_with(vector({}, { parameters = { x = 1 } })) },
  { "PUT INDEX", body_with(vector { space_type = "cosinesimil" }) },
  { "PUT INDEX", body_with { type = "knn_vector", dimension = 2, compression_level = "3x" } },
  { "PUT INDEX", body_with { type = "knn_vector", dimension = 2, mode = "on_disk" } }, { "GET INDEX/_mapping" }, { "DELETE INDEX" },
  { "PUT INDEX", body_with { type = "knn_vector", dimension = 2 } }, { "GET INDEX/_mapping" }, { "DELETE INDEX" },
}

SAME["documents are written, read, changed and deleted"] = {
  { "PUT INDEX", XRAYS }, { "POST INDEX/_doc", DOCUMENTS[1] }, { "PUT INDEX/_doc/x1", DOCUMENTS[2] },
  { "PUT INDEX/_doc/x1", DOCUMENTS[2] },
  { "PUT INDEX/_create/x1", DOCUMENTS[2] }, { "GET INDEX/_doc/x1" }, { "GET INDEX/_doc/x1?_source=false" }, { "GET INDEX/_doc/none" },
  { "HEAD INDEX/_doc/none" }, { "POST INDEX/_mget", { ids = { "x1", "none" } } },
  { "POST INDEX/_update/x1", { doc = { row = 22 } } }, { "POST INDEX/_update/x1", { doc = { row = 22 } } },
  { "POST INDEX/_update/none", { doc = { row = 22 } } }, { "DELETE INDEX/_doc/x1" }, { "DELETE INDEX/_doc/x1" },
  { "POST INDEX/_doc?refresh=wait_for", DOCUMENTS[3] }, { "POST INDEX/_doc?refresh=maybe", DOCUMENTS[3] },
  { "POST INDEX/_doc?foo=1", DOCUMENTS[3] }, { "POST INDEX/_search?_source=false" },
  { "POST INDEX/_doc", { embedding = { 1, 0, 1 } } }, { "POST INDEX/_doc", '{"embedding": ["x", 1]}' },
  { "POST INDEX/_doc", { row = "many" } }, { "POST INDEX/_doc", "[1]" }, { "POST INDEX/_doc", "" },
}

SAME["many documents in one request"] = {
  { "PUT INDEX", XRAYS },
  { "POST INDEX/_bulk", { { index = { _id = "x2" } }, DOCUMENTS[1], { create = { _id = "x2" } }, DOCUMENTS[2],
    { update = { _id = "x2" } }, { doc = { row = 33 } }, { update = { _id = "none" } }, { doc = { row = 33 } },
    { delete = { _id = "none" } }, { index = {} }, { embedding = { 1 } } } },
  { "POST INDEX/_bulk", '{"index":{}}\n{"row":1}' }, { "POST INDEX/_bulk", { { indexx = {} }, { row = 1 } } },
  { "POST INDEX/_bulk", { '{"index":{}}' } }, { "POST INDEX/_bulk", "" }, { "POST _bulk", { '{"index":{}}', { row = 1 } } },
  { "POST INDEX/_bulk?refresh=true", { '{"index":{}}', DOCUMENTS[3] } }, { "POST INDEX/_count" },
}

SAME["a document makes an index, and its vector is none"] = {
  { "POST INDEX/_doc?refresh=true", { filename = "a", n = 1, f = 1.5, b = true, o = { p = "q" }, embedding = { 0.5, 1.5 } } },
  { "GET INDEX/_mapping" }, { "POST INDEX/_search", { query = knn { 1, 0 } } }, { "POST INDEX/_doc", { n = "many" } },
}

local function searches(...)
  local list = {}
  for i, body in ipairs { ... } do list[i] = { "POST INDEX/_search", body } end
  return list
end

-- For these the documents are there.
local FOUND = {}

FOUND["searches for vectors"] = searches(
  { query = knn { 1, 0.9 }, _source = false, fields = { "filename", "diagnoses", "row", "nothing" } },
  { query = knn({ 1, 0.9 }, { filter = { term = { findings = "Mass" } } }), _source = { "filename" } },
  { query = { bool = { must = { knn({ 1, 0.9 }, { k = 1 }) }, filter = { { term = { findings = "Mass" } } } } } },
  { query = knn({ 1, 0.9 }, { k = 1 }), size = 2 }, { query = knn({ 1, 0.9 }, { method_parameters = { ef_search = 2 } }) },
  { query = { knn = { embedding = { vector = { 1, 0.9 }, min_score = 0.6 } } } },
  { query = knn { 1, 1, 1 } }, { query = { knn = { embedding = { vector = { 1, 1 } } } } }, { query = knn({ 1, 1 }, { k = 0 }) },
  { query = knn({ 1, 1 }, { k = 10001 }) }, { query = { knn = { embedding = { k = 1 } } } },
  { query = { knn = { filename = { vector = { 1, 1 }, k = 1 } } } }, { query = knn({ 1, 1 }, { nothing = 1 }) },
  { query = knn(json.array {}) },
  { query = { bool = { should = { { match = { diagnoses = "mass" } }, knn({ 1, 0 }, { k = 2 }) } } }, _source = false },
  { search_pipeline = { phase_results_processors = { { ["normalization-processor"] = { normalization = { technique = "min_max" },
    combination = { technique = "arithmetic_mean", parameters = { weights = { 0.3, 0.7 } } } } } } }, _source = false,
    query = { hybrid = { queries = { { match = { diagnoses = "mass" } }, knn({ 1, 0 }, { k = 2 }) } } } })

local function query(one) return { query = one, _source = false } end

FOUND["searches for words and values"] = searches({}, query { match_all = json.decode "{}" },
  query { match = { diagnoses = "mass hernia" } },
  query { match = { diagnoses = { query = "mass hernia", operator = "and" } } }, query { match = { diagnoses = "LIKE" } },
  query { match = { diagnoses = "2.5" } }, query { match = { diagnoses = "x2.5" } }, query { match = { filename = "a.png" } },
  query { term = { diagnoses = "Mass" } }, query { term = { findings = "Mass" } },
  query { term = { findings = { value = "Mass", boost = 2 } } }, query { term = { row = 2 } }, query { term = { row = "many" } },
  query { terms = { filename = { "a.png", "c.png" } } }, query { range = { row = { gt = 1, lte = 3 } } },
  query { prefix = { filename = "a" } }, query { exists = { field = "age" } }, query { ids = { values = { "1", "9" } } },
  query { match_none = json.decode "{}" }, query { bool = json.decode "{}" },
  query { bool = { must_not = { { term = { findings = "Mass" } } } } },
  query { bool = { should = { { match = { diagnoses = "mass" } }, { match = { diagnoses = "hernia" } } }, minimum_should_match = 2 } },
  query { bool = { filter = { { match_all = json.decode "{}" } }, should = { { term = { filename = "a.png" } } } } },
  query { nothing = json.decode "{}" }, { quary = { a = 1 } }, { size = -1 }, { size = 10001 })

FOUND["what answers have, and in which order"] = searches(
  { from = 1, size = 1, sort = { "_doc" }, _source = { "f*", "row" } },
  { sort = { { row = { order = "desc" } }, "_score" }, _source = { includes = { "*" }, excludes = { "embedding", "d*" } } },
  { sort = { { filename = "asc" } }, _source = "filename", fields = { "find*" } }, { sort = { { nothing = "asc" } } },
  { search_after = { 1 }, sort = { { row = "asc" } }, _source = false }, { _source = { "more.deep", "nothing" } },
  { query = { term = { row = 2 } }, track_total_hits = false, _source = false }, { min_score = 2 },
  { size = 0, track_total_hits = true, aggs = { rows = { max = { field = "row" } }, low = { min = { field = "row" } },
    mean = { avg = { field = "row" } }, sum = { sum = { field = "row" } }, kinds = { cardinality = { field = "findings" } },
    values = { value_count = { field = "findings" } }, none = { max = { field = "nothing" } } } },
  { size = 0, aggs = { all = { terms = { field = "findings" } }, first = { terms = { field = "findings", size = 1 } },
    numbers = { terms = { field = "row" } },
    some = { filter = { term = { findings = "Mass" } }, aggs = { rows = { max = { field = "row" } } } } } },
  { size = 0, aggs = { all = { terms = { field = "diagnoses" } } } }, { size = 0, aggs = { all = { nothing = { field = "row" } } } })

FOUND["counts, and several searches in one request"] = {
  { "POST INDEX/_count", { query = { term = { findings = "Mass" } } } }, { "POST INDEX/_count", { size = 1 } },
  { "POST INDEX/_msearch", { "{}", { size = 0 }, { index = "nothing" }, "{}", "{}", { sort = { { nothing = "asc" } } } } },
  { "POST INDEX/_msearch", { "{}", { query = { nothing = {} } } } }, { "POST INDEX/_msearch", '{}\n{"size":0}' },
}

local function sorted_names(groups)
  local names = {}
  for name in pairs(groups) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local there <close>, why = servers.opensearch()
local real = there
local ask_real = real and fakes.asking(real.url)
local version = real and ask_real("GET ").version.number
if version and not version:find "^2%.19%." then real, why = nil, "it is version " .. version end

-- Asks both; where they are not the same the test fails with what was asked.
local function compare(group, name, prepare)
  local fake <close> = fakes.serve { flavour = "2", looks = 0 }
  local ask_fake = fakes.asking(fake.url)
  if prepare then
    for _, ask in ipairs { ask_fake, ask_real } do prepare(ask, name) end
  end
  for _, case in ipairs(group) do
    local what = case[1]:gsub("INDEX", name)
    local answer, status = ask_fake(what, case[2])
    local real_answer, real_status = ask_real(what, case[2])
    local label = ("%s %s"):format(what, type(case[2]) == "table" and json.encode(case[2]) or case[2] or "")
    t.eq({ status, fakes.steady(answer) }, { real_status, fakes.steady(real_answer) }, label)
  end
  ask_real("DELETE " .. name)
end

local function with_documents(ask, name)
  t.eq(ask("PUT " .. name, XRAYS).acknowledged, true)
  t.eq(load_documents(ask, name).errors, false)
end

for prepare, groups in pairs { [false] = SAME, [with_documents] = FOUND } do
  for _, title in ipairs(sorted_names(groups)) do
    if real then
      t.test("fake and OpenSearch: " .. title, function() compare(groups[title], real.index_name(), prepare) end)
    else
      t.skip("fake and OpenSearch: " .. title, why)
    end
  end
end

-- Scores of each engine in each space, with vectors of all kinds.
local MIXED = { { row = 1, embedding = { 1, 0 }, findings = "Mass" }, { row = 2, embedding = { 3, 4 } },
  { row = 3, embedding = { -1, 0.5 } }, { row = 4 }, { row = 5, embedding = { 0, 0 } } }
local SCORES = searches({ query = knn({ 2, 1 }, { k = 10 }), _source = false },
  { query = knn({ 2, 1 }, { k = 1, filter = { term = { findings = "Mass" } } }), _source = false },
  { query = knn({ 0, 0 }, { k = 2 }), _source = false })

for _, engine in ipairs { "lucene", "faiss", "nmslib" } do
  for _, space in ipairs { "l2", "cosinesimil", "innerproduct" } do
    local title = ("fake and OpenSearch: scores of %s with %s"):format(engine, space)
    if real then
      t.test(title, function()
        compare(SCORES, real.index_name(), function(ask, name)
          local body = body_with(vector({}, { engine = engine, space_type = space }))
          body.mappings.properties.findings = { type = "keyword" }
          t.eq(ask("PUT " .. name, body).acknowledged, true)
          t.eq(load_documents(ask, name, MIXED).errors, space == "cosinesimil")
        end)
      end)
    else
      t.skip(title, why)
    end
  end
end

-- What only AWS has, and version 3.

-- The index of the original notebook.
local NOTEBOOK = { settings = { ["index.knn"] = true }, mappings = { properties = {
  embedding = { type = "knn_vector", dimension = 2, method = { engine = "nmslib", space_type = "l2", name = "hnsw",
    parameters = { ef_construction = 128, m = 24 } } }, filename = { type = "text" }, diagnoses = { type = "text" } } } }

local function reason(answer) return answer.error.reason end

t.test("who takes the notebook's index", function()
  local refusals = {}
  for _, flavour in ipairs { "2", "3", "classic", "nextgen" } do
    local fake <close> = fakes.serve { flavour = flavour }
    local answer, status = fakes.asking(fake.url)("PUT xrays", NOTEBOOK)
    t.eq(status, answer.acknowledged and 200 or 400)
    refusals[flavour] = answer.error and reason(answer):gsub("^Failed to parse mapping %[_doc%]: ", "") or nil
  end
  t.eq(refusals, { nextgen = "Field parameter 'engine' is not supported",
    ["3"] = "nmslib engine is deprecated in OpenSearch  and cannot be used for new index creation in OpenSearch from  3.0.0." })
end)

t.test("Serverless classic: no ids, no refresh, nothing about itself", function()
  local fake <close> = fakes.serve { flavour = "classic", settling = 1 }
  local ask = fakes.asking(fake.url)
  t.eq({ select(2, ask "GET "), select(2, ask "GET _cluster/health"), select(2, ask "POST _refresh") }, { 404, 404, 404 })
  t.match(reason(ask("PUT xrays", { settings = { number_of_replicas = 0 } })), "unknown setting")
  t.eq(select(2, ask("PUT xrays", NOTEBOOK)), 200)
  local document = { filename = "a", embedding = { 1, 0 } }
  t.match(reason(ask("POST xrays/_doc", document)), "no such index", "a new index is not known everywhere")
  t.match(reason(ask("PUT xrays/_doc/1", document)), "^Document ID is not supported in create/index operation request")
  t.eq(reason(ask("POST xrays/_doc?refresh=true", document)), "true refresh policy is not supported.")
  local answer = ask("POST xrays/_bulk", { { index = { _id = "1" } }, document, '{"index":{}}', document })
  t.eq({ answer.errors, answer.items[1].index.status, answer.items[2].index.status }, { true, 400, 201 })
  t.eq(ask("POST xrays/_search", {}).hits.total.value, 0, "not refreshed yet")
  t.eq(ask("POST xrays/_bulk", { { delete = { _id = answer.items[2].index._id } }, '{"index":{}}', document }).errors, false)
  local looks = 0
  repeat looks = looks + 1 until ask("POST xrays/_count").count == 1 or looks > 9
  t.ok(looks > 1 and looks < 4, looks)
end)

t.test("what is refreshed by time alone", function()
  local fake <close> = fakes.serve { flavour = "classic", delay = 0, looks = math.huge }
  local ask = fakes.asking(fake.url)
  ask("PUT xrays", NOTEBOOK)
  ask("POST xrays/_doc", { filename = "a" })
  t.eq(ask("POST xrays/_count").count, 1)
end)

t.test("NextGen: ids, no engine, vectors out of sight", function()
  local fake <close> = fakes.serve { flavour = "nextgen", looks = 0 }
  local ask = fakes.asking(fake.url)
  t.match(reason(ask("PUT xrays", body_with(vector()))), "Field parameter 'engine' is not supported")
  t.match(reason(ask("PUT xrays", body_with { type = "knn_vector", dimension = 2, mode = "on_disk" })), "Field parameter 'mode'")
  local field = { type = "knn_vector", dimension = 2, space_type = "cosinesimil", compression_level = "1x",
    method = { name = "hnsw", parameters = { m = 24 } } }
  t.eq(select(2, ask("PUT xrays", body_with(field))), 200)
  t.eq(ask("GET xrays/_mapping").xrays.mappings.properties.embedding, field)
  local document = { filename = "a", embedding = { 0.6, 0.8 } }
  for _ = 1, 2 do t.eq(ask("POST xrays/_bulk", { { index = { _id = "a" } }, document }).errors, false) end
  local function source(wanted) return ask("POST xrays/_search", { query = knn { 3, 4 }, _source = wanted }).hits.hits[1]._source end
  t.eq({ source(), source(true), source { "embedding" } }, { { filename = "a" }, document, { embedding = { 0.6, 0.8 } } })
  t.near(ask("POST xrays/_search", { query = knn { 3, 4 } }).hits.max_score, 1, 1e-6)
  local radial = { query = { knn = { embedding = { vector = { 3, 4 }, min_score = 0.9 } } } }
  t.eq(ask("POST xrays/_search", radial).hits.total.value, 1)
  ask("PUT small", body_with { type = "knn_vector", dimension = 2 })
  t.match(ask("POST small/_search", radial).error.root_cause[1].reason, "Radial search is not supported")
end)

t.test("version 3 says what it is, and weighs words without the old factor", function()
  local scores = {}
  for _, flavour in ipairs { "2", "3" } do
    local fake <close> = fakes.serve { flavour = flavour, looks = 0 }
    local ask = fakes.asking(fake.url)
    t.match(ask("GET ").version.number, "^" .. flavour)
    ask("POST xrays/_doc", { diagnoses = "Mass" })
    scores[flavour] = ask("POST xrays/_search", query { match = { diagnoses = "mass" } }).hits.max_score
  end
  t.near(scores["2"] / scores["3"], 2.2, 1e-6)
end)

t.test("limits, and documents that fail when a test wants it", function()
  local fake <close> = fakes.serve { flavour = "classic" }
  local ask = fakes.asking(fake.url)
  ask("PUT xrays", NOTEBOOK)
  local answer, status = ask("POST xrays/_doc", ("x"):rep((10 << 20) + 1))
  t.eq({ answer, status }, { "Request size exceeded 10485760 bytes", 413 })
  fake.opensearch.item_faults = { false, { status = 429, type = "es_rejected_execution_exception", reason = "rejected" } }
  local lines = { '{"index":{}}', { filename = "a" }, '{"index":{}}', { filename = "b" }, '{"index":{}}', { filename = "c" } }
  local statuses = {}
  for i, item in ipairs(ask("POST xrays/_bulk", lines).items) do statuses[i] = item.index.status end
  t.eq(statuses, { 201, 429, 201 })
end)

-- Who is let in.

local VARIABLES = { AWS_ACCESS_KEY_ID = "hilumtest", AWS_SECRET_ACCESS_KEY = "hilumsecret", AWS_REGION = "us-east-1", HOME = "/none",
  HILUM_OPENSEARCH_USER = "me", HILUM_OPENSEARCH_PASSWORD = "secret" }

-- What a fake that asks who it is says to hilum's client of that kind.
local function ask_as(kind, authorize, changes)
  local fake <close> = fakes.serve { flavour = "2", authorize = authorize }
  local function getenv(name) return changes and changes[name] or VARIABLES[name] end
  local client = assert(require "lib.opensearch".open(fake.url, { auth = kind, getenv = getenv, sleep = function() end }))
  return client:count("xrays")
end

t.test("a server that asks for signatures or a password, and gets them, or does not", function()
  local account = { credentials = { hilumtest = "hilumsecret" }, region = "us-east-1" }
  for kind, authorize in pairs { es = access.signed("es", account), aoss = access.signed("aoss", account),
    basic = access.basic("me", "secret") } do
    t.fails("http", "no such index", ask_as(kind, authorize))
    local changes = { AWS_SECRET_ACCESS_KEY = "other", HILUM_OPENSEARCH_PASSWORD = "other" }
    local _, err = ask_as(kind, authorize, changes)
    t.eq(err.status, kind == "basic" and 401 or 403)
    t.eq(select(2, ask_as("none", authorize, {})).status, kind == "basic" and 401 or 403)
  end
  t.eq(select(2, ask_as("es", access.signed("aoss", account))).status, 403)
end)

-- Through AWS: a collection.

local ME = "arn:aws:iam::123456789012:user/tester"

local function collection_of(aoss)
  assert(aoss:create_policy("encryption", "xrays", { Rules = { { ResourceType = "collection", Resource = { "collection/xrays" } } },
    AWSOwnedKey = true }))
  assert(aoss:create_collection { name = "xrays", type = "VECTORSEARCH" })
  local found
  repeat found = assert(aoss:collection "xrays") until found.status == "ACTIVE"
  return found
end

local function data_policy(principals, permissions)
  return { { Rules = { { ResourceType = "index", Resource = { "index/xrays/*" }, Permission = permissions or { "aoss:*" } } },
    Principal = principals } }
end

t.test("a collection lets in whom its policies name, and says no more than that to others", function()
  local aws_fake = require "aws_fake"
  local server <close> = aws_fake.serve {}
  local session = aws_fake.session(server)
  local aoss = require "lib.aws.aoss".client(session)
  local data = require "lib.aws.call".client { session = session, service = "opensearchserverless", protocol = "rest-json",
    endpoint = collection_of(aoss).collectionEndpoint }
  local function create(name) return data:call { op = "CreateIndex", method = "PUT", path = "/" .. name, body = NOTEBOOK } end
  local function is_refused() t.fails("auth", "403 Forbidden", create "a") end
  local function change(principals, permissions)
    assert(aoss:update_policy("data", "xrays", data_policy(principals, permissions), aoss:policy("data", "xrays").version))
  end
  is_refused()
  assert(aoss:create_policy("data", "xrays", data_policy { ME }))
  is_refused()
  assert(aoss:create_policy("network", "xrays", { { AllowFromPublic = true,
    Rules = { { ResourceType = "collection", Resource = { "collection/xrays" } } } } }))
  t.eq(create("a").index, "a")
  change { "arn:aws:iam::123456789012:user/another" }
  is_refused()
  change({ ME }, { "aoss:ReadDocument" })
  is_refused()
  t.eq(data:call({ op = "Count", method = "POST", path = "/a/_count", body = json.decode "{}" }).count, 0)
  server.fake.caller = "arn:aws:sts::123456789012:assumed-role/notebook/session"
  for _, principal in ipairs { "arn:aws:iam::123456789012:role/notebook", "arn:aws:sts::123456789012:assumed-role/notebook/*" } do
    change({ ME })
    is_refused()
    change { principal }
    t.eq(create("b" .. #principal).acknowledged, true)
  end
end)
