-- SPDX-License-Identifier: MIT
-- Batch inference of the fake Bedrock. A job goes one step further when it is looked at, but not before the last step is server.stage
-- seconds old; when its turn comes it reads all of its input from S3 and writes the answers, in another order, with the input echoed in
-- them, and the manifest. Tests set batch_limits (of lib/model/batch/request), batch_stops (so many records are answered before the time is
-- over), batch_faults (recordId = message of an error), and look into batches.
local dates = require "lib.dates"
local json = require "hilum.json"
local lists = require "lib.fake.bedrock.lists"
local refusals = require "lib.fake.s3.refuse"
local role = require "lib.fake.bedrock.role"
local task = require "hilum.task"
local titan = require "lib.fake.bedrock.titan"

local refuse = refusals.refuse_with

local STEPS = { "Submitted", "Validating", "Scheduled", "InProgress" }
local FIELDS = { jobName = true, roleArn = true, modelId = true, inputDataConfig = true, outputDataConfig = true, clientRequestToken = true,
  timeoutDurationInHours = true, modelInvocationType = true, vpcConfig = true, tags = true }

local function invalid(...) refuse(400, "ValidationException", ...) end

local function fail(format, ...) error({ failure = format:format(...) }, 0) end

local function limits_of(server)
  return setmetatable(server.batch_limits or {}, { __index = require "lib.model.batch.request".LIMITS })
end

-- Making one.

local function uri_of(config, field)
  local inner = type(config) == "table" and config[field]
  local uri = type(inner) == "table" and inner.s3Uri or invalid("%s is missing", field)
  if not uri:find("^s3://[a-z0-9.-]+/?[-!_*'().a-zA-Z0-9/]*$") then invalid("%s fails to satisfy the pattern of S3 URIs", uri) end
  return uri
end

-- What the custom model behind an ARN learned; nil for the base model.
local function towers_of(server, id)
  if id:find(titan.ID, 1, true) == 1 then return nil end
  return lists.find(server.models, id, "model").towers
end

local function check(server, body)
  for name in pairs(body) do if not FIELDS[name] then invalid("Unknown field %s", name) end end
  for _, name in ipairs { "jobName", "roleArn", "modelId" } do
    if type(body[name]) ~= "string" then invalid("%s is missing", name) end
  end
  if not body.jobName:find("^%w[%w+.-]*$") or #body.jobName > 63 then invalid("jobName %s", body.jobName) end
  local hours = body.timeoutDurationInHours or 24
  if math.type(hours) ~= "integer" or hours < 24 or hours > 168 then invalid("timeoutDurationInHours %s", hours) end
  towers_of(server, body.modelId)
  return uri_of(body.inputDataConfig, "s3InputDataConfig"), uri_of(body.outputDataConfig, "s3OutputDataConfig")
end

local function now(server) return (server.now or os.time)() end

