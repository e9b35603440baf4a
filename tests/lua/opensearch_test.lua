-- SPDX-License-Identifier: MIT
-- The client of OpenSearch: whose a URL is, who asks, what an error says, and how much is sent at once.
local t = require "t"
local access = require "lib.opensearch.access"
local address = require "lib.opensearch.address"
local bulk = require "lib.opensearch.bulk"
local capabilities = require "lib.opensearch.capabilities"
local documents = require "lib.index.remote.documents"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local home = require "aws_home"
local json = require "hilum.json"
local mapping = require "lib.index.remote.mapping"
local opensearch = require "lib.opensearch"

local KEYS = { AWS_ACCESS_KEY_ID = "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY = "secret", AWS_REGION = "us-east-1" }

local function answer(value) return { headers = { ["Content-Type"] = "application/json" }, body = json.encode(value) } end

-- A client with these variables; it does not wait.
local function client(url, settings, variables)
  settings = settings or {}
  settings.getenv, settings.sleep = home.make({}, variables).getenv, function() end
  return opensearch.open(url, settings)
end

t.test("a URL says whose server it is, and which index", function()
  local function parsed(url)
    local place = assert(address.parse(url))
    return { place.url, place.name, place.service, place.region, place.generation, place.collection }
  end
  t.eq(parsed "https://search.example.org:9200", { "https://search.example.org:9200" })
  t.eq(parsed "https://search.example.org:9200/chest", { "https://search.example.org:9200", "chest" })
  t.eq(parsed "https://example.org/opensearch/", { "https://example.org/opensearch" })
  t.eq(parsed "http://127.0.0.1:9200/opensearch/chest", { "http://127.0.0.1:9200/opensearch", "chest" })
  t.eq(parsed "https://abc123.us-west-2.aoss.amazonaws.com/chest",
    { "https://abc123.us-west-2.aoss.amazonaws.com", "chest", "opensearchserverless", "us-west-2", "classic" })
  t.eq(parsed "https://abc123.aoss.eu-west-1.on.aws",
    { "https://abc123.aoss.eu-west-1.on.aws", nil, "opensearchserverless", "eu-west-1", "nextgen" })
  t.eq(parsed "https://123456789012.aoss.eu-west-1.on.aws/images/chest",
    { "https://123456789012.aoss.eu-west-1.on.aws", "chest", "opensearchserverless", "eu-west-1", "nextgen", "images" })
  t.eq(parsed "https://search-lab-x1.us-east-1.es.amazonaws.com",
    { "https://search-lab-x1.us-east-1.es.amazonaws.com", nil, "es", "us-east-1" })
  t.eq(parsed "http://127.0.0.1:4566/collections/0042", { "http://127.0.0.1:4566/collections/0042", nil, "opensearchserverless" })
  t.fails("usage", "looks like https://HOST/NAME", address.parse "https://")
  t.fails("usage", "no slash", address.parse "http://127.0.0.1:4566/collections/0042/a/b")
  t.fails("usage", "a password in it ends up in records", address.parse "https://me:secret@search.example.org")
end)

t.test("Serverless: signed for aoss, with the hash of the body and without its length", function()
  local server <close> = home.server { ["POST /chest/_count"] = answer { count = 7 }, ["GET /chest/_mapping"] = answer {} }
  local one = client(server.url .. "/chest", { auth = "aoss" }, KEYS)
  t.eq({ one:count("chest"), one:info() }, { 7, false })
  assert(one:mapping("chest"))
  for i, body in ipairs { '{"query":{"match_all":{}}}', "" } do
    local headers = server.requests[i].headers
    t.eq(headers["x-amz-content-sha256"], hash.sha256(body))
    local signed = headers.authorization:match("/us%-east%-1/aoss/aws4_request, SignedHeaders=(%S+),")
    t.ok(signed:find("x-amz-content-sha256", 1, true) and not signed:find("content-length", 1, true), signed)
  end
end)

t.test("a managed domain is signed for es; the account's host names the collection in a signed header", function()
  local server <close> = home.server { ["GET /"] = answer { version = { number = "2.19.0" } } }
  local domain = client(server.url, { auth = "es" }, KEYS)
  t.eq(assert(domain:info()).version.number, "2.19.0")
  t.match(server.requests[1].headers.authorization, "/us%-east%-1/es/aws4_request")
  local place = assert(address.parse "https://123456789012.aoss.eu-west-1.on.aws/images/chest")
  local who = assert(access.open(place, { getenv = home.make({}, KEYS).getenv }))
  t.eq({ who.kind, who.region, who.headers["x-amz-aoss-collection-name"] }, { "aoss", "eu-west-1", "images" })
end)

t.test("a server is Serverless where the user has said so", function()
  local place = assert(address.parse "http://127.0.0.1:4566/chest")
  local function kind(name, url)
    local variables = { [name] = url, AWS_ACCESS_KEY_ID = "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY = "secret", AWS_REGION = "us-east-1" }
    return assert(access.open(place, { getenv = home.make({}, variables).getenv })).kind
  end
  t.eq(kind("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"), "aoss")
  t.eq(kind("AWS_ENDPOINT_URL_OPENSEARCHSERVERLESS", "http://127.0.0.1:4566/"), "aoss")
  t.eq(kind("AWS_ENDPOINT_URL", "http://127.0.0.1:9000"), "none")
end)

t.test("a user comes from the environment or from .netrc, and over https only", function()
  local server <close> = home.server { ["GET /"] = answer {} }
  local function sent(variables, settings)
    assert(assert(client(server.url, settings, variables)):info())
    return server.requests[#server.requests].headers.authorization
  end
  t.eq(sent {}, nil)
  t.eq(sent { HILUM_OPENSEARCH_USER = "me", HILUM_OPENSEARCH_PASSWORD = "pa:ss" }, "Basic " .. hash.base64 "me:pa:ss")
  t.eq(sent({ HILUM_OPENSEARCH_USER = "me" }, { auth = "none" }), nil)
  local path = t.tmp() .. "/netrc"
  assert(fs.write(path, "machine other login a password b\nmachine 127.0.0.1\n  login lab password secret\n"))
  t.eq(sent { NETRC = path }, "Basic " .. hash.base64 "lab:secret")
  t.fails("usage", "set HILUM_OPENSEARCH_USER", client(server.url, { auth = "basic" }))
  local plain = assert(address.parse "http://search.example.org:9200")
  t.fails("usage", "use https", access.open(plain, { getenv = home.make({}, { HILUM_OPENSEARCH_USER = "me" }).getenv }))
end)

t.test("certificates are verified, by those that are named if the server has its own", function()
  package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
  local paths = require "certificates".make(t.tmp())
  local server <close> = require "http_server".start({ certificate = paths.certificate, key = paths.key },
    function() return { body = '{"version":{"number":"2.19.1"}}' } end)
  t.eq(assert(assert(client(server.url, { ca = paths.ca })):info()).version.number, "2.19.1")
  t.fails("tls", "%-%-ca FILE names the certificate", client(server.url):info())
end)

t.test("errors say what happened and what to do", function()
  local routes = {}
  local server <close> = home.server(routes)
  local function failing(status, body, settings, variables)
    routes["POST /chest/_search"] = { status = status, body = body,
      headers = { ["X-Request-Id"] = "r-1", ["X-Aoss-Response-Hint"] = settings and "X01:gw" } }
    return client(server.url .. "/chest", settings, variables):search("chest", {})
  end
  t.fails("auth", "%[X01:gw%].*r%-1.*data access policy.*aoss:ReadDocument on index/COLLECTION/chest.*aoss:APIAccessAll",
    failing(403, '{"status":403,"error":{"reason":"403 Forbidden","type":"Forbidden"}}', { auth = "aoss" }, KEYS))
  t.fails("auth", "set HILUM_OPENSEARCH_USER", failing(401, "Unauthorized"))
  t.fails("auth", "not a user that it knows", failing(401, "", { auth = "basic" }, { HILUM_OPENSEARCH_USER = "me" }))
  t.fails("http", "no such index %[chest%].*`hilum index %-%-out URL` makes it",
    failing(404, '{"error":{"type":"index_not_found_exception","reason":"no such index [chest]"},"status":404}'))
  t.fails("http", "Field 'embedding' is not knn_vector type", failing(400, [[{"error":{"root_cause":[{"type":"query_shard_exception",
    "reason":"failed to create query"}],"type":"search_phase_execution_exception","reason":"all shards failed",
    "caused_by":{"type":"illegal_argument_exception","reason":"Field 'embedding' is not knn_vector type."}},"status":400}]]))
  local before = #server.requests
  t.fails("http", "HTTP 429, request r%-1%) %(tried 3 times%); it has too much to do", failing(429, ""))
  t.eq(#server.requests, before + 3)
  local _, err = failing(404, "{}")
  t.match(tostring(err), "^opensearch.Search: " .. server.url:gsub("%p", "%%%0") .. "/chest: ")
end)

t.test("one search that fails among several fails all, with its own words", function()
  local server <close> = home.server { ["POST /chest/_msearch"] = answer { responses = { { hits = {} },
    { status = 400, error = { type = "parsing_exception", reason = "unknown query" } } } } }
  local one = client(server.url)
  t.fails("http", "parsing_exception: unknown query", one:searches("chest", { "{}", "{}" }))
  t.eq(server.requests[1].body, "{}\n{}\n{}\n{}\n")
  t.eq(server.requests[1].headers["content-type"], "application/x-ndjson")
end)

t.test("what a server can do is found out", function()
  local info = {}
  local server <close> = home.server { ["GET /"] = function() return answer(info) end }
  local one = client(server.url)
  local function chosen(distribution, number, wanted)
    info = { version = { distribution = distribution, number = number }, tagline = "x" }
    local found, err = capabilities.detect(one)
    if not found then return nil, err end
    local choice, why = capabilities.choose(found, wanted or {})
    if not choice then return nil, why end
    return choice.engine .. " " .. choice.space
  end
  t.eq(chosen("opensearch", "3.1.0"), "faiss cosinesimil")
  t.eq(chosen("opensearch", "2.19.1"), "faiss cosinesimil")
  t.eq(chosen("opensearch", "2.17.0"), "faiss innerproduct")
  t.eq(chosen("opensearch", "2.6.0"), "lucene cosinesimil")
  t.eq(chosen("opensearch", "2.17.0", { engine = "lucene", space = "l2" }), "lucene l2")
  t.fails("usage", "2.4 or later is needed", chosen("opensearch", "1.3.2"))
  t.fails("usage", "Elasticsearch 8.11.0, not OpenSearch", chosen(nil, "8.11.0"))
  t.fails("usage", "no %-%-engine faiss", chosen("opensearch", "2.6.0", { engine = "faiss" }))
end)

t.test("the body of an index is that of its target", function()
  local function vector_of(found, options)
    local choice = assert(capabilities.choose(found, options or {}))
    local body = mapping.body(found, choice, mapping.meta(found, choice, { model = "m", length = 384, embedded = "image" }, "tuned"),
      options or {})
    t.eq({ body.settings["index.knn"], body.mappings.properties.findings.type, body.mappings.properties.diagnoses.type,
      body.mappings._meta.hilum.model }, { true, "keyword", "text", "m" })
    return body.mappings.properties.embedding
  end
  local graph = { m = 24, ef_construction = 128 }
  t.eq(vector_of(capabilities.serverless "classic"), { type = "knn_vector", dimension = 384, method = { name = "hnsw", engine = "faiss",
    space_type = "innerproduct", parameters = graph } })
  t.eq(vector_of(capabilities.serverless "nextgen"), { type = "knn_vector", dimension = 384, space_type = "cosinesimil",
    compression_level = "1x", method = { name = "hnsw", parameters = graph } })
  t.eq(vector_of(capabilities.serverless "nextgen", { compression = "32x", hnsw = { m = 8 } }).method.parameters,
    { m = 8, ef_construction = 128 })
  t.fails("usage", "chooses the engine itself", capabilities.choose(capabilities.serverless "nextgen", { engine = "faiss" }))
end)

t.test("a record becomes a document and comes back", function()
  local doc = { image = "a/1.png", findings = { "Pleural_Thickening", "Mass" }, caption = "x", patient = "7", age = 50, more = { 1 } }
  local line = documents.encode(doc, 12, documents.numbers { 0.5, -1e-7, 1 / 3 })
  local made = json.decode(line)
  t.eq({ made.filename, made.image, made.row, made.diagnoses }, { "a/1.png", nil, 12, "Pleural Thickening, Mass" })
  t.near(made.embedding[3], 1 / 3, 1e-9)
  t.eq({ documents.decode(made) }, { doc, 12 })
end)

-- Writing many.

-- A server that answers bulk requests by status(id, how often it came): {client, sizes, seen (by id), close}.
local function bulk_server(status)
  local sent = { sizes = {}, seen = {}, under_way = 0, most = 0 }
  local server = home.server { ["POST /chest/_bulk"] = function(request)
    sent.under_way = sent.under_way + 1
    sent.most = math.max(sent.most, sent.under_way)
    sent.sizes[#sent.sizes + 1] = #request.body
    require "hilum.task".sleep(0)
    local items, errors = {}, false
    for id in request.body:gmatch('"_id":"(%d+)"') do
      sent.seen[id] = (sent.seen[id] or 0) + 1
      local code = status(id, sent.seen[id], #request.body)
      if code == 413 then items = nil break end
      errors = errors or code > 299
      items[#items + 1] = { index = { _id = id, status = code, error = code > 299 and { type = "mapper_parsing_exception",
        reason = "failed to parse", caused_by = { reason = "not a number" } } or nil } }
    end
    sent.under_way = sent.under_way - 1
    if not items then return { status = 413, body = "too large" } end
    return answer { errors = errors, items = items }
  end }
  sent.client = client(server.url)
  return sent, server
end

local function write(sent, count, options)
  local places = {}
  for i = 1, count do places[i] = i end
  options.sleep = function() end
  return bulk.write(sent.client, "chest", places, function(place)
    return { label = place .. ".png", text = ('{"index":{"_id":"%d"}}\n{"n":"%s"}\n'):format(place, ("x"):rep(70)) }
  end, options)
end

local function each_once(sent, count)
  for i = 1, count do t.ok(sent.seen[tostring(i)], i .. " is missing") end
end

t.test("bulk: requests no larger than asked for, several at once", function()
  local sent, server = bulk_server(function() return 201 end)
  local _ <close> = server
  local added = 0
  t.ok(write(sent, 2000, { bytes = 5000, at_once = 3, progress = { add = function(_, n) added = added + n end } }))
  each_once(sent, 2000)
  t.eq(added, 2000)
  for _, size in ipairs(sent.sizes) do t.ok(size < 5000 + 110, size) end
  t.ok(sent.most > 1 and sent.most <= 3, sent.most)
end)

t.test("bulk: what there was no room for comes again, alone; nothing else twice", function()
  local sent, server = bulk_server(function(id, times) return tonumber(id) % 5 == 0 and times < 3 and 429 or 201 end)
  local _ <close> = server
  t.ok(write(sent, 100, { bytes = 3000 }))
  for i = 1, 100 do t.eq(sent.seen[tostring(i)], i % 5 == 0 and 3 or 1) end
end)

t.test("bulk: what is refused is named, and the rest is written", function()
  local sent, server = bulk_server(function(id) return (id == "7" or tonumber(id) > 47) and 400 or 201 end)
  local _ <close> = server
  t.fails("integrity", "did not take 4 documents: 7.png: failed to parse: not a number %(400%); 48.png.*49.png.*and 1 more",
    write(sent, 50, {}))
  each_once(sent, 50)
end)

t.test("bulk: a server that refuses everything is not asked to the end", function()
  local sent, server = bulk_server(function() return 400 end)
  local _ <close> = server
  t.fails("integrity", "did not take 20 documents", write(sent, 5000, { bytes = 1000, at_once = 1 }))
  t.ok(#sent.sizes < 5, #sent.sizes)
end)

t.test("bulk: what is too large for the server goes in halves", function()
  local sent, server = bulk_server(function(_, _, size) return size > 2000 and 413 or 201 end)
  local _ <close> = server
  t.ok(write(sent, 300, { at_once = 1 }))
  each_once(sent, 300)
end)

t.test("bulk: a server without room for long is given up", function()
  local sent, server = bulk_server(function() return 429 end)
  local _ <close> = server
  t.fails("throttled", "no room for 30 documents.*%-%-bulk", write(sent, 30, {}))
  t.eq(sent.seen["1"], 10)
end)
