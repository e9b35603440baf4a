-- SPDX-License-Identifier: MIT
-- Models as workflows see them: images and texts to vectors of one space. A new kind of model is one row of `openers`.
--
--   local m = assert(model.open("tuned", { project = ctx.project, length = 1024 }))
--   m.id, m.name, m.length, m.base       what embeddings remember of their model; base: untrained
--   m:embed_images(features)             rows of length 1
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

function Model:embed_images(features) return cut(self.towers:images(features), self.length) end

function Model:embed_texts(texts)
  local rows, known = self.towers:texts(texts)
  return cut(rows, self.length), known
end

-- The words of a text that were in no caption of the training; of the base model: none.
function Model:unknown_words(text) return self.towers:unknown_words(text) end

function Model:combine(a, b, weight) -- luacheck: no self
  local mixed = vec.add(vec.scale(a:copy(), weight), b, 1 - weight)
  vec.normalize(mixed)
  return mixed
end

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

local openers = {
  bedrock = function(spec)
    return nil, host.error("usage", spec .. ": models on Bedrock are not in this build yet; base and what finetune made are")
  end,
}

-- spec: "base", the name of a model of the project, or a model's folder. Returns the model, or nil and an error.
function model.open(spec, options)
  options = options or {}
  local open = openers[spec:match("^(%w+):")] or open_local
  local towers, name = open(spec, options)
  if not towers then return nil, name end
  return setmetatable({ towers = towers, id = towers.id, name = name, base = towers.info == nil, length = options.length or 1024 }, Model)
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
