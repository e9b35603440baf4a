-- SPDX-License-Identifier: MIT
-- Fine-tuning jobs of the fake Bedrock: they read S3, train, and make a model that knows more than the base model.
local t = require "t"
local aws_fake = require "aws_fake"
local control = require "lib.aws.bedrock"
local hash = require "hilum.hash"
local iam = require "lib.aws.iam"
local image = require "hilum.image"
local json = require "hilum.json"
local phantom = require "hilum.phantom"
local runtime = require "lib.aws.bedrock_runtime"
local vec = require "hilum.vec"

local TITAN = "amazon.titan-embed-image-v1"
local ROLE = "arn:aws:iam::123456789012:role/jobs"
local SIZE = 128

-- Phantoms of these patients as {png, caption}, one each.
local function pictures(first, last)
  local list = {}
  for patient = first, last do
    local findings = phantom.findings(patient, 0)
    list[#list + 1] = { name = ("%05d.png"):format(patient), caption = #findings > 0 and table.concat(findings, ", ") or "No Finding",
      png = image.encode(phantom.render(patient, 0, { size = SIZE })) }
  end
  return list
end

local function line(picture) return json.encode { ["image-ref"] = "s3://data/images/" .. picture.name, caption = picture.caption } end

local function lines(list)
  local text = {}
  for i, picture in ipairs(list) do text[i] = line(picture) end
  return table.concat(text, "\n") .. "\n"
end

