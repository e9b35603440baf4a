-- SPDX-License-Identifier: MIT
-- A small made-up study for tests of index, query and evaluate: records, vectors that know their findings (well: tuned; hardly:
-- base), a stand-in for lib.model with those vectors for words, pictures for some of the images, and a ctx that listens.
local fs = require "hilum.fs"
local json = require "hilum.json"
local npy = require "hilum.npy"
local types = require "host.options".types
local vec = require "hilum.vec"

local study = { LENGTH = 32, FINDINGS = { "No Finding", "Effusion", "Mass", "Edema", "Hernia" } }

local SIGNAL = { base = 0.1, tuned = 0.6 }

-- Rows of length 1, one for each finding, orthogonal enough.
local function prototypes() return vec.gauss(1, #study.FINDINGS, study.LENGTH) end

local function findings_of(i)
  local first = study.FINDINGS[({ 1, 1, 2, 1, 3, 2, 4, 1, 2, 5 })[i % 10 + 1]]
  return first == "Effusion" and i % 3 == 0 and { first, "Edema" } or { first }
end

-- Three images a patient; 40 patients; the parts by patient.
function study.docs()
  local docs = {}
  for i = 1, 120 do
    local patient = (i - 1) // 3 + 1
    local findings = findings_of(i)
    docs[i] = { image = ("%08d_%03d.png"):format(patient, (i - 1) % 3), caption = table.concat(findings, ", "), findings = findings,
      patient = tostring(patient), view = i % 2 == 0 and "PA" or "AP", sex = patient % 2 == 0 and "F" or "M", age = 20 + patient,
      split = patient % 2 == 0 and "test" or "train" }
  end
  return docs
end

function study.prototype(finding)
  for k, name in ipairs(study.FINDINGS) do
    if name == finding then
      local row = prototypes():slice(k, k):copy()
      vec.normalize(row)
      return row
    end
  end
end

local function place_of(finding)
  for k, name in ipairs(study.FINDINGS) do if name == finding then return k end end
end

function study.vectors(docs, name)
  local rows, known = vec.gauss(name == "base" and 5 or 6, #docs, study.LENGTH), prototypes()
  for i, doc in ipairs(docs) do
    local row = rows:slice(i, i)
    for _, finding in ipairs(doc.findings or {}) do
      local k = place_of(finding)
      vec.add(row, known:slice(k, k), SIGNAL[name])
    end
    rows:put(i, row)
  end
  vec.normalize(rows)
  return rows
end

local Model = {}
Model.__index = Model

-- Only the study's own words are known, and their plural by its letters.
local function singular(text) return (text:gsub("([^s])s$", "%1")) end

function Model:embed_texts(texts) -- luacheck: no self
  local rows, known, all = vec.new(#texts, study.LENGTH), {}, prototypes()
  for i, text in ipairs(texts) do
    local k = place_of(singular(text))
    known[i] = k ~= nil
    if k then rows:put(i, all:slice(k, k)) end
  end
  vec.normalize(rows)
  return rows, known
end

function Model:unknown_words(text) -- luacheck: no self
  return place_of(text) and {} or { text:lower() }
end

-- Images are only read here: every one looks like the first finding but one.
function Model:embed_images(inputs)
  local texts = {}
  for i = 1, #inputs do texts[i] = study.FINDINGS[2] end
  local _, errors = require "hilum.image".describe(inputs)
  return self:embed_texts(texts), errors
end

function Model:combine(a, b, weight) -- luacheck: no self
  local mixed = a:copy()
  vec.scale(mixed, weight)
  vec.add(mixed, b, 1 - weight)
  vec.normalize(mixed)
  return mixed
end

-- By names: the ids of models that are not the name with "-1", and models that cannot be opened.
study.ids, study.gone = {}, {}

package.loaded["lib.model"] = {
  kind = require "lib.model".kind,
  open = function(name, options)
    if study.gone[name] then return nil, require "hilum.host".error("usage", name .. " is gone") end
    return setmetatable({ id = study.ids[name] or name .. "-1", name = name, base = name == "base", length = options.length }, Model)
  end,
}

local function write_lines(path, records)
  local lines = {}
  for i, record in ipairs(records) do lines[i] = json.encode(record) .. "\n" end
  assert(fs.write(path, table.concat(lines)))
end

local TITAN = "bedrock:amazon.titan-embed-image-v1"

-- Embeddings by Titan and by a custom model made from it, "cxr", as the models on Bedrock have them.
function study.write_bedrock(folder, docs)
  study.ids[TITAN], study.ids["bedrock:cxr"] = TITAN, "bedrock:arn:aws:bedrock:us-east-1:1:custom-model/amazon.titan-embed-image-v1:0/abc"
  for name, like in pairs { [TITAN] = "base", ["bedrock:cxr"] = "tuned" } do
    study.write_embeddings(folder, name, docs, { model = study.ids[name] }, like)
  end
end

-- like: base or tuned, whose vectors it gets if it is neither.
function study.write_embeddings(folder, name, docs, info, like)
  assert(fs.mkdir(folder))
  assert(npy.write(fs.join(folder, name .. ".npy"), study.vectors(docs, like or name)))
  write_lines(fs.join(folder, name .. ".jsonl"), docs)
  local all = { format = 1, model = name .. "-1", name = name, base = name == "base", length = study.LENGTH, embedded = "image",
    count = #docs }
  for key, value in pairs(info or {}) do all[key] = value end
  assert(fs.write(fs.join(folder, name .. ".json"), json.encode(all) .. "\n"))
end

-- Pictures of the first `count` images.
function study.write_images(folder, docs, count)
  local image = require "hilum.image"
  assert(fs.mkdir(folder))
  local picture = image.encode(require "hilum.phantom".render(1, 0, { size = 64 }))
  for i = 1, count do assert(fs.write(fs.join(folder, docs[i].image), picture)) end
end

function study.write_splits(folder, docs) write_lines(fs.join(folder, "splits.jsonl"), docs) end

-- The records, and embeddings of both models that say the same.
function study.write_records(folder, docs)
  study.write_splits(folder, docs)
  for _, name in ipairs { "base", "tuned" } do study.write_embeddings(fs.join(folder, "embeddings"), name, docs) end
end

-- Writes the files of a project into the folder: splits, embeddings of both models, 10 pictures.
function study.write(folder)
  local docs = study.docs()
  study.write_records(folder, docs)
  study.write_images(fs.join(folder, "images"), docs, 10)
  return docs
end

-- Runs a workflow in the folder with typed options; returns its result, and what was said and printed.
function study.run(folder, name, options)
  local host = require "hilum.host"
  local heard = { said = {}, printed = {}, warned = {} }
  local function listen(list) return function(format, ...) table.insert(list, (format:format(...))) end end
  local function fail(format, ...) error(host.error("integrity", format:format(...)), 0) end
  local manifest = require(name)
  local opt = {}
  for _, spec in ipairs(manifest.options) do
    local key = spec[1]:gsub("-", "_")
    if spec.default ~= nil then opt[key] = types[spec.type].parse(spec.default, spec) end
    if spec.type == "path" and spec.default then opt[key] = fs.join(folder, spec.default) end
    if options and options[key] ~= nil then opt[key] = options[key] end
  end
  local progress = setmetatable({ add = function() end, finish = function() end }, { __close = function() end })
  local project = { path = function(_, path) return fs.join(folder, path) end }
  local ctx = { project = project, say = listen(heard.said), warn = listen(heard.warned), print = listen(heard.printed),
    fail = fail, usage = fail, progress = function() return progress end, force = options and options.force }
  return manifest.run(opt, ctx), heard
end

return study
