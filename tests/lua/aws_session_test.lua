-- SPDX-License-Identifier: MIT
-- Sessions: credentials kept fresh for any number of tasks, expired ones replaced, wrong clocks put right, secrets nowhere to be seen.
local t = require "t"
local home = require "aws_home"
local host = require "hilum.host"
local keeper = require "lib.aws.credentials.keeper"
local task = require "hilum.task"

-- A clock that only the test moves, and a provider that counts: its credentials live for `life` seconds; while `fails` it gives an error.
local function fixture(life)
  local f = { time = home.NOON, loads = 0, under_way = 0, most = 0, life = life }
  function f.now() return f.time end
  f.provider = { source = "the test", load = function()
    f.under_way = f.under_way + 1
    f.most = math.max(f.most, f.under_way)
    task.sleep(0.001)
    f.under_way = f.under_way - 1
    if f.fails then return nil, host.error("net", f.fails) end
    f.loads = f.loads + 1
    return { access_key = "AKID" .. f.loads, expires = f.life and f.time + f.life }
  end }
  f.keeper = keeper.new(f.provider, f.now)
  function f.key()
    local found, err = f.keeper:get()
    return found and found.access_key, err
  end
  -- Lets what is under way end.
  function f.settle() while f.keeper.refreshing do f.keeper.refreshing:join() end end
  return f
end

t.test("credentials without an end are loaded once", function()
  local f = fixture(nil)
  for _ = 1, 3 do
    t.eq(f.key(), "AKID1")
    f.time = f.time + 1e6
  end
end)

t.test("15 minutes before the end new ones are fetched while the old ones are used", function()
  local f = fixture(3600)
  t.eq(f.key(), "AKID1")
  f.time = home.NOON + 3600 - 901
  t.eq({ f.key(), f.keeper.refreshing }, { "AKID1" })
  f.time = home.NOON + 3600 - 900
  t.eq(f.key(), "AKID1")
  t.ok(f.keeper.refreshing)
  t.eq(f.key(), "AKID1", "and go on being used")
  f.settle()
  t.eq({ f.key(), f.loads }, { "AKID2", 2 })
end)

t.test("10 minutes before the end everybody waits", function()
  local f = fixture(3600)
  f.key()
  f.time = home.NOON + 3600 - 600
  local keys = task.map({ 1, 2, 3, 4, 5 }, function() return f.key() end)
  t.eq(keys, { "AKID2", "AKID2", "AKID2", "AKID2", "AKID2" })
  t.eq({ f.loads, f.most }, { 2, 1 })
end)

t.test("a failure is not told while the old ones are good, and is tried again after a minute", function()
  local f = fixture(3600)
  f.key()
  f.fails = "the network is away"
  f.time = home.NOON + 3600 - 900
  t.eq(f.key(), "AKID1")
  f.settle()
  f.time = f.time + 59
  t.eq({ f.key(), f.keeper.refreshing }, { "AKID1" })
  f.time, f.fails = f.time + 1, nil
  t.eq(f.key(), "AKID1")
  f.settle()
  t.eq(f.key(), "AKID2")
end)

