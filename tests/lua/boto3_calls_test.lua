-- SPDX-License-Identifier: MIT
-- Every call that hilum's clients of AWS make, with the fake's answer, before boto3's models of AWS.
local t = require "t"
local aws_fake = require "aws_fake"
local boto3_judge = require "boto3_judge"
local image = require "hilum.image"
local json = require "hilum.json"

local NAME = "boto3 knows every field of every call that hilum makes, and of the fake's answers"
local ACCOUNT = "123456789012"
local TITAN = "amazon.titan-embed-image-v1"

-- Asks until the answer is good: what is being made takes its time.
local function until_it(is_good, ask, ...)
  for _ = 1, 10 do
    local found = ask(...)
    if is_good(found) then return found end
  end
  error "it never came to that"
end

local function trust(service)
  return { Version = "2012-10-17", Statement = { { Effect = "Allow", Principal = { Service = service }, Action = "sts:AssumeRole" } } }
end

local function allow(action, resource)
  return { Version = "2012-10-17", Statement = { { Effect = "Allow", Action = action, Resource = resource } } }
end

local calls = {}

function calls.iam(iam)
  assert(iam:create_role { name = "lab", trust = trust "bedrock.amazonaws.com", description = "for tests", tags = { hilum = "test" } })
  assert(iam:role "lab")
  assert(iam:put_trust("lab", trust "sagemaker.amazonaws.com"))
  assert(iam:put_policy("lab", "p", allow("s3:GetObject", "*")))
  assert(iam:policy("lab", "p"))
  assert(iam:policies "lab")
  assert(iam:attach("lab", "arn:aws:iam::aws:policy/ReadOnlyAccess"))
  assert(iam:attached "lab")
  assert(iam:detach("lab", "arn:aws:iam::aws:policy/ReadOnlyAccess"))
  assert(iam:simulate(("arn:aws:iam::%s:role/lab"):format(ACCOUNT), { "s3:GetObject" }, { "arn:aws:s3:::b/k" }))
  assert(iam:delete_policy("lab", "p"))
  assert(iam:delete_role "lab")
  t.eq(iam:role "lab", false)
end

local function is_active(found) return found and (found.status or found.NotebookInstanceStatus) ~= "CREATING" end
local function is_gone(found) return found == false end

function calls.aoss(aoss)
  local rules = { { ResourceType = "collection", Resource = { "collection/cxr" } } }
  assert(aoss:create_policy("encryption", "cxr", { Rules = rules, AWSOwnedKey = true }, "why"))
  assert(aoss:create_policy("data", "cxr", { { Rules = rules, Principal = { "arn:a" } } }))
  local found = assert(aoss:policy("data", "cxr"))
  assert(aoss:update_policy("data", "cxr", { { Rules = rules, Principal = { "arn:b" } } }, found.version))
  found = assert(aoss:policy("encryption", "cxr"))
  aoss:update_policy("encryption", "cxr", found.policy, found.version)
  assert(aoss:create_group { name = "group", generation = "NEXTGEN", standbyReplicas = "ENABLED",
    capacityLimits = { maxIndexingCapacityInOCU = 2, maxSearchCapacityInOCU = 2 }, tags = { { key = "hilum", value = "test" } } })
  local group = assert(aoss:group "group")
  assert(aoss:update_group { id = group.id, capacityLimits = { maxIndexingCapacityInOCU = 4, maxSearchCapacityInOCU = 4 } })
  assert(aoss:create_collection { name = "cxr", type = "VECTORSEARCH", collectionGroupName = "group" })
  local collection = until_it(is_active, aoss.collection, aoss, "cxr")
  assert(aoss:delete_collection(collection.id))
  until_it(is_gone, aoss.collection, aoss, "cxr")
  assert(aoss:delete_group(group.id))
  assert(aoss:delete_policy("data", "cxr"))
  assert(aoss:delete_policy("encryption", "cxr"))
end

local function has(status)
  return function(found) return found and found.NotebookInstanceStatus == status end
end

