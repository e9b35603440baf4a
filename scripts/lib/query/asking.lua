-- SPDX-License-Identifier: MIT
-- What `hilum query` asks: the indexes and their models, the filters, and the query vectors of images, words or both.
local embeddings = require "lib.embeddings"
local fs = require "hilum.fs"
local hybrid = require "lib.query.hybrid"
local index = require "lib.index"
local options = require "host.options"
local store = require "lib.store"
local vec = require "hilum.vec"
local words = require "lib.model.text"

local asking = {}

local SAME = 1 - 1e-5 -- a cosine above it is that of a picture with itself; of different X-rays none comes near

local function has(names, wanted)
  for _, name in ipairs(names) do if name == wanted then return true end end
  return false
end

-- Opening what is asked.

-- A custom model of Bedrock's that has no throughput now does not answer; its base does.
local function fail_without_model(err, base, names)
  if has(names, base) then err.message = ("%s; --model %s asks its base"):format(err.message, base) end
  error(err, 0)
end

local function open_index(opt, ctx, name, settings, names)
  local idx = assert(index.open(index.at(opt.index, name), settings))
  local m, err = require "lib.model".open(name, { project = ctx.project, length = idx.length })
  if not m then fail_without_model(err, embeddings.base_of(idx.model), names) end
  assert(idx:accepts(m))
  return { name = name, title = require "lib.model.shown"(name, ctx.project), base = m.base, index = idx, model = m, count = idx.count,
    embedded = idx.embedded }
end

local function choose_model(opt, ctx, names)
  if #names == 0 then
    local hint = require "lib.study.places".hint(ctx.project)
    ctx.fail("no index yet in %s: run `hilum index`%s", opt.index, hint and "; " .. hint or "")
  end
  if not opt.model then
    local name, others = embeddings.preferred(names)
    if #others > 0 then ctx.say("%s answers; --model asks another: %s", name, table.concat(others, ", ")) end
    return name
  end
  if has(names, opt.model) then return opt.model end
  ctx.fail("there is no index '%s' in %s; there are %s", opt.model, opt.index, table.concat(names, ", "))
end

-- The model that answers, and before it the base where both are to be compared: { name=, base=, index=, model=, count=, embedded= }.
function asking.open(opt, ctx)
  local settings = { auth = opt.auth, ca = opt.ca }
  local names = index.names(opt.index, settings)
  local name = choose_model(opt, ctx, names)
  local wanted = opt.compare or opt.compare == nil and (opt.page or opt.open)
  local models = { open_index(opt, ctx, name, settings, names) }
  local base = embeddings.base_of(models[1].index.model)
  if wanted and name ~= base and has(names, base) then
    table.insert(models, 1, open_index(opt, ctx, base, settings, names))
  elseif opt.compare then
    ctx.warn("there is no second index to compare '%s' with in %s", name, opt.index)
  end
  return models
end

-- Filters.

-- "finding=Effusion" … as { finding = { "Effusion", … }, … }, spelled as the index does.
local function read_where(conditions, idx, ctx)
  local where, told = {}, {}
  for i, condition in ipairs(conditions or {}) do
    local name, value = condition:match("^%s*([%w_]+)%s*=%s*(.-)%s*$")
    if not name then ctx.usage("--where %s: write it as finding=Effusion", condition) end
    local known, why = idx:resolve(name, value)
    if not known then ctx.fail("--where %s: %s", condition, why) end
    where[name] = where[name] or {}
    table.insert(where[name], known)
    told[i] = ("%s=%s"):format(name, known)
  end
  return where, told
end

local function check_patients(patients, idx, ctx)
  for _, patient in ipairs(patients or {}) do
    local known, why = idx:resolve("patient", patient)
    if not known then ctx.warn("--not-patient %s changes nothing: %s", patient, why) end
  end
  return patients
end

-- Queries.

-- A query by an image of that name, with the words, if there are any.
local function query_by_image(image, name, opt, idx, ctx)
  local row = idx:row_of(name)
  local is_left_out = row ~= nil and not opt.itself
  if is_left_out then ctx.say("%s is in the index itself: left out of its results (--itself keeps it)", name) end
  return { image = image, name = name, text = opt.text, doc = row and idx:doc(row), own = is_left_out }
end

local function query_by_path(path, opt, idx, ctx)
  local stat = store.stat(path)
  if not stat then ctx.fail("%s does not exist", path) end
  if stat.type == "dir" then ctx.fail("%s is a folder; name an image in it", path) end
  return query_by_image(path, fs.base(path), opt, idx, ctx)
