-- SPDX-License-Identifier: MIT
-- query: asks the index with an image, with words, or with both.
local embeddings = require "lib.embeddings"
local fs = require "hilum.fs"
local index = require "lib.index"
local options = require "host.options"
local words = require "lib.text"

local PICTURE_SIDE = 320
local BASE = "base"

-- Opening what is asked.

local function open_index(opt, ctx, name)
  local idx = assert(index.open(fs.join(opt.index, name)))
  local m = assert(require "lib.model".open(name, { project = ctx.project, length = idx.length }))
  assert(idx:accepts(m))
  return { name = name, base = m.base, index = idx, model = m, count = idx.count, embedded = idx.embedded }
end

local function choose_model(opt, ctx)
  local names = index.names(opt.index)
  if #names == 0 then ctx.fail("no index yet in %s: run `hilum index`", opt.index) end
  if not opt.model then return embeddings.preferred(names) end
  for _, name in ipairs(names) do if name == opt.model then return name end end
  ctx.fail("there is no index '%s' in %s; there are %s", opt.model, opt.index, table.concat(names, ", "))
end

-- The model that answers, and before it the base where both are to be compared.
local function open_models(opt, ctx)
  local name = choose_model(opt, ctx)
  local wanted = opt.compare or opt.compare == nil and (opt.page or opt.open)
  local models = { open_index(opt, ctx, name) }
  if wanted and name ~= BASE and fs.stat(fs.join(opt.index, BASE, "index.json")) then
    table.insert(models, 1, open_index(opt, ctx, BASE))
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

-- One query for each image (with the words, if there are any), or one for the words.
local function list_queries(opt, idx, ctx)
  local queries = {}
  for i, path in ipairs(opt.image or {}) do
    local stat = fs.stat(path)
    if not stat or stat.type == "dir" then ctx.fail("%s is not an image file", path) end
    local name = fs.base(path)
    local row = idx:row_of(name)
    queries[i] = { image = path, name = name, text = opt.text, doc = row and idx.docs[row], own = row ~= nil }
    if row then ctx.say("%s is in the index itself: left out of its results", name) end
  end
  if #queries == 0 then queries[1] = { text = opt.text } end
  return queries
end

local function describe_images(queries)
  local paths = {}
  for i, query in ipairs(queries) do paths[i] = query.image end
  local features, errors = require "hilum.image".describe(paths)
  for _, err in pairs(errors or {}) do error(err, 0) end
  return features
end

