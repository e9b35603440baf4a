-- SPDX-License-Identifier: MIT
-- How the offline model learns: from images and their captions, by contrast.
--
-- A batch of B images has U distinct captions. z are the images' unit rows, t the captions'; S = z t' / tau is how well each
-- image fits each caption. The loss asks that the softmax of S, along rows (which caption for this image?) and along columns (which
-- image for this caption?), be what the captions' words say: not "its own caption or nothing", but in proportion to how many telling
-- words two captions share (lib.model.text's Jaccard), so that "Effusion, Mass" is half right for an effusion. A third term asks the same
-- of images among themselves. Gradients are written out by hand below; Adam follows them.
local local_model = require "lib.model.local_model"
local text = require "lib.model.text"
local vec = require "hilum.vec"

local training = {}

local LENGTH = local_model.LENGTH
local TEMPERATURE = 0.3
local AMONG_IMAGES = 0.25 -- the weight of the third term
local NOISE = 0.3         -- deviation of what is added to an image's coordinates, anew each time it is seen
local FIRST_SCALE = 0.1   -- of the image tower before training: small, so that the first steps count
local WEIGHT_SEED = 3

-- Fewer components than this tell too little; more than a fifth of the number of images, and the model learns the images by heart.
local LEAST_COMPONENTS, MOST_COMPONENTS, IMAGES_PER_COMPONENT = 16, 256, 5

-- Up to as many distinct captions, what a batch needs of them is looked up; beyond, it is made for each batch.
local MOST_TABULATED = 2048

-- Streams of random numbers, one for each seed, purpose and number.
local ORDER, DISTURB = 0, 1
local function stream(seed, purpose, number) return seed << 32 | purpose << 31 | number end

-- The space of the image tower: the first principal components of the standardised features, scaled by one number so that a
-- coordinate has mean square 1. Dropping the others is what keeps so small a model from learning noise.
local function fit_space(features, wanted)
  local scale = local_model.fit_scale(features)
  local standardized = local_model.standardize(features, scale)
  wanted = wanted or math.max(LEAST_COMPONENTS, math.min(MOST_COMPONENTS, features:rows() // IMAGES_PER_COMPONENT))
  local count = math.min(wanted, features:rows() - 1, features:cols() - 1)
  local components, variances, mean = assert(vec.pca(standardized, count))
  local total = 0
  for _, variance in ipairs(variances:row(1)) do total = total + variance end
  vec.scale(components, 1 / math.sqrt(math.max(total / count, 1e-12)))
  return { scale = scale, components = components, mean = mean, count = count }
end

local function coordinates(features, space)
  local centred = local_model.standardize(features, space.scale)
  vec.add(centred, space.mean, -1)
  return vec.matmul(centred, space.components)
end

-- What the captions know, and the column (the row of the table) of each bucket that was met.
local function fit_words(captions)
  local distinct, counts = text.distinct(captions)
  local words = { vocabulary = text.fit(distinct, counts), columns = {} }
  for i, bucket in ipairs(words.vocabulary.buckets) do words.columns[bucket] = i end
  return words
end

-- What is learned: W and b of the image tower, E, the table's rows for the buckets that were met.
local function new_weights(space, vocabulary)
  local rows = {}
  for i, bucket in ipairs(vocabulary.buckets) do rows[i] = bucket + 1 end
  return { W = vec.gauss(WEIGHT_SEED, space.count, LENGTH, FIRST_SCALE / math.sqrt(space.count)), b = vec.new(1, LENGTH),
    E = local_model.random_table():gather(rows) }
end

-- A caption as training needs it: its columns of the table with their weights, and its words for the likeness.
local function read_caption(caption, words)
  local buckets, weights = text.features(caption)
  local read = { columns = {}, weights = {}, weighed = text.weigh(caption, words.vocabulary) }
  for i, bucket in ipairs(buckets) do
    local column = words.columns[bucket]
    if column then
      table.insert(read.columns, column)
      table.insert(read.weights, weights[i] * words.vocabulary.idf[bucket])
    end
  end
  return read
end

-- Of captions: a row of weighed buckets each, and the likeness of each with each.
local function tabulate(captions, columns)
  local rows, weighed = vec.new(#captions, columns), {}
  for i, caption in ipairs(captions) do
    weighed[i] = caption.weighed
    for k, column in ipairs(caption.columns) do rows:set(i, column, caption.weights[k]) end
  end
  return rows, vec.from(text.jaccard(weighed))
end

-- A set {features=, captions=} in the terms of the model: the images' coordinates, the distinct captions, and the place of each
-- record's caption among these.
local function prepare_set(set, space, words)
  local distinct, _, place = text.distinct(set.captions)
  local prepared = { coordinates = coordinates(set.features, space), captions = {}, place = place,
    columns = #words.vocabulary.buckets }
  for i, caption in ipairs(distinct) do prepared.captions[i] = read_caption(caption, words) end
  if #distinct <= MOST_TABULATED then prepared.rows, prepared.likeness = tabulate(prepared.captions, prepared.columns) end
  return prepared
end

-- The same for some captions of a set: out of its tables, or made here where those would be too large.
local function tables_of(set, ids)
  if set.rows then return set.rows:gather(ids), vec.take(set.likeness, ids, ids) end
  local captions = {}
  for i, id in ipairs(ids) do captions[i] = set.captions[id] end
  return tabulate(captions, set.columns)
end

-- The captions of the records, each once, and which of them is each record's.
local function captions_of(set, records)
  local ids, place, known = {}, {}, {}
  for i, record in ipairs(records) do
    local id = set.place[record]
    if not known[id] then
      ids[#ids + 1] = id
      known[id] = #ids
    end
    place[i] = known[id]
  end
  return ids, place
end

-- x: the images' coordinates; r: the captions' weighed buckets; like: B x U; among: B x B.
function training.batch(set, records)
  local ids, place = captions_of(set, records)
  local r, likeness = tables_of(set, ids)
  return { x = set.coordinates:gather(records), r = r, like = likeness:gather(place), among = vec.take(likeness, place, place) }
end

local UNIT = { floor = 0, epsilon = 1e-9 }

local function forward(weights, batch)
  local z, t = vec.matmul(batch.x, weights.W), vec.matmul(batch.r, weights.E)
  vec.add(z, weights.b)
  return { z = z, t = t, z_lengths = vec.normalize(z, UNIT), t_lengths = vec.normalize(t, UNIT) }
end

-- The loss, and its derivatives by S (fit) and by z z' / tau (among).
local function compare(batch, out)
  local scores = vec.matmul(out.z, out.t, { tb = true, alpha = 1 / TEMPERATURE })
  local images = vec.matmul(out.z, out.z, { tb = true, alpha = 1 / TEMPERATURE })
  local fit, among = vec.new(scores:rows(), scores:cols()), vec.new(images:rows(), images:cols())
  local loss = vec.cross_entropy(scores, batch.like, fit, { axis = "rows", weight = 0.5 })
    + vec.cross_entropy(scores, batch.like, fit, { axis = "columns", weight = 0.5 })
    + vec.cross_entropy(images, batch.among, among, { weight = AMONG_IMAGES, diagonal = false })
  return loss, fit, among
end

-- Back through S and z z' to z and t, through the lengths, to the weights. z stands on both sides of z z'.
local function backward(batch, out, fit, among)
  local dz = vec.matmul(fit, out.t, { alpha = 1 / TEMPERATURE })
  vec.matmul(vec.symmetrize(among), out.z, { alpha = 1 / TEMPERATURE, beta = 1, out = dz })
  local dt = vec.matmul(fit, out.z, { ta = true, alpha = 1 / TEMPERATURE })
  vec.normalize_backward(dz, out.z, out.z_lengths)
  vec.normalize_backward(dt, out.t, out.t_lengths)
  return { W = vec.matmul(batch.x, dz, { ta = true }), b = dz:sum(), E = vec.matmul(batch.r, dt, { ta = true }) }
end

-- The loss of a batch, and its derivatives by the weights.
function training.gradients(weights, batch)
  local out = forward(weights, batch)
  local loss, fit, among = compare(batch, out)
  return loss, backward(batch, out, fit, among)
end

-- Adam keeps for each weight a mean of its gradients and of their squares.
local function new_optimizer(weights, steps, rate)
  local optimizer = { step = 0, steps = steps, rate = rate, warm_up = math.max(1, steps // 10), mean = {}, square = {} }
  for name, matrix in pairs(weights) do
    optimizer.mean[name] = vec.new(matrix:rows(), matrix:cols())
    optimizer.square[name] = vec.new(matrix:rows(), matrix:cols())
  end
  return optimizer
end

-- Rises over the first tenth of the steps, then falls along half a cosine.
local function rate_of(optimizer)
  local step, warm_up = optimizer.step, optimizer.warm_up
  if step <= warm_up then return optimizer.rate * step / warm_up end
  return optimizer.rate * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / math.max(1, optimizer.steps - warm_up + 1)))
end

local function descend(weights, gradients, optimizer)
  optimizer.step = optimizer.step + 1
  local rate = rate_of(optimizer)
  for name, gradient in pairs(gradients) do
    vec.adam(weights[name], gradient, optimizer.mean[name], optimizer.square[name], optimizer.step, rate)
  end
end

-- The order cut into equal parts of at most `size`; the first ones are longer by one where it does not come out even.
local function cut(order, size)
  local parts, first = {}, 1
  local count = math.max(1, (#order + size - 1) // size)
  for i = 1, count do
    local length = #order // count + (i <= #order % count and 1 or 0)
    parts[i] = table.move(order, first, first + length - 1, 1, {})
    first = first + length
  end
  return parts
end

-- One pass over all records in a fresh order. Returns the mean loss of its batches.
function training.epoch(run, epoch)
  local order, total = vec.permutation(stream(run.seed, ORDER, epoch), #run.train.place), 0
  local batches = cut(order, run.batch_size)
  for _, records in ipairs(batches) do
    local batch = training.batch(run.train, records)
    vec.add_noise(batch.x, stream(run.seed, DISTURB, run.optimizer.step), NOISE)
    local loss, gradients = training.gradients(run.weights, batch)
    descend(run.weights, gradients, run.optimizer)
    total = total + loss
  end
  return total / #batches
end

-- The same loss on records that are not learned from, in their own order.
local function measure(run, set)
  local order, total = {}, 0
  for i = 1, #set.place do order[i] = i end
  local batches = cut(order, run.batch_size)
  for _, records in ipairs(batches) do
    local batch = training.batch(set, records)
    total = total + compare(batch, forward(run.weights, batch))
  end
  return total / #batches
end

-- Image tower and preparation in one matrix: features are standardised, then (s - mean) components W + b.
local function fold(run)
  local space, words, weights = run.space, run.words, run.weights
  local projection, bias = vec.matmul(space.components, weights.W), weights.b:copy()
  vec.matmul(space.mean, projection, { alpha = -1, beta = 1, out = bias })
  return local_model.new { scale = space.scale, projection = projection, bias = bias, table = weights.E, columns = words.columns,
    idf = words.vocabulary.idf, words = words.vocabulary.words }
end

-- Everything that is there before the first step; training.epoch(run, 1), … then change run.weights.
function training.start(train, parameters)
  local words, space = fit_words(train.captions), fit_space(train.features, parameters.components)
  local weights = new_weights(space, words.vocabulary)
  local batches = math.max(1, (#train.captions + parameters.batch_size - 1) // parameters.batch_size)
  return { seed = parameters.seed, batch_size = parameters.batch_size, space = space, words = words, weights = weights,
    optimizer = new_optimizer(weights, batches * parameters.epochs, parameters.learning_rate),
    train = prepare_set(train, space, words) }
end

-- train: {features= (N x 780), captions=}. parameters: epochs, batch_size, learning_rate, seed; components, if not by the rule.
-- options: validation, a set like train; on_epoch(epoch, loss, validation loss or nil).
-- Returns the towers, and the history {loss=, validation_loss=, components=}. The same arguments give the same bits.
function training.train(train, parameters, options)
  local run = training.start(train, parameters)
  local validation = options.validation and prepare_set(options.validation, run.space, run.words)
  local history = { loss = {}, validation_loss = validation and {}, components = run.space.count }
  for epoch = 1, parameters.epochs do
    history.loss[epoch] = training.epoch(run, epoch)
    if validation then history.validation_loss[epoch] = measure(run, validation) end
    if options.on_epoch then options.on_epoch(epoch, history.loss[epoch], validation and history.validation_loss[epoch]) end
  end
  return fold(run), history
end

return training