end

local function query_like(name, opt, idx, ctx)
  if not idx:row_of(name) then ctx.fail("there is no image %s in the index", name) end
  return query_by_image(name, name, opt, idx, ctx)
end

-- One query for each image, or one for the words.
local function list_queries(opt, given, idx, ctx)
  if given.upload then return { query_by_image(given.upload, given.upload.name, opt, idx, ctx) } end
  if given.like then return { query_like(given.like, opt, idx, ctx) } end
  local queries = {}
  for i, path in ipairs(opt.image or {}) do queries[i] = query_by_path(path, opt, idx, ctx) end
  if #queries == 0 then queries[1] = { text = opt.text } end
  return queries
end

-- The images that are asked with, as models take them, unless the index has their vectors; nil if there are none.
local function read_images(opt, given, ctx)
  if given.upload then return { { bytes = given.upload.bytes, name = given.upload.name } } end
  if given.like or not opt.image then return nil end
  local inputs, unread = store.inputs(opt.image)
  for _, err in pairs(unread) do ctx.fail("%s", err.message) end
  return inputs
end

local function embed_images(model, inputs, ctx)
  local rows, errors = model.model:embed_images(inputs)
  for _, err in pairs(errors or {}) do ctx.fail("%s", err.message) end
  return rows
end

-- The vector of an image of the index: the one that the index has or, where the server keeps vectors to itself, one that is made again
-- from the image's file.
local function stored_vector(model, name, opt, given, ctx)
  local row = model.index:row_of(name)
  if not row then ctx.fail("the index %s does not have that image", model.name) end
  local vector = model.index:vector(row)
  if vector then return vector end
  local images = given.images or opt.images and store.open(opt.images)
  if not images then ctx.fail("%s does not give vectors back, and the images are not there to embed this one again", model.index.url) end
  local inputs, unread = store.inputs { images:path(name) }
  for _, err in pairs(unread) do ctx.fail("%s", err.message) end
  ctx.say("%s does not give vectors back: %s is embedded again", model.index.url, name)
  return embed_images(model, inputs, ctx)
end

