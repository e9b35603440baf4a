-- SPDX-License-Identifier: MIT
-- evaluate: how well images are found, base against fine-tuned. The protocol is lib/trial, the numbers lib/evaluation, the page
-- lib/evaluation_page.
local embeddings = require "lib.embeddings"
local examples = require "lib.examples"
local fs = require "hilum.fs"
local trial = require "lib.trial"
local vec = require "hilum.vec"

local PICTURE_SIDE = 160
local BASE = "base"

-- The embeddings.

local function open_set(opt, ctx, name)
  if not fs.stat(embeddings.paths(opt.embeddings, name).info) then
    ctx.fail("there are no embeddings '%s' in %s: run `hilum embed IMAGES`", name, opt.embeddings)
  end
  return assert(embeddings.open(opt.embeddings, name))
end

-- The base and, if there is one, the model to compare it with.
local function open_sets(opt, ctx)
  local names = embeddings.names(opt.embeddings)
  if #names == 0 then ctx.fail("nothing is embedded in %s yet: run `hilum embed IMAGES`", opt.embeddings) end
  local tuned = opt.model or embeddings.preferred(names)
  if tuned == opt.base then return { base = open_set(opt, ctx, opt.base) } end
  local has_base = fs.stat(embeddings.paths(opt.embeddings, opt.base).info)
  if not has_base then
    ctx.warn("there are no embeddings '%s' in %s: '%s' is measured alone", opt.base, opt.embeddings, tuned)
    return { base = open_set(opt, ctx, tuned) }
  end
  return { base = open_set(opt, ctx, opt.base), tuned = open_set(opt, ctx, tuned) }
end

