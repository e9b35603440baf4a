-- SPDX-License-Identifier: MIT
-- Provisioned throughput of the fake Bedrock: it is being made, or changed, until it was looked at server.steps times. server.model_units:
-- how many the account may have; throughput_fails: why it cannot be made. A throughput is known by its name too.
local dates = require "lib.dates"
local lists = require "lib.fake.bedrock.lists"
local refuse = require "lib.fake.s3.refuse".refuse_with

local throughput = {}

local PENDING = { Creating = true, Updating = true }
local COMMITMENTS = { OneMonth = 30 * 86400, SixMonths = 182 * 86400 }
local SHOWN = { "provisionedModelArn", "provisionedModelName", "modelArn", "desiredModelArn", "foundationModelArn", "modelUnits",
  "desiredModelUnits", "status", "failureMessage", "creationTime", "lastModifiedTime", "commitmentDuration", "commitmentExpirationTime" }

local function invalid(...) refuse(400, "ValidationException", ...) end

local function now(server) return (server.now or os.time)() end

local function find(server, id)
  for arn, one in pairs(server.throughputs) do
    if arn == id or one.provisionedModelName == id then return one, arn end
  end
end

local function needed(server, id)
  local one, arn = find(server, id)
  if not one then refuse(404, "ResourceNotFoundException", "The provisioned model %s could not be found", id) end
  return one, arn
end

local function model_of(server, id)
  for _, model in ipairs(server.models) do
    if model.arn == id or model.name == id then return model.arn end
  end
  refuse(404, "ResourceNotFoundException", "The model %s could not be found", id)
end

local function check(server, body)
  local name, units = body.provisionedModelName, body.modelUnits
  if type(name) ~= "string" or #name > 63 or not name:find("^%w[%w_-]*$") then invalid("provisionedModelName %s", tostring(name)) end
  if math.type(units) ~= "integer" or units < 1 then invalid "modelUnits must be at least 1" end
  if body.commitmentDuration and not COMMITMENTS[body.commitmentDuration] then invalid "commitmentDuration" end
  if find(server, name) then invalid("The provisioned model name %s is in use.", name) end
  local sum = units
  for _, one in pairs(server.throughputs) do sum = sum + one.modelUnits end
  if server.model_units and sum > server.model_units then
    refuse(400, "ServiceQuotaExceededException", "The number of model units exceeds the limit of %d for the account.", server.model_units)
  end
end

local function make(server, body)
  check(server, body)
  server.throughputs_made = (server.throughputs_made or 0) + 1
  local arn, model = server:arn(("provisioned-model/%012d"):format(server.throughputs_made)), model_of(server, body.modelId)
  local seconds = COMMITMENTS[body.commitmentDuration]
  server.throughputs[arn] = { provisionedModelArn = arn, provisionedModelName = body.provisionedModelName, modelUnits = body.modelUnits,
    desiredModelUnits = body.modelUnits, modelArn = model, desiredModelArn = model, status = "Creating", looks = 0, tags = body.tags,
    foundationModelArn = server:arn("foundation-model/amazon.titan-embed-image-v1:0", ""), creationTime = dates.write(now(server)),
    lastModifiedTime = dates.write(now(server)), commitmentDuration = body.commitmentDuration,
    commitmentExpirationTime = seconds and dates.write(now(server) + seconds) }
  return { provisionedModelArn = arn }
end

function throughput.create(server, request)
  return 201, lists.once(server, request.body, function() return make(server, request.body) end)
end

local function shown(one)
  local answer = {}
  for _, field in ipairs(SHOWN) do answer[field] = one[field] end
  return answer
end

local function look_at(server, one)
  one.looks = (one.looks or 0) + 1
  if not PENDING[one.status] or one.looks < server.steps then return one end
  one.status, one.failureMessage = server.throughput_fails and "Failed" or "InService", server.throughput_fails
  one.modelArn = one.desiredModelArn
  return one
end

function throughput.get(server, request) return 200, shown(look_at(server, (needed(server, request.id)))) end

function throughput.list(server, request)
  local all = {}
  for _, one in pairs(server.throughputs) do
    if one.modelArn == (request.query.modelArnEquals or one.modelArn) then all[#all + 1] = one end
  end
  table.sort(all, function(a, b) return a.provisionedModelArn < b.provisionedModelArn end)
  return 200, lists.page(server, request, all, "provisionedModelSummaries", shown)
end

function throughput.update(server, request)
  local one, body = needed(server, request.id), request.body
  if PENDING[one.status] then refuse(400, "ConflictException", "The provisioned model is %s", one.status) end
  one.provisionedModelName = body.desiredProvisionedModelName or one.provisionedModelName
  if body.desiredModelId then
    one.desiredModelArn, one.status, one.looks = model_of(server, body.desiredModelId), "Updating", 0
  end
  return 200, ""
end

function throughput.delete(server, request)
  local one, arn = needed(server, request.id)
  if one.commitmentDuration then
    refuse(400, "ConflictException", "The provisioned model is committed until %s", one.commitmentExpirationTime)
  end
  server.throughputs[arn] = nil
  return 200, ""
end

return throughput
