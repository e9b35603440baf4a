-- SPDX-License-Identifier: MIT
-- Models as workflows see them: files and texts in, vectors of one space out. A new kind of model is one row of KINDS and a file that does
-- the same.
--
--   local m = assert(model.open("tuned", { project = ctx.project, length = 1024 }))
--   m.id, m.name, m.length, m.base       what embeddings remember of their model; base: untrained
--   m:embed_files(project, images, names, options)
--                                        rows of length 1 for named images of a store, and errors by place or nil; what was found out is
--                                        kept in the project's cache. options: captions (a text for each, embedded with its
--                                        image), progress, say and warn (as ctx has them)
--   m:embed_images(inputs)               the same for what image.describe takes, without a memory
--   m:embed_texts(texts)                 rows of length 1, and for each text whether any of it is known; if not, its row is 0
--   m:unknown_words(text)                the words of it that the model has never met
--   m:combine(a, b, weight)              weight a + (1 - weight) b, rows of length 1 again
local fs = require "hilum.fs"
local host = require "hilum.host"
local vec = require "hilum.vec"

local model = { BASE = "base", LENGTHS = { 256, 384, 1024 } }

local Model = {}
Model.__index = Model

-- The first numbers of a longer vector are a good shorter one: the space is a random turn of one with few dimensions.
local function cut(rows, length)
  if length == rows:cols() then return rows end
  local shorter = rows:columns(1, length)
  vec.normalize(shorter)
  return shorter
end

function Model:embed_features(features) return cut(self.towers:images(features), self.length) end

function Model:embed_images(inputs)
  local features, errors = require "hilum.image".describe(inputs)
  return self:embed_features(features), errors
end

-- The mean of image and caption. A caption of which the model knows nothing leaves the image alone.
local function add_captions(m, rows, captions, options)
  local texts, known = m:embed_texts(captions)
  local unknown = 0
  for i in ipairs(captions) do if not known[i] then unknown = unknown + 1 end end
  if unknown > 0 then options.warn("%s: nothing of %d captions is known; those images are embedded without", m.name, unknown) end
  return m:combine(rows, texts, 0.5)
end

function Model:embed_files(project, images, names, options)
  local features, errors = require "lib.model.features".of(project, images, names, { progress = options.progress })
  local rows = self:embed_features(features)
  features:close()
  return options.captions and add_captions(self, rows, options.captions, options) or rows, errors
end

function Model:embed_texts(texts)
  local rows, known = self.towers:texts(texts)
  return cut(rows, self.length), known
end

-- The words of a text that were in no caption of the training; of the base model: none.
function Model:unknown_words(text) return self.towers:unknown_words(text) end

function model.combine(a, b, weight)
  local mixed = vec.add(vec.scale(a:copy(), weight), b, 1 - weight)
  vec.normalize(mixed)
  return mixed
end

function Model:combine(a, b, weight) return model.combine(a, b, weight) end -- luacheck: no self

-- The folder of a model: below the project's models, or as a path.
local function find_folder(spec, project)
  local in_project = project and fs.join(project:path("models"), spec)
  for _, folder in ipairs { in_project or spec, spec } do
    if fs.stat(fs.join(folder, "model.json")) then return folder end
  end
  return nil, host.error("usage", ("there is no model %s; `hilum finetune` makes one, and base is always there"):format(spec))
end

local function open_local(spec, options)
  local local_model = require "lib.model.local_model"
  if spec == model.BASE then return local_model.base(), model.BASE end
  local folder, err = find_folder(spec, options.project)
  if not folder then return nil, err end
  local towers, why = local_model.load(folder)
  if not towers then return nil, why end
  return towers, fs.base(folder)
end

-- Is a length one of those that a model gives? Returns true, or nil and an error.
function model.check_length(spec, lengths, length)
  for _, one in ipairs(lengths) do if one == length then return true end end
  return nil, host.error("usage", ("%s gives vectors of length %s, not %d"):format(spec, table.concat(lengths, ", "), length))
end

-- By what a spec begins with.
local KINDS = { bedrock = "lib.model.bedrock", import = "lib.model.imported" }

-- spec: "base", the name of a model of the project, a model's folder, "bedrock:" and an id or ARN, or "import:" and a name. options:
-- project, length; resize (false: images that are too large for a model on a server are errors). Returns the model, or nil and an error.
function model.open(spec, options)
  options = options or {}
  local kind = KINDS[spec:match("^(%w+):")]
  if kind then return require(kind).open(spec, options) end
  local fits, err = model.check_length(spec, model.LENGTHS, options.length or 1024)
  if not fits then return nil, err end
  local towers, name = open_local(spec, options)
  if not towers then return nil, name end
  return setmetatable({ towers = towers, id = towers.id, name = name, base = towers.info == nil, length = options.length or 1024 }, Model)
end

-- How a model came to be, in a word: what hilum trained here is fine-tuned; of what is on a server, only its name is known. m: a model, or
-- what an index or embeddings say of it: { name=, base= }.
function model.kind(m)
  if m.base then return "untrained" end
  return not KINDS[m.name:match("^(%w+):")] and "fine-tuned" or nil
end

-- "base", and the models that were trained in the project.
function model.names(project)
  local names, folder = { model.BASE }, project:path("models")
  for _, name in ipairs(fs.list(folder) or {}) do
    if fs.stat(fs.join(folder, name, "model.json")) then names[#names + 1] = name end
  end
  return names
end

return model