-- Rows of both that are the same image: the records, and each model's vectors in that order.
local function align(sets, ctx)
  if not sets.tuned then return sets.base.docs, { base = sets.base.vectors } end
  local row_of, docs, base_rows, tuned_rows = {}, {}, {}, {}
  for row, doc in ipairs(sets.tuned.docs) do row_of[doc.image] = row end
  for row, doc in ipairs(sets.base.docs) do
    if row_of[doc.image] then
      docs[#docs + 1], base_rows[#base_rows + 1], tuned_rows[#tuned_rows + 1] = doc, row, row_of[doc.image]
    end
  end
  if #docs < #sets.base.docs or #docs < #sets.tuned.docs then
    ctx.warn("%d images were embedded by only one of the two models and are left out", #sets.base.docs + #sets.tuned.docs - 2 * #docs)
  end
  if #docs == 0 then ctx.fail("the two models embedded different images: run `hilum embed IMAGES` again") end
  return docs, { base = sets.base.vectors:gather(base_rows), tuned = sets.tuned.vectors:gather(tuned_rows) }
end

local function check_captions(sets, ctx)
  local embedded = sets.base.info.embedded
  if sets.tuned and sets.tuned.info.embedded ~= embedded then
    ctx.fail("'%s' holds %s vectors and '%s' %s vectors, which cannot be compared: run `hilum embed` once for both", sets.base.name,
      embedded, sets.tuned.name, sets.tuned.info.embedded)
  end
  if embedded == "image+caption" then
    ctx.warn("captions were embedded with the images: labels leak into the gallery, and the numbers flatter")
  end
end

-- The trial.

local function training_counts(opt, docs)
  if not fs.stat(opt.splits) then return trial.count_training(docs) end
  return trial.count_training(embeddings.read_docs(opt.splits))
end

local function make_trial(opt, ctx, docs)
  local split = opt.on or trial.choose_split(docs)
  if not split then ctx.fail("the embedded images are in no test or validation part: run `hilum split`, then `hilum embed IMAGES`") end
  local made = trial.new(docs, training_counts(opt, docs), { split = split, gallery = opt.gallery, head = opt.head, tail = opt.tail,
    enough = opt.enough })
  if #made.queries.rows < 2 then ctx.fail("only %d images of the %s part are embedded: nothing to rank", #made.queries.rows, split) end
  if #made.gallery.rows == 0 then ctx.fail("no image of the training part is embedded: leave --gallery at `same`") end
  return made
end

-- The vectors of the findings' names, or nothing where the model that embedded the images is not there any more.
local function embed_names(set, findings, ctx)
  local m, err = require "lib.model".open(set.name, { project = ctx.project, length = set.info.length })
  if not m then
    ctx.warn("queries in words are left out: %s", tostring(err))
    return nil
  end
  if m.id ~= set.info.model then
    ctx.fail("the embeddings '%s' were made with another model than '%s' is now: run `hilum embed IMAGES`", set.name, m.name)
  end
  local names = {}
  for i, finding in ipairs(findings) do names[i] = finding.name end
  return (m:embed_texts(names))
end

-- Names are asked of both models or of none.
local function make_models(sets, vectors, made, ctx)
  local models, all_have_texts = {}, true
  for _, role in ipairs { "base", "tuned" } do
    if sets[role] then
      local texts = embed_names(sets[role], made.findings, ctx)
      models[#models + 1] = { role = role, vectors = vectors[role], texts = texts }
      all_have_texts = all_have_texts and texts ~= nil
    end
  end
  for _, model in ipairs(models) do model.texts = all_have_texts and model.texts or nil end
  return models
end

-- Does the size of the file tell what the image shows? An area under the curve far from 0.5 says that the images were selected or
-- encoded differently.
local function check_shortcut(made, store)
  local sizes, is_abnormal = {}, {}
  for i, doc in ipairs(made.queries.docs) do
    local stat = store and store:stat(doc.image)
    if stat then
      sizes[#sizes + 1] = stat.size
      is_abnormal[#is_abnormal + 1] = made.abnormal[i] or false
    end
  end
  local auc = #sizes > 0 and vec.area_under_curve(vec.from { sizes }, is_abnormal)
  return { file_size_auc = auc == auc and auc or nil }
end

local function describe_models(sets)
  local models = {}
  for role, set in pairs(sets) do models[role] = { name = set.name, id = set.info.model, length = set.info.length } end
  return models
end

-- What is told.

local function table_rows(result)
  local rows = {}
  local function add(title, measure)
    if not measure then return end
    local row = { measure = title, base = ("%.3f"):format(measure.base.value), chance = ("%.3f"):format(measure.chance) }
    if measure.tuned then
      row["fine-tuned"] = ("%.3f"):format(measure.tuned.value)
      row.difference = ("%+.3f"):format(measure.difference.value)
      row["95 %"] = measure.difference.low and ("%+.3f to %+.3f"):format(measure.difference.low, measure.difference.high) or ""
    end
    rows[#rows + 1] = row
  end
  for _, measure in ipairs(result.all) do add(measure.title, measure) end
  for _, measure in ipairs(result.abnormal) do
    if measure.key == "map" then add("Mean average precision, abnormal queries", measure) end
  end
  for i, measure in ipairs(result.words) do
    add("By name of finding: " .. measure.title:gsub("^%u", string.lower), measure)
    add(("… findings with %d training images or more"):format(result.enough), result.learnt[i])
  end
  return rows
end

local function tell(result, ctx)
  local columns = { "measure", "base", "chance" }
  if result.models.tuned then columns = { "measure", "base", "fine-tuned", "difference", "95 %", "chance" } end
  ctx.print("%s", require "hilum.term".table(table_rows(result), columns))
  for _, sentence in ipairs { require "lib.evaluation_words".headline(result) } do ctx.say("%s", sentence) end
end

local function write_page(result, store, opt)
  local names = examples.images(result.examples)
  local drawn = require "lib.evaluation_page".draw(result, require "lib.pictures".of_names(store, names, PICTURE_SIDE),
    { anonymous = opt.anonymous, made = ("Made on %s by hilum %s."):format(os.date("%Y-%m-%d"), require "hilum".version) })
  assert(fs.mkdir(fs.dir(opt.out)))
  assert(fs.write(opt.out, drawn))
end

-- The numbers, and all that the page says besides.
local function measure(opt, ctx, sets)
  local docs, vectors = align(sets, ctx)
  local made = make_trial(opt, ctx, docs)
  ctx.say("%d queries of %s in a gallery of %d images; the query's own patient is never in it", #made.queries.rows,
    opt.on and made.split or made.split .. " (choose with --on)", #made.gallery.rows)
  local models = make_models(sets, vectors, made, ctx)
  local progress <close> = ctx.progress(#models * #made.findings, "evaluating")
  local result, found = require "lib.evaluation".run(made, models, { resamples = opt.resamples, seed = opt.seed, progress = progress })
  progress:finish()
  if #result.all == 0 then
    ctx.fail("no image of the %s part has a finding in common with one of another patient: too few images", made.split)
  end
  result.head, result.tail, result.enough = opt.head, opt.tail, opt.enough
  result.models, result.embedded, result.untrained = describe_models(sets), sets.base.info.embedded, sets.base.info.base
  result.examples = examples.draw(made, found, opt.seed)
  return result, made
end

local function run(opt, ctx)
  local sets = open_sets(opt, ctx)
  check_captions(sets, ctx)
  local result, made = measure(opt, ctx, sets)
  local store = require "lib.store".open(opt.images)
  if not store then ctx.warn("%s is not there: the page has no pictures (--images FOLDER)", opt.images) end
  result.shortcut = check_shortcut(made, store)
  write_page(result, store, opt)
  if opt.anonymous then examples.anonymise(result.examples) end
  tell(result, ctx)
  ctx.say("%s: images%s inside", opt.out, opt.anonymous and "" or " and patient numbers")
  result.page = opt.out
  return result
end

return {
  summary = "Base against fine-tuned, measured on patients that were never trained on",
  details = [[
Every image of the test part (without one: the validation part; --on chooses) asks for images like it, and every finding's name asks for
images that show it. Use validation while you choose options, and test once, at the end.

The gallery is all images of the same part (--gallery train: of the training part, as in real use); images of the query's own patient
are never in it. Relevant is an image with a finding in common. Measured: precision at 1, 5 and 10, R-precision, mean average precision
over all ranks, nDCG at 10; for all queries, for abnormal ones, finding by finding, by how common findings are (--head, --tail), by view,
sex and age; names: area under the ROC curve and average precision. Everything stands beside what a random order gives. Intervals are the
middle 95 % of resamples of patients, the same ones for both models.

The result is reports/evaluation.html, one file that needs nothing else: numbers, plots, examples, and what the numbers do not show.
--json prints all of it. 20,000 images are ranked in about a minute or two.]],
  options = {
    { "on", type = "choice", choices = { "validation", "test" }, help = "the part to measure on (default: test if there is one)" },
    { "gallery", type = "choice", choices = { "same", "train" }, default = "same", help = "where is searched: the same part, or train" },
    { "model", type = "string", metavar = "NAME", help = "the embeddings to compare with the base (default: tuned)" },
    { "base", type = "string", metavar = "NAME", default = BASE, help = "the embeddings they are compared with" },
    { "resamples", type = "integer", min = 0, max = 100000, default = 1000, help = "draws of the bootstrap over patients" },
    { "seed", type = "integer", default = 1, help = "the same seed gives the same intervals and examples" },
    { "head", type = "integer", min = 1, default = 1000, help = "findings with more training images are common" },
    { "tail", type = "integer", min = 1, default = 100, help = "findings with fewer training images are rare" },
    { "enough", type = "integer", min = 0, default = 30, help = "also average over the findings with this many training images" },
    { "anonymous", type = "flag", default = false, help = "leave patient numbers and file names out" },
    { "images", type = "path", default = "images", help = "the folder of the images, for the pictures" },
    { "embeddings", type = "path", default = "embeddings", help = "where `hilum embed` wrote them" },
    { "splits", type = "path", default = "splits.jsonl", help = "the records, to count how often a finding was trained on" },
    { "out", type = "path", default = "reports/evaluation.html", help = "the page" },
  },
  examples = { "hilum evaluate --on validation", "hilum evaluate", "hilum evaluate --gallery train --anonymous --out for-others.html" },
  reads = { "embeddings", "splits" },
  writes = { "out" },
  run = run,
}
