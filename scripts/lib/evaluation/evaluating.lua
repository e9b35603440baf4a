-- SPDX-License-Identifier: MIT
-- What `hilum evaluate` does before it tells: opens the embeddings, makes the trial, embeds the findings' names, measures.
local embeddings = require "lib.embeddings"
local evaluation = require "lib.evaluation"
local examples = require "lib.evaluation.examples"
local fs = require "hilum.fs"
local json = require "hilum.json"
local plural = require "lib.plural"
local store = require "lib.store"
local trial = require "lib.evaluation.trial"
local vec = require "hilum.vec"

local evaluating = {}

-- The embeddings.

local function open_set(opt, ctx, name)
  if not fs.stat(embeddings.paths(opt.embeddings, name).info) then
    ctx.fail("there are no embeddings '%s' in %s: run `hilum embed IMAGES`", name, opt.embeddings)
  end
  return assert(embeddings.open(opt.embeddings, name))
end

-- The model to measure: the one that is named, or meant.
local function choose_model(opt, ctx)
  local names = embeddings.names(opt.embeddings)
  if #names == 0 then ctx.fail("nothing is embedded in %s yet: run `hilum embed IMAGES`", opt.embeddings) end
  if opt.model then return opt.model end
  local name, others = embeddings.preferred(names)
  if #others > 0 then ctx.say("measured is %s; there is also %s: --model NAME chooses", name, table.concat(others, ", ")) end
  return name
end

-- The base and, if there is one, the model to compare it with.
local function open_sets(opt, ctx)
  local tuned = open_set(opt, ctx, choose_model(opt, ctx))
  local base = opt.base or embeddings.base_of(tuned.info.model)
  if tuned.name == base then return { base = tuned } end
  if not fs.stat(embeddings.paths(opt.embeddings, base).info) then
    ctx.warn("there are no embeddings '%s' in %s: '%s' is measured alone", base, opt.embeddings, tuned.name)
    return { base = tuned }
  end
  return { base = open_set(opt, ctx, base), tuned = tuned }
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
    ctx.warn("%s embedded by only one of the two models, and left out", plural(#sets.base.docs + #sets.tuned.docs - 2 * #docs,
      "image was", "images were"))
  end
  if #docs == 0 then ctx.fail("the two models embedded different images: run `hilum embed IMAGES` again") end
  return docs, { base = embeddings.take(sets.base.vectors, base_rows), tuned = embeddings.take(sets.tuned.vectors, tuned_rows) }
end

local SHOWN = 3 -- images of which the records differ

