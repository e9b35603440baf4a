-- SPDX-License-Identifier: MIT
-- What is looked at before a step on AWS is paid for, against the fake AWS: each thing that stops or warns, and what may not be asked.
local t = require "t"
local aws_fake = require "aws_fake"
local home = require "bedrock_home"
local json = require "hilum.json"
local ready = require "lib.ready"
local ready_home = require "ready_home"
local trust = require "lib.ready.trust"

local ROLE, MODEL, SERVICES = ready_home.ROLE, ready_home.MODEL, ready_home.SERVICES
local lines, trust_policy, with = ready_home.lines, ready_home.trust_policy, ready_home.with

local function job(more)
  local request = { roleArn = ROLE, baseModelIdentifier = "amazon.titan-embed-image-v1:0",
    trainingDataConfig = { s3Uri = "s3://lab/train.jsonl" }, outputDataConfig = { s3Uri = "s3://lab/jobs/" } }
  for key, value in pairs(more or {}) do request[key] = value end
  return request
end

local BATCH = { modelId = "amazon.titan-embed-image-v1", roleArn = ROLE,
  inputDataConfig = { s3InputDataConfig = { s3Uri = "s3://lab/jobs/in/" } },
  outputDataConfig = { s3OutputDataConfig = { s3Uri = "s3://lab/jobs/" } } }
local REQUESTS = { finetune = job(), deploy = { modelId = MODEL, modelUnits = 1 }, embed = { modelId = "amazon.titan-embed-image-v1" },
  batch = BATCH, index = { collection = "hilum-images" } }

