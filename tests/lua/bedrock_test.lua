-- SPDX-License-Identifier: MIT
-- Bedrock's clients against the fake one.
local t = require "t"
local home = require "bedrock_home"
local control = require "lib.aws.bedrock"
local image = require "hilum.image"
local json = require "hilum.json"
local retry = require "lib.retry"
local runtime = require "lib.aws.bedrock_runtime"
local task = require "hilum.task"
local window = require "lib.retry.window"

local TITAN = "amazon.titan-embed-image-v1"

-- Runs f(client, bedrock, session); a client of the runtime that does not wait.
local function with_runtime(f)
  home.with({}, function(bedrock, url)
    local session = home.session(url)
    local policy = retry.new { attempts = 4, sleep = function() end }
    f(runtime.client(session, { policy = policy }), bedrock, session)
  end)
end

local function job(name)
  return { jobName = name, customModelName = "cxr", roleArn = "arn:aws:iam::123456789012:role/x",
    baseModelIdentifier = TITAN .. ":0", trainingDataConfig = { s3Uri = "s3://b/train.jsonl" },
    outputDataConfig = { s3Uri = "s3://b/out/" }, hyperParameters = { epochCount = "5" } }
end

t.test("InvokeModel: signed, a vector comes", function()
  with_runtime(function(client, bedrock)
    local answer, err, response = client:invoke(TITAN, { inputText = "Effusion", embeddingConfig = { outputEmbeddingLength = 256 } })
    t.eq({ err, #answer.embedding, answer.message, response.status }, { nil, 256, json.null, 200 })
    t.eq(bedrock.calls[1].text, "Effusion")
  end)
end)

t.test("InvokeModel: an ARN is one segment of the path, and found", function()
  with_runtime(function(client, bedrock)
    local arn = bedrock:arn "provisioned-model/abcdefabcdef"
    bedrock.throughputs[arn] = { status = "InService" }
    t.eq(#assert(client:invoke(arn, { inputText = "Mass" })).embedding, 1024)
    t.eq(bedrock.calls[1].model, arn)
    bedrock.throughputs[arn].status = "Creating"
    local answer, err = client:invoke(arn, { inputText = "Mass" })
    t.fails("http", "ModelNotReadyException.*tried 4 times", answer, err)
  end)
end)

t.test("InvokeModel: errors by their names", function()
  with_runtime(function(client, bedrock)
    local function refused(kind, pattern, body, model) t.fails(kind, pattern, client:invoke(model or TITAN, body)) end
    local gone = "arn:aws:bedrock:us-east-1:1:provisioned-model/a"
    refused("http", "ResourceNotFoundException.*HTTP 404, request req%-%d+", { inputText = "x" }, gone)
    refused("http", "ValidationException: #: extraneous key %[text%]", { text = "x" })
    refused("http", "not a valid enum value", { inputText = "x", embeddingConfig = { outputEmbeddingLength = 512 } })
    refused("http", "At least one", json.decode "{}")
    refused("http", "Too many input tokens", { inputText = ("word "):rep(300) })
    refused("http", "decode the base64", { inputImage = "data:image/png;base64,AAAA" })
    local big = require "hilum.hash".base64(image.encode(image.new(2049, 2048, 1)))
    refused("http", "Image exceeds max pixels allowed", { inputImage = big })
    refused("http", "25000000", { inputText = ("x"):rep(25000000) })
    bedrock.region = "eu-west-1"
    refused("auth", "InvalidSignatureException", { inputText = "x" })
    t.eq(#bedrock.calls, 0)
  end)
end)

t.test("InvokeModel: what the SDKs give up at is tried again; what is no use is not", function()
  with_runtime(function(client, bedrock)
    local function tries(fault)
      bedrock.faults, bedrock.calls = { fault, fault, fault }, {}
      local answer, err = client:invoke(TITAN, { inputText = "x" })
      return answer and 4 - #bedrock.faults - 1 or err.code
    end
    t.eq(tries { 408, "ModelTimeoutException" }, 3)
    t.eq(tries { 424, "ModelErrorException" }, 3)
    t.eq(tries { 429, "ThrottlingException" }, 3)
    t.eq(tries { 429, "429" }, 3)
    t.eq(tries { 429, "ModelNotReadyException" }, 3)
    t.eq(tries { 500, "InternalServerException" }, 3)
    t.eq(tries { 503, "ServiceUnavailableException" }, 3)
    t.eq(tries { 403, "AccessDeniedException" }, "AccessDeniedException")
    t.eq(#bedrock.faults, 2)
    t.eq(tries { 400, "ServiceQuotaExceededException" }, "ServiceQuotaExceededException")
    t.eq(#bedrock.faults, 2)
    bedrock.faults = {}
    for i = 1, 4 do bedrock.faults[i] = { 408, "ModelTimeoutException", "too slow" } end
    t.fails("http", "ModelTimeoutException: too slow.*tried 4 times", client:invoke(TITAN, { inputText = "x" }))
  end)
end)

t.test("InvokeModel: an error that hides behind status 200", function()
  with_runtime(function(client, bedrock)
    bedrock.faults[1] = { status = 200, body = '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"}}' }
    local answer, err = client:invoke("a model", { inputText = "x" })
    t.fails("http", "bedrock%-runtime.InvokeModel: UnknownOperationException %(HTTP 200%); is a model a model's id or ARN", answer, err)
    t.eq({ err.code, err.status }, { "UnknownOperationException", 200 })
  end)
end)

t.test("jobs: made once, listed over pages, followed, stopped", function()
  home.with({}, function(bedrock, url)
    local client = control.client(home.session(url))
    local made = assert(client:create_customization_job(job "cxr-1"))
    t.match(made.jobArn, "^arn:aws:bedrock:us%-east%-1:123456789012:model%-customization%-job/amazon.titan%-embed%-image%-v1:0/%d+$")
    local again = job "cxr-1"
    t.fails("http", "ConflictException.*HTTP 400", client:create_customization_job(again))
    again.clientRequestToken = bedrock.jobs[1].body.clientRequestToken
    t.eq(client:create_customization_job(again), made)
    for i = 2, 5 do assert(client:create_customization_job(job("cxr-" .. i))) end
    local names = {}
    for summary in client:list_customization_jobs { nameContains = "cxr" } do names[#names + 1] = summary.jobName end
    t.eq(names, { "cxr-5", "cxr-4", "cxr-3", "cxr-2", "cxr-1" })
    local statuses = {}
    for i = 1, 4 do statuses[i] = assert(client:get_customization_job(made.jobArn)).status end
    t.eq(statuses, { "InProgress", "InProgress", "InProgress", "Completed" })
    t.eq(client:stop_customization_job "cxr-2", {})
    t.eq(assert(client:get_customization_job "cxr-2").status, "Stopped")
    t.fails("http", "ResourceNotFoundException.*nothing", client:get_customization_job "nothing")
  end)
end)

t.test("models and throughput: made, changed, taken down", function()
  home.with({}, function(bedrock, url)
    local client = control.client(home.session(url))
    local model = bedrock:arn("custom-model/" .. TITAN .. ":0/abc")
    bedrock.models[1] = { arn = model, name = "cxr" }
    t.eq(assert(client:get_custom_model(model)).modelName, "cxr")
    t.eq(client:list_custom_models()().modelArn, model)
    t.eq(assert(client:get_foundation_model(TITAN .. ":0")).modelDetails.modelLifecycle.status, "ACTIVE")
    local arn = assert(client:create_throughput { provisionedModelName = "pt", modelId = model, modelUnits = 1 }).provisionedModelArn
    t.eq({ client:get_throughput(arn).status, client:get_throughput(arn).status }, { "Creating", "InService" })
    t.fails("http", "ConflictException", client:delete_custom_model(model))
    t.eq(client:update_throughput(arn, { desiredProvisionedModelName = "pt2" }), {})
    t.eq(client:list_throughputs()().provisionedModelName, "pt2")
    t.eq(client:delete_throughput(arn), {})
    t.eq(client:list_throughputs()(), nil)
    t.eq(client:delete_custom_model "cxr", {})
  end)
end)

t.test("a wrong key is told", function()
  home.with({}, function(_, url)
    local session = home.session(url, { credentials = { access_key = "hilumtest", secret_key = "wrong" } })
    t.fails("auth", "InvalidSignatureException", control.client(session):get_custom_model "x")
  end)
end)

t.test("the window grows with every round, is halved once for a round that was too much, and grows slowly then", function()
  local w = window.new(16)
  local sizes = {}
  for _ = 1, 6 do w:note(false) end
  sizes[1] = w.size
  for _ = 1, 8 do w:note(true) end
  sizes[2] = w.size
  for _ = 1, 4 do w:note(false) end
  sizes[3] = w.size > 4 and w.size < 5.1
  for _ = 1, 1000 do w:note(false) end
  sizes[4] = w.size
  t.eq(sizes, { 8, 4.0, true, 16 })
end)

t.test("every item is done once, those that come again are; no more run at once than there is room", function()
  local w, seen, running, most, again = window.new(5), {}, 0, 0, 0
  local items = {}
  for i = 1, 100 do items[i] = i end
  w:each(items, function(i)
    running = running + 1
    most = math.max(most, running)
    task.sleep(0)
    running = running - 1
    w:note(false)
    if i % 10 == 0 and not seen[-i] then
      seen[-i], again = true, again + 1
      return true
    end
    seen[i] = (seen[i] or 0) + 1
  end)
  for i = 1, 100 do t.eq(seen[i], 1) end
  t.eq({ most, again }, { 5, 10 })
  w:each({}, error)
end)

t.test("an error ends it: what runs comes to its end, nothing else is begun", function()
  local w, begun, ended = window.new(4), 0, 0
  w.size = 4
  t.raises("enough", function()
    w:each({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(i)
      begun = begun + 1
      task.sleep(0)
      if i == 2 then error("enough", 0) end
      task.sleep(0.01)
      ended = ended + 1
    end)
  end)
  t.eq({ begun, ended }, { 4, 3 })
end)
