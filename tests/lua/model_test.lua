-- SPDX-License-Identifier: MIT
-- The offline model: its files, its towers, its training. Golden values are from reference/local-model/final.py.
local fs = require "hilum.fs"
local json = require "hilum.json"
local local_model = require "lib.model.local_model"
local model = require "lib.model"
local safetensors = require "lib.model.safetensors"
local t = require "t"
local training = require "lib.model.training"
local vec = require "hilum.vec"

local function near_row(m, row, wanted, tolerance)
  for i, value in ipairs(wanted) do t.near(m:get(row, i), value, tolerance) end
end

local function lengths_are_1(m)
  local norms = vec.norms(m)
  for i = 1, m:rows() do t.near(norms:get(i, 1), 1, 1e-5) end
end

-- safetensors

t.test("safetensors.write and read give back matrices, integers and metadata", function()
  local path = t.tmp() .. "/a.safetensors"
  assert(safetensors.write(path, { { "m", vec.from { { 1, 2, 3 }, { 4, 5, 6 } } }, { "i", { 7, -8 } }, { "none", {} } }, { by = "test" }))
  local tensors, metadata = safetensors.read(path)
  t.eq(tensors.m:table(), { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } })
  t.eq(tensors.i, { 7, -8 })
  t.eq(tensors.none, {})
  t.eq(metadata.by, "test")
end)

