-- SPDX-License-Identifier: MIT
-- Provisioning against the fake AWS: what is planned, made, kept, changed, spared and taken away, and what becomes of it when calls fail.
local t = require "t"
local aws_fake = require "aws_fake"
local destroy = require "lib.provision.destroy"
local env = require "lib.provision.env"
local json = require "hilum.json"
local plan = require "lib.provision.plan"
local show = require "lib.provision.show"
local state = require "lib.provision.state"
local task = require "hilum.task"
local walk = require "lib.provision.walk"

local BUCKET = "hilum-123456789012"

local function quiet() end

local function settings(more)
  local all = { prefix = "hilum", block_public = true, generation = "nextgen", max_ocu = 2, public = true,
    model = "amazon.titan-embed-image-v1", instance = "ml.t3.medium", volume = 15, platform = "notebook-al2-v3",
    source = "https://example.org/hilum.git", ref = "main", image = "debian:12", poll = 0,
    output = "jobs/" }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

local function open(server, more, session_settings)
  local e, err = env.open(aws_fake.session(server, session_settings), settings(more))
  if not e then return nil, err end
  local s
  s, err = state.load(e)
  if not s then return nil, err end
  return e, s
end

local function apply(server, more, session_settings)
  local e, s = open(server, more, session_settings)
  if not e then return nil, s end
  return walk.apply(e, s, quiet, quiet, quiet)
end

-- { ["S3 bucket"] = "create", … }
local function planned(server, more)
  local e, s = open(server, more)
  assert(e, s)
  local actions = {}
  for _, step in ipairs(assert(plan.steps(e, s))) do
    if step.action ~= "ignore" then actions[step.resource.name] = step.action end
  end
  return actions
end

local function all(action, names)
  local actions = {}
  for name in names:gmatch("%S+") do actions[name] = action end
  return actions
end

local BASE = "bucket bedrock-role expiry-role encryption network group collection data"
local WITH_NOTEBOOK = BASE .. " notebook-role lifecycle notebook"

local function take_down(server, accepted, more)
  local e, s = open(server, more)
  local survey = assert(destroy.survey(e, s, quiet))
  return destroy.run(e, s, survey, accepted or {}, quiet), survey
end

-- What is in the account, without what differs from run to run.
local function standing(fake)
  local things = {}
  for name, role in pairs(fake.roles) do things["role " .. name] = { json.decode(role.trust), json.decode(role.policies.hilum or "0") } end
  for key, policy in pairs(fake.policies) do things["policy " .. key] = policy.policy end
  for name, one in pairs(fake.collections) do things["collection " .. name] = { one.shown.status, one.shown.collectionGroupName } end
  for name, group in pairs(fake.groups) do things["group " .. name] = group.capacityLimits end
  for name, notebook in pairs(fake.notebooks) do things["notebook " .. name] = notebook.NotebookInstanceStatus end
  for name, lifecycle in pairs(fake.lifecycles) do things["lifecycle " .. name] = lifecycle.OnStart end
  for name, bucket in pairs(fake.s3.buckets) do things["bucket " .. name] = bucket.public_access_block or false end
  return (json.encode(things):gsub("collection/%d+", "collection/ID"))
end

t.test("all of it is planned, made, and then kept", function()
  local server <close> = aws_fake.serve {}
  t.eq(planned(server), all("create", BASE))
  t.eq(server.fake:count("^Create"), 0)
  assert(apply(server))
  t.eq(planned(server), all("keep", BASE))
  local calls = #server.fake.log
  assert(apply(server))
  for i = calls + 1, #server.fake.log do t.ok(not server.fake.log[i].changes, server.fake.log[i].op) end
  local fake = server.fake
  t.eq(fake.collections["hilum-images"].shown.status, "ACTIVE")
  t.eq(fake.collections["hilum-images"].tags, { { key = "hilum", value = "hilum" } })
  t.match(fake.s3.buckets[BUCKET].public_access_block, "<RestrictPublicBuckets>true<")
  local recorded = json.decode(fake.s3.buckets[BUCKET].objects["hilum/provision.json"].data)
  t.eq({ recorded.format, recorded.prefix, recorded.account, recorded.region }, { 1, "hilum", "123456789012", "us-east-1" })
  for name in BASE:gmatch("%S+") do t.ok(recorded.resources[name], name) end
end)