-- The words that findings are called by in the index.
local function finding_words(findings)
  local list = {}
  for _, finding in ipairs(findings) do
    for _, word in ipairs(words.words(finding)) do list[#list + 1] = word end
  end
  return list
end

-- A word that training did not meet goes by its letters: worth an answer if it is near one that is known ("effusions"), and none
-- if all that the letters can find is chance.
local function check_words(model, text, ctx)
  local asked, unknown = words.words(text), model.model:unknown_words(text)
  if #asked > 0 and #unknown == 0 then return end
  local findings = model.index:values("finding")
  local it_knows = table.concat(findings, ", ", 1, math.min(#findings, 20)) .. (#findings > 20 and ", …" or "")
  local some_known, list = #unknown < #asked, finding_words(findings)
  for _, word in ipairs(unknown) do some_known = some_known or options.nearest(word, list) ~= nil end
  if not some_known then ctx.fail("the model %s knows none of these words: %s; it knows: %s", model.name, text, it_knows) end
  ctx.warn("the model %s never met: %s (taken by the letters); it knows: %s", model.name, table.concat(unknown, ", "), it_knows)
end

local function embed_text(model, text, count, ctx)
  local texts = {}
  for i = 1, count do texts[i] = text end
  check_words(model, text, ctx)
  return (model.model:embed_texts(texts))
end

-- Image and words are embedded apart and mixed here.
local function embed(model, queries, features, opt, ctx)
  local texts = opt.text and embed_text(model, opt.text, #queries, ctx)
  if not features then return texts end
  local images = model.model:embed_images(features)
  return texts and model.model:combine(images, texts, opt.image_weight) or images
end

local function own_rows(model, queries)
  local rows, any = {}, false
  for i, query in ipairs(queries) do
    rows[i] = query.name and model.index:row_of(query.name) or 0
    any = any or rows[i] > 0
  end
  return any and rows or nil
end

local function ask(opt, ctx)
  if not opt.image and not opt.text then ctx.usage("what is asked? give --image FILE, --text WORDS, or both") end
  local models = open_models(opt, ctx)
  local main = models[#models].index
  local where, told = read_where(opt.where, main, ctx)
  local queries = list_queries(opt, main, ctx)
  local features = opt.image and describe_images(queries)
  local filter = { where = where, not_patient = check_patients(opt.not_patient, main, ctx) }
  for _, model in ipairs(models) do
    filter.not_row = own_rows(model, queries)
    model.results = model.index:search(embed(model, queries, features, opt, ctx), opt.k, filter)
  end
  return { queries = queries, models = models, where = told, not_patient = opt.not_patient, image_weight = opt.image_weight }
end

-- Answers.

local function plain_hit(hit, anonymous)
  local doc = hit.doc
  return { rank = hit.rank, score = hit.score, findings = doc.findings, view = doc.view, age = doc.age, sex = doc.sex, split = doc.split,
    image = not anonymous and doc.image or nil, patient = not anonymous and doc.patient or nil }
end

local function plain_hits(hits, anonymous)
  local list = require "hilum.json".array {}
  for i, hit in ipairs(hits) do list[i] = plain_hit(hit, anonymous) end
  return list
end

local function plain_result(asked, opt)
  local main = asked.models[#asked.models]
  local result = { model = main.name, index = main.index.url, embedded = main.embedded, k = opt.k, queries = {} }
  for i, query in ipairs(asked.queries) do
    result.queries[i] = { image = not opt.anonymous and query.image or nil, text = query.text,
      results = plain_hits(main.results[i], opt.anonymous) }
    if #asked.models > 1 then result.queries[i].base_results = plain_hits(asked.models[1].results[i], opt.anonymous) end
  end
  return result
end

local function print_hits(hits, anonymous, ctx)
  local rows = {}
  for i, hit in ipairs(hits) do
    rows[i] = { rank = hit.rank, score = ("%.3f"):format(hit.score), image = hit.doc.image,
      findings = table.concat(hit.doc.findings or {}, ", "), patient = hit.doc.patient or "", view = hit.doc.view or "" }
  end
  local columns = anonymous and { "rank", "score", "findings", "view" } or { "rank", "score", "image", "findings", "patient", "view" }
  ctx.print("%s", require "hilum.term".table(rows, columns))
end

local function print_answers(asked, opt, ctx)
  local shown = opt.compare and asked.models or { asked.models[#asked.models] }
  for i, query in ipairs(asked.queries) do
    for _, model in ipairs(shown) do
      if #asked.queries > 1 or #shown > 1 then
        ctx.print("%s, %s:", not opt.anonymous and query.name or query.text or "query " .. i, model.name)
      end
      if #model.results[i] == 0 then ctx.print("nothing in the index passes the filters")
      else print_hits(model.results[i], opt.anonymous, ctx) end
    end
  end
end

-- The page.

local function pictures_of_results(asked, opt, ctx)
  local names, seen = {}, {}
  for _, model in ipairs(asked.models) do
    for _, hits in ipairs(model.results) do
      for _, hit in ipairs(hits) do
        if not seen[hit.doc.image] then
          seen[hit.doc.image] = true
          names[#names + 1] = hit.doc.image
        end
      end
    end
  end
  local store = require "lib.store".open(opt.images)
  if not store then ctx.warn("%s is not there: the page has no pictures of the results (--images FOLDER)", opt.images) end
  return require "lib.pictures".of_names(store, names, PICTURE_SIDE)
end

local function write_page(asked, opt, ctx)
  local path = opt.page or ctx.project:path("reports/query.html")
  local drawn = require "lib.query_page".draw(asked, { pictures = pictures_of_results(asked, opt, ctx),
    query_pictures = require "lib.pictures".of_paths(opt.image or {}, PICTURE_SIDE), anonymous = opt.anonymous,
    made = ("Made on %s by hilum %s."):format(os.date("%Y-%m-%d"), require "hilum".version) })
  assert(fs.mkdir(fs.dir(path)))
  assert(fs.write(path, drawn))
  ctx.say("%s: images%s inside", path, opt.anonymous and "" or " and patient numbers")
  return path
end

local function open_in_browser(path, ctx)
  local quoted = "'" .. fs.real(path):gsub("'", "'\\''") .. "'"
  if not os.execute("xdg-open " .. quoted .. " >/dev/null 2>&1") then ctx.say("no browser could be started: open the file yourself") end
end

local function run(opt, ctx)
  local asked = ask(opt, ctx)
  local result = plain_result(asked, opt)
  print_answers(asked, opt, ctx)
  if opt.page or opt.open then
    result.page = write_page(asked, opt, ctx)
    if opt.open then open_in_browser(result.page, ctx) end
  else
    ctx.say("add --open to see the pictures")
  end
  return result
end

return {
  summary = "Find images: by an image, by words, or by both",
  details = [[
Prints the k nearest images of the index. With an image and words, both are embedded, and the query is their mix: --image-weight of the
image, the rest of the words. Several images are several queries. An image that is in the index itself is left out of its own results.

Words: the findings' own names work best, as in "Effusion, Edema"; the offline model has no negation ("no effusion" finds effusions) and
no synonyms. A word that was not met in training goes by its letters, with a warning; if nothing of it is known, hilum says what is.

--where keeps images that show a finding, or that have a view, sex, split or patient; several conditions must all hold.
--open writes a page with the pictures (or --page FILE) and shows it in the browser; there, base and fine-tuned stand side by side when
both have an index. The page contains images and patient numbers; --anonymous leaves numbers and file names out.]],
  options = {
    { "image", type = "list", of = "path", metavar = "FILE", help = "an image to find similar ones of" },
    { "text", type = "string", metavar = "WORDS", help = "findings in words" },
    { "k", type = "integer", short = "k", min = 1, max = 10000, default = 12, help = "how many results" },
    { "image-weight", type = "number", min = 0, max = 1, default = 0.4, help = "of the image in a query with words" },
    { "where", type = "list", metavar = "NAME=VALUE", help = "finding=, view=, sex=, split= or patient=" },
    { "not-patient", type = "list", metavar = "ID", help = "leave this patient's images out" },
    { "model", type = "string", metavar = "NAME", help = "which index (default: tuned, else base)" },
    { "compare", type = "flag", help = "also ask the base index (a page does so unless --no-compare)" },
    { "open", type = "flag", default = false, help = "show the results as a page in the browser" },
    { "page", type = "path", metavar = "FILE", help = "write the page there (with --open: reports/query.html)" },
    { "anonymous", type = "flag", default = false, help = "leave patient numbers and file names out" },
    { "images", type = "path", default = "images", help = "the folder of the images, for the pictures" },
    { "index", type = "path", default = "index", help = "the folder of the indexes" },
  },
  examples = {
    "hilum query --text Effusion --open",
    "hilum query --image x.png --where view=PA -k 20",
    'hilum query --image x.png --text "Effusion, Edema" --image-weight 0.5 --not-patient 1234 --json',
  },
  run = run,
}