function calls.sagemaker(sagemaker, server)
  server.fake.roles.notebook = { name = "notebook", strangeness = 0, trust = json.encode(trust "sagemaker.amazonaws.com") }
  assert(sagemaker:create_lifecycle("install", { on_create = "#!/bin/sh\n" }))
  assert(sagemaker:lifecycle "install")
  assert(sagemaker:update_lifecycle("install", { on_create = "#!/bin/sh\ntrue\n", on_start = "#!/bin/sh\n" }))
  assert(sagemaker:create_notebook { NotebookInstanceName = "lab", InstanceType = "ml.t3.medium", LifecycleConfigName = "install",
    RoleArn = ("arn:aws:iam::%s:role/notebook"):format(ACCOUNT), VolumeSizeInGB = 15, PlatformIdentifier = "notebook-al2-v3",
    Tags = { { Key = "hilum", Value = "test" } } })
  until_it(has "InService", sagemaker.notebook, sagemaker, "lab")
  assert(sagemaker:url "lab")
  assert(sagemaker:stop "lab")
  until_it(has "Stopped", sagemaker.notebook, sagemaker, "lab")
  assert(sagemaker:start "lab")
  until_it(has "InService", sagemaker.notebook, sagemaker, "lab")
  assert(sagemaker:stop "lab")
  until_it(has "Stopped", sagemaker.notebook, sagemaker, "lab")
  assert(sagemaker:delete_notebook "lab")
  until_it(is_gone, sagemaker.notebook, sagemaker, "lab")
  assert(sagemaker:delete_lifecycle "install")
  t.eq(sagemaker:lifecycle "install", false)
end

function calls.quotas(quotas, server)
  assert(quotas:get("bedrock", "L-0406044C"))
  server.fake.quotas.bedrock[1].own = false
  assert(quotas:get("bedrock", "L-0406044C"))
  assert(quotas:list("bedrock", "Titan"))
end

function calls.scheduler(scheduler, server)
  server.fake.roles.expiry = { name = "expiry", arn = ("arn:aws:iam::%s:role/expiry"):format(ACCOUNT), strangeness = 0,
    trust = json.encode(trust "scheduler.amazonaws.com"), policies = {} }
  local wanted = { at = os.time() + 7200, role = server.fake.roles.expiry.arn, service = "bedrock",
    action = "deleteProvisionedModelThroughput", input = { ProvisionedModelId = "x" }, description = "ends it" }
  assert(scheduler:put("end", wanted))
  wanted.at = wanted.at + 3600
  assert(scheduler:put("end", wanted))
  assert(scheduler:get "end")
  t.eq(scheduler:names "e", { "end" })
  assert(scheduler:delete "end")
  t.eq(scheduler:get "end", false)
end

local function has_status(status)
  return function(found) return found.status == status end
end

-- One image, ten times.
local function write_records(server)
  local objects, lines = server.fake.objects, {}
  objects.write("s3://data/1.png", image.encode(image.new(128, 128, 1)))
  for i = 1, 10 do lines[i] = ('{"image-ref":"s3://data/1.png","caption":"%s"}'):format(i % 2 == 0 and "Mass" or "Effusion") end
  objects.write("s3://data/train.jsonl", table.concat(lines, "\n"))
  for i = 1, 10 do lines[i] = ('{"recordId":"%03d","modelInput":{"inputText":"Mass"}}'):format(i) end
  objects.write("s3://data/in/batch.jsonl", table.concat(lines, "\n"))
end

local function fine_tune(bedrock)
  local request = { jobName = "job", customModelName = "cxr", roleArn = ("arn:aws:iam::%s:role/x"):format(ACCOUNT),
    baseModelIdentifier = TITAN .. ":0", customizationType = "FINE_TUNING", trainingDataConfig = { s3Uri = "s3://data/train.jsonl" },
    validationDataConfig = { validators = { { s3Uri = "s3://data/train.jsonl" } } }, outputDataConfig = { s3Uri = "s3://data/out/" },
    hyperParameters = { epochCount = "1", batchSize = "256", learningRate = "0.00005" }, jobTags = { { key = "a", value = "b" } },
    customModelTags = { { key = "a", value = "b" } }, vpcConfig = { subnetIds = { "subnet-1" }, securityGroupIds = { "sg-1" } } }
  local job = assert(bedrock:create_customization_job(request)).jobArn
  local found = until_it(has_status "Completed", bedrock.get_customization_job, bedrock, job)
  request.jobName, request.customModelName, request.clientRequestToken = "stopped", "none", nil
  assert(bedrock:create_customization_job(request))
  assert(bedrock:stop_customization_job "stopped")
  for _ in bedrock:list_customization_jobs { sortBy = "CreationTime", sortOrder = "Descending", nameContains = "j" } do end -- luacheck: ignore
  return found.outputModelArn
