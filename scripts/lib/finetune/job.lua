-- SPDX-License-Identifier: MIT
-- The request for a job that fine-tunes Titan Multimodal Embeddings on Bedrock: CreateModelCustomizationJob, from the options of `hilum
-- finetune`, the block `bedrock` of its section in project.lua, and a job file. Nothing is sent here.
--     finetune = { bedrock = { role = "arn:aws:iam::123456789012:role/x", train = "s3://b/train.jsonl", output = "s3://b/out/",
--       epochs = "auto", tags = { project = "cxr" }, vpc = { subnets = { "subnet-1" }, security_groups = { "sg-1" } } } }
local check_keys = require "lib.config_keys"
local check_uri = require "lib.aws.bedrock_uri".check
local options = require "host.options"
local tags_of = require "lib.aws.tags"

local job = {}

-- By the names of options; field: Bedrock's. Where its pages give no default, it is ours.
job.HYPERPARAMETERS = {
  { "epochs", field = "epochCount", type = "integer", min = 1, max = 100, default = 5, auto = true },
  { "batch-size", field = "batchSize", type = "integer", min = 256, max = 9216, default = 576 },
  { "learning-rate", field = "learningRate", type = "number", min = 5e-8, max = 1, default = 5e-5 },
}

local FAR = 10 -- times Bedrock's own learning rate, or one in so many

-- What the block may have: the key of each of its values, and where it goes in the request.
local BLOCK = { role = true, train = true, validation = true, output = true, name = true, job_name = true, base_model = true,
  kms_key = true, tags = true, vpc = true, epochs = true, batch_size = true, learning_rate = true }

-- Values.

-- What was said for this run. What finetune's own section of project.lua says is for the model of this machine.
local function said(opt, key, ctx)
  local section = ctx.project.config.finetune or {}
  return opt[key] ~= section[key] and opt[key] or nil
end

-- 0.00005, and not 5e-05: all examples of Bedrock's have it so.
local function decimal(value) return (("%.15f"):format(value):gsub("0+$", ""):gsub("%.$", "")) end

-- A hyperparameter as Bedrock's text, or nil and what is wrong.
local function parse(given, spec)
  if spec.auto and tostring(given):lower() == "auto" then return "Auto" end
  local value, why = options.types[spec.type].parse(given, spec)
  if not value then return nil, why end
  return spec.type == "integer" and ("%d"):format(value) or decimal(value)
end

-- What a job file says, by the keys of the block.
local function block_of(given)
  local function uri(config) return type(config) == "table" and config.s3Uri or nil end
  local validators = (given.validationDataConfig or {}).validators or {}
  return { role = given.roleArn, train = uri(given.trainingDataConfig), validation = uri(validators[1]),
    output = uri(given.outputDataConfig), name = given.customModelName, job_name = given.jobName,
    base_model = given.baseModelIdentifier, kms_key = given.customModelKmsKeyId }
end

local function hyperparameters(opt, block, given, ctx)
  local chosen = {}
  for _, spec in ipairs(job.HYPERPARAMETERS) do
    local key = spec[1]:gsub("-", "_")
    local value = said(opt, key, ctx) or block[key] or given[spec.field] or spec.default
    local text, why = parse(value, spec)
    if not text then ctx.fail("%s (%s) %s on Bedrock", spec[1], value, why) end
    chosen[spec.field] = text
  end
  return chosen
end

-- A file on this machine is no answer for Bedrock; those are the options' defaults.
local function uri_of(opt, block, key, ctx)
  local typed = opt[key]
  local uri = typed and options.is_url(tostring(typed)) and typed or block[key]
  return uri and check_uri(uri, "--" .. key, ctx) or nil
end

local function needed(value, what, ctx)
  if value then return value end
  ctx.usage("%s is missing; name it, or put it into finetune.bedrock of project.lua, as `hilum provision status` prints it", what)
end

local function check_name(name, pattern, what, ctx)
  if #name > 63 or not name:find(pattern) then ctx.usage("%s %s: at most 63 letters, digits and dashes", what, name) end
  return name
end

-- The name of the model; "tuned" is the option's default.
local function name_of(opt, block, ctx)
  local name = said(opt, "name", ctx)
  if name == "tuned" then name = nil end
  return check_name(name or block.name or "tuned", "^%w[%w_-]*$", "--name", ctx)
end

-- The request.

local function fields_of(opt, block, hyper, ctx)
  local role = require "lib.aws.role_arn"(needed(opt.role or block.role, "--role", ctx), ctx)
  local validation = uri_of(opt, block, "validation", ctx)
  return {
    customModelName = name_of(opt, block, ctx), roleArn = role,
    baseModelIdentifier = opt.base_model or block.base_model or "amazon.titan-embed-image-v1:0",
    customizationType = "FINE_TUNING", hyperParameters = hyper,
    trainingDataConfig = { s3Uri = needed(uri_of(opt, block, "train", ctx), "--train s3://BUCKET/train.jsonl", ctx) },
    validationDataConfig = validation and { validators = { { s3Uri = validation } } } or nil,
    outputDataConfig = { s3Uri = needed(uri_of(opt, block, "output", ctx), "--output s3://BUCKET/PREFIX/", ctx) },
    customModelKmsKeyId = opt.kms_key or block.kms_key, jobTags = tags_of(block.tags), customModelTags = tags_of(block.tags),
    vpcConfig = block.vpc and { subnetIds = block.vpc.subnets, securityGroupIds = block.vpc.security_groups } or nil,
  }
end

-- The request is the same, with the same token, whenever the same is asked for: a run that was killed and started again makes no second
-- job. given: the fields of a job file, or {}; flags win over the block, and the block over the file.
function job.request(opt, given, ctx)
  local hash, json, block = require "hilum.hash", require "hilum.json", block_of(given)
  check_keys(opt.bedrock, BLOCK, "finetune.bedrock", ctx)
  for key, value in pairs(opt.bedrock or {}) do block[key] = value end
  local request = fields_of(opt, block, hyperparameters(opt, block, given.hyperParameters or {}, ctx), ctx)
  local content = hash.sha256(json.encode(request)):sub(1, 8)
  local name = opt.job_name or block.job_name or ("%s-%s"):format(request.customModelName:gsub("_", "-"):sub(1, 54), content)
  request.jobName = check_name(name, "^%w[%w.+-]*$", "--job-name", ctx)
  request.clientRequestToken = hash.sha256(json.encode(request))
  return request
end

-- How many times Bedrock's own learning rate a request has, where that is far from 1; else nil.
function job.far_learning_rate(request)
  local times = tonumber(request.hyperParameters.learningRate) / job.HYPERPARAMETERS[3].default
  return (times >= FAR or times <= 1 / FAR) and times or nil
end

return job
