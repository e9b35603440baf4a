-- SPDX-License-Identifier: MIT
-- `hilum finetune --model bedrock` and its verbs, against the fake Bedrock.
local t = require "t"
local home = require "bedrock_home"
local fs = require "hilum.fs"
local json = require "hilum.json"

local ROLE = "arn:aws:iam::123456789012:role/bedrock"
local HASTE = [[local b = require "lib.finetune.bedrock" b.ask_every, b.look_every, b.patience = 0.01, 0.01, 2]]

local function project(config)
  local folder = t.tmp()
  assert(fs.write(fs.join(folder, "project.lua"), config or "return {}"))
  return folder
end

local function words(...)
  local list = { "finetune", "--model", "bedrock", "--role", ROLE, "--train", "s3://b/train.jsonl", "--output", "s3://b/out/" }
  return table.move({ ... }, 1, select("#", ...), #list + 1, list)
end

t.test("--dry-run prints the request as it would be sent, and sends nothing", function()
  home.with({}, function(bedrock, url)
    local status, out, err = home.run(project(), url, words("--name", "cxr", "--dry-run"))
    t.eq(status, 0, err)
    local request = assert(json.decode(out))
    t.match(request.jobName, "^cxr%-%x%x%x%x%x%x%x%x$")
    t.match(request.clientRequestToken, "^%x+$")
    request.jobName, request.clientRequestToken = nil, nil
    t.eq(request, { customModelName = "cxr", roleArn = ROLE, baseModelIdentifier = "amazon.titan-embed-image-v1:0",
      customizationType = "FINE_TUNING", trainingDataConfig = { s3Uri = "s3://b/train.jsonl" },
      outputDataConfig = { s3Uri = "s3://b/out/" }, hyperParameters = { epochCount = "5", batchSize = "576", learningRate = "5e-05" } })
    t.match(err, "5 epochs of every record of s3://b/train.jsonl are to pay for")
    t.ok(not err:find("warning"))
    t.eq(#bedrock.jobs, 0)
    local _, sent = home.run(project(), url, words("--name", "cxr", "--json", "-q"))
    t.eq(json.encode(bedrock.jobs[1].body), json.encode(assert(json.decode(out))))
    t.eq(assert(json.decode(sent)).arn, bedrock.jobs[1].arn)
  end)
end)

t.test("the block in project.lua; its hyperparameters are not those of the offline model; flags win", function()
  home.with({}, function(_, url)
    local folder = project([[return { finetune = { epochs = 7, batch_size = 64, learning_rate = 0.02, bedrock = { role = "]] .. ROLE .. [[",
      train = "s3://b/t.jsonl", validation = "s3://b/v.jsonl", output = "s3://b/o/", name = "block", epochs = "auto", batch_size = 300,
      tags = { owner = "lab", n = 1 }, vpc = { subnets = { "subnet-1" }, security_groups = { "sg-1" } }, kms_key = "key" } } }]])
    local status, out, err = home.run(folder, url, { "finetune", "--model", "bedrock", "--dry-run", "--batch-size", "512" })
    t.eq(status, 0, err)
    local request = assert(json.decode(out))
    t.eq(request.hyperParameters, { epochCount = "Auto", batchSize = "512", learningRate = "5e-05" })
    t.eq({ request.customModelName, request.validationDataConfig.validators[1].s3Uri, request.vpcConfig, request.customModelKmsKeyId },
      { "block", "s3://b/v.jsonl", { subnetIds = { "subnet-1" }, securityGroupIds = { "sg-1" } }, "key" })
    t.eq(request.jobTags, { { key = "n", value = "1" }, { key = "owner", value = "lab" } })
    status, _, err = home.run(project [[return { finetune = { bedrock = { rol = "x" } } }]], url, words "--dry-run")
    t.eq(status, 1)
    t.match(err, "finetune.bedrock has no 'rol' %(did you mean role")
  end)
end)

t.test("a job file gives what is not said elsewhere", function()
  home.with({}, function(_, url)
    local folder = project()
    assert(json.write(fs.join(folder, "job.json"), { roleArn = ROLE, customModelName = "of-the-file",
      hyperParameters = { epochCount = "2" }, trainingDataConfig = { s3Uri = "s3://f/train.jsonl" },
      outputDataConfig = { s3Uri = "s3://f/out/" } }))
    local status, out, err = home.run(folder, url, { "finetune", "--model", "bedrock", "--job", fs.join(folder, "job.json"), "--dry-run",
      "--output", "s3://b/other/" })
    t.eq(status, 0, err)
    local request = assert(json.decode(out))
    t.eq({ request.customModelName, request.hyperParameters.epochCount, request.trainingDataConfig.s3Uri, request.outputDataConfig.s3Uri },
      { "of-the-file", "2", "s3://f/train.jsonl", "s3://b/other/" })
  end)
end)

t.test("what Bedrock would refuse is refused here; what is doubtful is warned of", function()
  home.with({}, function(bedrock, url)
    local function refused(status, pattern, ...)
      local got, _, err = home.run(project(), url, words(...))
      t.eq(got, status, err)
      t.match(err, pattern)
    end
    refused(1, "%-%-output %(s3://b/dt=2026/%): Bedrock refuses '='", "--output", "s3://b/dt=2026/")
    refused(1, "refuses '%+'", "--train", "s3://b/a+b.jsonl")
    refused(1, "refuses ' '", "--train", "s3://b/a b.jsonl")
    refused(1, "batch%-size %(16%) must be at least 256 on Bedrock", "--batch-size", "16")
    refused(2, "%-%-role x: the ARN of a role", "--role", "x")
    refused(2, "%-%-name a%.b: at most 63", "--name", "a.b")
    refused(2, "%-%-job%-name a_b", "--job-name", "a_b")
    local status, _, err = home.run(project(), url, { "finetune", "--model", "bedrock", "--role", ROLE })
    t.eq(status, 2)
    t.match(err, "%-%-train s3://BUCKET/train.jsonl is missing")
    status, _, err = home.run(project(), url, { "finetune", "--dry-run" })
    t.eq(status, 2)
    t.match(err, "%-%-dry%-run goes with %-%-model bedrock")
    t.eq(#bedrock.jobs, 0)
    _, _, err = home.run(project(), url, words("--learning-rate", "0.01", "--dry-run"))
    t.match(err, "warning: the learning rate 0.01 is 200 times Bedrock's own for this model %(5e%-05%)")
  end)
end)

t.test("the same request is the same job; a changed one of the same name is a conflict that says what to do", function()
  home.with({}, function(bedrock, url)
    local folder = project()
    for _ = 1, 2 do t.eq(home.run(folder, url, words("--job-name", "one")), 0) end
    t.eq(#bedrock.jobs, 1)
    local status, _, err = home.run(folder, url, words("--job-name", "one", "--epochs", "6"))
    t.eq({ status, #bedrock.jobs }, { 1, 1 })
    t.match(err, "ConflictException.*another %-%-job%-name")
  end)
end)

t.test("a role that is not known everywhere yet is waited for, with one token; one that never is ends in its error", function()
  home.with({}, function(bedrock, url)
    bedrock.unready = 3
    local status, _, err = home.run(project(), url, words(), HASTE)
    t.eq({ status, #bedrock.jobs, bedrock.asked }, { 0, 1, 4 })
    t.match(err, "cannot use the role yet")
    bedrock.unready = math.huge
    status, _, err = home.run(project(), url, words("--name", "b"), (HASTE:gsub("2$", "0.05")))
    t.eq({ status, #bedrock.jobs }, { 1, 1 })
    t.match(err, "Could not assume the provided IAM role")
  end)
end)

t.test("--watch follows a job to its end", function()
  home.with({}, function(bedrock, url)
    local status, out, err = home.run(project(), url, words("--job-name", "j", "--watch"), HASTE)
    t.eq(status, 0, err)
    t.match(err, "j: InProgress, checking.*j: InProgress, preparing.*j: InProgress, training.*j: Completed")
    t.match(out, "model arn:aws:bedrock:us%-east%-1:123456789012:custom%-model/")
    bedrock.failure = "line 3 of train.jsonl is no JSON"
    status, out = home.run(project(), url, words("--job-name", "k", "--name", "k", "--watch"), HASTE)
    t.eq(status, 1)
    t.match(out, "k: Failed: line 3 of train.jsonl is no JSON")
  end)
end)

t.test("list, status, stop", function()
  home.with({}, function(_, url)
    local folder = project()
    for _, name in ipairs { "a", "b", "c" } do t.eq(home.run(folder, url, words("--job-name", name)), 0) end
    local _, out = home.run(folder, url, { "finetune", "list", "--json" })
    local names = {}
    for i, found in ipairs(assert(json.decode(out)).jobs) do names[i] = found.job end
    t.eq(names, { "c", "b", "a" })
    _, out = home.run(folder, url, { "finetune", "list" })
    t.match(out, "c +InProgress")
    _, out = home.run(folder, url, { "finetune", "status", "b" })
    t.match(out, "^b: InProgress, checking")
    t.eq(home.run(folder, url, { "finetune", "stop", "b" }), 0)
    _, out = home.run(folder, url, { "finetune", "status", "b", "--json" })
    t.eq(assert(json.decode(out)).status, "Stopped")
    local status, _, err = home.run(folder, url, { "finetune", "status", "nothing" })
    t.eq(status, 1)
    t.match(err, "ResourceNotFoundException")
  end)
end)
