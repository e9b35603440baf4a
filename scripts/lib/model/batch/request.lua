-- SPDX-License-Identifier: MIT
-- CreateModelInvocationJob: what Bedrock is asked to do with the input of a batch job. Nothing is sent here.
local hash = require "hilum.hash"
local json = require "hilum.json"
local tags_of = require "lib.aws.tags"

local request = {}

-- What Bedrock typically takes in a job.
local GB = 1000000000
request.LIMITS = { min_records = 100, records = 50000, file_bytes = GB, job_bytes = 5 * GB }

-- How the account's quotas (lib/ready/quotas) are called, and their units.
local GRANTED = { min_records = { "least", 1 }, records = { "most", 1 }, file_bytes = { "file", GB }, job_bytes = { "job", GB } }

-- What a job may have: what project.lua says wins, embed = { job = { limits = { records = 100000 } } }, then what the account was granted.
function request.limits(given, granted)
  local limits = {}
  for name, default in pairs(request.LIMITS) do
    local quota, unit = table.unpack(GRANTED[name])
    limits[name] = (given or {})[name] or granted and granted[quota] and math.floor(granted[quota] * unit) or default
  end
  return limits
end

-- The keys that the table `job` of embed's section in project.lua may have.
request.KEYS = { limits = true, hours = true, tags = true, vpc = true, kms_key = true }

-- The name of a job: it is the same for the same content, and another one for every attempt at it.
function request.name(content, attempt) return "hilum-" .. hash.sha256(("%s\0%d"):format(content, attempt)):sub(1, 20) end

-- settings: role, and hours, tags, vpc, kms_key as in project.lua. The token is the request's own digest: asked again, it is no second job.
function request.make(model, job, settings)
  local made = {
    jobName = job.name, roleArn = settings.role, modelId = model:batch_id(),
    inputDataConfig = { s3InputDataConfig = { s3InputFormat = "JSONL", s3Uri = job.place .. "input/" } },
    outputDataConfig = { s3OutputDataConfig = { s3Uri = job.place .. "output/", s3EncryptionKeyId = settings.kms_key } },
    timeoutDurationInHours = settings.hours, tags = tags_of(settings.tags),
    vpcConfig = settings.vpc and { subnetIds = settings.vpc.subnets, securityGroupIds = settings.vpc.security_groups } or nil,
  }
  made.clientRequestToken = hash.sha256(json.encode(made))
  return made
end

return request
