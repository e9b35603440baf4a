-- SPDX-License-Identifier: MIT
-- EventBridge Scheduler: the client against the fake one, and boto3 against it as well.
local t = require "t"
local aws_fake = require "aws_fake"
local expiry = require "lib.deploy.expiry"
local json = require "hilum.json"
local scheduler = require "lib.aws.scheduler"
local task = require "hilum.task"

local ROLE = "arn:aws:iam::123456789012:role/hilum-expiry"
local AT = 1798761600 -- 2027-01-01

-- A fake with the role that schedules use.
local function serve()
  local server = aws_fake.serve {}
  assert(expiry.open(aws_fake.session(server), { prefix = "hilum", tell = function() end }):role())
  return server, scheduler.client(aws_fake.session(server))
end

local function wanted(more)
  local all = { at = AT, role = ROLE, service = "bedrock", action = "deleteProvisionedModelThroughput",
    input = { ProvisionedModelId = "cxr" }, description = "a test" }
  for key, value in pairs(more or {}) do all[key] = value end
  return all
end

t.test("made, made otherwise, looked at, listed, deleted", function()
  local server <close>, client = serve()
  t.eq(client:get("one"), false)
  t.ok(client:put("one", wanted()))
  t.eq(client:get("one"), { name = "one", at = AT, role = ROLE, input = { ProvisionedModelId = "cxr" },
    target = "arn:aws:scheduler:::aws-sdk:bedrock:deleteProvisionedModelThroughput" })
  t.ok(client:put("one", wanted { at = AT + 60 }))
  t.eq({ client:get("one").at, server.fake:count "^POST /schedules", server.fake:count "^PUT /schedules" }, { AT + 60, 2, 1 })
  for _, name in ipairs { "other", "one-more", "one-again" } do t.ok(client:put(name, wanted())) end
  t.eq(client:names("one"), { "one", "one-again", "one-more" })
  for _ = 1, 2 do t.ok(client:delete "one") end
  t.eq(client:names("one"), { "one-again", "one-more" })
end)

t.test("an answer that is lost makes no second one; what is wrong is an error", function()
  local server <close>, client = serve()
  local lost = true
  function server.fake.fault(call)
    if call.op == "POST /schedules/one" and lost then
      lost = false
      return { status = 500, code = "InternalServerException", late = true }
    end
  end
  t.ok(client:put("one", wanted()))
  t.eq(server.fake:count "^PUT", 0)
  t.fails("http", "must allow AWS EventBridge Scheduler to assume the role", client:put("two", wanted { role = ROLE .. "x" }))
  t.fails("http", "Provided Arn is not in correct format", client:put("two", wanted { action = "listCustomModels" }))
end)

t.test("names of schedules are as short as they must be, and no two throughputs share one", function()
  t.eq(expiry.name("hilum", "cxr"), "hilum-cxr")
  local long, other = expiry.name("hilum", ("a"):rep(62) .. "b"), expiry.name("hilum", ("a"):rep(62) .. "c")
  t.eq({ #long, #other, long == other }, { 64, 64, false })
end)

local NAME = "boto3 sees the same: what it makes the client reads, and the other way round"

local python = require "boto3_judge".python()
if not python then return t.skip(NAME, "there is no boto3 that knows Bedrock") end

t.test(NAME, function()
  local server <close>, client = serve()
  t.ok(client:put("hilum-a", wanted()))
  local result = assert(task.command { "env", "-u", "AWS_PROFILE", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
    "AWS_ACCESS_KEY_ID=hilumtest", "AWS_SECRET_ACCESS_KEY=hilumsecret", python, t.root .. "/support/boto3_scheduler.py", server.url,
    ROLE })
  t.eq(result.status, 0, result.output)
  t.eq(json.decode(result.output), { at = "at(2027-01-01T00:00:00)", input = '{"ProvisionedModelId": "cxr"}',
    names = { "hilum-a", "hilum-b" }, conflict = 409, gone = true })
  t.eq(client:names("hilum"), { "hilum-b" })
  t.eq(client:get("hilum-b").at, AT)
end)
