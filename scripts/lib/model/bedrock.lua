-- SPDX-License-Identifier: MIT
-- Models on Amazon Bedrock, as lib/model has models: "bedrock:ID" or "bedrock:ARN"; or "bedrock:NAME", a custom model that the project has
-- deployed (`hilum deploy`), which is then asked through its throughput. An ARN that does not tell of which model it is, as that of
-- provisioned throughput, is taken for one of Titan's. A vector is kept in the project's cache as soon as it comes, for it was paid for.
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local host = require "hilum.host"
local memory = require "lib.memory"
local vec = require "hilum.vec"

local bedrock = {}

-- How a kind of model is spoken to; a new kind is a row here and a file like lib/model/titan.lua.
local ADAPTERS = { { "amazon.titan-embed-image", "lib.model.titan" }, { "amazon.nova-2-multimodal-embeddings", "lib.model.nova" },
  { "cohere.embed-v4", "lib.model.cohere" }, { "cohere.embed-english-v3", "lib.model.cohere_v3" },
  { "cohere.embed-multilingual-v3", "lib.model.cohere_v3" }, { "arn:", "lib.model.titan" } }

local AT_ONCE, ATTEMPTS = 32, 5
local FRAME = 4096 -- bytes of a request besides image and text
local CHARACTERS_PER_TOKEN = 4

-- So many failures one after the other, and nothing that went well between them: the rest would fail too.
local HOPELESS = 20
local MOST_THROTTLED = 100

local Remote = {}
Remote.__index = Remote

local function adapter_of(id)
  for _, row in ipairs(ADAPTERS) do
    if id:find(row[1], 1, true) then return require(row[2]) end
  end
end

-- What embeddings and indexes are called by: the spec, with no slash in it; it opens the model as the spec does.
local function name_of(spec) return (spec:gsub("/", "%%2F")) end

-- The throughput of the project that answers for a name or a custom model's ARN, if there is one.
local function deployed_as(id, project)
  if not project then return nil end
  return require "lib.deploy.records".in_service(project, id)
end

-- options: project; length; resize (false: images above the limits are refused); session and attempts (tries of a call), for tests.
function bedrock.open(spec, options)
  spec = spec:gsub("%%2F", "/")
  local id = spec:match("^bedrock:(.+)$")
  if not id then return nil, host.error("usage", spec .. ": name the model, as bedrock:amazon.titan-embed-image-v1 or bedrock:ARN") end
  local deployed, err = deployed_as(id, options.project)
  if err then return nil, err end
  local adapter, length = adapter_of(deployed and deployed.model or id), options.length or 1024
  if not adapter then
    local why = id:find("[.:]") and "no adapter for this model; lib/model/bedrock.lua lists those there are"
      or ("a custom model answers through throughput, and none of that name is recorded here: `hilum deploy %s` buys it"):format(id)
    return nil, host.error("usage", ("%s: %s"):format(spec, why))
  end
  local fits, why = require "lib.model".check_length(spec, adapter.lengths, length)
  if not fits then return nil, why end
  return setmetatable({ id = deployed and "bedrock:" .. deployed.model or spec, name = name_of(spec), base = false,
    model = deployed and deployed.arn or id, profile = deployed and deployed.profile, length = length, adapter = adapter, remote = true,
    resize = options.resize ~= false, session = options.session, project = options.project,
    attempts = options.attempts or ATTEMPTS, window = require "lib.retry.window".new(AT_ONCE) }, Remote)
end

-- Asking.

-- The session that everything is asked by.
function Remote:aws()
  self.session = self.session or assert(require "lib.aws.session".open { profile = self.profile })
  return self.session
end

-- The region that an ARN names; nil: the session's.
function Remote:region() return self.model:match("^arn:[^:]*:bedrock:([^:]+):") end

-- Once, to whom a long run is told of.
function Remote:tell_of_throttling()
  if self.say then self.say("%s: the account allows fewer requests; going on as fast as it does", self.model) end
  self.say = nil
end

