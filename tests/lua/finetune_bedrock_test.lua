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
  local list = { "finetune", "--model", "bedrock", "--role", ROLE, "--train", "s3://b/train.jsonl", "--output", "s3://b/out/", "--yes" }
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
      outputDataConfig = { s3Uri = "s3://b/out/" }, hyperParameters = { epochCount = "5", batchSize = "576", learningRate = "0.00005" } })
    t.match(err, "5 epochs of an unknown number of records +%? x image and epoch.*finetune: not known in USD")
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
    t.eq(request.hyperParameters, { epochCount = "Auto", batchSize = "512", learningRate = "0.00005" })
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
    status, _, err = home.run(project(), url, { "finetune", "--role", ROLE })
    t.eq(status, 2)
    t.match(err, "%-%-role goes with %-%-model bedrock")
    t.eq(#bedrock.jobs, 0)
    _, _, err = home.run(project(), url, words("--learning-rate", "0.01", "--dry-run"))
    t.match(err, "warning: the learning rate 0.01 is 200 times Bedrock's own for this model %(5e%-05%)")
  end)
end)

t.test("the same request is the same job; a changed one of the same name is a conflict that says what to do", function()
  home.with({}, function(bedrock, url)
    local folder = project()
    local status, _, err
    for _ = 1, 2 do
      status, _, err = home.run(folder, url, words("--job-name", "one"))
      t.eq({ status, #bedrock.jobs }, { 0, 1 })
    end
    t.match(err, "one was begun before, and is InProgress")
    status, _, err = home.run(folder, url, words("--job-name", "one", "--epochs", "6"))
    t.eq({ status, #bedrock.jobs }, { 1, 1 })
    t.match(err, "ConflictException.*another %-%-job%-name")
  end)
end)

t.test("an answer that is lost: the job is found, or it is said that nobody knows", function()
  home.with({}, function(bedrock, url)
    local folder, asked, mute = project(), 0, false
    local haste = [[require "hilum.task".sleep = function() end]]
    function bedrock.fault(call)
      local is_order = call.op == "POST /model-customization-jobs"
      if is_order then asked = asked + 1 end
      if is_order or mute and asked > 0 then return { status = 500, code = "InternalServerException", message = "a fault", late = true } end
    end
    local status, _, err = home.run(folder, url, words(), haste)
    t.eq({ status, #bedrock.jobs, asked }, { 0, 1, 3 }, err)
    asked, mute = 0, true
    status, _, err = home.run(folder, url, words("--name", "b"), haste)
    t.eq({ status, #bedrock.jobs }, { 1, 2 })
    t.match(err, "whether the job was begun is not known, and the same command finds out")
    mute = false
    status, _, err = home.run(folder, url, words("--name", "b"), haste)
    t.eq({ status, #bedrock.jobs }, { 0, 2 }, err)
    t.match(err, "was begun before")
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
    t.match(err, "j: InProgress, checking.*j: InProgress, preparing.*j: InProgress, training\n")
    t.match(out, "^j: Completed\n")
    t.match(out, "model arn:aws:bedrock:us%-east%-1:123456789012:custom%-model/")
    bedrock.failure = "line 3 of train.jsonl is no JSON"
    status, out = home.run(project(), url, words("--job-name", "k", "--name", "k", "--watch"), HASTE)
    t.eq(status, 1)
    t.match(out, "k: Failed: line 3 of train.jsonl is no JSON")
  end)
end)

local METRICS = "s3://lab/out/model-customization-job-%s/%s"
local TRAINING, VALIDATION = "training_artifacts/step_wise_training_metrics.csv",
  "validation_artifacts/post_fine_tuning_validation/validation/validation_metrics.csv"

-- A fake with an S3 whose jobs do not train; write(uri, data) puts an object there.
local function with_metrics(f)
  local s3 = require "lib.fake.s3.server".new {}
  s3:create_bucket "lab"
  home.with({ s3 = s3 }, function(bedrock, url)
    local objects = bedrock.objects
    bedrock.objects = nil
    f(bedrock, url, objects.write)
  end)
end

local function fetch_status(url, id)
  local folder = project()
  local status, out, err = home.run(folder, url, { "finetune", "status", id, "--json" })
  t.eq(status, 0, err)
  local answer = assert(json.decode(out))
  return answer, fs.read(fs.join(folder, "reports/finetune-" .. id .. ".html")), err
end

t.test("the metrics of a job on S3 as curves: by their columns' names, and only the job's own", function()
  with_metrics(function(bedrock, url, write)
    local folder = project()
    t.eq(home.run(folder, url, words("--job-name", "one", "--output", "s3://lab/out/")), 0)
    write(METRICS:format("999999999999", TRAINING), "step_number,epoch_number,training_loss,perplexity\n0,0,77,1\n1,1,66,1\n")
    write(METRICS:format(bedrock.jobs[1].id, TRAINING),
      "epoch_number,step_number,perplexity,training_loss\n0,0,,2.5\n0,1,,1.5\n1,2,,1.25\n1,3,,nan\n1,4,,0.5\n")
    local answer, page = fetch_status(url, "one")
    t.eq({ answer.losses, page }, { nil, nil })
    local status, out, err = home.run(folder, url, { "finetune", "status", "one", "--watch" }, HASTE)
    t.eq(status, 0, err)
    t.match(out, "training loss over 2 epochs, 2.5000 to 0.5000\n2.5 ⠉")
    write(METRICS:format(bedrock.jobs[1].id, VALIDATION),
      "step_number,epoch_number,validation_loss,perplexity\n0,0,3,1\n1,0,2,1\n0,1,1,1\n")
    answer, page = fetch_status(url, "one")
    t.eq(answer.losses, { training = { { 0.5, 2.5 }, { 1, 1.5 }, { 1.5, 1.25 }, { 2, 0.5 } }, validation = { { 1, 2.5 }, { 2, 1 } } })
    t.match(page, 'polyline class="curve line%-tuned".*polyline class="curve line%-base"')
    t.match(page, "learningRate")
    t.ok(not page:find("77", 1, true), "another job's")
  end)
end)

t.test("metrics that cannot be read are no failure of the job's", function()
  with_metrics(function(bedrock, url)
    t.eq(home.run(project(), url, words("--job-name", "one", "--output", "s3://lab/out/")), 0)
    for _ = 1, 2 do fetch_status(url, "one") end
    function bedrock.fault(call) return call.service == "s3" and { status = 403, code = "AccessDenied", message = "no" } or nil end
    local answer, page, err = fetch_status(url, "one")
    t.eq({ answer.status, answer.losses, page }, { "InProgress", nil, nil })
    t.match(err, "warning: the metrics of one cannot be read: .*AccessDenied")
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