t.test("the roles may do no more than they need, and for this account only", function()
  local server <close> = aws_fake.serve {}
  assert(apply(server, { notebook = true }))
  local role = server.fake.roles["hilum-bedrock"]
  local trust, ours = json.decode(role.trust).Statement, "arn:aws:bedrock:us-east-1:123456789012:"
  t.eq(trust, { { Effect = "Allow", Principal = { Service = "bedrock.amazonaws.com" }, Action = "sts:AssumeRole", Condition = {
    StringEquals = { ["aws:SourceAccount"] = "123456789012" },
    ArnLike = { ["aws:SourceArn"] = { ours .. "model-customization-job/*", ours .. "model-invocation-job/*" } } } } })
  t.eq(json.decode(role.policies.hilum).Statement, {
    { Effect = "Allow", Action = { "s3:ListBucket" }, Resource = { "arn:aws:s3:::" .. BUCKET } },
    { Effect = "Allow", Action = { "s3:GetObject" }, Resource = { "arn:aws:s3:::" .. BUCKET .. "/*" } },
    { Effect = "Allow", Action = { "s3:PutObject" }, Resource = { "arn:aws:s3:::" .. BUCKET .. "/jobs/*" } } })
  local notebook = server.fake.roles["hilum-notebook-role"]
  for _, text in ipairs { role.policies.hilum, notebook.policies.hilum } do t.ok(not text:find('[%w]:%*"'), text) end
  t.match(notebook.policies.hilum, '"iam:PassedToService":"bedrock.amazonaws.com"')
  t.match(notebook.policies.hilum, '"iam:PassedToService":"scheduler.amazonaws.com"')
  t.match(notebook.policies.hilum, '"arn:aws:aoss:us%-east%-1:123456789012:collection/%d+"')
  t.eq(#notebook.attached, 0)
  t.eq(server.fake.policies["data/hilum-data"].policy[1].Principal, { "arn:aws:iam::123456789012:user/tester", notebook.arn })
  t.ok(not json.encode(server.fake.policies["data/hilum-data"].policy):find("aoss:%*"))
end)

t.test("a key of the user's: the roles may use it, and it has to be an ARN", function()
  local server <close> = aws_fake.serve {}
  local key = "arn:aws:kms:us-east-1:123456789012:key/1"
  assert(apply(server, { kms_key = key, notebook = true }))
  for _, role in ipairs { "hilum-bedrock", "hilum-notebook-role" } do
    local statements = json.decode(server.fake.roles[role].policies.hilum).Statement
    t.eq({ statements[#statements - 1], statements[#statements] }, {
      { Effect = "Allow", Action = { "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey" }, Resource = { key } },
      { Effect = "Allow", Action = { "kms:CreateGrant" }, Resource = { key },
        Condition = { Bool = { ["kms:GrantIsForAWSResource"] = "true" } } } }, role)
  end
  t.eq(planned(server, { notebook = true })["bedrock-role"], "change")
  t.fails("usage", "%-%-kms%-key alias/x: the ARN of a key", open(server, { kms_key = "alias/x" }))
end)

t.test("the network is closed unless it is opened", function()
  local server <close> = aws_fake.serve {}
  assert(apply(server, { public = false }))
  local function network() return server.fake.policies["network/hilum-network"].policy[1] end
  t.eq({ network().AllowFromPublic, network().SourceVPCEs, network().SourceServices }, { false, nil, { "bedrock.amazonaws.com" } })
  assert(apply(server, { public = false, vpce = { "vpce-1" } }))
  t.eq(network().SourceVPCEs, { "vpce-1" })
  t.eq(planned(server).network, "change")
  assert(apply(server))
  t.eq({ network().AllowFromPublic, #network().Rules }, { true, 2 })
end)

t.test("the classic generation has no group, and its replicas are off", function()
  local server <close> = aws_fake.serve {}
  assert(apply(server, { generation = "classic" }))
  local shown = server.fake.collections["hilum-images"].shown
  t.eq({ shown.collectionGroupName, shown.standbyReplicas, next(server.fake.groups) }, { nil, "DISABLED", nil })
  t.eq(planned(server, { generation = "classic" }).collection, "keep")
  local e, s = open(server)
  t.eq(planned(server).collection, "blocked")
  t.fails("integrity", "vector collection hilum%-images: its collectionGroupName cannot be changed", walk.apply(e, s, quiet, quiet, quiet))
end)

t.test("an assumed role is named by its role, with its path", function()
  local server <close> = aws_fake.serve {}
  server.fake.caller = "arn:aws:sts::123456789012:assumed-role/lab/me"
  t.eq(open(server).caller, "arn:aws:iam::123456789012:role/lab")
  server.fake.roles.lab = { name = "lab", arn = "arn:aws:iam::123456789012:role/team/lab", trust = "{}", policies = {}, attached = {} }
  t.eq(open(server).caller, "arn:aws:iam::123456789012:role/team/lab")
  server.fake.caller = "arn:aws:iam::123456789012:root"
  t.fails("usage", "is the account's root", open(server))
end)

t.test("the notebook: its script, its role that IAM tells late, and its end", function()
  local server <close> = aws_fake.serve { propagation = 2 }
  assert(apply(server, { notebook = true }))
  t.eq(planned(server, { notebook = true }), all("keep", WITH_NOTEBOOK))
  t.eq(server.fake.notebooks["hilum-notebook"].NotebookInstanceStatus, "InService")
  local script = require "hilum.hash".base64_decode(server.fake.lifecycles["hilum-install"].OnStart[1].Content)
  t.match(script, "git clone %-%-depth 1 %-%-branch 'main' 'https://example.org/hilum.git'")
  local path = t.tmp() .. "/script"
  assert(require "hilum.fs".write(path, script))
  t.eq(select(3, t.run("bash -n " .. path)), "")
  assert(apply(server, { notebook = true, ref = "v2" }))
  t.eq(planned(server), { bucket = "keep", ["bedrock-role"] = "keep", ["expiry-role"] = "keep", encryption = "keep", network = "keep",
    group = "keep", collection = "keep", data = "change", ["notebook-role"] = "delete", lifecycle = "delete", notebook = "delete" })
  assert(apply(server))
  t.eq({ next(server.fake.notebooks), next(server.fake.lifecycles), server.fake.roles["hilum-notebook-role"] }, {})
  t.eq(planned(server), all("keep", BASE))
end)

t.test("what has drifted is put right", function()
  local server <close> = aws_fake.serve {}
  assert(apply(server))
  local clean = standing(server.fake)
  server.fake.roles["hilum-bedrock"].policies = {}
  server.fake.roles["hilum-bedrock"].trust = '{"Version":"2012-10-17","Statement":[]}'
  server.fake.policies["data/hilum-data"].policy[1].Rules = {}
  server.fake.policies["encryption/hilum-encryption"] = nil
  server.fake.s3.buckets[BUCKET].public_access_block = nil
  server.fake.groups["hilum-group"].capacityLimits.maxSearchCapacityInOCU = 16
  t.eq(planned(server), { bucket = "change", ["bedrock-role"] = "change", ["expiry-role"] = "keep", encryption = "create",
    network = "keep", group = "change", collection = "keep", data = "change" })
  assert(apply(server))
  t.eq(standing(server.fake), clean)
end)

t.test("who may use the collection already still may when another provisions", function()
  local server <close> = aws_fake.serve {}
  assert(apply(server))
  local policy = server.fake.policies["data/hilum-data"].policy
  policy[1].Principal = { "arn:aws:iam::123456789012:user/first" }
  t.eq(planned(server).data, "change")
  assert(apply(server))
  t.eq(server.fake.policies["data/hilum-data"].policy[1].Principal,
    { "arn:aws:iam::123456789012:user/first", "arn:aws:iam::123456789012:user/tester" })
  t.eq(planned(server).data, "keep")
end)

t.test("what has our name and is not ours is not touched", function()
  local server <close> = aws_fake.serve {}
  local foreign = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"x"}]}'
  server.fake.roles["hilum-bedrock"] = { name = "hilum-bedrock", arn = "arn:aws:iam::123456789012:role/hilum-bedrock", trust = foreign,
    policies = {}, attached = {}, tags = {} }
  t.eq(planned(server)["bedrock-role"], "blocked")
  local steps, err = apply(server)
  t.fails("integrity", "IAM role hilum%-bedrock: it is there, but not hilum's, and its policy, trust would change", steps, err)
  t.eq(server.fake.roles["hilum-bedrock"].trust, foreign)
  take_down(server)
  t.ok(server.fake.roles["hilum-bedrock"])
  assert(apply(server, { adopt = true }))
  t.ok(server.fake.roles["hilum-bedrock"].trust ~= foreign)
  take_down(server)
  t.eq({ server.fake.roles["hilum-bedrock"], next(server.fake.s3.buckets) }, {})
end)

t.test("destroy takes all that is ours, and spares the rest", function()
  local server <close> = aws_fake.serve {}
  server.fake.s3:create_bucket("other")
  server.fake.roles.other = { name = "other", arn = "arn:other", trust = "{}", policies = {}, attached = {}, tags = {} }
  local before = standing(server.fake)
  assert(apply(server, { notebook = true }))
  server.fake.roles["hilum-bedrock"].policies.more = "{}"
  server.fake.roles["hilum-bedrock"].attached = { "arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B" }
  local result = take_down(server, {}, { notebook = true })
  t.eq({ #result.deleted, #result.spared }, { 11, 0 })
  t.eq(standing(server.fake), before)
end)

t.test("a bucket that was there before stays, without our record", function()
  local server <close> = aws_fake.serve {}
  local bucket = server.fake.s3:create_bucket("lab")
  bucket.objects["x.png"] = { data = "x", etag = '"e"', mtime = 0, metadata = {}, sums = {} }
  t.eq(planned(server, { bucket = "lab", block_public = false }).bucket, "keep")
  assert(apply(server, { bucket = "lab", block_public = false }))
  local result = take_down(server, { data = true }, { bucket = "lab", block_public = false })
  t.eq(#result.deleted, 7)
  t.eq({ bucket.objects["hilum/provision.json"], bucket.objects["x.png"].data }, { nil, "x" })
end)

local PT = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/"

-- A model trained with hilum's role, another's, throughput of each, and the schedule that ends ours.
local function bedrock(fake)
  local arn = "arn:aws:bedrock:us-east-1:123456789012:"
  for i, who in ipairs { "ours", "theirs" } do
    local role = "arn:aws:iam::123456789012:role/" .. (who == "ours" and "hilum-bedrock" or "lab")
    fake.jobs[i] = { arn = arn .. "model-customization-job/" .. who, name = who, status = "Completed", created = 0, step = 4, moved = 0,
      body = { roleArn = role, customModelName = who } }
    fake.models[i] = { arn = arn .. "custom-model/" .. who, name = who, job = fake.jobs[i].arn }
    fake.throughputs[PT .. who] = { provisionedModelArn = PT .. who, provisionedModelName = who, modelUnits = 1,
      modelArn = fake.models[i].arn, status = "InService" }
  end
end

-- Makes the schedule that ends ours.
local function schedule(server)
  local e = open(server)
  assert(require "lib.deploy.expiry".open(e.session, { prefix = "hilum", tell = quiet }):put("ours", "ours", os.time() + 7200))
end

t.test("throughput, schedules, models, indexes and data have a say of their own", function()
  local server <close> = aws_fake.serve {}
  bedrock(server.fake)
  assert(apply(server))
  schedule(server)
  server.fake.collections["hilum-images"].data:create("xrays", {})
  assert(open(server).s3:put("s3://" .. BUCKET .. "/images/a.png", "abc"))
  local result, survey = take_down(server, {})
  local names, texts = {}, {}
  for i, kind in ipairs(survey.kinds) do names[i], texts[i] = kind.name, kind.items[1].text end
  t.eq(names, { "throughput", "schedules", "custom models", "indexes", "data" })
  t.match(table.remove(texts, 2), "^hilum%-ours %(deletes ours at %d+%-%d+%-%d+T")
  t.eq(texts, {
    "ours (InService; bills by the hour until deleted)", "ours", "xrays (0 documents)", "1 objects, 3 bytes in s3://" .. BUCKET })
  t.eq({ #result.deleted, #result.spared, result.spared[6].why }, { 1, 7, "the schedules need it" })
  t.ok(server.fake.collections["hilum-images"] and server.fake.throughputs[PT .. "ours"])
  t.ok(server.fake.s3.buckets[BUCKET].objects["images/a.png"])
  t.eq(#take_down(server, { throughput = true, schedules = true, ["custom models"] = true, indexes = true, data = true }).spared, 0)
  t.eq({ server.fake.throughputs[PT .. "ours"], #server.fake.models, next(server.fake.collections), next(server.fake.s3.buckets),
    next(server.fake.schedules) }, { nil, 1 })
  t.ok(server.fake.throughputs[PT .. "theirs"] and server.fake.models[1].name == "theirs")
end)

t.test("jobs that go on are stopped, or keep their role, their bucket and its content", function()
  local server <close> = aws_fake.serve {}
  bedrock(server.fake)
  assert(apply(server))
  server.fake.stage = math.huge
  for _, job in ipairs(server.fake.jobs) do job.status, job.step = "InProgress", 1 end
  server.fake.throughputs, server.fake.models = {}, {}
  local result, survey = take_down(server, {})
  t.eq({ survey.kinds[1].name, #survey.kinds, survey.kinds[1].items[1].text }, { "jobs", 1, "ours (fine-tuning, InProgress)" })
  local spared = {}
  for i, step in ipairs(result.spared) do spared[i] = step.resource.name .. ": " .. step.why end
  t.eq(spared, { "bedrock-role: the jobs need it", "bucket: the jobs write to it" })
  t.eq(#take_down(server, { jobs = true }).spared, 0)
  t.eq({ server.fake.jobs[1].status, server.fake.jobs[2].status, next(server.fake.roles) }, { "Stopping", "InProgress" })
end)

t.test("schedules that cannot be seen keep their role", function()
  local server <close> = aws_fake.serve { fault = function(call)
    return call.op:find("^GET /schedules") and { status = 403, code = "AccessDeniedException" } or nil
  end }
  assert(apply(server))
  local result, survey = take_down(server, {})
  t.match(survey.kinds[1].items[1].text, "^whatever is called hilum%-%*; it cannot be seen %(.*AccessDenied")
  t.eq(#result.spared, 2)
  t.ok(server.fake.roles["hilum-expiry"])
  t.eq(#take_down(server, { schedules = true }).spared, 0)
end)

t.test("a collection that cannot be looked into is not taken for empty", function()
  local server <close> = aws_fake.serve {}
  assert(apply(server))
  server.fake.unreachable = true
  local result, survey = take_down(server, {})
  t.match(survey.kinds[1].items[1].text, "it cannot be seen from here %(.*403 Forbidden")
  t.eq({ #result.deleted, #result.spared, result.spared[6].why }, { 2, 6, "the record of what stays is in it" })
  t.ok(server.fake.collections["hilum-images"])
  server.fake.unreachable = false
  take_down(server)
  t.eq(standing(server.fake), "{}")
end)

t.test("a collection that fails is told", function()
  local server <close> = aws_fake.serve { collection_fails = "no capacity" }
  local steps, err = apply(server)
  t.fails("http", "vector collection hilum%-images: FAILED: no capacity", steps, err)
end)

t.test("every third call fails, and it does not matter: throttling, 500, answers that are lost", function()
  local reference <close> = aws_fake.serve {}
  assert(apply(reference, { notebook = true }))
  local wanted = standing(reference.fake)
  for _, fault in ipairs { { status = 400, code = "Throttling" }, { status = 503, code = "ServiceUnavailable", late = true },
    { status = 500, code = "InternalServerException" } } do
    local server <close> = aws_fake.serve { fault = function(call) return call.number % 3 == 0 and fault or nil end }
    assert(apply(server, { notebook = true }))
    t.eq(standing(server.fake), wanted)
    take_down(server, {}, { notebook = true })
    t.eq(standing(server.fake), "{}")
  end
end)

t.test("whichever call fails for good, the next apply goes on, and the next destroy", function()
  local reference <close> = aws_fake.serve {}
  assert(apply(reference, { notebook = true }))
  local wanted, calls = standing(reference.fake), #reference.fake.log
  for broken = 3, calls, 3 do
    for _, late in ipairs { false, true } do
      local server <close> = aws_fake.serve {}
      server.fake.fault = function(call)
        return call.number == broken and { status = 403, code = "AccessDenied", message = "not now", late = late } or nil
      end
      local steps, err = apply(server, { notebook = true })
      t.ok(steps or err.code == "AccessDenied", tostring(err))
      if broken % 2 == 0 then
        assert(apply(server, { notebook = true }))
        t.eq(standing(server.fake), wanted, ("call %d"):format(broken))
      end
      take_down(server, {}, { notebook = true })
      t.eq(standing(server.fake), "{}", ("call %d"):format(broken))
    end
  end
end)

t.test("a destroy that is interrupted is taken up", function()
  local reference <close> = aws_fake.serve {}
  assert(apply(reference, { notebook = true }))
  local before = #reference.fake.log
  take_down(reference, {}, { notebook = true })
  for broken = before + 1, #reference.fake.log, 3 do
    local server <close> = aws_fake.serve {}
    assert(apply(server, { notebook = true }))
    server.fake.fault = function(call) return call.number == broken and { status = 403, code = "AccessDenied", late = true } or nil end
    pcall(take_down, server, {}, { notebook = true })
    server.fake.fault = nil
    take_down(server, {}, { notebook = true })
    t.eq(standing(server.fake), "{}", ("call %d"):format(broken))
  end
end)

t.test("two runs at once: what either has made is recorded, and taken down", function()
  local server <close> = aws_fake.serve {}
  local runs = {}
  for i = 1, 2 do runs[i] = task.spawn(apply, server, { notebook = true }) end
  for _, run in ipairs(runs) do assert(run:join()) end
  take_down(server, {}, { notebook = true })
  t.eq(standing(server.fake), "{}")
end)

t.test("the record is changed as it is in the bucket, also where conditions are not understood", function()
  for _, blind in ipairs { false, true } do
    local server <close> = aws_fake.serve {}
    assert(apply(server))
    local _, one = open(server)
    local _, two = open(server)
    server.fake.fault = function(call) -- a server that never finds an ETag to match
      return blind and call.op:find "^PUT" and call.number % 2 == 0 and { status = 412, code = "PreconditionFailed" } or nil
    end
    assert(one:record("lifecycle", "a"))
    assert(two:record("notebook", "b"))
    assert(one:forget "group")
    server.fake.fault = nil
    local _, now = open(server)
    t.eq({ now:owns "lifecycle", now:owns "notebook", now:owns "group", now:owns "bucket" }, { true, true, false, true })
  end
end)

t.test("names that cannot be, and records that are not ours", function()
  local server <close> = aws_fake.serve {}
  for _, prefix in ipairs { "ab", "Hilum", "1st", "hilum-", ("h"):rep(21) } do
    t.fails("usage", "%-%-prefix '" .. prefix:gsub("%-", "%%-"), open(server, { prefix = prefix }))
  end
  t.fails("usage", "name it, %-%-source URL", open(server, { notebook = true, source = "" }))
  assert(apply(server))
  t.fails("parse", "it is about prefix hilum in us%-east%-1; give these", open(server, { prefix = "other", bucket = BUCKET }))
  assert(open(server).s3:put("s3://" .. BUCKET .. "/hilum/provision.json", "[1]"))
  t.fails("parse", "this is no record of hilum provision", open(server))
end)

t.test("what costs money is named", function()
  local server <close> = aws_fake.serve {}
  local e, s = open(server, { notebook = true, generation = "classic" })
  local function told(items)
    local texts = {}
    for i, item in ipairs(items) do texts[i] = ("%s = %g %s"):format(item.what, item.count, item.price) end
    return texts
  end
  local monthly, hourly = show.costs(e, assert(plan.steps(e, s)), { create = true })
  t.eq(hourly, {})
  t.eq(told(monthly), { "S3 bucket hilum-123456789012: each GB in it = 1 s3-gb-month",
    "vector collection hilum-images: 1 OCU at least, used or not = 730 ocu-hour",
    "notebook instance hilum-notebook: ml.t3.medium, if it is never stopped = 730 notebook-hour",
    "notebook instance hilum-notebook: its disk of 15 GB = 15 notebook-gb-month" })
  t.eq(show.costs(e, assert(plan.steps(e, s)), { keep = true }), {})
  e, s = open(server)
  monthly, hourly = show.costs(e, assert(plan.steps(e, s)), { create = true })
  t.eq(told(monthly), { "S3 bucket hilum-123456789012: each GB in it = 1 s3-gb-month" })
  t.eq(told(hourly), { "collection group hilum-group: 4 OCU at most; nothing while idle = 4 ocu-hour-of-use" })
end)

t.test("Terraform gets the same policies, with references", function()
  local server <close> = aws_fake.serve {}
  local text = require "lib.provision.terraform".export(open(server, { notebook = true }))
  for _, kind in ipairs { "aws_s3_bucket", "aws_s3_bucket_public_access_block", "aws_iam_role", "aws_iam_role_policy",
    "aws_opensearchserverless_security_policy", "aws_opensearchserverless_access_policy", "aws_opensearchserverless_collection",
    "aws_opensearchserverless_collection_group", "aws_sagemaker_notebook_instance",
    "aws_sagemaker_notebook_instance_lifecycle_configuration" } do t.match(text, 'resource "' .. kind .. '" "%w+') end
  t.match(text, '"%${aws_opensearchserverless_collection.collection.arn}"')
  local data = json.decode((text:match('"hilum%-data".-<<%-JSON\n(.-)\n  JSON')))
  t.eq(data[1].Principal, { "arn:aws:iam::123456789012:user/tester", "${aws_iam_role.notebook_role.arn}" })
  t.eq(server.fake:count("^Create"), 0)
end)

t.test("a model goes after its throughput", function()
  local server <close> = aws_fake.serve {}
  bedrock(server.fake)
  assert(apply(server))
  local result = take_down(server, { ["custom models"] = true, throughput = true })
  t.eq({ #result.spared, server.fake.throughputs[PT .. "ours"], server.fake.models[1].name }, { 0, nil, "theirs" })
end)

t.test("somebody else's bucket is said to be", function()
  local server <close> = aws_fake.serve { fault = function(call)
    return call.op:find("^HEAD") and { status = 403, code = "AccessDenied" } or nil
  end }
  local steps, err = apply(server)
  t.fails("auth", "or it is somebody else's: choose another %-%-bucket or %-%-prefix", steps, err)
end)

-- The command in a project, with nothing of this machine's configuration.
local function run(server, folder, ...)
  return assert(task.command({ "env", "-u", "AWS_PROFILE", "-u", "AWS_CONFIG_FILE", "-u", "AWS_SHARED_CREDENTIALS_FILE", "HOME=/none",
    "AWS_EC2_METADATA_DISABLED=true", "AWS_ACCESS_KEY_ID=hilumtest", "AWS_SECRET_ACCESS_KEY=hilumsecret", "AWS_REGION=us-east-1",
    "AWS_ENDPOINT_URL=" .. server.url, t.hilum, "--project", folder, ... }, { timeout = 60 }))
end

t.test("the command: plan, apply, status, destroy", function()
  local server <close>, folder = aws_fake.serve {}, t.tmp()
  local function result_of(...)
    local result = run(server, folder, "provision", ...)
    t.eq(result.status, 0, result.output)
    return json.decode((result.output:match("{.*}")))
  end
  t.eq(result_of("plan", "--json", "--quiet").create, 8)
  local made = result_of("apply", "--public", "--poll", "1ms", "--json", "--quiet")
  t.eq({ made.bucket, made.role, made.collection }, { "s3://" .. BUCKET, "arn:aws:iam::123456789012:role/hilum-bedrock", "hilum-images" })
  t.match(made.endpoint, "^http://127.0.0.1:%d+/collections/")
  local lines = require "lib.cost.ledger".lines(require "lib.project".open(folder))
  for i, step in ipairs { "provision (each month that it stands)", "provision (each hour of use)" } do
    t.eq({ lines[i].ledger, lines[i].step, #lines[i].items }, { "submitted", step, 1 })
  end
  t.eq(#result_of("status", "--json", "--quiet").resources, 8)
  t.eq(run(server, folder, "provision", "destroy", "--quiet").status, 2)
  t.eq(#result_of("destroy", "--yes", "--poll", "1ms", "--json", "--quiet").deleted, 8)
  t.eq(standing(server.fake), "{}")
end)

t.test("apply, killed half-way: what it made until then is in the ledger, once", function()
  local server <close>, folder = aws_fake.serve {}, t.tmp()
  local function noted()
    local names = {}
    local lines = require "lib.cost.ledger".lines(require "lib.project".open(folder))
    for i, line in ipairs(lines) do names[i] = line.what.name:match("^(.-),") end
    return names
  end
  local killer = [[local http = require "hilum.http" local request = http.request http.request = function(q)
    if (q.headers["X-Amz-Target"] or ""):find "CreateCollection$" then os.execute("kill -9 $PPID") end return request(q) end]]
  local words = { "provision", "apply", "--public", "--poll", "1ms", "--quiet", "--yes" }
  t.ok(run(server, folder, "-e", killer, table.unpack(words)).status ~= 0)
  local wanted = { "S3 bucket " .. BUCKET, "collection group hilum-group" }
  t.eq(noted(), wanted)
  t.eq(run(server, folder, table.unpack(words)).status, 0)
  t.eq(noted(), wanted)
end)

local terminal = require "terminal"
if not terminal.exists then
  t.skip("destroy asks a person, for each thing that needs a question of its own", "tmux is not installed")
  return
end

t.test("destroy asks a person, for each thing that needs a question of its own", function()
  local server <close> = aws_fake.serve {}
  bedrock(server.fake)
  assert(apply(server))
  assert(open(server).s3:put("s3://" .. BUCKET .. "/images/a.png", "abc"))
  local screen <close> = terminal.open(t.tmp(), t.hilum .. " provision destroy --poll 1ms; echo ended; cat", { width = 140, height = 50,
    environment = "HOME=/none AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID=hilumtest AWS_SECRET_ACCESS_KEY=hilumsecret "
      .. "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=" .. server.url })
  screen:see "delete these in account 123456789012%? %[y/N%]"
  screen:enter "y"
  screen:see "throughput:\n +ours %(InService; bills by the hour until deleted%)\ndelete this provisioned throughput%? %[y/N%]"
  screen:enter "y"
  screen:see "only another paid training brings back%? %[y/N%]"
  screen:enter "n"
  screen:see "batch jobs, which echo the images%? %[y/N%]"
  screen:enter ""
  screen:see "ended"
  t.eq({ server.fake.throughputs[PT .. "ours"], server.fake.roles["hilum-bedrock"], #server.fake.models }, { nil, nil, 2 })
  t.eq(server.fake.s3.buckets[BUCKET].objects["images/a.png"].data, "abc")
end)
