-- SPDX-License-Identifier: MIT
-- What `hilum embed --batch` was told, for lib/model/batch: options, and in project.lua
--     embed = { role = "arn:aws:iam::123456789012:role/x", work = "s3://b/batch/",
--       job = { hours = 24, tags = { owner = "lab" }, kms_key = …, vpc = { subnets = { … }, security_groups = { … } },
--         limits = { min_records =, records =, file_bytes =, job_bytes = } } }
local check_keys = require "lib.config_keys"
local request = require "lib.model.batch.request"

-- The role of fine-tuning may do what a batch job needs, if its trust policy has both.
local function role_of(opt, ctx)
  local finetune = ctx.project.config.finetune or {}
  local role = opt.role or (finetune.bedrock or {}).role
  if not role then ctx.usage("--role is missing: the ARN of the role that Bedrock reads and writes with; project.lua can name it, too") end
  return require "lib.aws.role_arn"(role, ctx)
end

local function work_of(opt, ctx)
  if not opt.work then ctx.usage("--work s3://BUCKET/PREFIX/ is missing: where the images go for Bedrock, and its answers") end
  return (require "lib.aws.bedrock_uri".check(opt.work, "--work", ctx):gsub("/*$", "/"))
end

-- m: the model.
return function(m, opt, ctx)
  if not m.remote then ctx.usage("--batch goes with --model bedrock:ID; %s is on this machine", m.name) end
  if not m:batch_id() then ctx.usage("a batch job takes a model's id or a custom model's ARN, not its throughput: %s", m.name) end
  if opt.with_caption and not m.adapter.together then
    ctx.usage("%s takes images and texts apart: --batch goes without --with-caption", m.name)
  end
  local job = opt.job or {}
  check_keys(job, request.KEYS, "embed.job", ctx)
  check_keys(job.limits, request.LIMITS, "embed.job.limits", ctx)
  return { role = role_of(opt, ctx), work = work_of(opt, ctx), limits = job.limits, hours = job.hours, tags = job.tags, vpc = job.vpc,
    kms_key = job.kms_key, watch = opt.watch, poll = opt.poll, retry = opt.retry, delete_data = opt.delete_data, opt = opt, ctx = ctx }
end