t.test("a safetensors file begins as the format says: header size, JSON, numbers on a multiple of 8", function()
  local path = t.tmp() .. "/a.safetensors"
  assert(safetensors.write(path, { { "m", vec.from { { 1, 2 } } } }))
  local bytes = assert(fs.read(path))
  local size = string.unpack("<I8", bytes)
  t.eq(size % 8, 0)
  local header = assert(json.decode(bytes:sub(9, 8 + size)))
  t.eq(header.m, { dtype = "F32", shape = { 1, 2 }, data_offsets = { 0, 8 } })
  t.eq({ string.unpack("<ff", bytes, 9 + size) }, { 1.0, 2.0, #bytes + 1 })
end)

t.test("safetensors.read refuses what is cut off or makes no sense", function()
  local path = t.tmp() .. "/a.safetensors"
  assert(safetensors.write(path, { { "m", vec.from { { 1, 2 } } } }))
  local whole = assert(fs.read(path))
  for _, bytes in ipairs { "", "short", whole:sub(1, 20), whole:sub(1, -2), whole:gsub("F32", "F16", 1), whole:gsub("%[1,2%]", "[1,3]", 1),
    whole:gsub("%[0,8%]", "[8,0]", 1), whole:gsub("%[1,2%]", "[-1,-2]", 1), ("\255"):rep(8) .. whole:sub(9) } do
    assert(fs.write(path, bytes))
    t.fails("parse", "safetensors", safetensors.read(path))
  end
end)

-- The base model

t.test("the base model projects features as the specification does", function()
  local values = {}
  for i = 0, 779 do values[i + 1] = i * 7 % 11 / 11 end
  local z = local_model.base():images(vec.from(values, 1, 780))
  near_row(z, 1, { 0.09089522, 0.0091203, 0.02358221, -0.04655528 }, 1e-5)
  t.near(z:get(1, 1024), -0.0031198503, 1e-5)
end)

t.test("the base model's texts are the specification's, and without words they are 0", function()
  local rows, known = local_model.base():texts { "Effusion, Mass", "?!", "Effusion, Mass" }
  near_row(rows, 1, { -0.03085542, -0.02291638, -0.00111261, 0.01335061 }, 1e-6)
  t.near(rows:get(3, 1024), -0.018314755, 1e-6)
  t.eq(known, { true, false, true })
  t.eq(vec.norms(rows):get(2, 1), 0.0)
end)

t.test("model.open cuts to the length asked for and normalises again", function()
  local features, whole = vec.gauss(1, 3, 780), nil
  for _, length in ipairs { 1024, 384, 256 } do
    local m = assert(model.open("base", { length = length }))
    local rows = m:embed_features(features)
    t.eq(rows:cols(), length)
    lengths_are_1(rows)
    whole = whole or rows
    t.near(rows:get(2, 5) / rows:get(2, 4), whole:get(2, 5) / whole:get(2, 4), 1e-4)
    t.eq(m:embed_texts({ "Effusion" }):cols(), length)
    t.eq({ m.name, m.base, m.length }, { "base", true, length })
  end
end)

t.test("combine mixes by weight; what is unknown changes nothing", function()
  local m = assert(model.open("base", {}))
  local mixed = m:combine(vec.from { { 1, 0 }, { 1, 0 } }, vec.from { { 0, 1 }, { 0, 0 } }, 0.4)
  near_row(mixed, 1, { 0.4 / math.sqrt(0.52), 0.6 / math.sqrt(0.52) }, 1e-6)
  near_row(mixed, 2, { 1, 0 }, 1e-6)
end)

t.test("model.open says what is not there", function()
  t.fails("usage", "no model nothing", model.open("nothing", {}))
  t.fails("usage", "name the model, as bedrock:amazon.titan", model.open("bedrock:", {}))
end)

-- Training

local CAPTIONS = { "Effusion", "Mass", "Effusion, Mass", "No Finding", "Hernia" }

-- Images whose features lean towards a direction for each word of their caption.
local function made_up(count, seed)
  local directions, features, captions = vec.gauss(99, 5, 780), vec.gauss(seed, count, 780), {}
  for i = 1, count do
    local k = i % 5 + 1
    captions[i] = CAPTIONS[k]
    local row = features:slice(i, i)
    for _, d in ipairs(k == 3 and { 1, 2 } or { k }) do vec.add(row, directions:slice(d, d), 0.7) end
    features:put(i, row)
  end
  return { features = features, captions = captions }
end

local PARAMETERS = { epochs = 3, batch_size = 32, learning_rate = 0.01, seed = 5 }

t.test("the image coordinates are those of the specification", function()
  local features = vec.gauss(5, 60, 780, 3)
  vec.add(features, vec.new(1, 780):fill(1))
  local captions = {}
  for i = 1, 60 do captions[i] = CAPTIONS[i % 5 + 1] end
  local run = training.start({ features = features, captions = captions }, PARAMETERS)
  t.eq(run.space.count, 16)
  run = training.start({ features = features, captions = captions },
    { epochs = 1, batch_size = 32, learning_rate = 0.01, seed = 1, components = 12 })
  for k, wanted in ipairs { 49.632126, 51.882034, 47.556686, 47.52379 } do
    local sum = 0
    for i = 1, 60 do sum = sum + math.abs(run.train.coordinates:get(i, k)) end
    t.near(sum, wanted, 0.02)
  end
end)

t.test("the gradients are the derivatives of the loss", function()
  local run = training.start(made_up(40, 1), PARAMETERS)
  local records = {}
  for i = 1, 20 do records[i] = 2 * i end
  vec.scale(run.weights.W, 20)
  local batch = training.batch(run.train, records)
  local _, gradients = training.gradients(run.weights, batch)
  for name, gradient in pairs(gradients) do
    local weights, direction = run.weights[name], vec.gauss(7, gradient:rows(), gradient:cols())
    local slope, step = 0, 1e-3
    for i = 1, gradient:rows() do slope = slope + vec.matmul(gradient:slice(i, i), direction:slice(i, i), { tb = true }):get(1, 1) end
    local function loss_at(distance)
      local moved = { W = run.weights.W, b = run.weights.b, E = run.weights.E }
      moved[name] = vec.add(weights:copy(), direction, distance)
      return (training.gradients(moved, batch))
    end
    local measured = (loss_at(step) - loss_at(-step)) / (2 * step)
    t.near(measured, slope, 0.02 * math.abs(slope) + 2e-3)
  end
end)

t.test("training lowers the loss, also on other records, and finds images by their words", function()
  local epochs = {}
  local towers, history = training.train(made_up(200, 1), { epochs = 5, batch_size = 64, learning_rate = 0.01, seed = 1 },
    { validation = made_up(100, 2), on_epoch = function(epoch) epochs[epoch] = epoch end })
  t.eq(epochs, { 1, 2, 3, 4, 5 })
  t.eq(history.components, 40)
  for i, loss in ipairs { 2.877, 2.416, 2.390, 2.376, 2.372 } do t.near(history.loss[i], loss, 0.002) end
  for i, loss in ipairs { 2.382, 2.374, 2.365, 2.361, 2.361 } do t.near(history.validation_loss[i], loss, 0.002) end
  local held_out = made_up(100, 3)
  local scores, right = vec.matmul(towers:images(held_out.features), (towers:texts(CAPTIONS)), { tb = true }), 0
  for i, caption in ipairs(held_out.captions) do
    local row, best = scores:row(i), 1
    for k = 2, 5 do if row[k] > row[best] then best = k end end
    if CAPTIONS[best] == caption then right = right + 1 end
  end
  t.ok(right >= 95, right .. " of 100 captions")
end)

local function bits(parameters)
  local towers = training.train(made_up(70, 1), parameters, {})
  return towers.projection:bytes() .. towers.table:bytes()
end

t.test("the same seed gives the same bits, another one others", function()
  local first = bits(PARAMETERS)
  t.ok(first == bits(PARAMETERS))
  t.ok(first ~= bits { epochs = 3, batch_size = 32, learning_rate = 0.01, seed = 6 })
end)

t.test("captions beyond the tables' limit are learned from in the same way", function()
  local set = made_up(2100, 1)
  for i in ipairs(set.captions) do set.captions[i] = set.captions[i] .. " " .. i end
  local run = training.start(set, { epochs = 1, batch_size = 1024, learning_rate = 0.01, seed = 1, components = 16 })
  t.eq(run.train.rows, nil)
  local loss = training.epoch(run, 1)
  t.ok(loss == loss and loss < math.huge)
end)

t.test("two records are enough, also when they are the same image", function()
  local set = { features = vec.new(2, 780), captions = { "a", "b" } }
  local towers, history = training.train(set, PARAMETERS, {})
  t.ok(history.loss[3] < math.huge)
  local rows = towers:images(set.features)
  t.ok(rows:get(1, 1) == rows:get(1, 1))
end)

-- Saving

local function saved()
  local folder = t.tmp() .. "/m"
  local towers = training.train(made_up(60, 1), PARAMETERS, {})
  return folder, towers, local_model.save(towers, folder, { name = "m" })
end

t.test("a saved model embeds as the trained one did", function()
  local folder, towers, id = saved()
  local m = assert(model.open(folder, {}))
  t.eq({ m.id, m.base, m.name }, { id, false, "m" })
  local features = vec.gauss(8, 4, 780)
  t.ok(m:embed_features(features):bytes() == towers:images(features):bytes())
  local rows, known = m:embed_texts { "mass", "Quokka", "" }
  t.eq(known[1], true)
  t.eq(known[3], false)
  near_row(rows, 1, towers:texts({ "mass" }):row(1), 1e-5)
  t.eq(m:unknown_words("a mass, no hernia"), { "a" })
end)

t.test("a text of which nothing is known is 0 and said to be", function()
  local folder = saved()
  local m = assert(model.open(folder, {}))
  local rows, known = m:embed_texts { "zzz" }
  t.eq(known, { false })
  t.eq(vec.norms(rows):get(1, 1), 0.0)
end)

t.test("a damaged model is refused", function()
  local folder = saved()
  local weights, info = fs.join(folder, "model.safetensors"), fs.join(folder, "model.json")
  local bytes, told = assert(fs.read(weights)), assert(fs.read(info))
  assert(fs.write(weights, bytes:sub(1, -2) .. "x"))
  t.fails("integrity", "not the one", model.open(folder, {}))
  assert(fs.write(weights, bytes))
  assert(fs.write(info, (told:gsub('"format": 1', '"format": 2'))))
  t.fails("integrity", "another version", model.open(folder, {}))
  assert(fs.write(info, told:sub(1, 100)))
  t.fails("integrity", "damaged", model.open(folder, {}))
end)