-- The client; it finds out with every answer how much the account may ask.
function Remote:client()
  if self.opened then return self.opened end
  local opened = self:aws()
  local policy = require "lib.retry".new { mode = "adaptive", attempts = self.attempts, sleep = opened.sleep }
  self.opened = require "lib.aws.bedrock_runtime".client(opened, { policy = policy, region = self:region(), watch = function(throttled)
    self.window:note(throttled)
    if throttled then self:tell_of_throttling() end
  end })
  return self.opened
end

local function fail(self, format, ...)
  local err = host.error("http", ("%s: %s"):format(self.model, format:format(...)))
  err.op, err.status = "bedrock-runtime.InvokeModel", 200
  return nil, err
end

-- The numbers of an answer as a row of length 1; or nil and an error.
function Remote:row(answer)
  local numbers, said = self.adapter.vector(answer)
  if type(numbers) ~= "table" then return fail(self, "%s", said or "the answer has no vector") end
  if #numbers ~= self.length then return fail(self, "the answer has %d numbers, not %d", #numbers, self.length) end
  for _, number in ipairs(numbers) do
    if type(number) ~= "number" then return fail(self, "the answer has a vector of something else than numbers") end
  end
  local row = vec.from(numbers, 1, self.length)
  local norm = vec.norms(row):get(1, 1)
  if not (norm > 0 and norm < math.huge) then return fail(self, "the answer has a vector without a direction") end
  vec.normalize(row)
  return row
end

-- What the model is sent. question: {image = what lib/model/fitted gives, text =}, either or both.
function Remote:body(question)
  return self.adapter.request { image = question.image and hash.base64(question.image.bytes),
    format = question.image and question.image.format, text = question.text, length = self.length,
    stored = question.stored }
end

function Remote:embed_one(question)
  local answer, err = self:client():invoke(self.model, self:body(question))
  if not answer then return nil, err end
  return self:row(answer)
end

-- What is of a picture or a text, and not of the account, the network or the model.
local OF_ITEM = { [200] = true, [400] = true, [408] = true, [424] = true }
local function is_of_item(err) return err.kind ~= "auth" and OF_ITEM[err.status] end

-- How a run is going; raises the error when going on makes no sense. True: ask again later.
local function judge(run, row, err)
  if row then
    run.throttled, run.succeeded = 0, true
    return false
  end
  if err.kind == "throttled" or err.status == 429 then
    run.throttled = run.throttled + 1
    if run.throttled < MOST_THROTTLED then return true end
  elseif is_of_item(err) then
    run.failed = run.failed + 1
    if run.succeeded or run.failed < HOPELESS then return false end
  end
  error(err, 0)
end

-- A custom model is asked through throughput, by its ARN only in batch jobs. Raises where it could not answer.
local function check_throughput(self)
  if not self.model:find(":custom-model/", 1, true) then return end
  error(host.error("usage", ("%s: a custom model answers through throughput, and none for it is recorded here: `hilum deploy` buys it")
    :format(self.model)), 0)
end

-- Asks for each place. question(place): as embed_one takes it, or nil and an error. settle(place, row, err): exactly once for each.
function Remote:ask(places, question, settle)
  if #places > 0 then check_throughput(self) end
  local run = { throttled = 0, failed = 0, succeeded = false }
  self.window:each(places, function(place)
    local asked, err = question(place)
    local row
    if asked then
      row, err = self:embed_one(asked)
      if judge(run, row, err) then return true end
    end
    settle(place, row, err)
  end)
end

