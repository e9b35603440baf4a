-- SPDX-License-Identifier: MIT
local t = require "t"
local fs = require "hilum.fs"
local study = require "study"

local function made()
  local dir = t.tmp()
  local docs = study.write(dir)
  study.run(dir, "index")
  return dir, docs
end

local function ask(dir, options) return study.run(dir, "query", options) end

t.test("by words", function()
  local dir = made()
  local result, heard = ask(dir, { text = "Mass", k = 5 })
  t.eq(result.model, "tuned")
  t.eq(#result.queries, 1)
  t.eq(#result.queries[1].results, 5)
  t.eq(result.queries[1].results[1].findings, { "Mass" })
  t.match(heard.printed[1], "Mass")
  t.match(heard.printed[1], "patient")
end)

t.test("a column in which no result has anything is left out", function()
  local dir, docs = t.tmp(), study.docs()
  for _, doc in ipairs(docs) do doc.view = nil end
  study.write_records(dir, docs)
  study.run(dir, "index")
  for anonymous, columns in pairs { [false] = "^rank +score +image +findings +patient *\n", [true] = "^rank +score +findings *\n" } do
    t.match(select(2, ask(dir, { text = "Mass", k = 5, anonymous = anonymous })).printed[1], columns)
  end
end)

t.test("by an image, which is left out of its own results", function()
  local dir, docs = made()
  local result, heard = ask(dir, { image = { dir .. "/images/" .. docs[3].image }, k = 119 })
  t.match(heard.said[1], docs[3].image .. " is in the index itself")
  t.eq(#result.queries[1].results, 119)
  for _, hit in ipairs(result.queries[1].results) do t.ok(hit.image ~= docs[3].image) end
end)

t.test("by an image that is in the index under another name", function()
  local dir, docs = made()
  local set = { vectors = study.vectors(docs, "tuned"), copy = dir .. "/renamed.png" }
  assert(fs.write(set.copy, assert(fs.read(dir .. "/images/" .. docs[1].image))))
  -- The stand-in sees an effusion in every picture: now one of the index is just that.
  local effusion = study.prototype("Effusion")
  for _, name in ipairs { "base", "tuned" } do
    local vectors = study.vectors(docs, name)
    vectors:put(7, effusion)
    assert(require "hilum.npy".write(("%s/embeddings/%s.npy"):format(dir, name), vectors))
  end
  study.run(dir, "index")
  local result, heard = ask(dir, { image = { set.copy }, k = 120, compare = true })
  t.match(heard.said[1], "renamed.png is in the index itself, as " .. docs[7].image .. ": left out")
  for _, list in ipairs { result.queries[1].results, result.queries[1].base_results } do
    t.eq(#list, 119)
    for _, hit in ipairs(list) do t.ok(hit.image ~= docs[7].image) end
  end
  result, heard = ask(dir, { image = { set.copy }, k = 3, itself = true })
  t.eq({ result.queries[1].results[1].image, result.queries[1].results[1].score > 0.99999 }, { docs[7].image, true })
  t.ok(not table.concat(heard.said, "\n"):find("left out"))
end)

t.test("by image and words, mixed by weight", function()
  local dir, docs = made()
  local image = { dir .. "/images/" .. docs[3].image }
  local function first(weight)
    return ask(dir, { image = image, text = "Mass", image_weight = weight, k = 5 }).queries[1].results[1].findings[1]
  end
  t.eq(first(0.0), "Mass")
  t.eq(first(1.0), "Effusion")
end)

t.test("like an image whose vector the index keeps to itself: it is embedded again", function()
  local dir, docs = made()
  local asking = require "lib.query.asking"
  local function fail(format, ...) error(format:format(...), 0) end
  local project = { path = function(_, path) return dir .. "/" .. path end }
  local ctx = { say = function() end, warn = fail, fail = fail, usage = fail, project = project }
  local models = asking.open({ index = dir .. "/index" }, ctx)
  local function like(name, images)
    local asked = asking.ask({ k = 200, images = images }, ctx, { like = name, models = models })
    return asked.models[1].results[1]
  end
  local by_its_own = like(docs[5].image)
  models[1].index.vector = function() end
  local by_picture = like(docs[5].image, dir .. "/images")
  t.eq({ #by_its_own, #by_picture }, { 119, 119 })
  t.eq(by_picture[1].doc.findings, { "Effusion" }) -- what the study's model sees in every picture
  t.raises("does not give vectors back", like, docs[5].image)
  t.raises(docs[50].image, like, docs[50].image, dir .. "/images")
end)

t.test("filters and patients", function()
  local dir = made()
  local result = ask(dir, { text = "Mass", where = { "finding=effusion", "view=PA" }, not_patient = { "4" }, k = 50 })
  t.ok(#result.queries[1].results > 0)
  for _, hit in ipairs(result.queries[1].results) do
    t.eq(hit.findings[1], "Effusion")
    t.eq(hit.view, "PA")
    t.ok(hit.patient ~= "4")
  end
  t.raises("did you mean Effusion", ask, dir, { text = "Mass", where = { "finding=Efusion" } })
  t.raises("write it as finding=Effusion", ask, dir, { text = "Mass", where = { "Effusion" } })
  local _, heard = ask(dir, { text = "Mass", not_patient = { "4000" } })
  t.match(heard.warned[1], "changes nothing")
end)

t.test("words that are not known", function()
  local dir = made()
  t.raises("knows none of these words: gallstone; it knows: Edema, Effusion, Hernia, Mass, No Finding", ask, dir, { text = "gallstone" })
end)

t.test("a word that training did not meet is answered by its letters, with a warning", function()
  local dir = made()
  local result, heard = ask(dir, { text = "Effusions", k = 3 })
  t.match(result.queries[1].results[1].findings[1], "Effusion")
  t.match(heard.warned[1], "never met: effusions .*did you mean Effusion%? it knows: Edema, Effusion")
end)

t.test("a negation is answered with a warning; 'No Finding' is none", function()
  local dir = made()
  local _, heard = ask(dir, { text = "no effusion", k = 1 })
  t.match(heard.warned[1], "no negation is understood: 'no effusion'")
  _, heard = ask(dir, { text = "No Finding", k = 1 })
  t.eq(heard.warned or {}, {})
end)

t.test("clear words about what is missing", function()
  local dir, docs = made()
  t.raises("what is asked", ask, dir, {})
  t.raises("%-%-text is empty", ask, dir, { text = " " })
  t.raises("no%-such.png does not exist", ask, dir, { image = { "no-such.png" } })
  t.raises("no index 'other'.*there are base, tuned", ask, dir, { text = "Mass", model = "other" })
  assert(fs.write(dir .. "/broken.png", "not a picture"))
  t.raises("broken.png", ask, dir, { image = { dir .. "/broken.png" } })
  t.raises("no index yet.*hilum index", ask, t.tmp(), { text = "Mass" })
  local other = t.tmp()
  assert(fs.mkdir(other .. "/study"))
  assert(fs.rename(dir .. "/index", other .. "/study/index"))
  t.raises("no index yet.*; `hilum study` has 2 indexes: %-%-index " .. other:gsub("%p", "%%%0") .. "/study/index asks there", ask, other,
    { text = "Mass" })
  t.eq(#docs, 120)
end)

t.test("the page shows base and fine-tuned, with placeholders where there is no picture", function()
  local dir, docs = made()
  local page = dir .. "/reports/q.html"
  local result = ask(dir, { image = { dir .. "/images/" .. docs[3].image }, text = "Mass", page = page })
  t.eq(result.page, page)
  t.eq(#result.queries[1].base_results, 12)
  local html = assert(fs.read(page))
  t.match(html, "base %(untrained%)")
  t.match(html, "tuned %(fine%-tuned%)")
  t.match(html, "data:image/jpeg;base64,")
  t.match(html, "picture not found")
  t.match(html, "contains images and patient numbers")
  t.match(html, "not for clinical use")
  t.ok(not html:find("https?://"))
  local _, single = ask(dir, { text = "Mass", page = page, compare = false })
  t.match(single.said[1], "images and patient numbers inside")
  t.ok(not assert(fs.read(page)):find("untrained"))
end)

t.test("what a model is called: fine-tuned is only what hilum trained", function()
  local kind = require "lib.model".kind
  t.eq({ kind { name = "base", base = true }, kind { name = "tuned" }, kind { name = "bedrock:amazon.titan-embed-image-v1" } },
    { "untrained", "fine-tuned", nil })
  local models = {}
  for i, name in ipairs { "base", "bedrock:amazon.titan-embed-image-v1" } do
    models[i] = { name = name, base = name == "base", count = 1, embedded = "image", results = { {} } }
  end
  local html = require "lib.query.page".draw({ queries = { { text = "Mass" } }, models = models, where = {} }, { pictures = {} })
  t.match(html, "<h3>bedrock:amazon.titan%-embed%-image%-v1</h3>")
  t.ok(not html:find("fine%-tuned"))
end)

t.test("a custom model of Bedrock's answers unasked, beside its base; where several could be meant, that is said", function()
  local dir, docs = t.tmp(), study.docs()
  study.write_bedrock(dir .. "/embeddings", docs)
  study.run(dir, "index")
  local result, heard = ask(dir, { text = "Mass", compare = true, k = 3 })
  t.eq({ result.model, #result.queries[1].base_results }, { "bedrock:cxr", 3 })
  t.match(table.concat(heard.printed, "\n"), "Mass, titan%-embed%-image%-v1:\n.*Mass, cxr:\n")
  t.ok(not table.concat(heard.said, "\n"):find("--model", 1, true))
  study.gone["bedrock:cxr"] = true
  t.raises("bedrock:cxr is gone; %-%-model bedrock:amazon.titan%-embed%-image%-v1 asks its base", ask, dir, { text = "Mass" })
  study.gone["bedrock:cxr"] = nil
  study.write_records(dir, docs)
  study.run(dir, "index")
  result, heard = ask(dir, { text = "Mass" })
  t.eq({ result.model, heard.said[1] }, { "tuned", "tuned answers; --model asks another: bedrock:cxr" })
end)

t.test("anonymous leaves numbers and names out of page, table and JSON", function()
  local dir, docs = made()
  local page = dir .. "/a.html"
  local result, heard = ask(dir, { image = { dir .. "/images/" .. docs[3].image }, page = page, anonymous = true })
  local html = assert(fs.read(page))
  local everything = html .. require "hilum.json".encode(result.queries) .. table.concat(heard.printed)
  t.ok(not everything:find("%d%d%d%d%d%d%d%d_%d%d%d"), "a file name")
  t.ok(not html:find("patient %d"), "a patient number")
  t.eq(result.queries[1].results[1].patient, nil)
  t.match(html, "left out")
end)

t.test("only the base", function()
  local dir = t.tmp()
  study.write(dir)
  study.run(dir, "index", { names = { "base" } })
  local result, heard = ask(dir, { text = "Mass", compare = true })
  t.eq(result.model, "base")
  t.match(heard.warned[1], "no second index")
end)