-- "state what: found; advice" of all rows that are not ok.
local function troubles(step, session, request)
  local rows, known = ready.check(step, request or REQUESTS[step], session, {})
  local list = {}
  for _, row in ipairs(rows) do
    if row.state ~= "ok" then list[#list + 1] = ("%s %s: %s; %s"):format(row.state, row.what, row.found, row.advice) end
  end
  return list, known, rows
end

-- One trouble, and no other.
local function expect(pattern, step, session, request)
  local list = troubles(step, session, request)
  t.eq(#list, 1, table.concat(list, "\n"))
  t.match(list[1] or "", pattern)
end

t.test("what is on S3 is named in the partition of the role", function()
  local places = require "lib.ready.places"
  t.eq(places.object_arn("s3://b/train.jsonl", "aws"), "arn:aws:s3:::b/train.jsonl")
  t.eq(places.object_arn("s3://b/out/", "aws-cn"), "arn:aws-cn:s3:::b/out/hilum")
  t.eq(places.bucket_arn("s3://b/x", "aws-cn"), "arn:aws-cn:s3:::b")
end)

t.test("where all is well, nothing is in the way; what was learnt is given on", function()
  with(function(fake, session)
    local list, known, rows = troubles("finetune", session)
    t.eq(list, {})
    t.eq({ known.records, known.images, #rows }, { 1000, { "s3://lab/images/1.png" }, 13 })
    for _, entry in ipairs(fake.log) do t.ok(not entry.changes or entry.service == "s3", entry.op) end
    list, known = troubles("deploy", session)
    t.eq({ list, known.units_free }, { {}, 2 })
    t.eq((troubles("embed", session)), {})
    fake.roles["hilum-bedrock"].trust = trust_policy { ArnLike = { ["aws:SourceArn"] = "arn:aws:bedrock:*:*:model-invocation-job/*" } }
    list, known = troubles("batch", session)
    t.eq({ list, known.limits }, { {}, { least = 100, most = 50000, file = 1, job = 5 } })
  end)
end)

t.test("the model: a legacy one buys nothing, one that is called is warned of; missing, closed, or not to be fine-tuned", function()
  with(function(fake, session)
    fake.lifecycle, fake.life_ends = "LEGACY", "2027-05-01T00:00:00Z"
    expect("^stop model: .*is LEGACY, until 2027%-05%-01: no new throughput is sold", "finetune", session)
    expect("^stop model: .*LEGACY", "deploy", session)
    expect("^warn model: .*LEGACY, until 2027", "embed", session)
    fake.lifecycle = nil
    fake.customizations = json.array()
    expect("^stop model: .*cannot be fine%-tuned", "finetune", session)
    fake.customizations, fake.availability = nil, { entitlementAvailability = "NOT_AVAILABLE" }
    expect("^stop access: .*not open to the account; .*Model access", "finetune", session)
    fake.availability = { authorizationStatus = "NOT_AUTHORIZED" }
    expect("^stop access: .*closed to you", "embed", session)
    fake.availability = nil
    expect("^stop model: amazon.nova%-2 is not there in us%-east%-1", "finetune", session, job { baseModelIdentifier = "amazon.nova-2" })
    expect("^stop custom model: nothing is not there", "deploy", session, { modelId = "nothing", modelUnits = 1 })
  end)
end)

t.test("the region", function()
  local server <close> = aws_fake.serve { services = SERVICES, region = "eu-west-1" }
  local session = aws_fake.session(server)
  local list = table.concat((troubles("finetune", session)), "\n")
  t.match(list, "stop region: eu%-west%-1 has no finetune of Titan, as far as hilum knows; name one of us%-east%-1, us%-west%-2")
end)

t.test("units that were never granted stop the training of a model that could not be called", function()
  with(function(fake, session)
    local quotas = fake.quotas.bedrock
    quotas[3].Value = 0
    expect("^stop model units without commitment.*: 0 granted, 1 wanted; ask AWS .*L%-BE77399C.*only batch jobs", "finetune", session)
    expect("^stop model units without commitment.*: 0 granted, 1 wanted; ask AWS", "deploy", session)
    quotas[3].Value, quotas[4].Value = 2, 0
    expect("^stop model units of one throughput.*L%-32F732DE", "finetune", session)
    quotas[4].Value = 2
    fake.throughputs.arn = { provisionedModelArn = "arn", provisionedModelName = "pt", modelArn = MODEL, modelUnits = 2,
      status = "InService" }
    expect("^stop model units without.*: 2 granted, 3 wanted; .*2 that stand", "deploy", session)
    t.eq((troubles("deploy", session, { modelId = MODEL, modelUnits = 1, commitmentDuration = "OneMonth" })), {})
    t.eq((troubles("finetune", session)), {})
  end)
end)

t.test("jobs that run, and quotas of records", function()
  with(function(fake, session)
    for i = 1, 2 do fake.jobs[i] = { arn = "j" .. i, name = "j" .. i, status = "InProgress", body = {}, step = 1, created = 0 } end
    expect("^stop fine%-tuning jobs at a time: 2 granted, 3 wanted; .*or wait until a job has ended", "finetune", session)
    fake.jobs[2].status = "Completed"
    fake.quotas.bedrock[2].Value = 999
    expect("^stop records of a fine%-tuning job: 999 granted, 1000 wanted", "finetune", session)
    table.remove(fake.quotas.bedrock, 2)
    local list = troubles("finetune", session)
    t.match(list[1], "^warn records of a fine%-tuning job: there is no quota L%-BB313AA3")
  end)
end)

t.test("the records: missing, too few, a line that is none, an image that is not on S3", function()
  with(function(_, session, client)
    local function trained(text, pattern)
      assert(client:put("s3://lab/train.jsonl", text))
      expect(pattern, "finetune", session)
    end
    trained(lines(999), "^stop training records: 999, outside of 1000 to 500000")
    trained(lines(1000) .. '{"image-ref":"s3://lab/x.png"}', "^stop training records: line 1001 of s3://lab/train.jsonl: it is no record")
    trained(lines(600) .. "no json\n\n" .. lines(500), "^stop training records: line 601 .*: it is no record")
    trained('{"image-ref":"images/x.png","caption":"x"}\n' .. lines(1000), "^stop .*line 1 .*image%-ref is no s3:// URI")
    assert(client:put("s3://lab/train.jsonl", lines(1000)))
    assert(client:put("s3://lab/v.jsonl", lines(7)))
    local with_validation = job { validationDataConfig = { validators = { { s3Uri = "s3://lab/v.jsonl" } } } }
    expect("^warn validation records: 7, outside of 8 to 50000", "finetune", session, with_validation)
    local list = troubles("finetune", session, job { trainingDataConfig = { s3Uri = "s3://lab/other.jsonl" } })
    t.match(list[1], "^stop training records: s3://lab/other.jsonl is not there; `hilum upload")
  end)
end)

t.test("windows that cut lines do not change the count", function()
  local records = require "lib.ready.records"
  local text = lines(300)
  for _, window in ipairs { 1, 57, 58, 1000, #text - 1, #text, #text + 1 } do
    local seen = assert(records.count(#text, function(offset, length) return text:sub(offset + 1, offset + length) end, window))
    t.eq({ seen.records, seen.bad }, { 300, nil }, window)
  end
end)

t.test("buckets: missing, or in another region", function()
  with(function(fake, session)
    local list = troubles("finetune", session, job { outputDataConfig = { s3Uri = "s3://elsewhere/jobs/" } })
    t.match(table.concat(list, "\n"), "stop bucket elsewhere: is not there")
    fake.s3.buckets.lab.region = "us-west-2"
    list = table.concat((troubles("finetune", session)), "\n")
    t.match(list, "stop bucket lab: is in us%-west%-2, the job in us%-east%-1; .*%-%-region us%-west%-2")
  end)
end)

t.test("the role: missing, not trusting, trusting everybody, not reaching", function()
  with(function(fake, session)
    local one = fake.roles["hilum-bedrock"]
    local function trusting(condition, pattern)
      one.trust = trust_policy(condition)
      expect(pattern, "finetune", session)
    end
    trusting({ StringEquals = { ["aws:SourceAccount"] = "9" } }, "^stop trust: .*because of aws:SourceAccount; .*provision apply")
    trusting({ StringEquals = { ["aws:PrincipalOrgID"] = "o-1" } }, "^warn trust: whether .* hangs on aws:PrincipalOrgID")
    trusting({ Bool = {} }, "^warn trust: any customer's job")
    one.trust = (trust_policy():gsub("bedrock.amazonaws.com", "ec2.amazonaws.com"))
    expect("^stop trust: bedrock.amazonaws.com may not take the role", "finetune", session)
    one.trust = trust_policy()
    local elsewhere = job { outputDataConfig = { s3Uri = "s3://lab/out" } }
    expect("^stop what the role may: s3:PutObject on arn:aws:s3:::lab/out/hilum: implicitDeny; .*policies of hilum%-bedrock", "finetune",
      session, elsewhere)
    fake.missing_context = { "aws:ResourceTag/project" }
    expect("^warn what the role may: .*without aws:ResourceTag/project", "finetune", session, elsewhere)
    fake.missing_context = nil
    expect("^warn KMS key", "finetune", session, job { customModelKmsKeyId = "arn:aws:kms:x" })
    fake.roles["hilum-bedrock"] = nil
    t.match(troubles("finetune", session)[1], "^stop role: .* is not there; `hilum provision apply`")
  end)
end)

t.test("the caller: what a policy must allow; the root may all; the role of a session", function()
  with(function(fake, session)
    local asked
    fake.allowed = function(principal, action, _, context)
      if principal == ROLE then return true end
      asked = { principal, context and context[1].ContextKeyValues[1] }
      return action ~= "iam:PassRole"
    end
    expect("^stop what you may: iam:PassRole on arn:.*: implicitDeny; ask whoever manages account 123456789012", "finetune", session)
    t.eq(asked, { "arn:aws:iam::123456789012:user/tester", "bedrock.amazonaws.com" })
    fake.roles.me = { name = "me", arn = "arn:aws:iam::123456789012:role/deep/me", trust = trust_policy(), tags = {}, policies = {} }
    fake.caller = "arn:aws:sts::123456789012:assumed-role/me/session"
    troubles("finetune", session)
    t.eq(asked[1], "arn:aws:iam::123456789012:role/deep/me")
    fake.allowed = function(_, _, resource) return not resource:find("foundation") end
    t.eq((troubles("finetune", session)), {})
    fake.allowed = function(principal) return principal == ROLE end
    fake.caller = "arn:aws:iam::123456789012:root"
    t.eq((troubles("finetune", session)), {})
  end)
end)

t.test("a log that copies images is warned of", function()
  with(function(fake, session)
    fake.logging = { s3Config = { bucketName = "logs" }, cloudWatchConfig = { logGroupName = "calls" }, textDataDeliveryEnabled = true }
    expect("^warn invocation log: .*log group calls and s3://logs, images included; switch off", "embed", session)
    fake.logging.imageDataDeliveryEnabled = false
    t.eq((troubles("embed", session)), {})
  end)
end)

t.test("the collection of an index", function()
  with(function(fake, session)
    expect("^stop collection: hilum%-images is not there in us%-east%-1; `hilum provision apply`", "index", session)
    local shown = { id = "1", name = "hilum-images", status = "CREATING", arn = "arn:aws:aoss:us-east-1:1:collection/1" }
    fake.collections["hilum-images"] = { shown = shown, looks = -10, indexes = {} }
    expect("^stop collection: hilum%-images is CREATING", "index", session)
    shown.status = "ACTIVE"
    fake.policies["data/hilum-data"] = { type = "data", name = "hilum-data", policy = { { Principal = { "arn:other" }, Rules = {} } } }
    expect("^warn data policy: hilum%-data does not name arn:aws:iam::123456789012:user/tester; .*%-%-principal", "index", session)
    fake.policies["data/hilum-data"].policy[1].Principal[2] = "arn:aws:iam::123456789012:user/tester"
    t.eq((troubles("index", session)), {})
    fake.allowed = function() return false end
    expect("^stop what you may: aoss:APIAccessAll on arn:aws:aoss", "index", session)
  end)
end)

t.test("a throughput that is called must be in service", function()
  with(function(fake, session)
    local arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/1"
    fake.throughputs[arn] = { provisionedModelArn = arn, provisionedModelName = "pt", modelArn = MODEL, desiredModelArn = MODEL,
      modelUnits = 1, status = "Creating", looks = -10 }
    expect("^stop throughput: .* is Creating; wait", "embed", session, { modelId = arn })
    fake.throughputs[arn].status = "InService"
    t.eq((troubles("embed", session, { modelId = arn })), {})
  end)
end)

t.test("what may not be asked is a warning, whichever it is", function()
  with(function(fake, session)
    fake.fault = function(call)
      if call.service ~= "s3" then return { status = 403, code = "AccessDeniedException", message = "not authorized" } end
    end
    for _, step in ipairs(ready.STEPS) do
      local list = troubles(step, session)
      t.ok(#list > 0, step)
      for _, text in ipairs(list) do t.match(text, "^warn .*: could not be checked: AccessDenied.*; asking needs the permission of ") end
    end
    fake.fault = function(call) return call.service == "s3" and { status = 403, code = "AccessDenied" } or nil end
    local list, known = troubles("finetune", session)
    t.eq(known.records, nil)
    for _, text in ipairs(list) do t.match(text, "^warn .*could not be checked") end
  end)
end)

t.test("trust policies, as IAM reads them", function()
  local context = { ["aws:sourceaccount"] = "1", ["aws:sourcearn"] = "arn:aws:bedrock:us-east-1:1:model-customization-job/m/x" }
  local function judged(statements) return (trust.judge({ Statement = statements }, "bedrock.amazonaws.com", context)) end
  local function allow(condition, more)
    local statement = { Effect = "Allow", Principal = { Service = { "ec2.amazonaws.com", "bedrock.amazonaws.com" } }, Action = "sts:*",
      Condition = condition }
    for key, value in pairs(more or {}) do statement[key] = value end
    return statement
  end
  t.eq(judged { allow { StringEquals = { ["AWS:SourceAccount"] = { "2", "1" } } } }, "yes")
  t.eq(judged(allow { StringEquals = { ["aws:SourceAccount"] = "1" } }), "yes")
  t.eq(judged { allow { StringNotEquals = { ["aws:SourceAccount"] = "1" } } }, "no")
  t.eq(judged { allow { StringNotLike = { ["aws:SourceAccount"] = "2*" } } }, "yes")
  t.eq(judged { allow { ArnLikeIfExists = { ["aws:SourceArn"] = "arn:aws:bedrock:*:1:model-customization-job/*" } } }, "yes")
  t.eq(judged { allow { ArnEquals = { ["aws:SourceArn"] = "arn:aws:bedrock:us-west-2:1:*" } } }, "no")
  t.eq(judged { allow { ["ForAnyValue:StringEquals"] = { ["aws:SourceAccount"] = "1" } } }, "yes")
  t.eq(judged { allow { IpAddress = { ["aws:SourceIp"] = "10.0.0.0/8" } } }, "unsure")
  t.eq(judged { allow() }, "unguarded")
  t.eq(judged { allow(), allow { StringEquals = { ["aws:SourceAccount"] = "1" } } }, "yes")
  t.eq(judged { allow(nil, { Principal = { AWS = "arn:aws:iam::1:root" } }) }, "no")
  t.eq(judged { allow(nil, { Action = "sts:TagSession" }) }, "no")
  t.eq(judged { allow(), allow(nil, { Effect = "Deny" }) }, "no")
  t.eq(judged { allow(), allow({ IpAddress = { ["aws:SourceIp"] = "1.1.1.1" } }, { Effect = "Deny" }) }, "unsure")
  t.eq(trust.judge("no document", "bedrock.amazonaws.com", context), "no")
end)

t.test("`hilum ready`: a table with advice, --json, exit status 1 on stop; steps that are not set up", function()
  with(function(fake, _, _, url)
    local folder = t.tmp()
    local words = { "ready", "finetune", "--role", ROLE, "--train", "s3://lab/train.jsonl", "--output", "s3://lab/jobs/" }
    local status, out, err = home.run(folder, url, words)
    t.eq(status, 0, err .. out)
    t.match(out, "finetune\n.*ok +model +amazon.titan%-embed%-image%-v1:0 is ACTIVE")
    fake.quotas.bedrock[3].Value = 0
    status, out = home.run(folder, url, words)
    t.eq(status, 1)
    t.match(out, "\nstop +model units without commitment.*\nmodel units without commitment for custom models: ask AWS")
    status, out = home.run(folder, url, { "ready", "--json", "-q" })
    local result = assert(json.decode(out))
    t.eq({ status, result.ready }, { 1, false })
    local _, told, hint = home.run(folder, url, { "ready" })
    t.eq({ select(2, (told .. hint):gsub("write it into project.lua", "")), hint:find("`hilum provision status` prints", 1, true) ~= nil },
      { 1, true })
    t.eq({ result.steps.index[1].state, result.steps.deploy[1].what, result.steps.finetune[1].state }, { "stop", "custom model", "warn" })
    status, out = home.run(folder, url, { "ready", "deploy" })
    t.eq(status, 1)
    t.match(out, "stop +custom model +none yet: `hilum finetune %-%-model bedrock`")
    status, out = home.run(folder, url, { "ready", "deploy", "--model", "gone" })
    t.eq(status, 1)
    t.match(out, "stop +custom model +there is no custom model and no job 'gone'")
    status, out = home.run(folder, url, { "ready", "embed", "--model",
      "arn:aws:bedrock:us-west-2:123456789012:custom-model/amazon.titan-embed-image-v1:0/abc" })
    t.eq(status, 1)
    t.match(out, "stop +custom model +.* is not there\n.*the ARN names the region us%-west%-2, and us%-east%-1 is in use")
    assert(require "hilum.fs".write(folder .. "/project.lua", 'return { provision = { prefix = "chest" } }'))
    t.match(select(2, home.run(folder, url, { "ready", "index" })), "stop +collection +chest%-images is not there")
  end)
end)

local python = require "boto3_judge".python()
if not python then
  t.skip("boto3 is told the same by the calls of ready", "there is no boto3 that knows Bedrock")
else
  t.test("boto3 is told the same by the calls of ready", function()
    with(function(fake, _, _, url)
      fake.logging = { s3Config = { bucketName = "logs", keyPrefix = "" } }
      local result = assert(require "hilum.task".command { "env", "-u", "AWS_PROFILE", "AWS_CONFIG_FILE=/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_ACCESS_KEY_ID=hilumtest", "AWS_SECRET_ACCESS_KEY=hilumsecret", python,
        t.root .. "/support/boto3_ready.py", url, ROLE })
      t.eq(result.status, 0, result.output)
      local said = assert(json.decode(result.output))
      t.eq({ said.life, said.log, said.decisions, said.trust, said.units }, { "ACTIVE", "logs", { "allowed", "implicitDeny" }, "Allow", 2 })
      t.ok(said.access == nil or said.access == "AVAILABLE", said.access)
    end)
  end)
end
