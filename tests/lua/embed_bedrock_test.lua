-- SPDX-License-Identifier: MIT
-- Models on Bedrock as models of hilum, against the fake one.
local t = require "t"
local home = require "bedrock_home"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local image = require "hilum.image"
local json = require "hilum.json"
local local_model = require "lib.model.local_model"
local model = require "lib.model"
local npy = require "hilum.npy"
local project = require "lib.project"
local store = require "lib.store"
local vec = require "hilum.vec"
local xrays = require "xrays"

local TITAN = "amazon.titan-embed-image-v1"
local SPEC = "bedrock:" .. TITAN

local function open(url, options)
  local all = { session = home.session(url), length = 256 }
  for name, value in pairs(options or {}) do all[name] = value end
  return (assert(model.open(all.spec or SPEC, all)))
end

local function options_of(more)
  local said = {}
  local options = { say = function(format, ...) said[#said + 1] = format:format(...) end }
  for name, value in pairs(more or {}) do options[name] = value end
  return options, said
end

-- A project of phantom radiographs: {folder, project, images, names, captions}.
local function setup()
  local folder = xrays.project()
  local p = { folder = folder, project = project.open(folder), images = assert(store.open(fs.join(folder, "images"))) }
  p.names, p.captions = p.images:list(), {}
  for i = 1, #p.names do p.captions[i] = "caption " .. i % 3 end
  return p
end

-- What the fake's model gives for these files, as rows of length 1.
local function expected(p, length)
  local paths = {}
  for i, name in ipairs(p.names) do paths[i] = p.images:path(name) end
  local rows = local_model.base():images((image.describe(paths))):columns(1, length)
  vec.normalize(rows)
  return rows
end

local function near(a, b)
  t.eq({ a:rows(), a:cols() }, { b:rows(), b:cols() })
  local difference = vec.norms(vec.add(a:copy(), b, -1))
  for i = 1, a:rows() do t.near(difference:get(i, 1), 0, 1e-5) end
end

-- How often each image was asked about, by its SHA-256.
local function count_calls(bedrock)
  local count = {}
  for _, call in ipairs(bedrock.calls) do count[call.image] = (count[call.image] or 0) + 1 end
  return count
end

-- Each image of the project was asked about once.
local function asked_once(bedrock, p)
  local count = count_calls(bedrock)
  for _, name in ipairs(p.names) do t.eq(count[hash.sha256_file(p.images:path(name))], 1, name) end
  t.eq(#bedrock.calls, #p.names)
end

t.test("files in, vectors of length 1 out; what is there is not paid for again", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    local options, said = options_of()
    for _, length in ipairs { 256, 384, 1024 } do
      bedrock.calls = {}
      local m = open(url, { length = length })
      t.eq({ m.id, m.name, m.length, m.base }, { SPEC, SPEC, length, false })
      local rows, errors = m:embed_files(p.project, p.images, p.names, options)
      t.eq(errors, nil)
      near(rows, expected(p, length))
      asked_once(bedrock, p)
      local again = open(url, { length = length }):embed_files(p.project, p.images, p.names, options)
      t.ok(again:bytes() == rows:bytes())
      asked_once(bedrock, p)
    end
    t.eq(#said, 3)
    t.eq(said[1], ("%s: %d images to pay for, at length 256; 0 are there from before"):format(TITAN, #p.names))
  end)
end)

t.test("an image that changed, or was added, is asked about; others are not", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    open(url):embed_files(p.project, p.images, p.names, options_of())
    bedrock.calls = {}
    assert(require "hilum.phantom".write({ { patient = 99, followup = 0, path = p.images:path(p.names[2]) } }, { size = 128 }))
    local options, said = options_of()
    near(open(url):embed_files(p.project, p.images, p.names, options), expected(p, 256))
    t.eq(#bedrock.calls, 1)
    t.eq(said[1], ("%s: 1 image to pay for, at length 256; %d are there from before"):format(TITAN, #p.names - 1))
  end)
end)

t.test("with captions: image and text are one request, and the vector is its answer's", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    local options, said = options_of { captions = p.captions }
    local m = open(url)
    local rows = m:embed_files(p.project, p.images, p.names, options)
    asked_once(bedrock, p)
    local texts = local_model.base():texts(p.captions):columns(1, 256)
    local images = local_model.base():images((image.describe { p.images:path(p.names[1]) })):columns(1, 256)
    local first = vec.add(images, texts:slice(1, 1))
    vec.normalize(first)
    near(rows:slice(1, 1), first)
    t.match(said[1], "images with about %d+ tokens of text to pay for")
    p.captions[1] = "another"
    m:embed_files(p.project, p.images, p.names, options_of { captions = p.captions })
    t.eq({ #bedrock.calls, bedrock.calls[#bedrock.calls].text }, { #p.names + 1, "another" })
  end)
end)

t.test("texts and single images; blank texts are not known, and not asked", function()
  home.with({}, function(bedrock, url)
    local m = open(url)
    local rows, known = m:embed_texts { "Effusion", " ", "Mass" }
    t.eq({ known, #bedrock.calls, m:unknown_words "Effusion" }, { { true, false, true }, 2, {} })
    local wanted = (local_model.base():texts { "Effusion", "?!", "Mass" }):columns(1, 256)
    vec.normalize(wanted)
    near(rows, wanted)
    local picture = image.encode(require "hilum.phantom".render(1, 0, { size = 64 }))
    local images, errors = m:embed_images { { bytes = picture }, { bytes = "no image", name = "x.png" } }
    t.near(vec.norms(images):get(1, 1), 1, 1e-5)
    t.eq({ errors[1], vec.norms(images):get(2, 1), #bedrock.calls }, { nil, 0.0, 3 })
    t.match(errors[2], "x.png")
    t.raises("Too many input tokens", m.embed_texts, m, { ("word "):rep(500) })
  end)
end)

t.test("an image of too many pixels or bytes is scaled down, and that is said; without resize it is an error of its own", function()
  home.with({}, function(bedrock, url)
    local folder, names = t.tmp(), { "large.png", "small.png" }
    local noise = require "hilum.phantom".render(1, 0, { size = 256 })
    assert(image.write(image.resize(noise, 3000, 1500), fs.join(folder, "large.png")))
    assert(image.write(noise, fs.join(folder, "small.png")))
    local p, s = project.open(folder), assert(store.open(folder))
    local rows, errors = open(url, { resize = false }):embed_files(p, s, names, options_of())
    t.match(errors[1], "large.png: 3000 x 1500 pixels in %d+ bytes are too much for the model")
    t.eq({ errors[2], vec.norms(rows):get(1, 1), #bedrock.calls }, { nil, 0.0, 1 })
    local options, said = options_of()
    rows, errors = open(url):embed_files(p, s, names, options)
    t.eq(errors, nil)
    t.near(vec.norms(rows):get(1, 1), 1, 1e-5)
    t.eq(said[2], TITAN .. ": 1 image was larger than it takes and scaled down")
    local fitted = require "lib.model.fitted"
    local made = assert(fitted.fit(fs.join(folder, "large.png"), { pixels = 2048 * 2048, bytes = 50000, resize = true }))
    local info = assert(image.info { bytes = made.bytes })
    t.ok(#made.bytes <= 50000 and info.width * info.height <= 2048 * 2048, "fits")
    t.near(info.width / info.height, 2, 0.02)
    t.eq(fitted.fit(fs.join(folder, "small.png"), { pixels = 256 * 256, bytes = 1e6 }).bytes, assert(fs.read(fs.join(folder, "small.png"))))
  end)
end)

t.test("one image's failure is its own, and is tried again next time", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    bedrock.faults = { false, { status = 200, body = '{"embedding":null,"message":"The model could not see it."}' }, false,
      { 400, "ValidationException", "Unsupported image" }, { status = 200, body = '{"embedding":[1,2,3],"message":null}' },
      { status = 200, body = "{}" } }
    local _, errors = open(url):embed_files(p.project, p.images, p.names, options_of())
    local said = {}
    for _, err in pairs(errors) do said[#said + 1] = tostring(err) end
    table.sort(said)
    t.eq(#said, 4)
    t.match(table.concat(said, "\n"), "Unsupported image.*could not see it.*the answer has 3 numbers, not 256.*the answer has no vector")
    local rows
    rows, errors = open(url):embed_files(p.project, p.images, p.names, options_of())
    t.eq(errors, nil)
    near(rows, expected(p, 256))
    asked_once(bedrock, p)
  end)
end)

t.test("what concerns all ends the run, with all that came before kept", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    bedrock.faults = { false, false, false, { 403, "AccessDeniedException", "You don't have access to the model" } }
    t.raises("AccessDeniedException: You don't have access", function()
      open(url):embed_files(p.project, p.images, p.names, options_of())
    end)
    t.ok(#bedrock.calls >= 3 and #bedrock.calls < #p.names)
    near(open(url):embed_files(p.project, p.images, p.names, options_of()), expected(p, 256))
    asked_once(bedrock, p)
    bedrock.calls = {}
    local gone = open(url, { spec = "bedrock:arn:aws:bedrock:us-east-1:123456789012:provisioned-model/gone" })
    t.raises("ResourceNotFoundException", gone.embed_files, gone, p.project, p.images, p.names, options_of())
  end)
end)

t.test("nothing goes well: the run ends before it has asked about all", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    local many = {}
    for i = 1, 80 do many[i] = ("%d.png"):format(i) end
    for i, name in ipairs(many) do
      assert(require "hilum.phantom".write({ { patient = i, followup = 0, path = p.images:path(name) } }, { size = 64 }))
      bedrock.faults[i] = { 400, "ValidationException", "wrong model" }
    end
    local m = open(url)
    t.raises("wrong model", m.embed_files, m, p.project, p.images, many, options_of())
    t.ok(#bedrock.faults > 0 and #bedrock.calls == 0)
  end)
end)

t.test("throttled at 20 calls a second: each image is asked about once, more run at once than at first", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    bedrock.rate, bedrock.latency = 20, 0.02
    bedrock.spent, bedrock.filled_at = 20, require "hilum.task".now()
    local m = open(url, { session = home.session(url, { sleep = function(seconds) require "hilum.task".sleep(seconds / 20) end }) })
    local options, said = options_of()
    local rows, errors = m:embed_files(p.project, p.images, p.names, options)
    t.eq(errors, nil)
    near(rows, expected(p, 256))
    asked_once(bedrock, p)
    t.ok((bedrock.throttled or 0) > 0, "it was throttled")
    t.eq({ #said, said[2] }, { 2, TITAN .. ": the account allows fewer requests; going on as fast as it does" })
  end)
end)

t.test("a call that is throttled however often it is tried is asked again later", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    for i = 1, 2 do bedrock.faults[i] = { 429, "ThrottlingException", "Too many requests" } end
    local _, errors = open(url, { attempts = 1 }):embed_files(p.project, p.images, p.names, options_of())
    t.eq({ errors, #bedrock.faults }, { nil, 0 })
    asked_once(bedrock, p)
  end)
end)

t.test("without throttling as many run as the window allows", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    bedrock.latency = 0.02
    open(url):embed_files(p.project, p.images, p.names, options_of())
    t.ok(bedrock.most_running > 4, bedrock.most_running .. " at once")
  end)
end)

t.test("specs: ARNs have names without a slash, which open them again; lengths and ids are checked", function()
  local arn = "bedrock:arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/abc"
  local m = assert(model.open(arn, {}))
  t.eq({ m.id, m.name, assert(model.open(m.name, {})).id }, { arn, (arn:gsub("/", "%%2F")), arn })
  t.fails("usage", "gives vectors of length 256, 384, 1024, not 512", model.open(SPEC, { length = 512 }))
  t.fails("usage", "no adapter for this model", model.open("bedrock:amazon.titan-text-express-v1", {}))
  t.eq(assert(model.open("bedrock:amazon.nova-2-multimodal-embeddings-v1:0", { length = 3072 })).length, 3072)
end)

t.test("a custom model is not asked without throughput, for that only fails", function()
  home.with({}, function(bedrock, url)
    local arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-embed-image-v1:0/abc"
    local m = assert(model.open("bedrock:" .. arn, { session = home.session(url) }))
    t.raises("answers through throughput, and none for it is recorded here: `hilum deploy` buys it", m.embed_texts, m, { "Mass" })
    t.eq(#bedrock.log, 0)
  end)
end)

t.test("Nova's requests and answers", function()
  local nova = require "lib.model.nova"
  t.eq(nova.request { image = "QQ==", format = "jpeg", length = 384 }, { schemaVersion = "nova-multimodal-embed-v1",
    taskType = "SINGLE_EMBEDDING", singleEmbeddingParams = { embeddingPurpose = "GENERIC_INDEX", embeddingDimension = 384,
      image = { format = "jpeg", source = { bytes = "QQ==" } } } })
  t.eq(nova.request({ text = "x", length = 256 }).singleEmbeddingParams, { embeddingPurpose = "IMAGE_RETRIEVAL", embeddingDimension = 256,
    text = { truncationMode = "END", value = "x" } })
  t.eq(nova.request({ text = "x", length = 256, stored = true }).singleEmbeddingParams.embeddingPurpose, "GENERIC_INDEX")
  t.eq(nova.vector { embeddings = { { embeddingType = "IMAGE", embedding = { 1, 2 } } } }, { 1, 2 })
  t.eq({ nova.vector { message = "no" } }, { nil, "no" })
end)

t.test("Cohere's requests and answers", function()
  local cohere = require "lib.model.cohere"
  t.eq(assert(model.open("bedrock:us.cohere.embed-v4:0", { length = 1536 })).adapter, cohere)
  t.eq(cohere.request { image = "QQ==", format = "png", text = "x", length = 512 }, { input_type = "search_document",
    inputs = { { content = { { type = "text", text = "x" }, { type = "image_url", image_url = "data:image/png;base64,QQ==" } } } },
    embedding_types = { "float" }, output_dimension = 512 })
  t.eq(cohere.request({ text = "x", length = 256 }).input_type, "search_query")
  t.eq(cohere.request({ text = "x", length = 256, stored = true }).input_type, "search_document")
  t.eq(cohere.vector { embeddings = { float = { { 1, 2 } } } }, { 1, 2 })
  t.eq(cohere.vector { embeddings = { { 1, 2 } } }, { 1, 2 })
  t.eq({ cohere.vector { message = "no" } }, { nil, "no" })
end)

t.test("Cohere v3: an image or a text a request", function()
  local v3 = require "lib.model.cohere_v3"
  for _, id in ipairs { "cohere.embed-english-v3", "us.cohere.embed-multilingual-v3" } do
    t.eq(assert(model.open("bedrock:" .. id, { length = 1024 })).adapter, v3)
  end
  t.fails("usage", "gives vectors of length 1024, not 384", model.open("bedrock:cohere.embed-english-v3", { length = 384 }))
  t.eq(v3.request { image = "QQ==", format = "jpeg", length = 1024 }, { input_type = "image", images = { "data:image/jpeg;base64,QQ==" },
    embedding_types = { "float" } })
  t.eq(v3.request { text = "x", length = 1024 }, { input_type = "search_query", texts = { "x" }, truncate = "END",
    embedding_types = { "float" } })
  t.eq(v3.request({ text = "x", stored = true }).input_type, "search_document")
  t.eq(v3.vector { embeddings = { float = { { 1, 2 } } } }, { 1, 2 })
end)

-- A model that takes an image or a text, not both: Nova, which is spoken to in Titan's words here.
t.test("with captions, a model that takes one at a time: both are kept, and mixed here", function()
  home.with({}, function(bedrock, url)
    local p, m = setup(), open(url)
    m.adapter = setmetatable({ together = false }, { __index = m.adapter })
    p.captions[1] = ""
    local rows = m:embed_files(p.project, p.images, p.names, options_of { captions = p.captions })
    local texts = (local_model.base():texts(p.captions)):columns(1, 256)
    vec.normalize(texts)
    near(rows, m:combine(expected(p, 256), texts, 0.5))
    t.eq(#bedrock.calls, #p.names + 3)
    m:embed_files(p.project, p.images, p.names, options_of { captions = p.captions })
    t.eq(#bedrock.calls, #p.names + 3)
  end)
end)

-- The workflows, as a user runs them.

local function read(folder)
  local stem = fs.join(folder, "embeddings", SPEC)
  return { vectors = assert(npy.read(stem .. ".npy")), info = assert(json.read(stem .. ".json")) }
end

-- Findings that patients have in common; xrays.project has none.
local function add_findings(p)
  local path, records = fs.join(p.folder, "splits.jsonl"), {}
  for record in json.lines(path) do
    record.findings = { tonumber(record.patient) % 8 == 0 and "Effusion" or "Mass" }
    records[#records + 1] = record
  end
  assert(json.write_lines(path, records))
end

t.test("hilum embed, index, query and evaluate with a model on Bedrock", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    add_findings(p)
    local status, _, err = home.run(p.folder, url, { "embed", "--model", SPEC, "--length", "384" })
    t.eq(status, 0, err)
    t.match(err, "images to pay for, at length 384")
    asked_once(bedrock, p)
    near(read(p.folder).vectors, expected(p, 384))
    t.eq({ read(p.folder).info.model, read(p.folder).info.count }, { SPEC, #p.names })
    status, _, err = home.run(p.folder, url, { "index" })
    t.eq(status, 0, err)
    local out
    status, out, err = home.run(p.folder, url, { "query", "--image", p.images:path(p.names[3]), "--text", "Effusion", "--json", "-q" })
    t.eq(status, 0, err)
    local answer = assert(json.decode(out))
    t.ok(#answer.queries[1].results > 0, "results")
    t.eq(#bedrock.calls, #p.names + 2)
    status, _, err = home.run(p.folder, url, { "embed", "--model", SPEC, "--length", "384" })
    t.eq({ status, #bedrock.calls }, { 0, #p.names + 2 })
    t.match(err, "is up to date")
    t.eq(home.run(p.folder, url, { "embed" }), 0)
    t.eq(#bedrock.calls, #p.names + 2)
    status, _, err = home.run(p.folder, url, { "evaluate", "--on", "validation", "--resamples", "20" })
    t.eq(status, 0, err)
    t.match(err, "queries of validation")
  end)
end)

t.test("kill -9 while vectors come, run again: the same vectors, and none that was kept is asked for again", function()
  home.with({}, function(bedrock, url)
    local p = setup()
    bedrock.latency = 0.01
    for n = 3, 4 do -- the first is the ledger's; later ones may have all the rest together
      assert(fs.remove_tree(fs.join(p.folder, "cache")) or true)
      bedrock.calls = {}
      local status = home.run(p.folder, url, { "embed", "--model", SPEC, "--length", "256" }, xrays.killer("fs", "append", n))
      t.ok(status ~= 0, "it was not killed")
      local kept = {}
      for entry in assert(json.lines(fs.join(p.folder, "cache", SPEC .. "-256.jsonl"))) do kept[#kept + 1] = entry.file end
      t.ok(#kept > 0 and #kept < #p.names, #kept .. " kept")
      t.eq(home.run(p.folder, url, { "embed", "--model", SPEC, "--length", "256" }), 0)
      near(read(p.folder).vectors, expected(p, 256))
      local count = count_calls(bedrock)
      for _, path in ipairs(kept) do t.eq(count[hash.sha256_file(path)], 1, path) end
    end
  end)
end)

t.test("a run is asked about from 1 USD on; it says what it costs, and run.jsonl has it with what was answered", function()
  home.with({ logging = { s3Config = { bucketName = "logs" } } }, function(bedrock, url)
    local p, ledger = setup(), require "lib.cost.ledger"
    local words = { "embed", "--model", SPEC, "--length", "256" }
    local function dear(price)
      assert(fs.write(fs.join(p.folder, "project.lua"), ("return { prices = { ['titan-image'] = %.10g } }"):format(price)))
    end
    dear(1)
    local status, _, err = home.run(p.folder, url, words)
    t.eq({ status, #bedrock.calls }, { 2, 0 })
    t.match(err, "nothing was ordered: embed costs money %(about USD " .. #p.names)
    status, _, err = home.run(p.folder, url, table.move({ "--max-cost", "0.5" }, 1, 2, #words + 1, { table.unpack(words) }))
    t.eq({ status, #bedrock.calls }, { 1, 0 }, err)
    dear(0.9 / #p.names)
    status, _, err = home.run(p.folder, url, words)
    t.eq({ status, #bedrock.calls }, { 0, #p.names }, err)
    t.match(err, "embed: about USD 0.90.*")
    t.match(err, "warning: invocation log: every call of a model is logged to s3://logs, images included")
    local lines = ledger.lines(project.open(p.folder))
    t.eq({ #lines, lines[1].ledger, lines[2].ledger, lines[2].what.answered, lines[2].what.name == lines[1].what.name },
      { 2, "submitted", "actual", #p.names, true })
    t.near(lines[2].total, 0.9, 1e-6)
    t.eq(home.run(p.folder, url, words), 0)
    t.eq(#ledger.lines(project.open(p.folder)), 2)
  end)
end)
