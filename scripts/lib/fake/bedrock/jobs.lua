-- SPDX-License-Identifier: MIT
-- Fine-tuning jobs of the fake Bedrock. A job goes one step further when it is looked at, but not before the last step is server.stage
-- seconds old; where there is an S3 it really trains (training.lua), and without one its model is the base model. Tests set unready (so
-- many creations fail as they do while a new role spreads), failure (what jobs fail of), most_jobs (at once), limits (as lib/titan has
-- them), no_validation (validation data are refused), and count in asked how often a job was to be made.
local dates = require "lib.dates"
local lists = require "lib.fake.bedrock.lists"
local refuse = require "lib.fake.s3.refuse".refuse_with
local role = require "lib.fake.bedrock.role"
local task = require "hilum.task"
local titan = require "lib.titan"
local training = require "lib.fake.bedrock.training"

local jobs = {}

local BASE = "amazon.titan-embed-image-v1:0"
local STEPS = { "validationDetails", "dataProcessingDetails", "trainingDetails" }

local FIELDS = { jobName = true, customModelName = true, roleArn = true, baseModelIdentifier = true, trainingDataConfig = true,
  outputDataConfig = true, validationDataConfig = true, hyperParameters = true, customizationType = true, clientRequestToken = true,
  customModelKmsKeyId = true, jobTags = true, customModelTags = true, vpcConfig = true }
local RANGES = { epochCount = { 1, 100 }, batchSize = { 256, 9216 }, learningRate = { 5e-8, 1 } }

local function invalid(...) refuse(400, "ValidationException", ...) end

-- Making one.

local function check_uri(config)
  local uri = type(config) == "table" and config.s3Uri or invalid "s3Uri is missing"
  if not uri:find("^s3://[a-z0-9.-]+/?[-!_*'().a-zA-Z0-9/]*$") then invalid("%s fails to satisfy the pattern of S3 URIs", uri) end
end

local function check_hyperparameters(given)
  if not given.epochCount then invalid "epochCount is required" end
  for name, value in pairs(given) do
    local range = RANGES[name] or invalid("The hyperparameter %s is not supported", name)
    if type(value) ~= "string" then invalid("hyperParameters.%s is no string", name) end
    local number = tonumber(value)
    local auto = name == "epochCount" and value:lower() == "auto"
    if not auto and not (number and number >= range[1] and number <= range[2]) then invalid("%s is out of its range", name) end
  end
end

local function check_names(body)
  for name in pairs(body) do if not FIELDS[name] then invalid("Unknown field %s", name) end end
  for _, name in ipairs { "jobName", "customModelName", "roleArn", "baseModelIdentifier" } do
    if type(body[name]) ~= "string" or #body[name] > 256 then invalid("%s is missing", name) end
  end
  if not body.jobName:find("^%w[%w+.-]*$") or #body.jobName > 63 then invalid("jobName %s", body.jobName) end
  if not body.customModelName:find("^%w[%w_-]*$") or #body.customModelName > 63 then invalid("customModelName %s", body.customModelName) end
  local base = body.baseModelIdentifier:match("^arn:aws:bedrock:[^:]+::foundation%-model/(.+)$") or body.baseModelIdentifier
  if base ~= BASE then invalid("%s cannot be customized", body.baseModelIdentifier) end
end

local function check(server, body)
  check_names(body)
  check_uri(body.trainingDataConfig)
  check_uri(body.outputDataConfig)
  for _, validator in ipairs((body.validationDataConfig or {}).validators or {}) do check_uri(validator) end
  if server.no_validation and body.validationDataConfig then invalid "Validation data is not supported for this model" end
  check_hyperparameters(body.hyperParameters or {})
end

local function check_room(server, body)
  local going = 0
  for _, job in ipairs(server.jobs) do
    if job.name == body.jobName then refuse(400, "ConflictException", "The job name %s is in use.", job.name) end
    if job.status == "InProgress" then going = going + 1 end
  end
  for _, model in ipairs(server.models) do
    if model.name == body.customModelName then refuse(400, "ConflictException", "The model name %s is in use.", model.name) end
  end
  if going >= (server.most_jobs or math.huge) then
    refuse(400, "ServiceQuotaExceededException", "Too many customization jobs: %d", going)
  end
end

local function now(server) return (server.now or os.time)() end

