-- SPDX-License-Identifier: MIT
-- The control plane of the fake Bedrock: fine-tuning jobs, custom models, throughput, the foundation model. A job goes one step further
-- each time it is asked about. unready: so many creations of jobs fail as they do while a new role spreads. Batch jobs are only names here.
local BASE = "amazon.titan-embed-image-v1:0"
local STEPS = { "validationDetails", "dataProcessingDetails", "trainingDetails" }
local NOW = "2026-01-01T00:00:00.000Z"

local function refuse(...) require "lib.fake.bedrock.server".refuse(...) end
local function invalid(...) refuse(400, "ValidationException", ...) end

local function missing(what, id) refuse(404, "ResourceNotFoundException", "The %s %s could not be found", what, id) end

-- By ARN or by name.
local function find(list, id, what)
  for _, one in ipairs(list) do
    if one.arn == id or one.name == id then return one end
  end
  missing(what, id)
end

-- Answers the same to the same token.
local function once(server, body, make)
  local token = body.clientRequestToken or invalid "clientRequestToken"
  local made = server.tokens[token]
  if not made then
    made = make()
    server.tokens[token] = made
  end
  return 201, made
end

-- A part of a list, two a page.
local function page(server, request, list, field, show)
  local first, items = tonumber(request.query.nextToken or 1), require "hilum.json".array()
  for i = first, math.min(first + 1, #list) do items[#items + 1] = show(list[i], server) end
  return 200, { [field] = items, nextToken = first + 2 <= #list and tostring(first + 2) or nil }
end

-- Fine-tuning jobs.

local FIELDS = { jobName = true, customModelName = true, roleArn = true, baseModelIdentifier = true, trainingDataConfig = true,
  outputDataConfig = true, validationDataConfig = true, hyperParameters = true, customizationType = true, clientRequestToken = true,
  customModelKmsKeyId = true, jobTags = true, customModelTags = true, vpcConfig = true }
local RANGES = { epochCount = { 1, 100 }, batchSize = { 256, 9216 }, learningRate = { 5e-8, 1 } }

local function check_uri(uri)
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

local function check_job(body)
  for name in pairs(body) do if not FIELDS[name] then invalid("Unknown field %s", name) end end
  for _, name in ipairs { "jobName", "customModelName", "roleArn", "baseModelIdentifier" } do
    if type(body[name]) ~= "string" or #body[name] > 256 then invalid("%s is missing", name) end
  end
  if body.jobName:find("[^%w+.-]") or #body.jobName > 63 then invalid("jobName %s", body.jobName) end
  if body.customModelName:find("[^%w_-]") or #body.customModelName > 63 then invalid("customModelName %s", body.customModelName) end
  if body.baseModelIdentifier ~= BASE then invalid("%s cannot be customized", body.baseModelIdentifier) end
  check_uri(body.trainingDataConfig.s3Uri)
  check_uri(body.outputDataConfig.s3Uri)
  for _, validator in ipairs((body.validationDataConfig or {}).validators or {}) do check_uri(validator.s3Uri) end
  check_hyperparameters(body.hyperParameters)
end

local function create_job(server, request)
  local body = request.body
  check_job(body)
  server.asked = (server.asked or 0) + 1
  if (server.unready or 0) > 0 then
    server.unready = server.unready - 1
    invalid("Could not assume the provided IAM role. Please ensure that the role %s exists.", body.roleArn)
  end
  return once(server, body, function()
    for _, job in ipairs(server.jobs) do
      if job.name == body.jobName then refuse(400, "ConflictException", "The job name %s is in use.", job.name) end
    end
    local arn = server:arn(("model-customization-job/%s/%012d"):format(BASE, #server.jobs + 1))
    table.insert(server.jobs, { arn = arn, name = body.jobName, body = body, status = "InProgress", step = 0 })
    return { jobArn = arn }
  end)
end

-- A job ends when its last step has been asked about; server.failure is what it fails of.
local function advance(server, job)
  if job.status == "Stopping" then job.status = "Stopped" end
  if job.status ~= "InProgress" then return end
  job.step = job.step + 1
  if job.step == 2 and server.failure then job.status = "Failed" end
  if job.step <= #STEPS then return end
  job.status = "Completed"
  job.model = server:arn(("custom-model/%s/%012d"):format(BASE, #server.models + 1))
  table.insert(server.models, { arn = job.model, name = job.body.customModelName })
end

local function summary_of(job, server)
  return { jobArn = job.arn, jobName = job.name, status = job.status, creationTime = NOW, customModelName = job.body.customModelName,
    baseModelArn = server:arn("foundation-model/" .. BASE, ""), customModelArn = job.model, customizationType = "FINE_TUNING" }
end

local function get_job(server, request)
  local job, details = find(server.jobs, request.id, "job"), {}
  advance(server, job)
  for i, name in ipairs(STEPS) do
    details[name] = { status = i < job.step and "Completed" or i == job.step and "InProgress" or "NotStarted" }
  end
  local answer = summary_of(job, server)
  answer.statusDetails, answer.outputModelName, answer.outputModelArn = details, answer.customModelName, job.model
  answer.hyperParameters, answer.failureMessage = job.body.hyperParameters, job.status == "Failed" and server.failure or nil
  answer.trainingMetrics = job.model and { trainingLoss = 0.12 } or nil
  return 200, answer
end

local function list_jobs(server, request)
  local list = {}
  for _, job in ipairs(server.jobs) do
    if job.name:find(request.query.nameContains or "", 1, true) then table.insert(list, 1, job) end
  end
  return page(server, request, list, "modelCustomizationJobSummaries", summary_of)
end

local function stop_job(server, request)
  local job = find(server.jobs, request.id, "job")
  if job.status ~= "InProgress" then refuse(400, "ConflictException", "The job is %s and cannot be stopped", job.status) end
  job.status = "Stopping"
  return 200, ""
end

-- Custom models and throughput.

local function show_model(model) return { modelArn = model.arn, modelName = model.name, modelStatus = "Active" } end

local function delete_model(server, request)
  local model = find(server.models, request.id, "model")
  for _, throughput in pairs(server.throughputs) do
    if throughput.modelArn == model.arn then refuse(400, "ConflictException", "The model is used by %s", throughput.provisionedModelArn) end
  end
  for i, one in ipairs(server.models) do if one == model then table.remove(server.models, i) break end end
  return 200, ""
end

local function throughputs(server)
  local list = {}
  for _, one in pairs(server.throughputs) do list[#list + 1] = one end
  return list
end

local function create_throughput(server, request)
  local body = request.body
  return once(server, body, function()
    local arn = server:arn(("provisioned-model/%012d"):format(#throughputs(server) + 1))
    server.throughputs[arn] = { provisionedModelArn = arn, provisionedModelName = body.provisionedModelName, modelUnits = body.modelUnits,
      modelArn = find(server.models, body.modelId, "model").arn, status = "Creating" }
    return { provisionedModelArn = arn }
  end)
end

-- It is in service when it is asked about for the second time.
local function get_throughput(server, request)
  local found = server.throughputs[request.id] or missing("throughput", request.id)
  local answer = {}
  for key, value in pairs(found) do answer[key] = value end
  found.status = "InService"
  return 200, answer
end

local function update_throughput(server, request)
  local found = server.throughputs[request.id] or missing("throughput", request.id)
  found.provisionedModelName = request.body.desiredProvisionedModelName or found.provisionedModelName
  if request.body.desiredModelId then found.modelArn = find(server.models, request.body.desiredModelId, "model").arn end
  return 200, ""
end

local function delete_throughput(server, request)
  if not server.throughputs[request.id] then missing("throughput", request.id) end
  server.throughputs[request.id] = nil
  return 200, ""
end

local function show(one) return one end

local function row(method, path, run) return { method = method, path = path, run = run } end

return {
  row("POST", "^/model%-customization%-jobs()$", create_job),
  row("GET", "^/model%-customization%-jobs()$", list_jobs),
  row("GET", "^/model%-customization%-jobs/([^/]+)$", get_job),
  row("POST", "^/model%-customization%-jobs/([^/]+)/stop$", stop_job),
  row("GET", "^/custom%-models()$", function(server, request)
    return page(server, request, server.models, "modelSummaries", show_model)
  end),
  row("GET", "^/custom%-models/([^/]+)$", function(server, request) return 200, show_model(find(server.models, request.id, "model")) end),
  row("DELETE", "^/custom%-models/([^/]+)$", delete_model),
  row("GET", "^/foundation%-models/([^/]+)$", function(server, request)
    if not request.id:find("^amazon%.titan%-embed%-image%-v1") then missing("model", request.id) end
    return 200, { modelDetails = { modelId = request.id, modelArn = server:arn("foundation-model/" .. request.id, ""),
      modelLifecycle = { status = "ACTIVE" } } }
  end),
  row("POST", "^/provisioned%-model%-throughput()$", create_throughput),
  row("GET", "^/provisioned%-model%-throughputs()$", function(server, request)
    return page(server, request, throughputs(server), "provisionedModelSummaries", show)
  end),
  row("GET", "^/provisioned%-model%-throughput/([^/]+)$", get_throughput),
  row("PATCH", "^/provisioned%-model%-throughput/([^/]+)$", update_throughput),
  row("DELETE", "^/provisioned%-model%-throughput/([^/]+)$", delete_throughput),
  row("POST", "^/model%-invocation%-job()$", function(server, request)
    return once(server, request.body, function() return { jobArn = server:arn("model-invocation-job/" .. request.body.jobName) } end)
  end),
}