t.test("near the end a failure is told to all who wait, and the next who asks tries again", function()
  local f = fixture(3600)
  f.key()
  f.fails = "the network is away"
  f.time = home.NOON + 3600 - 300
  local results, errors = task.map({ 1, 2, 3 }, function() return f.key() end)
  t.eq(#results, 0)
  for i = 1, 3 do t.fails("net", "the network is away", nil, errors[i]) end
  f.fails = nil
  t.eq(f.key(), "AKID2")
end)

t.test("what is raised in a provider is an error to those who ask, and no more", function()
  local f = fixture(3600)
  f.provider.load = function() error "a bug" end
  t.fails("auth", "a bug", f.keeper:get())
  f.provider.load = function() error(host.error("io", "a file"), 0) end
  t.fails("io", "a file", f.keeper:get())
end)

t.test("credentials of a short life are not fetched at every turn", function()
  local f = fixture(300)
  f.key()
  f.time = home.NOON + 149
  t.eq({ f.key(), f.keeper.refreshing }, { "AKID1" })
  f.time = home.NOON + 150
  t.eq(f.key(), "AKID1")
  f.settle()
  t.eq({ f.key(), f.loads }, { "AKID2", 2 })
  f.time = f.time + 201
  t.eq({ f.key(), f.loads }, { "AKID3", 3 })
end)

t.test("a task that is cancelled while it waits takes nobody along", function()
  local f = fixture(3600)
  local first, second = task.spawn(f.key), task.spawn(f.key)
  task.sleep(0)
  first:cancel()
  t.eq(second:join(), "AKID1")
  local _, err = first:join()
  t.eq(err.kind, "cancelled")
end)

-- A session whose credentials live for `life` seconds by the test's clock.
local function expiring(life, settings)
  local f = { time = home.NOON, loads = 0 }
  settings = settings or {}
  settings.region, settings.now = "us-east-1", function() return f.time end
  settings.credentials = function()
    task.sleep(0)
    f.loads = f.loads + 1
    return { access_key = ("AKID%d"):format(f.time + life), secret_key = "secret", expires = f.time + life }
  end
  f.session = assert(home.session({}, {}, settings))
  return f
end

-- When the credentials of a signature end.
local function end_of(headers) return tonumber(headers.Authorization:match("Credential=AKID(%d+)/")) end

t.test("10,000 transfers while the credentials are replaced again and again", function()
  local f = expiring(100)
  local signed, worst = 0, math.huge
  local function transfer()
    for _ = 1, 3 do
      local signer = assert(f.session:signer "s3")
      local left = end_of(signer:sign { host = "h" }) - f.time
      signed, worst = signed + 1, math.min(worst, left)
      if signed % 100 == 0 then f.time = f.time + 1 end
      task.sleep(0)
    end
  end
  local items = {}
  for i = 1, 10000 do items[i] = i end
  task.map(items, { at_once = 10000 }, transfer)
  t.eq(signed, 30000)
  t.ok(worst > 0, "signed with credentials that had " .. worst .. " s left")
  t.ok(f.loads >= 300 // 100 and f.loads <= 300 // 50 + 1, f.loads .. " loads in 300 s")
end)

t.test("a service that says ExpiredToken is asked once more with fresh credentials", function()
  local f
  local refused, served = 0, 0
  local server <close> = home.server { GetCallerIdentity = function(request)
    local ends = tonumber(home.signer_of(request):match("%d+"))
    if ends <= f.time + 40 then -- the service is stricter than we are
      refused = refused + 1
      return home.fault(403, "ExpiredToken", "The security token included in the request is expired")
    end
    served = served + 1
    return { body = "<R><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></R>" }
  end }
  f = expiring(100, { endpoint = server.url })
  assert(f.session:signer "sts")
  f.time = f.time + 62 -- 38 s are left: good enough for us
  local items = {}
  for i = 1, 200 do items[i] = i end
  local results, errors = task.map(items, { at_once = 50 }, function() return require "lib.aws.sts".identity(f.session) end)
  t.eq({ errors, #results, served }, { nil, 200, 200 })
  t.ok(refused > 0 and refused <= 200)
  t.ok(f.loads <= 3, f.loads .. " loads")
end)

t.test("expire of a signer that is already replaced does nothing", function()
  local f = expiring(3600)
  local first = f.session:signer "s3"
  f.session:expire(first)
  local second = f.session:signer "s3"
  t.ok(first ~= second)
  f.session:expire(first)
  t.eq(f.session:signer "s3", second)
  t.eq(f.loads, 2)
  f.session:expire()
  t.ok(f.session:signer "s3" ~= second)
end)

t.test("signers are cached, and different by service and region", function()
  local f = expiring(3600)
  local s = f.session
  t.eq(s:signer "s3", s:signer "s3")
  local function scope(service, region)
    return s:signer(service, region):sign({ host = "h" }).Authorization:match("/%d+/(%S+)/aws4_request")
  end
  t.eq({ scope "s3", scope("s3", "eu-west-1"), scope "bedrock-runtime", scope "iam", scope("iam", "eu-west-1") },
    { "us-east-1/s3", "eu-west-1/s3", "us-east-1/bedrock", "us-east-1/iam", "us-east-1/iam" })
end)

t.test("a clock that is off is learnt from the answer's Date, once", function()
  local dates = {}
  local server <close> = home.server { GetCallerIdentity = function(request)
    dates[#dates + 1] = request.headers["x-amz-date"]
    local late = math.abs(require "lib.dates".read((request.headers["x-amz-date"]:gsub("(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z",
      "%1-%2-%3T%4:%5:%6Z"))) - os.time()) > 900
    if late then return home.fault(403, "SignatureDoesNotMatch", "Signature expired") end
    return { body = "<R><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></R>" }
  end }
  local s = assert(home.session({}, {}, { region = "us-east-1", endpoint = server.url, now = os.time,
    credentials = { access_key = "AKID", secret_key = "secret" } }))
  s.skew = -1200 -- as if this machine's clock were 20 minutes late
  t.eq(require "lib.aws.sts".identity(s).account, "1")
  t.eq(#dates, 2)
  t.near(s:time(), os.time(), 2)
  t.eq(require "lib.aws.sts".identity(s).account, "1")
  t.eq(#dates, 3)
end)

t.test("many who find out at once that the clock is off are all served", function()
  local early = {}
  local server <close> = home.server { GetCallerIdentity = function(request)
    local off = request.headers["x-amz-date"] < os.date("!%Y%m%dT%H%M%SZ", os.time() - 900)
    if off then
      early[#early + 1] = true
      return home.fault(403, "SignatureDoesNotMatch", "Signature expired")
    end
    return { body = "<R><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></R>" }
  end }
  local s = assert(home.session({}, {}, { region = "us-east-1", endpoint = server.url, now = os.time,
    credentials = { access_key = "AKID", secret_key = "secret" } }))
  s.skew = -1200
  local items = {}
  for i = 1, 30 do items[i] = i end
  local results, errors = task.map(items, { at_once = 30 }, function() return require "lib.aws.sts".identity(s) end)
  t.eq({ #results, errors }, { 30, nil })
  t.ok(#early > 1)
end)

t.test("secrets are not shown: not by tostring, not in errors, not by --verbose", function()
  local files = { credentials = home.keys("default", "AKIDEXAMPLE", "aws_session_token = TOKEN\n") }
  local s, h = home.session(files, {}, { region = "us-east-1" })
  local signer = assert(s:signer "s3")
  local seen = {}
  local function search(value)
    if type(value) == "string" then
      t.ok(not value:find("TOPSECRET") and not value:find("TOKEN"), value)
    elseif type(value) == "table" and not seen[value] then
      seen[value] = true
      for key, inner in pairs(value) do
        search(key)
        search(inner)
      end
    end
  end
  search(s)
  search(tostring(signer))
  search(s:identity())
  local status, out, err = t.run(("HOME=%s AWS_REGION=us-east-1 %s aws whoami -v --endpoint http://127.0.0.1:1"):format(h.path, t.hilum))
  t.eq(status, 1)
  search(out .. err)
  t.match(err, "sts.GetCallerIdentity: ")
end)