-- The bytes that an image may have beside a text.
function Remote:limits(text)
  local limits = self.adapter.limits
  return { pixels = limits.pixels, bytes = (limits.body - FRAME - 6 * #(text or "")) // 4 * 3, resize = self.resize }
end

-- The image of a question, or nil and an error.
local function fit(self, input, text)
  return require "lib.model.fitted".fit(input, self:limits(text))
end

-- Without a memory: what queries ask.

-- inputs: images, as image.* take them. Rows, and errors by place or nil; the row of a failure is 0.
function Remote:embed_images(inputs)
  local rows, errors, places = vec.new(#inputs, self.length), nil, {}
  for i in ipairs(inputs) do places[i] = i end
  self:ask(places, function(i)
    local picture, err = fit(self, inputs[i])
    return picture and { image = picture }, err
  end, function(i, row, err)
    if row then return rows:put(i, row) end
    errors = errors or {}
    errors[i] = err
  end)
  return rows, errors
end

local function is_blank(text) return not text:find("%S") end

-- Rows, and for each text whether it is known: all are that have a word. What Bedrock refuses is raised.
function Remote:embed_texts(texts)
  local rows, known, places = vec.new(#texts, self.length), {}, {}
  for i, text in ipairs(texts) do
    known[i] = not is_blank(text)
    if known[i] then places[#places + 1] = i end
  end
  self:ask(places, function(i) return { text = texts[i] } end, function(i, row, err)
    if not row then error(err, 0) end
    rows:put(i, row)
  end)
  return rows, known
end

function Remote:unknown_words() return {} end -- luacheck: no self

function Remote:combine(a, b, weight) return require "lib.model".combine(a, b, weight) end -- luacheck: no self

-- With a memory: what embeddings are made of.

-- Rows that come one at a time are written together with those that came while the last ones were written.
local function writer(kept)
  local rows, entries, writing = {}, {}, false
  return function(row, entry)
    rows[#rows + 1], entries[#entries + 1] = row, entry
    if writing then return end
    writing = true
    while #rows > 0 do
      local together = vec.new(#rows, row:cols())
      for i, one in ipairs(rows) do together:put(i, one) end
      local of = entries
      rows, entries = {}, {}
      kept:add(together, of)
    end
    writing = false
  end
end

-- How many, and how many tokens of text.
local function size_of(places, texts)
  local characters = 0
  for _, place in ipairs(places) do characters = characters + (texts and utf8.len(texts[place]) or texts and #texts[place] or 0) end
  return #places, (characters + CHARACTERS_PER_TOKEN - 1) // CHARACTERS_PER_TOKEN
end

-- Returns what is to be told how many were answered.
local function ask_leave(self, what, places, total, texts, options)
  local count, tokens = size_of(places, texts)
  if count == 0 then return function() end end
  check_throughput(self)
  local by_hour = self.model:find(":provisioned-model/", 1, true)
  options.say("%s: %s%s %s, at length %d; %d are there from before", self.model, require "lib.plural"(count, ((what:gsub("s$", "")))),
    texts and (" with about %d tokens of text"):format(tokens) or "", by_hour and "to embed, paid for by the hour" or "to pay for",
    self.length, total - count)
  return options.pay and options.pay(self, what, count, tokens) or function() end
end

-- Asks for what is not in the cache, one call for each. Returns the errors by the entries' files.
local function ask_singly(self, cache, kept, entries, job, options)
  local missing, failures, write, answered = kept:missing(entries), {}, writer(kept), 0
  require "lib.model.batch".refuse_going(cache, entries, missing)
  local settle = ask_leave(self, job.what, missing, #entries, job.texts, options)
  self.say = options.say
  if options.progress then options.progress:add(#entries - #missing) end
  self:ask(missing, job.question, function(i, row, err)
    if row then write(row, entries[i]) else failures[entries[i].file] = err end
    if row then answered = answered + 1 end
    if options.progress then options.progress:add(1) end
  end)
  settle(answered)
  return failures
end

-- The rows of entries from the cache, asking for those that are not there. Returns them, and errors by place or nil; nil when a batch job
-- is not over.
function Remote:remember(cache, entries, job, options)
  local kept = require "lib.model.kept".open(cache.folder, cache.name)
  local failures
  if options.batch then failures = require "lib.model.batch".run(self, cache, kept, entries, job, options.batch)
  else failures = ask_singly(self, cache, kept, entries, job, options) end
  if not failures then return nil end
  return kept:collect(entries, failures, self.length)
end

local function cache_of(self, project, what)
  local folder = project:path("cache")
  assert(fs.mkdir(folder))
  return { folder = folder, name = ("%s-%d%s"):format(name_of(self.id), self.length, what) }
end

-- As files that are called by what is in them and never change. stored: as the model embeds what is searched, and not what is asked.
local function text_entries(texts, stored)
  local entries = {}
  for i, text in ipairs(texts) do
    entries[i] = { format = 1, file = (stored and "stored:" or "text:") .. hash.sha256(text), size = #text, mtime = 0.0 }
  end
  return entries
end

-- The vectors of texts that have words. options: say, pay; stored (they will be searched). What Bedrock refuses is raised.
function Remote:remember_texts(project, texts, options)
  local job = { what = "texts", texts = texts, question = function(i) return { text = texts[i], stored = options.stored } end }
  local cache = cache_of(self, project, "-texts")
  local rows, errors = self:remember(cache, text_entries(texts, options.stored), job, { say = options.say, pay = options.pay })
  for _, err in pairs(errors or {}) do error(err, 0) end
  return rows
end

-- The vector of a text that was asked before, from the cache; nil if it is not there.
function Remote:recall_text(text)
  if not self.project then return nil end
  local cache, entries = cache_of(self, self.project, "-texts"), text_entries { text }
  local kept = require "lib.model.kept".open(cache.folder, cache.name)
  if #kept:missing(entries) > 0 then return nil end
  return (kept:collect(entries, {}, self.length))
end

local function image_entries(self, paths) return memory.entries(paths, self.resize and "" or "as they are") end

local function missing(self, project, what, entries)
  local cache = cache_of(self, project, what)
  return #require "lib.model.kept".open(cache.folder, cache.name):missing(entries)
end

-- How many of these images (locations) and texts are not in the cache, and would have to be asked for.
function Remote:count_missing(project, paths, texts)
  return missing(self, project, "", image_entries(self, paths)) + missing(self, project, "-texts", text_entries(texts))
end

-- Images, each with its text where the model takes both at once.
local function remember_images(self, project, paths, texts, options)
  local store, scaled = require "lib.store", 0
  local entries = image_entries(self, paths)
  for i, entry in ipairs(entries) do
    if texts then entry.terms = entry.terms .. hash.sha256(texts[i]) end
  end
  local function question(i)
    local inputs, unread = store.inputs { paths[i] }
    if unread[1] then return nil, unread[1] end
    local text = texts and not is_blank(texts[i]) and texts[i] or nil
    local picture, err = fit(self, inputs[1], text)
    if picture and picture.scaled then scaled = scaled + 1 end
    return picture and { image = picture, text = text }, err
  end
  local rows, errors = self:remember(cache_of(self, project, texts and "-captions" or ""), entries,
    { what = "images", texts = texts, question = question }, options)
  if scaled > 0 then
    options.say("%s: %s larger than it takes and scaled down", self.model, require "lib.plural"(scaled, "image was", "images were"))
  end
  return rows, errors
end

-- Both, mixed here, for a model that takes one at a time.
local function mix(self, images, texts, project, options)
  local worded, places = {}, {}
  for i, text in ipairs(texts) do
    if not is_blank(text) then worded[#worded + 1], places[#places + 1] = text, i end
  end
  local rows = vec.new(#texts, self.length)
  if #worded > 0 then rows:put(places, self:remember_texts(project, worded, { say = options.say, pay = options.pay, stored = true })) end
  return self:combine(images, rows, 0.5)
end

-- What a batch job takes for the model: its id, or the ARN of a custom model, not that of throughput; nil for the last.
function Remote:batch_id()
  local id = self.id:match("^bedrock:(.+)$")
  return not id:find(":provisioned-model/", 1, true) and id or nil
end

-- names: of images of a store. options: captions (a text for each, embedded with it), progress, say; pay (lib/model/paying); batch
-- (lib/model/batch: by a job instead of a call for each; nil is returned when it is not over). Rows, and errors by place or nil.
function Remote:embed_files(project, images, names, options)
  local paths = {}
  for i, name in ipairs(names) do paths[i] = images:path(name) end
  local together = self.adapter.together and options.captions or nil
  local rows, errors = remember_images(self, project, paths, together, options)
  if options.captions and not together then rows = mix(self, rows, options.captions, project, options) end
  return rows, errors
end

return bedrock