end

local function deploy(bedrock, model)
  local arn = assert(bedrock:create_throughput { provisionedModelName = "pt", modelId = model, modelUnits = 1,
    tags = { { key = "hilum", value = "test" } } }).provisionedModelArn
  until_it(has_status "InService", bedrock.get_throughput, bedrock, arn)
  assert(bedrock:update_throughput(arn, { desiredProvisionedModelName = "pt2" }))
  for _ in bedrock:list_throughputs { modelArnEquals = model } do end -- luacheck: ignore
  return arn
end

local function run_batch(bedrock, name)
  return assert(bedrock:create_batch_job { jobName = name, roleArn = ("arn:aws:iam::%s:role/x"):format(ACCOUNT), modelId = TITAN,
    inputDataConfig = { s3InputDataConfig = { s3InputFormat = "JSONL", s3Uri = "s3://data/in/" } },
    outputDataConfig = { s3OutputDataConfig = { s3Uri = "s3://data/batch/" } } }).jobArn
end

function calls.bedrock(bedrock, server)
  server.fake.s3:create_bucket "data"
  write_records(server)
  local model = fine_tune(bedrock)
  assert(bedrock:get_custom_model(model))
  for _ in bedrock:list_custom_models { nameContains = "c" } do end -- luacheck: ignore
  local arn = deploy(bedrock, model)
  local runtime = require "lib.aws.bedrock_runtime".client(aws_fake.session(server))
  assert(runtime:invoke(arn, { inputText = "Mass" }))
  assert(bedrock:delete_throughput(arn))
  assert(bedrock:delete_custom_model(model))
  local job = run_batch(bedrock, "batch")
  until_it(has_status "Completed", bedrock.get_batch_job, bedrock, job)
  assert(bedrock:stop_batch_job(run_batch(bedrock, "stopped")))
  for _ in bedrock:list_batch_jobs { nameContains = "b" } do end -- luacheck: ignore
  assert(bedrock:get_foundation_model(TITAN .. ":0"))
  assert(bedrock:get_availability(TITAN .. ":0"))
  for _ in bedrock:list_foundation_models {} do end -- luacheck: ignore
  assert(bedrock:get_logging())
end

-- The operations that the files of the clients name.
local function operations()
  local fs, names = require "hilum.fs", { GetCallerIdentity = true, InvokeModel = true }
  local folder = require "lib.aws.sts" and debug.getinfo(require "lib.aws.iam".client, "S").source:match("^@(.*)/[^/]*$")
  for _, file in ipairs { "aoss", "bedrock", "iam", "quotas", "sagemaker", "scheduler" } do
    local verbs = "Create Get Update Delete List BatchGet Stop Start Describe Put Attach Detach Simulate"
    for name in assert(fs.read(fs.join(folder, file .. ".lua"))):gmatch('"(%u%l+%u%w+)"') do
      local verb = name:match("^BatchGet") or name:match("^%u%l+")
      if (" " .. verbs .. " "):find(" " .. verb .. " ", 1, true) then names[name] = true end
    end
  end
  return names
end

if not boto3_judge.python() then
  t.skip(NAME, "there is no boto3 that knows Bedrock")
else
  t.test(NAME, function()
    local server <close> = aws_fake.serve { limits = { min_records = 1, min_validation = 1 }, batch_limits = { min_records = 1 } }
    local judge = boto3_judge.watch(server.fake)
    local session = aws_fake.session(server)
    assert(require "lib.aws.sts".identity(session))
    for name, call in pairs(calls) do call(require("lib.aws." .. name).client(session), server) end
    local seen = judge()
    for name in pairs(operations()) do t.ok(seen[name], name .. " was never called") end
  end)
end
