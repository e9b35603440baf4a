-- SPDX-License-Identifier: MIT
-- The policies, as tables: who may be a role, what the roles may do, who reaches the collection. No more than the workflows use.
local documents = {}

local function statement(actions, resources, condition)
  return { Effect = "Allow", Action = actions, Resource = resources, Condition = condition }
end

local function policy(statements) return { Version = "2012-10-17", Statement = statements } end

-- A service that may take a role, but only for this account's own things: arns. Another customer's job cannot make it use the role
-- (the "confused deputy").
local function trust(env, service, arns)
  return policy { { Effect = "Allow", Principal = { Service = service }, Action = "sts:AssumeRole", Condition = {
    StringEquals = { ["aws:SourceAccount"] = env.account }, ArnLike = { ["aws:SourceArn"] = arns } } } }
end

local function regional(env, service, what) return env:arn(service, env.region, env.account, what) end

local function anywhere(env, service, what) return env:arn(service, "*", env.account, what) end

function documents.bedrock_trust(env)
  return trust(env, "bedrock.amazonaws.com", { regional(env, "bedrock", "model-customization-job/*"),
    regional(env, "bedrock", "model-invocation-job/*") })
end

function documents.notebook_trust(env)
  return trust(env, "sagemaker.amazonaws.com", { regional(env, "sagemaker", "notebook-instance/*") })
end

-- In every region, since the account has one role of the name. The condition of the scheduler's is on the group, not on the schedule.
function documents.expiry_trust(env)
  return trust(env, "scheduler.amazonaws.com", { anywhere(env, "scheduler", "schedule-group/default") })
end

-- Nothing but the end of throughput that hilum has tagged.
function documents.expiry_policy(env)
  return policy { statement({ "bedrock:DeleteProvisionedModelThroughput" }, { anywhere(env, "bedrock", "provisioned-model/*") },
    { StringEquals = { ["aws:ResourceTag/hilum"] = env.settings.prefix } }) }
end

local function bucket_arn(env) return env:arn("s3", "", "", env.names.bucket) end

-- The key that the bucket's content and the custom models are encrypted with, if it is not AWS's own. Jobs hand it on by grants.
local function key_statements(env)
  local key = env.settings.kms_key
  if not key then return {} end
  return { statement({ "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey" }, { key }),
    statement({ "kms:CreateGrant" }, { key }, { Bool = { ["kms:GrantIsForAWSResource"] = "true" } }) }
end

local function with_key(env, statements)
  local more = key_statements(env)
  return policy(table.move(more, 1, #more, #statements + 1, statements))
end

-- What jobs do in the bucket: read images and records, and write what comes out where they can spoil neither.
function documents.bedrock_policy(env)
  local bucket = bucket_arn(env)
  return with_key(env, { statement({ "s3:ListBucket" }, { bucket }), statement({ "s3:GetObject" }, { bucket .. "/*" }),
    statement({ "s3:PutObject" }, { ("%s/%s*"):format(bucket, env.settings.output) }) })
end

local JOBS = { "bedrock:CreateModelCustomizationJob", "bedrock:GetModelCustomizationJob", "bedrock:StopModelCustomizationJob",
  "bedrock:CreateModelInvocationJob", "bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob", "bedrock:GetCustomModel",
  "bedrock:CreateProvisionedModelThroughput", "bedrock:GetProvisionedModelThroughput", "bedrock:UpdateProvisionedModelThroughput",
  "bedrock:DeleteProvisionedModelThroughput", "bedrock:TagResource" }
local SCHEDULES = { "scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:GetSchedule", "scheduler:DeleteSchedule" }
local LISTS = { "bedrock:ListModelCustomizationJobs", "bedrock:ListModelInvocationJobs", "bedrock:ListCustomModels",
  "bedrock:ListProvisionedModelThroughputs", "bedrock:ListFoundationModels", "bedrock:GetFoundationModel" }

-- What the workflows do from the notebook.
function documents.notebook_policy(env)
  local bucket, collection = bucket_arn(env), env:known("collection", "arn") or regional(env, "aoss", "collection/*")
  local models = { env:arn("bedrock", env.region, "", "foundation-model/" .. env.names.model .. "*"),
    regional(env, "bedrock", "custom-model/*"), regional(env, "bedrock", "provisioned-model/*") }
  local jobs = { regional(env, "bedrock", "model-customization-job/*"), regional(env, "bedrock", "model-invocation-job/*") }
  return with_key(env, {
    statement({ "s3:ListBucket" }, { bucket }),
    statement({ "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload" }, { bucket .. "/*" }),
    statement({ "bedrock:InvokeModel" }, models),
    statement(JOBS, table.move(jobs, 1, #jobs, #models + 1, table.move(models, 1, #models, 1, {}))),
    statement(LISTS, { "*" }),
    statement({ "iam:PassRole" }, { env:role_arn "bedrock-role" },
      { StringEquals = { ["iam:PassedToService"] = "bedrock.amazonaws.com" } }),
    statement({ "iam:PassRole" }, { env:role_arn "expiry-role" },
      { StringEquals = { ["iam:PassedToService"] = "scheduler.amazonaws.com" } }),
    statement({ "iam:GetRole", "iam:GetRolePolicy" }, { env:role_arn "expiry-role" }),
    statement(SCHEDULES, { regional(env, "scheduler", ("schedule/default/%s-*"):format(env.settings.prefix)) }),
    statement({ "aoss:APIAccessAll" }, { collection }),
    statement({ "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents" },
      { regional(env, "logs", "log-group:/aws/sagemaker/*") }),
  })
end

-- The documents of OpenSearch Serverless: the first is an object, the others are arrays.

function documents.encryption(env)
  return { Rules = { { ResourceType = "collection", Resource = { "collection/" .. env.names.collection } } }, AWSOwnedKey = true }
end

-- Closed, unless public; then only endpoints in the user's networks and Bedrock itself reach it.
function documents.network(env)
  local resource = { "collection/" .. env.names.collection }
  local rules = { { ResourceType = "collection", Resource = resource } }
  if env.settings.public then
    rules[2] = { ResourceType = "dashboard", Resource = resource }
    return { { Rules = rules, AllowFromPublic = true } }
  end
  local endpoints = env.settings.vpce or {}
  return { { Rules = rules, AllowFromPublic = false, SourceVPCEs = #endpoints > 0 and endpoints or nil,
    SourceServices = { "bedrock.amazonaws.com" } } }
end

local INDEX = { "aoss:CreateIndex", "aoss:DeleteIndex", "aoss:UpdateIndex", "aoss:DescribeIndex", "aoss:ReadDocument",
  "aoss:WriteDocument" }

function documents.data(env)
  local name = env.names.collection
  return { { Rules = {
    { ResourceType = "index", Resource = { ("index/%s/*"):format(name) }, Permission = INDEX },
    { ResourceType = "collection", Resource = { "collection/" .. name }, Permission = { "aoss:DescribeCollectionItems" } },
  }, Principal = env:principals() } }
end

return documents