local function create(server, request)
  local body = request.body
  local input, output = check(server, body)
  local id = ("b%011d"):format(#server.batches + 1)
  local arn = server:arn("model-invocation-job/" .. id)
  role.check(server, body.roleArn, arn)
  return 200, lists.once(server, body, function()
    for _, job in ipairs(server.batches) do
      if job.name == body.jobName then refuse(400, "ConflictException", "The job name %s is in use.", job.name) end
    end
    table.insert(server.batches, { arn = arn, id = id, name = body.jobName, body = body, status = STEPS[1], input = input, output = output,
      created = now(server), moved = -math.huge, counts = { total = 0, success = 0, error = 0 } })
    return { jobArn = arn }
  end)
end

-- Its work.

local function check_records(records, limits)
  if #records < limits.min_records or #records > limits.records then
    fail("The number of records is %d; it must be between %d and %d", #records, limits.min_records, limits.records)
  end
end

-- The records of all files, {recordId, modelInput, file}, in order.
local function read_records(server, job, objects)
  local limits, records, bytes = limits_of(server), {}, 0
  for _, uri in ipairs(objects.list(job.input)) do
    local text, why = objects.read(uri)
    if not text then fail("Could not read %s: %s", uri, why) end
    if #text > limits.file_bytes then fail("%s is larger than %d bytes", uri, limits.file_bytes) end
    bytes = bytes + #text
    for line in text:gmatch("[^\n]+") do
      local record = json.decode(line)
      if type(record) ~= "table" or type(record.modelInput) ~= "table" then fail("%s has a line that is no record", uri) end
      record.file = uri:match("[^/]+$")
      records[#records + 1] = record
    end
  end
  if bytes > limits.job_bytes then fail("The input is larger than %d bytes", limits.job_bytes) end
  check_records(records, limits)
  return records
end

-- A record with its answer or error.
local function answer(server, record, towers)
  local message = (server.batch_faults or {})[record.recordId]
  local ok, result = true, nil
  if not message then ok, result = pcall(titan.answer, record.modelInput, #(record.modelInput.inputImage or ""), towers) end
  if not ok and not refusals.is_refusal(result) then error(result, 0) end
  local answered = { recordId = record.recordId, modelInput = record.modelInput }
  if message or not ok then answered.error = { errorCode = 400, errorMessage = message or result.message }
  else answered.modelOutput = result end
  return answered
end

-- From the last record to the first: Bedrock keeps no order.
local function answer_all(server, job, records)
  local towers, lines = towers_of(server, job.body.modelId), {}
  job.counts.total = #records
  for i = #records, math.max(1, #records - (server.batch_stops or math.huge) + 1), -1 do
    local record, answered = records[i], answer(server, records[i], towers)
    local kind = answered.error and "error" or "success"
    job.counts[kind] = job.counts[kind] + 1
    lines[record.file] = (lines[record.file] or "") .. json.encode(answered) .. "\n"
    task.sleep(0)
  end
  return lines
end

local function processed(job) return job.counts.success + job.counts.error end

local function counts_of(job)
  return { totalRecordCount = job.counts.total, processedRecordCount = processed(job), successRecordCount = job.counts.success,
    errorRecordCount = job.counts.error }
end

local function work(server, job)
  local objects = role.objects(server, job.body.roleArn)
  local folder = ("%s%s/"):format(job.output:gsub("/*$", "/"), job.id)
  for file, text in pairs(answer_all(server, job, read_records(server, job, objects))) do objects.write(folder .. file .. ".out", text) end
  objects.write(folder .. "manifest.json.out", json.encode(counts_of(job)) .. "\n")
  job.status = processed(job) < job.counts.total and "PartiallyCompleted" or "Completed"
end

local function finish(server, job)
  local ok, err = pcall(work, server, job)
  if not ok and not (type(err) == "table" and err.failure) then error(err, 0) end
  if not ok then job.status, job.message = "Failed", err.failure end
  job.ended = now(server)
end

local NEXT = {}
for i, name in ipairs(STEPS) do NEXT[name] = STEPS[i + 1] end

local function advance(server, job)
  if job.busy or task.now() - job.moved < (server.stage or 0) then return end
  job.busy, job.moved = true, task.now()
  if job.status == "Stopping" then job.status, job.ended = "Stopped", now(server)
  elseif NEXT[job.status] then job.status = NEXT[job.status]
  elseif job.status == STEPS[#STEPS] then finish(server, job) end
  job.busy = false
end

-- Showing them.

local function summary_of(job)
  return { jobArn = job.arn, jobName = job.name, modelId = job.body.modelId, roleArn = job.body.roleArn, status = job.status,
    submitTime = dates.write(job.created), endTime = job.ended and dates.write(job.ended), message = job.message,
    inputDataConfig = job.body.inputDataConfig, outputDataConfig = job.body.outputDataConfig }
end

local function get(server, request)
  local job = lists.find(server.batches, request.id, "job")
  local shown = summary_of(job)
  for name, count in pairs(counts_of(job)) do shown[name] = count end
  advance(server, job)
  return 200, shown
end

local function list(server, request)
  local found = {}
  for _, job in ipairs(server.batches) do
    if job.name:find(request.query.nameContains or "", 1, true) then table.insert(found, 1, job) end
  end
  return 200, lists.page(server, request, found, "invocationJobSummaries", summary_of)
end

local function stop(server, request)
  local job = lists.find(server.batches, request.id, "job")
  if not NEXT[job.status] and job.status ~= STEPS[#STEPS] then refuse(400, "ConflictException", "The job is %s", job.status) end
  job.status = "Stopping"
  return 200, ""
end

local function row(method, path, run) return { method = method, path = path, run = run } end

return {
  row("POST", "^/model%-invocation%-job()$", create),
  row("GET", "^/model%-invocation%-jobs()$", list),
  row("GET", "^/model%-invocation%-job/([^/]+)$", get),
  row("POST", "^/model%-invocation%-job/([^/]+)/stop$", stop),
}