-- Vectors do not age, but what was written of their images can: parts that were drawn anew, labels that were put right.
local function check_records(sets, opt, ctx)
  if not fs.stat(opt.splits) then return end
  local record_of, differing = {}, {}
  for record in json.lines(opt.splits) do record_of[record.image] = json.encode(record) end
  for _, set in pairs(sets) do
    for _, doc in ipairs(set.docs) do
      if record_of[doc.image] ~= json.encode(doc) then differing[#differing + 1] = doc.image end
    end
    if #differing > 0 then
      ctx.fail("%s has changed since %s was made: it says other things of %d of %d images (%s%s): run `hilum embed` and `hilum "
        .. "index` again; `hilum status` tells what else is out of date", opt.splits, set.paths.docs, #differing, #set.docs,
        table.concat(differing, ", ", 1, math.min(#differing, SHOWN)), #differing > SHOWN and ", …" or "")
    end
  end
end

-- What images ask with, where that is not what is searched: image-only vectors of the same models, as the original search does, whose
-- documents have the caption in them. One matrix for each model, in the order of docs; {} without --queries.
local function query_vectors(sets, docs, opt, ctx)
  local vectors = {}
  for role, set in pairs(opt.queries and sets or {}) do
    local asking, row_of, rows = assert(embeddings.open(opt.queries, set.name)), {}, {}
    if asking.info.embedded ~= "image" or asking.info.model ~= set.info.model or asking.info.length ~= set.info.length then
      ctx.fail("%s: --queries wants images alone, embedded by the model and at the length of %s", asking.paths.vectors, set.paths.vectors)
    end
    for row, doc in ipairs(asking.docs) do row_of[doc.image] = row end
    for i, doc in ipairs(docs) do
      rows[i] = row_of[doc.image]
        or ctx.fail("%s has no vector of %s: run `hilum embed` for the same images", asking.paths.vectors, doc.image)
    end
    vectors[role] = embeddings.take(asking.vectors, rows)
  end
  return vectors
end

local function check_captions(sets, opt, ctx)
  local embedded = sets.base.info.embedded
  if sets.tuned and sets.tuned.info.embedded ~= embedded then
    ctx.fail("'%s' holds %s vectors and '%s' %s vectors, which cannot be compared: run `hilum embed` once for both", sets.base.name,
      embedded, sets.tuned.name, sets.tuned.info.embedded)
  end
  if embedded == "image+caption" then
    ctx.warn("captions were embedded with the images: the labels leaked into what is searched, and the numbers flatter. They say how well "
      .. "labels are found again; embed without --with-caption to measure images against images%s",
      opt.queries and "" or ", or ask with images alone: --queries FOLDER")
  elseif opt.queries then
    ctx.usage("--queries is for embeddings made --with-caption; '%s' holds images alone, which ask each other", sets.base.name)
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
  if #made.queries.rows < 2 then
    ctx.fail("only %s of the %s part: nothing to rank", plural(#made.queries.rows, "embedded image"), split)
  end
  if #made.gallery.rows == 0 then ctx.fail("no image of the training part is embedded: leave --gallery at `same`") end
  if made.left_out then
    ctx.warn("%d findings can be told apart at a time; these, the rarest in training, count as not there: %s", #made.findings,
      table.concat(made.left_out, ", "))
  end
  return made
end

-- The patients that a model was trained on, where the file that it was trained on is still there.
local function trained_patients(set, docs, ctx)
  local text = set and fs.read(ctx.project:path(fs.join("models", set.name, "model.json")))
  local made_from, path = text and json.decode(text).train_sha256, ctx.project:path("train.jsonl")
  if not made_from or not fs.stat(path) then return {} end
  if require "hilum.hash".sha256_file(path) ~= made_from then
    ctx.warn("train.jsonl is not what the model %s was trained on: run `hilum finetune` and `hilum embed`, or the numbers may flatter",
      set.name)
    return {}
  end
  local patient_of, patients = {}, {}
  for _, doc in ipairs(docs) do patient_of[fs.base(doc.image)] = doc.patient end
  for line in io.lines(path) do
    local patient = patient_of[fs.base(json.decode(line)["image-ref"])]
    if patient then patients[patient] = true end
  end
  return patients
end

-- How many patients of a part have images in another part too, or were trained on: parts that were edited by hand, or drawn again
-- after the training, can leak.
local function count_shared_patients(docs, split, trained, ctx)
  local here, shared, count = {}, {}, 0
  for _, doc in ipairs(docs) do
    if doc.split == split and doc.patient then here[doc.patient] = true end
  end
  for _, doc in ipairs(docs) do
    if doc.split and doc.split ~= split and here[doc.patient] and not shared[doc.patient] then
      shared[doc.patient], count = true, count + 1
    end
  end
  if count > 0 then
    ctx.warn("%s in the %s part and in another, and the numbers flatter: run `hilum split`",
      plural(count, "patient is", "patients are"), split)
  end
  local before = count
  for patient in pairs(trained) do
    if here[patient] and not shared[patient] then count = count + 1 end
  end
  if count > before then
    ctx.warn("%s in the %s part although the model was trained on them, and the numbers flatter: the parts changed since; run "
      .. "`hilum prepare`, `hilum finetune` and `hilum embed`", plural(count - before, "patient is", "patients are"), split)
  end
  return count
end

-- Of a model that is paid for by each text, the vectors of these are kept. It may not answer at all, as a custom model without throughput.
local function ask_remote(m, names, ctx)
  local done, texts = pcall(m.remember_texts, m, ctx.project, names, { say = ctx.say })
  if done then return texts end
  if type(texts) ~= "table" or texts.kind == "interrupted" then error(texts, 0) end
  ctx.warn("queries in words are left out: %s", tostring(texts))
  return nil
end

-- The vectors of the findings' names, or nothing where the model that embedded the images is not there any more.
local function embed_names(set, findings, ctx)
  local m, err = require "lib.model".open(set.name, { project = ctx.project, length = set.info.length })
  if not m then
    ctx.warn("queries in words are left out: %s", tostring(err))
    return nil
  end
  if m.imported then
    ctx.say("queries in words are left out: the encoder of %s is not here", set.name)
    return nil
  end
  if m.id ~= set.info.model then
    ctx.fail("the embeddings '%s' were made with another model than '%s' is now: run `hilum embed IMAGES`", set.name, m.name)
  end
  local names = {}
  for i, finding in ipairs(findings) do names[i] = finding.name end
  if m.remote then return ask_remote(m, names, ctx) end
  return (m:embed_texts(names))
end

-- Names are asked of both models or of none.
local function make_models(sets, vectors, asking, made, ctx)
  local models, all_have_texts = {}, true
  for _, role in ipairs { "base", "tuned" } do
    if sets[role] then
      local texts = embed_names(sets[role], made.findings, ctx)
      models[#models + 1] = { role = role, vectors = vectors[role], query_vectors = asking[role], texts = texts }
      all_have_texts = all_have_texts and texts ~= nil
    end
  end
  for _, model in ipairs(models) do model.texts = all_have_texts and model.texts or nil end
  return models
end

-- Does the size of the file tell what the image shows? An area under the curve far from 0.5 says that the images were selected or
-- encoded differently.
local function check_shortcut(made, images)
  local sizes, is_abnormal = {}, {}
  local locations = {}
  for i, doc in ipairs(images and made.queries.docs or {}) do locations[i] = images:path(doc.image) end
  for i, stat in ipairs(store.stats(locations)) do
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

-- Was the one made from the other?
local function is_made_from(tuned, base)
  if base.info.base then return require "lib.model".kind { name = tuned.name } == "fine-tuned" end
  return embeddings.base_of(tuned.info.model) == base.name
end

-- What the models are called: "base" and "fine-tuned" those of this machine, others by their names; and whether the one was made from the
-- other.
local function labels_of(sets, project)
  local base, tuned = sets.base, sets.tuned
  local is_tuned = tuned ~= nil and is_made_from(tuned, base)
  if base.info.base and (is_tuned or not tuned) then return { base = "base", tuned = tuned and "fine-tuned" }, is_tuned end
  local shown = require "lib.model.shown"
  local labels = { base = shown(base.name, project), tuned = tuned and shown(tuned.name, project) }
  if labels.base == labels.tuned then labels = { base = base.name, tuned = tuned.name } end
  return labels, is_tuned
end

-- The measuring.
local function measure(opt, ctx, sets)
  local docs, vectors = align(sets, ctx)
  local made = make_trial(opt, ctx, docs)
  ctx.say("%s of %s in a gallery of %s; the query's own patient is never in it", plural(#made.queries.rows, "query", "queries"),
    opt.on and made.split or made.split .. " (choose with --on)", plural(#made.gallery.rows, "image"))
  local models = make_models(sets, vectors, query_vectors(sets, docs, opt, ctx), made, ctx)
  local shown = examples.queries(made, opt.seed)
  local progress <close> = ctx.progress(#models * evaluation.steps(made), "evaluating")
  local result, found = evaluation.run(made, models, { resamples = opt.resamples, seed = opt.seed, ranks = opt.ranks, shown = shown,
    progress = progress })
  progress:finish()
  ctx.say("%s", result.ranks and ("judged: the first %d results of each query"):format(result.ranks) or "judged: whole rankings")
  if #result.all == 0 then
    ctx.fail("no image of the %s part has a finding in common with one of another patient: too few images", made.split)
  end
  result.head, result.tail, result.enough = opt.head, opt.tail, opt.enough
  result.labels, result.fine_tuned = labels_of(sets, ctx.project)
  result.models, result.embedded, result.untrained = describe_models(sets), sets.base.info.embedded, sets.base.info.base
  result.queries_alone = opt.queries ~= nil
  result.examples = examples.draw(made, found, shown)
  result.shared_patients = count_shared_patients(docs, made.split, trained_patients(sets.tuned, docs, ctx), ctx)
  return result, made
end

-- The result of lib/evaluation with models, examples and the rest that the page says. images: their store, or nil.
function evaluating.run(opt, ctx, images)
  local sets = open_sets(opt, ctx)
  check_captions(sets, opt, ctx)
  check_records(sets, opt, ctx)
  local result, made = measure(opt, ctx, sets)
  result.shortcut = check_shortcut(made, images)
  return result
end

return evaluating
