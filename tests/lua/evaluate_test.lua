-- SPDX-License-Identifier: MIT
local t = require "t"
local fs = require "hilum.fs"
local json = require "hilum.json"
local study = require "study"

local function made()
  local dir = t.tmp()
  return dir, study.write(dir)
end

local function evaluate(dir, options)
  options = options or {}
  options.resamples = options.resamples or 200
  return study.run(dir, "evaluate", options)
end

local function by_key(list)
  local found = {}
  for _, measure in ipairs(list) do found[measure.key] = measure end
  return found
end

t.test("base against tuned, beside chance, with intervals", function()
  local dir = made()
  local result, heard = evaluate(dir, { enough = 5 })
  t.eq({ result.split, result.gallery, result.queries, result.images, result.patients }, { "test", "same", 60, 60, 20 })
  for _, list in ipairs { result.all, result.abnormal, result.macro, result.words } do
    t.ok(#list > 0)
    for _, measure in ipairs(list) do
      t.ok(measure.tuned.value > measure.base.value, measure.title)
      t.ok(measure.tuned.value > measure.chance, measure.title)
      t.ok(measure.tuned.low <= measure.tuned.value and measure.tuned.value <= measure.tuned.high, measure.title)
      t.near(measure.difference.value, measure.tuned.value - measure.base.value, 2e-6)
    end
  end
  local all = by_key(result.all)
  for _, measure in ipairs(require "lib.evaluation".MEASURES) do t.ok(all[measure.key], measure.key) end
  t.ok(all.map.difference.low > 0)
  t.eq(#result.learnt, 2)
  t.match(heard.printed[1], "Mean average precision")
end)

t.test("by finding, by how common they are, by view, sex and age", function()
  local dir = made()
  local result = evaluate(dir, { head = 20, tail = 5 })
  local bands = {}
  for _, finding in ipairs(result.findings) do
    bands[finding.finding] = finding.band
    t.ok(finding.images.map, finding.finding)
  end
  t.eq(bands["No Finding"], "head")
  t.eq({ bands.Hernia, bands.Mass }, { "medium", "tail" })
  t.ok(#result.bands >= 2)
  local seen = {}
  for _, group in ipairs(result.groups) do
    seen[group.by] = (seen[group.by] or 0) + group.queries
    t.ok(group.images.map.base.value)
  end
  t.eq(seen, { view = 60, sex = 60, age = 60 })
end)

t.test("the same seed gives the same numbers, another one others", function()
  local dir = made()
  local function numbers(seed)
    local result = evaluate(dir, { seed = seed })
    return json.encode { result.all, result.words, result.findings }
  end
  t.eq(numbers(3), numbers(3))
  t.ok(numbers(3) ~= numbers(4))
end)

t.test("whole rankings, or the first results alone: the page says which", function()
  local dir = made()
  local whole, heard = evaluate(dir)
  t.eq({ heard.said[2], whole.ranks, whole.all[1].title }, { "judged: whole rankings", nil, "Mean average precision" })
  t.match(assert(fs.read(whole.page)), "Judged are whole rankings")
  local first
  first, heard = evaluate(dir, { ranks = 12 })
  t.eq({ heard.said[2], first.ranks }, { "judged: the first 12 results of each query", 12 })
  t.eq(first.all[1].title, "Mean average precision at 12")
  local html = assert(fs.read(first.page))
  t.match(html, "Judged are the first 12 results")
  t.ok(not html:find("R%-precision") and html:find("What the numbers do not show"))
  local before, after = by_key(whole.all), by_key(first.all)
  t.eq(after.r_precision, nil)
  t.eq({ after.precision_10, after.ndcg_10, first.words }, { before.precision_10, before.ndcg_10, whole.words })
end)

t.test("more findings than can be told apart are told", function()
  local dir, docs = made()
  local lines = {}
  for i, doc in ipairs(docs) do
    if i <= 70 then table.insert(doc.findings, ("rare %02d"):format(i)) end
    lines[i] = json.encode(doc) .. "\n"
  end
  for _, name in ipairs { "splits", "embeddings/base", "embeddings/tuned" } do
    assert(fs.write(("%s/%s.jsonl"):format(dir, name), table.concat(lines)))
  end
  local result, heard = evaluate(dir, { gallery = "train" })
  t.eq({ #result.findings, #result.left_out }, { 64, 11 })
  t.match(heard.warned[1], "64 findings can be told apart at a time; these, the rarest in training, count as not there: rare")
  t.match(assert(fs.read(result.page)), "Not looked at")
end)

t.test("the gallery may be the training part", function()
  local dir = made()
  local result = evaluate(dir, { gallery = "train" })
  t.eq({ result.gallery, result.queries, result.images }, { "train", 60, 60 })
end)

t.test("rows are matched by image, not by place", function()
  local dir, docs = made()
  local before = evaluate(dir)
  local reversed = {}
  for i, doc in ipairs(docs) do reversed[#docs + 1 - i] = doc end
  local npy, vec = require "hilum.npy", require "hilum.vec"
  local vectors, turned = study.vectors(docs, "tuned"), vec.new(#docs, study.LENGTH)
  for i = 1, #docs do turned:put(#docs + 1 - i, vectors:slice(i, i)) end
  study.write_embeddings(dir .. "/embeddings", "tuned", reversed)
  assert(npy.write(dir .. "/embeddings/tuned.npy", turned))
  t.eq(json.encode(evaluate(dir).all), json.encode(before.all))
end)

t.test("one model alone", function()
  local dir = made()
  local result = evaluate(dir, { model = "base" })
  t.eq(result.models.tuned, nil)
  t.eq(result.all[1].difference, nil)
  t.match(assert(fs.read(result.page)), "the base model puts")
end)

t.test("a page that stands alone and says what the numbers do not", function()
  local dir = made()
  local result = evaluate(dir)
  local html = assert(fs.read(result.page))
  for _, text in ipairs { "Base against fine%-tuned", "What the numbers do not show", "shortcuts", "mined from reports",
    "not a clinical tool", "Finding by finding", "Common and rare findings", "By view, sex and age", "patient numbers",
    "data:image/jpeg;base64,", "picture not found" } do
    t.match(html, text)
  end
  t.ok(not html:find("https?://") and not html:find("<script"))
end)

t.test("anonymous", function()
  local dir = made()
  local result = evaluate(dir, { anonymous = true })
  local everything = assert(fs.read(result.page)) .. json.encode(result)
  t.ok(not everything:find("%d%d%d%d%d%d%d%d_%d%d%d"), "a file name")
  t.ok(not everything:find("patient %d"), "a patient number")
end)

t.test("captions in the gallery are told", function()
  local dir, docs = made()
  for _, name in ipairs { "base", "tuned" } do study.write_embeddings(dir .. "/embeddings", name, docs, { embedded = "image+caption" }) end
  local result, heard = evaluate(dir)
  t.match(heard.warned[1], "the labels leaked into what is searched, and the numbers flatter.*%-%-queries FOLDER")
  t.match(assert(fs.read(result.page)), "Labels leak into the gallery.*The queries carry theirs too")
  study.write_embeddings(dir .. "/embeddings", "base", docs)
  t.raises("cannot be compared", evaluate, dir)
end)

t.test("what has captions in it can be asked with images alone, as searches are", function()
  local dir, docs = made()
  local plain, both = dir .. "/embeddings", dir .. "/with-captions"
  for name, like in pairs { base = "tuned", tuned = "base" } do
    study.write_embeddings(both, name, docs, { embedded = "image+caption" }, like)
  end
  local leaking = evaluate(dir, { embeddings = both })
  local result, heard = evaluate(dir, { embeddings = both, queries = plain })
  t.ok(result.all[1].base.value ~= leaking.all[1].base.value, "the same vectors ask")
  t.ok(not heard.warned[1]:find("--queries", 1, true))
  t.match(assert(fs.read(result.page)), "Labels leak into the gallery.*The queries are images alone")
  t.raises("%-%-queries is for embeddings made %-%-with%-caption", evaluate, dir, { queries = plain })
  t.raises("wants images alone", evaluate, dir, { embeddings = both, queries = both })
  study.write_embeddings(plain, "base", { table.unpack(docs, 1, 100) })
  t.raises("has no vector of", evaluate, dir, { embeddings = both, queries = plain })
end)

t.test("patients in two parts are told", function()
  local dir, docs = made()
  local result = evaluate(dir)
  t.eq(result.shared_patients, 0)
  t.match(assert(fs.read(result.page)), "none of them is in another part")
  local tested, trained
  for _, doc in ipairs(docs) do
    if doc.split == "test" then tested = tested or doc.patient end
    if doc.split == "train" then trained = trained or doc end
  end
  trained.patient = tested
  study.write_records(dir, docs)
  local leaking, heard = evaluate(dir)
  t.eq(leaking.shared_patients, 1)
  t.match(heard.warned[1], "1 patient is in the test part and in another")
  t.match(assert(fs.read(leaking.page)), "1 of them also in another part")
end)

t.test("records that have changed since they were embedded are no ground to measure on", function()
  local dir, docs = made()
  docs[1].split, docs[2].split = "test", "test"
  study.write_splits(dir, docs)
  t.raises("splits.jsonl has changed since .*embeddings/%w+.jsonl was made: it says other things of 2 of 120 images "
    .. "%(00000001_000.png, 00000001_001.png%): run `hilum embed` and `hilum index` again", evaluate, dir)
  study.write_records(dir, docs)
  t.eq(evaluate(dir).queries, 62)
  assert(fs.remove(dir .. "/splits.jsonl"))
  t.eq(evaluate(dir).queries, 62)
end)

t.test("models other than the base and a fine-tuned one go by their names", function()
  local dir, docs = made()
  study.write_embeddings(dir .. "/embeddings", "bedrock:amazon.titan-embed-image-v1", docs,
    { model = "bedrock:amazon.titan-embed-image-v1-1" }, "tuned")
  local result, heard = evaluate(dir, { model = "bedrock:amazon.titan-embed-image-v1" })
  t.eq(result.labels, { base = "base", tuned = "titan-embed-image-v1" })
  local told = table.concat(heard.printed, "\n") .. table.concat(heard.said, "\n") .. assert(fs.read(result.page))
  t.match(told, "Base against titan%-embed")
  t.match(told, "[^.]titan%-embed%-image%-v1 puts an image")
  t.ok(not told:find("[Ff]ine%-tun"), "nothing was fine-tuned")
end)

t.test("a custom model of Bedrock's is compared with its base unasked; where several could be meant, that is said", function()
  local dir, docs = t.tmp(), study.docs()
  study.write_splits(dir, docs)
  study.write_bedrock(dir .. "/embeddings", docs)
  local result, heard = evaluate(dir)
  t.eq(result.labels, { base = "titan-embed-image-v1", tuned = "cxr" })
  local told = table.concat(heard.printed, "\n") .. table.concat(heard.said, "\n")
  t.match(told, "measure +titan%-embed%-image%-v1 +cxr +difference")
  t.match(told, "cxr puts an image of another patient .* Fine%-tuning raised the mean average precision")
  t.ok(not told:find("--model", 1, true))
  study.write_records(dir, docs)
  result, heard = evaluate(dir)
  t.eq(result.labels, { base = "base", tuned = "fine-tuned" })
  t.eq(heard.said[1], "measured is tuned; there is also bedrock:cxr: --model NAME chooses")
  t.eq(evaluate(dir, { model = "bedrock:cxr", base = "base" }).labels, { base = "base", tuned = "cxr" })
end)

t.test("a file size that tells the label is told", function()
  local dir, docs = made()
  for _, doc in ipairs(docs) do
    assert(fs.write(dir .. "/images/" .. doc.image, ("x"):rep(doc.findings[1] == "No Finding" and 100 or 200)))
  end
  local result = evaluate(dir)
  t.eq(result.shortcut.file_size_auc, 1.0)
  t.match(assert(fs.read(result.page)), "File size predicts the label here")
end)

t.test("clear words about what is missing", function()
  local dir, docs = made()
  t.raises("nothing is embedded.*hilum embed", evaluate, t.tmp())
  t.raises("no embeddings 'other'", evaluate, dir, { model = "other" })
  t.raises("only 0 embedded images of the validation part", evaluate, dir, { on = "validation" })
  for _, name in ipairs { "base", "tuned" } do study.write_embeddings(dir .. "/embeddings", name, docs, { model = "older" }) end
  t.raises("another model than 'base' is now", evaluate, dir)
  local alone = {}
  for i = 1, 3 do alone[i] = { image = docs[i].image, findings = docs[i].findings, patient = "1", split = "test" } end
  study.write_records(dir, alone)
  t.raises("no image of the test part has a finding in common", evaluate, dir)
  local plain = {}
  for i, doc in ipairs(docs) do plain[i] = { image = doc.image } end
  study.write_records(dir, plain)
  t.raises("in no test or validation part: run `hilum split`", evaluate, dir)
end)

-- As if tuned had been trained on these documents.
local function train_on(dir, docs)
  local lines = {}
  for i, doc in ipairs(docs) do lines[i] = json.encode { ["image-ref"] = "images/" .. doc.image, caption = doc.caption } .. "\n" end
  local text = table.concat(lines)
  assert(fs.write(dir .. "/train.jsonl", text))
  assert(fs.mkdir(dir .. "/models/tuned"))
  assert(fs.write(dir .. "/models/tuned/model.json", json.encode { train_sha256 = require "hilum.hash".sha256(text) }))
end

t.test("patients of the test part that the model was trained on are told of", function()
  local dir, trained = made(), {}
  for _, doc in ipairs(study.docs()) do
    if doc.split == "train" or doc.patient == "2" or doc.patient == "4" then trained[#trained + 1] = doc end
  end
  train_on(dir, trained)
  local result, heard = evaluate(dir)
  t.eq(result.shared_patients, 2)
  t.match(table.concat(heard.warned, "\n"), "2 patients are in the test part although the model was trained on them")
  t.match(table.concat(heard.said, "\n") .. table.concat(heard.printed, "\n"), "Shown an image, the fine%-tuned model")
  assert(fs.append(dir .. "/train.jsonl", "\n"))
  result, heard = evaluate(dir)
  t.eq(result.shared_patients, 0)
  t.match(table.concat(heard.warned, "\n"), "train.jsonl is not what the model tuned was trained on")
end)