-- The vectors of the images that are asked with; nil if there are none. An encoder that was imported knows only its own images.
local function image_vectors(model, queries, inputs, opt, given, ctx)
  if inputs and not model.model.imported then return embed_images(model, inputs, ctx) end
  if not inputs and not given.like then return nil end
  local rows = vec.new(#queries, model.index.length)
  for i, query in ipairs(queries) do rows:put(i, stored_vector(model, query.name, opt, given, ctx)) end
  return rows
end

-- The findings of the index that unknown words may mean: those with a word that is nearly the same.
local function near_findings(unknown, findings)
  local list, finding_of, near = {}, {}, {}
  for _, finding in ipairs(findings) do
    for _, word in ipairs(words.words(finding)) do
      list[#list + 1], finding_of[word] = word, finding_of[word] or finding
    end
  end
  for _, word in ipairs(unknown) do
    local known = options.nearest(word, list)
    if known then near[#near + 1] = finding_of[known] end
  end
  return near
end

local NEGATIONS = { no = true, ["not"] = true, without = true, absent = true, absence = true, negative = true, denies = true }

-- "No Finding" is the name of a finding.
local function warn_of_negation(text, ctx)
  for _, word in ipairs(words.words((text:lower():gsub("no%s+finding", "")))) do
    if NEGATIONS[word] then
      ctx.warn("no negation is understood: '%s' finds what it names all the same", text)
      return
    end
  end
end

-- A word that training did not meet goes by its letters: worth an answer if it is near one that is known ("effusions"), and none
-- if all that the letters can find is chance.
local function check_words(model, text, ctx)
  local asked, unknown = words.words(text), model.model:unknown_words(text)
  if #asked > 0 and #unknown == 0 then return end
  local findings = model.index:values("finding")
  local it_knows = table.concat(findings, ", ", 1, math.min(#findings, 20)) .. (#findings > 20 and ", …" or "")
  local near = near_findings(unknown, findings)
  if #unknown >= #asked and #near == 0 then
    ctx.fail("the model %s knows none of these words: %s; it knows: %s", model.name, text, it_knows)
  end
  local hint = #near > 0 and ("did you mean %s? "):format(table.concat(near, ", ")) or ""
  ctx.warn("the model %s never met: %s (taken by the letters); %sit knows: %s", model.name, table.concat(unknown, ", "), hint, it_knows)
end

-- What is kept of a model on a server needs neither money nor throughput; `hilum study` keeps the names of findings.
local function recall_text(model, text, count)
  local row = model.model.remote and model.model:recall_text(text)
  if not row then return nil end
  local rows = vec.new(count, row:cols())
  for i = 1, count do rows:put(i, row) end
  return rows
end

local function embed_text(model, text, count, ctx)
  local recalled = recall_text(model, text, count)
  if recalled then return recalled end
  local texts = {}
  for i = 1, count do texts[i] = text end
  check_words(model, text, ctx)
  return (model.model:embed_texts(texts))
end

-- Image and words are embedded apart and mixed here. images: the vectors of the images, or nil.
local function mix(model, queries, images, opt, ctx)
  local texts = opt.text and embed_text(model, opt.text, #queries, ctx)
  return images and texts and model.model:combine(images, texts, opt.image_weight) or images or texts
end

-- The rows that the query images are: by name, and where there is none of that name, by the same vector; 0 for none.
local function own_rows(model, queries, images, search)
  local rows, nearest = {}, nil
  for i, query in ipairs(queries) do
    rows[i] = model.index:row_of(query.name) or 0
    if rows[i] == 0 then
      nearest = nearest or search(model.index, images, 1, { where = {} })
      local hit = nearest[i][1]
      if hit and hit.score > SAME then rows[i] = hit.row end
    end
  end
  return rows
end

-- Images that are in the index by another name, each told once.
local function note_copies(queries, rows, idx, ctx)
  for i, query in ipairs(queries) do
    if rows[i] > 0 and not query.doc then
      query.doc, query.own = idx:doc(rows[i]), true
      ctx.say("%s is in the index itself, as %s: left out of its results (--itself keeps it)", query.name, query.doc.image)
    end
  end
end

local function check_asked(opt, given, ctx)
  if opt.text and not opt.text:find("%S") then ctx.usage("--text is empty: give it words, such as Effusion") end
  if not (opt.image or given.upload or given.like or opt.text) then
    ctx.usage("what is asked? give --image FILE, --text WORDS, or both")
  end
  if opt.hybrid and not opt.text then ctx.usage("--hybrid weighs words: give --text WORDS") end
  if opt.text then warn_of_negation(opt.text, ctx) end
end

-- The hits of each query: by vectors, or by words too.
local function find(idx, vectors, opt, filter, search, ctx)
  if not opt.hybrid then return search(idx, vectors, opt.k, filter) end
  local wanted = hybrid.words(idx, opt.text)
  if #wanted == 0 then ctx.warn("--hybrid changes nothing: no finding in the index %s has any of these words", idx.url) end
  return hybrid.search(search, idx, vectors, opt.k, filter, wanted, opt.hybrid)
end

local function search_index(idx, queries, k, filter) return idx:search(queries, k, filter) end

-- opt: the options of `hilum query`. given, in place of opt.image: upload = { bytes=, name= }, or like = the name of an image in the
-- index; models, opened before; and search(index, queries, k, filter), to be used instead of the index's own.
-- { queries = { { image=, name=, text=, doc=, own= } }, models = { { name=, base=, count=, embedded=, index=, results = { hits of each
-- query } } }, where = { conditions in words }, not_patient=, image_weight=, hybrid= }. The last model is the one that was asked for.
function asking.ask(opt, ctx, given)
  given = given or {}
  check_asked(opt, given, ctx)
  local models, search, answers = given.models or asking.open(opt, ctx), given.search or search_index, {}
  local main = models[#models].index
  local where, told = read_where(opt.where, main, ctx)
  local queries = list_queries(opt, given, main, ctx)
  local inputs = read_images(opt, given, ctx)
  local filter = { where = where, not_patient = check_patients(opt.not_patient, main, ctx) }
  for i = #models, 1, -1 do
    local model = models[i]
    local images = image_vectors(model, queries, inputs, opt, given, ctx)
    filter.not_row = images and not opt.itself and own_rows(model, queries, images, search) or nil
    if filter.not_row then note_copies(queries, filter.not_row, model.index, ctx) end
    local results = find(model.index, mix(model, queries, images, opt, ctx), opt, filter, search, ctx)
    answers[i] = setmetatable({ results = results }, { __index = model })
  end
  return { queries = queries, models = answers, where = told, not_patient = opt.not_patient, image_weight = opt.image_weight,
    hybrid = opt.hybrid }
end

return asking