function jobs.create(server, request)
  local body = request.body
  check(server, body)
  server.asked = (server.asked or 0) + 1
  local id = ("%012d"):format(#server.jobs + 1)
  local arn = server:arn(("model-customization-job/%s/%s"):format(BASE, id))
  if (server.unready or 0) > 0 then
    server.unready = server.unready - 1
    invalid("Could not assume the provided IAM role. Please ensure that the role %s exists.", body.roleArn)
  end
  role.check(server, body.roleArn, arn)
  return 201, lists.once(server, body, function()
    check_room(server, body)
    table.insert(server.jobs, { arn = arn, id = id, name = body.jobName, body = body, status = "InProgress", step = 0,
      created = now(server), moved = -math.huge })
    return { jobArn = arn }
  end)
end

-- Its steps.

local function limits_of(server) return setmetatable(server.limits or {}, { __index = titan.limits }) end

local function read(server, job)
  if server.failure then error({ failure = server.failure }, 0) end
  local objects = role.objects(server, job.body.roleArn)
  if objects then job.sets = training.read(objects, job.body, limits_of(server)) end
end

local function train(server, job)
  if not job.sets then return end
  local towers, history = training.train(job.body, job.sets)
  training.write_metrics(role.objects(server, job.body.roleArn), job.id, job.body, #job.sets.train.captions, history)
  job.towers, job.history, job.sets = towers, history, nil
end

local function complete(server, job)
  train(server, job)
  if job.status ~= "InProgress" then return end
  job.status, job.ended = "Completed", now(server)
  job.model = server:arn(("custom-model/%s/%012d"):format(BASE, #server.models + 1))
  table.insert(server.models, { arn = job.model, name = job.body.customModelName, job = job.arn, towers = job.towers,
    made = job })
end

-- What is done when a step is over.
local WORK = { read, function() end, complete }

local function do_work(server, job)
  local ok, err = pcall(WORK[job.step] or WORK[2], server, job)
  if ok then return true end
  if type(err) ~= "table" or not err.failure then error(err, 0) end
  job.status, job.failure, job.ended = "Failed", err.failure, now(server)
end

local function advance(server, job)
  if job.busy or task.now() - job.moved < (server.stage or 0) then return end
  if job.status == "Stopping" then job.status, job.ended = "Stopped", now(server) end
  if job.status ~= "InProgress" then return end
  job.busy, job.moved = true, task.now()
  if do_work(server, job) then job.step = job.step + 1 end
  job.busy = false
end

-- Showing them.

local function metrics_of(job)
  local history = job.history
  if not history then return nil, nil end
  return { trainingLoss = history.loss[#history.loss] },
    history.validation_loss and { { validationLoss = history.validation_loss[#history.validation_loss] } } or nil
end

local function step_of(job, i)
  if i < job.step then return "Completed" end
  return i > job.step and "NotStarted" or job.status
end

local function summary_of(job, server)
  local details = {}
  for i, name in ipairs(STEPS) do details[name] = { status = step_of(job, i) } end
  return { jobArn = job.arn, jobName = job.name, status = job.status, creationTime = dates.write(job.created), statusDetails = details,
    lastModifiedTime = dates.write(job.ended or job.created), endTime = job.ended and dates.write(job.ended),
    customModelName = job.body.customModelName, baseModelArn = server:arn("foundation-model/" .. BASE, ""), customModelArn = job.model,
    customizationType = "FINE_TUNING" }
end

function jobs.get(server, request)
  local job = lists.find(server.jobs, request.id, "job")
  advance(server, job)
  local answer = summary_of(job, server)
  answer.outputModelName, answer.outputModelArn, answer.failureMessage = answer.customModelName, job.model, job.failure
  answer.customModelName, answer.customModelArn = nil, nil
  for _, field in ipairs { "roleArn", "hyperParameters", "trainingDataConfig", "validationDataConfig", "outputDataConfig",
    "clientRequestToken" } do
    answer[field] = job.body[field]
  end
  answer.trainingMetrics, answer.validationMetrics = metrics_of(job)
  return 200, answer
end

function jobs.list(server, request)
  local list, asked = {}, request.query
  for _, job in ipairs(server.jobs) do
    if job.name:find(asked.nameContains or "", 1, true) and job.status == (asked.statusEquals or job.status) then
      table.insert(list, asked.sortOrder == "Ascending" and #list + 1 or 1, job)
    end
  end
  return 200, lists.page(server, request, list, "modelCustomizationJobSummaries", summary_of)
end

function jobs.stop(server, request)
  local job = lists.find(server.jobs, request.id, "job")
  if job.status ~= "InProgress" then refuse(400, "ConflictException", "The job is %s and cannot be stopped", job.status) end
  job.status = "Stopping"
  return 200, ""
end

-- The model of a job, as GetCustomModel and with summary = true as ListCustomModels have it.
function jobs.show_model(server, model, summary)
  local job = model.made
  local shown = { modelArn = model.arn, modelName = model.name, modelStatus = "Active", customizationType = "FINE_TUNING",
    baseModelArn = server:arn("foundation-model/" .. BASE, ""), creationTime = dates.write(job and job.ended or now(server)) }
  if summary then
    shown.baseModelName = "amazon.titan-embed-image-v1"
    return shown
  end
  shown.jobArn = model.job
  if not job then return shown end
  for _, field in ipairs { "jobName", "hyperParameters", "trainingDataConfig", "outputDataConfig" } do shown[field] = job.body[field] end
  shown.trainingMetrics, shown.validationMetrics = metrics_of(job)
  return shown
end

return jobs