-- An account with records in its bucket: server, client, and a function that runs a job to its end. The pictures are made once.
local cached
local function setup(settings)
  settings = settings or {}
  settings.limits = { min_records = 20, min_validation = 8 }
  local server = aws_fake.serve(settings)
  cached = cached or { train = pictures(1, 160), validation = pictures(161, 200) }
  server.fake.s3:create_bucket "data"
  local objects = server.fake.objects
  for _, list in pairs(cached) do
    for _, picture in ipairs(list) do objects.write("s3://data/images/" .. picture.name, picture.png) end
  end
  objects.write("s3://data/train.jsonl", lines(cached.train))
  objects.write("s3://data/validation.jsonl", lines(cached.validation))
  local client = control.client(aws_fake.session(server))
  local count = 0
  local function run(changes)
    count = count + 1
    local request = { jobName = "job-" .. count, customModelName = "model-" .. count, roleArn = ROLE, baseModelIdentifier = TITAN .. ":0",
      trainingDataConfig = { s3Uri = "s3://data/train.jsonl" }, outputDataConfig = { s3Uri = "s3://data/out/" },
      hyperParameters = { epochCount = "10", batchSize = "256", learningRate = "0.00005" } }
    for name, value in pairs(changes or {}) do request[name] = value end
    local made, err = client:create_customization_job(request)
    if not made then return nil, err end
    local seen = {}
    while true do
      local found = assert(client:get_customization_job(made.jobArn))
      seen[#seen + 1] = found.status
      if found.status ~= "InProgress" then return found, seen end
    end
  end
  return server, client, run
end

-- How much nearer images of patients that were not trained on are to their own captions than to others'.
local function knowledge(server, id)
  local client = runtime.client(aws_fake.session(server))
  local pictures_of, texts = vec.new(#cached.validation, 256), vec.new(#cached.validation, 256)
  for i, picture in ipairs(cached.validation) do
    local config = { outputEmbeddingLength = 256 }
    pictures_of:put(i, vec.from(client:invoke(id, { inputImage = hash.base64(picture.png), embeddingConfig = config }).embedding, 1, 256))
    texts:put(i, vec.from(client:invoke(id, { inputText = picture.caption, embeddingConfig = config }).embedding, 1, 256))
  end
  vec.normalize(pictures_of)
  vec.normalize(texts)
  local scores, own, other, others = vec.matmul(pictures_of, texts, { tb = true }), 0, 0, 0
  for i = 1, #cached.validation do
    own = own + scores:get(i, i) / #cached.validation
    for j = 1, #cached.validation do
      if cached.validation[i].caption ~= cached.validation[j].caption then other, others = other + scores:get(i, j), others + 1 end
    end
  end
  return own - other / others
end

t.test("a job trains, writes its metrics, and its model knows images it has not seen", function()
  local opened, client, run = setup()
  local server <close> = opened
  local found, seen = run { validationDataConfig = { validators = { { s3Uri = "s3://data/validation.jsonl" } } } }
  t.eq(seen, { "InProgress", "InProgress", "InProgress", "Completed" })
  local objects = server.fake.objects
  local names = objects.list "s3://data/out/"
  t.eq(#names, 2)
  local step = assert(objects.read(names[1]))
  t.match(names[1], "^s3://data/out/model%-customization%-job%-%w+/training_artifacts/step_wise_training_metrics.csv$")
  t.match(step, "^step_number,epoch_number,training_loss,perplexity\n0,0,%d+%.%d+,%d+%.%d+\n1,1,")
  local validation = assert(objects.read(names[2]))
  t.match(names[2], "/validation_artifacts/post_fine_tuning_validation/validation/validation_metrics.csv$")
  t.match(validation, "^step_number,epoch_number,validation_loss,perplexity\n")
  local first, last = tonumber(step:match("\n0,0,([%d.]+)")), tonumber(step:match("\n9,9,([%d.]+)"))
  t.ok(last < first, "the loss falls")
  t.near(found.trainingMetrics.trainingLoss, last, 1e-5)
  t.near(found.validationMetrics[1].validationLoss, tonumber(validation:match("\n9,9,([%d.]+)")), 1e-5)
  t.eq(assert(client:get_custom_model(found.outputModelArn)).jobName, "job-1")

  local arn = assert(client:create_throughput { provisionedModelName = "pt", modelId = found.outputModelArn, modelUnits = 1 })
    .provisionedModelArn
  repeat until assert(client:get_throughput(arn)).status == "InService"
  local base, tuned = knowledge(server, TITAN), knowledge(server, arn)
  t.ok(tuned > base + 0.1, ("base %.3f, tuned %.3f"):format(base, tuned))
end)

t.test("what Bedrock finds only when it reads the data ends the job, with a message", function()
  local opened, _, run = setup()
  local server <close> = opened
  local objects = server.fake.objects
  local function fails(pattern, text, changes)
    objects.write("s3://data/other.jsonl", text)
    changes = changes or { trainingDataConfig = { s3Uri = "s3://data/other.jsonl" } }
    local found = assert(run(changes))
    t.eq(found.status, "Failed")
    t.match(found.failureMessage, pattern)
    t.eq(found.outputModelArn, nil)
  end
  local good = lines(cached.train)
  fails("no record of an image and a caption in line 161", good .. "{}\n")
  fails("no record of an image and a caption in line 161", good .. '{"image-ref":"images/1.png","caption":"Mass"}\n')
  fails("Could not read s3://data/images/gone.png: NoSuchKey", good .. line { name = "gone.png", caption = "Mass" } .. "\n")
  fails("has 1 records; there must be between 20 and 500000", line(cached.train[1]) .. "\n")
  fails("Could not read the training data s3://nowhere/x.jsonl: NoSuchBucket", "",
    { trainingDataConfig = { s3Uri = "s3://nowhere/x.jsonl" } })
  objects.write("s3://data/images/small.png", image.encode(image.new(64, 64, 1)))
  fails("small.png: ", good .. line { name = "small.png", caption = "Mass" } .. "\n")
  server.fake.failure = "Internal error"
  fails("^Internal error$", good)
end)

local function statement(actions, resource) return { Effect = "Allow", Action = actions, Resource = resource } end

t.test("a role of this account must trust Bedrock, and does what its policy says", function()
  local opened, _, run = setup()
  local server <close> = opened
  local roles = iam.client(aws_fake.session(server))
  local function trust(condition)
    return { Version = "2012-10-17", Statement = { { Effect = "Allow", Principal = { Service = "bedrock.amazonaws.com" },
      Action = "sts:AssumeRole", Condition = condition } } }
  end
  assert(roles:create_role { name = "jobs", trust = trust { ArnLike = { ["aws:SourceArn"] = "arn:aws:bedrock:eu-west-1:*" } } })
  t.fails("http", "Could not assume the provided IAM role", run())
  assert(roles:put_trust("jobs", trust { StringEquals = { ["aws:SourceAccount"] = "123456789012" },
    ArnLike = { ["aws:SourceArn"] = "arn:aws:bedrock:us-east-1:123456789012:model-customization-job/*" } }))
  t.match(run().failureMessage, "training data s3://data/train.jsonl: AccessDenied")
  local function allow(...) assert(roles:put_policy("jobs", "p", { Version = "2012-10-17", Statement = { ... } })) end
  allow(statement("s3:GetObject", "arn:aws:s3:::data/*.jsonl"))
  t.match(run().failureMessage, "Could not read s3://data/images/00001.png: AccessDenied")
  allow(statement("s3:GetObject", "arn:aws:s3:::data/*"))
  t.match(run().failureMessage, "Could not write s3://data/out/.*: AccessDenied")
  allow(statement("s3:GetObject", "arn:aws:s3:::data/*"), statement({ "s3:PutObject" }, { "arn:aws:s3:::data/out/*" }))
  t.eq(run().status, "Completed")
end)

t.test("limits of the account; steps that last", function()
  local opened, client, run = setup { most_jobs = 1, stage = 1000, no_validation = true }
  local server <close> = opened -- luacheck: ignore
  t.fails("http", "Validation data is not supported", run { validationDataConfig = { validators = { { s3Uri = "s3://data/v.jsonl" } } } })
  local request = { jobName = "a", customModelName = "a", roleArn = ROLE, baseModelIdentifier = TITAN .. ":0",
    trainingDataConfig = { s3Uri = "s3://data/train.jsonl" }, outputDataConfig = { s3Uri = "s3://data/out/" },
    hyperParameters = { epochCount = "1" } }
  assert(client:create_customization_job(request))
  for _ = 1, 5 do t.eq(assert(client:get_customization_job "a").status, "InProgress") end
  request.jobName, request.clientRequestToken = "b", nil
  t.fails("http", "ServiceQuotaExceededException", client:create_customization_job(request))
end)
