-- SPDX-License-Identifier: MIT
-- What a fine-tuning job of the fake Bedrock does: it reads its records and images from S3, refuses what Bedrock refuses, trains hilum's
-- offline model, and writes the metrics. A failure is raised as {failure = what the job's failureMessage says}.
local image = require "hilum.image"
local json = require "hilum.json"
local task = require "hilum.task"
local titan = require "lib.titan"
local vec = require "hilum.vec"

local training = {}

local COUNT = require "lib.model.features".COUNT

local AT_ONCE = 16
local AUTO_EPOCHS = 5
local SEED = 1
-- The offline model learns at 0.01 where Titan does at 5e-5, and falls apart not far above; a few records want steps enough.
local RATE, MOST_RATE = 0.01 / 5e-5, 0.03
local LEAST_BATCH, STEPS_AN_EPOCH = 16, 8

local function fail(format, ...) error({ failure = format:format(...) }, 0) end

local function is_record(record)
  return type(record) == "table" and type(record["image-ref"]) == "string" and record["image-ref"]:find("^s3://")
    and type(record.caption) == "string" and #titan.judge_caption(record.caption, titan.limits) == 0
end

-- A whole file of records {"image-ref":…,"caption":…}.
local function read_records(objects, uri, what, least, most)
  local text, why = objects.read(uri)
  if not text then fail("Could not read the %s data %s: %s", what, uri, why) end
  local records = {}
  for line in text:gmatch("[^\n]+") do
    local record = json.decode(line)
    if not is_record(record) then fail("The %s data %s has no record of an image and a caption in line %d", what, uri, #records + 1) end
    records[#records + 1] = record
  end
  if #records < least or #records > most then
    fail("The %s data %s has %d records; there must be between %d and %d", what, uri, #records, least, most)
  end
  return records
end

local function describe(objects, record)
  local uri = record["image-ref"]
  local bytes, why = objects.read(uri)
  if not bytes then return nil, ("Could not read %s: %s"):format(uri, why) end
  local problem = image.check({ bytes = bytes }, { limits = titan.image_limits(titan.limits) }).problems[1]
  if problem then return nil, ("%s: %s"):format(uri, problem.message) end
  return (assert(image.describe { bytes = bytes }))
end

-- Records as lib/model/training takes them.
local function describe_all(objects, records)
  local set = { features = vec.new(#records, COUNT), captions = {} }
  local rows, errors = task.map(records, { at_once = AT_ONCE }, function(record) return describe(objects, record) end)
  for i, record in ipairs(records) do
    if errors and errors[i] then fail("%s", errors[i]) end
    set.features:put(i, rows[i])
    set.captions[i] = record.caption
  end
  return set
end

-- Reads and checks all that a job (the body of its request) is about: {train=, validation=}. limits: as lib/titan has them.
function training.read(objects, job, limits)
  local train = read_records(objects, job.trainingDataConfig.s3Uri, "training", limits.min_records, limits.max_records)
  local validator = ((job.validationDataConfig or {}).validators or {})[1]
  local validation = validator and read_records(objects, validator.s3Uri, "validation", limits.min_validation, limits.max_validation)
  return { train = describe_all(objects, train), validation = validation and describe_all(objects, validation) }
end

-- Bedrock's hyperparameters as those of the offline model.
local function parameters_of(given, records)
  local batch = math.min(tonumber(given.batchSize or 576), math.max(LEAST_BATCH, records // STEPS_AN_EPOCH))
  return { epochs = math.tointeger(tonumber(given.epochCount)) or AUTO_EPOCHS, batch_size = math.tointeger(batch), seed = SEED,
    learning_rate = math.min(tonumber(given.learningRate or 5e-5) * RATE, MOST_RATE) }
end

-- Trains; returns the towers and what was measured, {loss=, validation_loss=} by epoch.
function training.train(job, sets)
  return require "lib.model.training".train(sets.train, parameters_of(job.hyperParameters, #sets.train.captions),
    { validation = sets.validation })
end

-- A row for each step of each epoch, which Bedrock counts from 0 on.
local function metrics_csv(column, losses, steps)
  local lines = { ("step_number,epoch_number,%s,perplexity"):format(column) }
  for epoch, loss in ipairs(losses) do
    for _ = 1, steps do
      lines[#lines + 1] = ("%d,%d,%.6f,%.6f"):format(#lines - 1, epoch - 1, loss, math.exp(loss))
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

-- Writes the metrics of a job with this id to its output, in the places where Bedrock has them.
function training.write_metrics(objects, id, job, records, history)
  local folder = ("%s/model-customization-job-%s/"):format(job.outputDataConfig.s3Uri:gsub("/+$", ""), id)
  local steps = math.ceil(records / tonumber(job.hyperParameters.batchSize or 576))
  objects.write(folder .. "training_artifacts/step_wise_training_metrics.csv", metrics_csv("training_loss", history.loss, steps))
  if history.validation_loss then
    objects.write(folder .. "validation_artifacts/post_fine_tuning_validation/validation/validation_metrics.csv",
      metrics_csv("validation_loss", history.validation_loss, 1))
  end
end

return training
