-- SPDX-License-Identifier: MIT
-- Every operation of S3 under every fault: once, and it succeeds as if nothing had been; for good, and it is an error that says what
-- happened. No answer is ever believed that should not be.
local t = require "t"
local s3_client = require "s3_client" -- sets the path for:
local faults = require "faults"
local fs = require "hilum.fs"
local http = require "hilum.http"
local task = require "hilum.task"

local DATA = ("X-ray 0123456789 "):rep(5000)
local LARGE = ("0123456789abcdef"):rep((33 << 20) // 16) -- goes up in parts

-- A second where users have a minute.
local function impatient(request)
  request.first_byte_timeout, request.stall_timeout = 1, 1
  return http.request(request)
end

-- A server with rules, a client of it, and the plan of the faults. waits: the seconds that the client would have waited.
local function open(rules, options)
  options = options or {}
  local plan, waits = nil, {}
  local server = s3_client.serve { skew = options.skew, redirect = options.redirect, wrap = function(_, inner)
    local handler
    handler, plan = faults.handler(inner, { rules = rules, seed = options.seed, budget = options.budget })
    return handler
  end }
  server.s3.buckets.bucket.objects.there = { data = DATA, etag = '"e"', mtime = 0, metadata = {}, sums = {
    crc64nvme = require "lib.fake.s3.checksums".of("crc64nvme", DATA) } }
  local client = s3_client.open(server, nil, nil, { credentials = options.credentials,
    sleep = function(seconds) waits[#waits + 1] = seconds end, request = options.request })
  client.session.retry.attempts = options.attempts or client.session.retry.attempts
  return server, client, plan, waits
end

local function stored(server, key) return (server.s3.buckets.bucket.objects[key] or {}).data end

-- The operations: what is done, and what must have come of it.
local OPERATIONS = {
  put = function(client, server)
    local result, err = client:put("s3://bucket/new", DATA)
    return result and stored(server, "new") == DATA, err
  end,
  put_trailer = function(client, server)
    local result, err = client:put("s3://bucket/new", DATA, { trailer = true })
    return result and stored(server, "new") == DATA, err
  end,
  get = function(client)
    local result, err = client:get("s3://bucket/there")
    return result and result.body == DATA, err
  end,
  get_file = function(client, _, folder)
    local result, err = client:get("s3://bucket/there", { to = folder .. "/file" })
    if not result then t.eq(assert(fs.list(folder)), {}, "something was left behind") end
    return result and fs.read(folder .. "/file") == DATA, err
  end,
  get_range = function(client)
    local result, err = client:get("s3://bucket/there", { range = { 10, 99 } })
    return result and result.body == DATA:sub(11, 100), err
  end,
  head = function(client)
    local result, err = client:head("s3://bucket/there")
    return result and result.size == #DATA, err
  end,
  list = function(client)
    local found = {}
    local ok, err = pcall(function()
      for object in client:list("s3://bucket/") do found[#found + 1] = object end
    end)
    if not ok then return nil, err end
    return #found == 1 and found[1].key == "there" and found[1].size == #DATA
  end,
  delete = function(client, server)
    local result, err = client:delete("s3://bucket/there")
    return result and stored(server, "there") == nil, err
  end,
  delete_many = function(client, server)
    local deleted, errors = client:delete_many("bucket", { "there", "other" })
    if errors then return nil, errors[1] end
    return deleted == 2 and stored(server, "there") == nil
  end,
  copy = function(client, server)
    local result, err = client:copy("s3://bucket/there", "s3://bucket/new", { size = #DATA })
    return result and stored(server, "new") == DATA, err
  end,
}

-- Faults that another attempt overcomes, and the error when they stay: kind, and code or a pattern of codes.
local TRANSIENT = {
  reset_before = { "net" }, reset_during = { "net" }, reset_after = { "net" }, lost_answer = { "net" }, stale = {},
  reset_answer = { "net" },
  slow_down = { "throttled", "^SlowDown$" }, early = { "throttled", "^SlowDown$" }, internal = { "http", "^InternalError$" },
}

-- Operations whose answer has a body.
local READS = { get = true, get_file = true, get_range = true, list = true, delete_many = true, copy = true }

local function each(list, f)
  local names = {}
  for name in pairs(list) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do f(name, list[name]) end
end

local function run(operation, rule, options)
  local server, client, plan, waits = open({ rule }, options)
  local _ <close> = server
  local done, err = OPERATIONS[operation](client, server, t.tmp())
  return done, err, plan, waits
end

-- HEAD has no code but the one of its status.
local function check_error(operation, err, kind, code)
  if kind then t.eq(err.kind, operation == "head" and kind == "throttled" and "http" or kind, tostring(err)) end
  if code and operation ~= "head" then t.match(err.code, code) end
  t.ok(err.retryable, tostring(err))
  t.match(err.message, "bucket")
  t.match(err.message, "%(tried 3 times%)$")
  t.ok(not tostring(err):find("\n"), tostring(err))
end

-- The fault once, and for good.
local function check(operation, fault, expected, options)
  local done, err, plan, waits = run(operation, { fault = fault, times = 1 }, options)
  t.ok(done, ("%s, %s once: %s"):format(operation, fault, tostring(err)))
  t.eq(plan.done[fault], 1)
  if fault == "stale" then return end -- nothing is lost, and nothing to wait for
  t.eq(#waits, 1, "waits")
  done, err, plan, waits = run(operation, { fault = fault }, options)
  t.ok(not done, ("%s, %s for good: it says that all is well"):format(operation, fault))
  t.ok(plan.done[fault] >= 3)
  t.eq(#waits, 2, "waits")
  check_error(operation, err, table.unpack(expected))
end

each(TRANSIENT, function(fault, expected)
  t.test(fault, function()
    each(OPERATIONS, function(operation) check(operation, fault, expected) end)
  end)
end)

t.test("silence", function()
  for _, operation in ipairs { "put", "list" } do
    check(operation, "silent", { "timeout", "^FIRST_BYTE_TIMEOUT$" }, { request = impatient })
  end
end)

t.test("an answer that ends early", function()
  each(READS, function(operation) check(operation, "truncated", { "net" }) end)
end)

t.test("200, and an error in it", function()
  check("copy", "error_in_200", { "http", "^InternalError$" })
end)

t.test("a bit that changes on its way back", function()
  for _, operation in ipairs { "get", "get_file" } do check(operation, "wrong_answer", { "integrity", "^ChecksumMismatch$" }) end
end)

t.test("a bit that changes on its way there", function()
  check("put", "wrong_body", { "integrity" })
  local done, err = run("put_trailer", { fault = "wrong_body" })
  t.ok(not done)
  t.eq(err.code, "SignatureDoesNotMatch") -- of a chunk: S3 cannot tell that from a forgery
end)

-- Uploads a file in parts while a rule holds.
local function upload(rule)
  local server, client, plan = open({ rule })
  local _ <close> = server
  local path = t.tmp() .. "/large"
  assert(fs.write(path, LARGE))
  local done, err = client:upload(path, "s3://bucket/large")
  t.ok(done or next(server.s3.buckets.bucket.uploads) == nil, "parts were left behind")
  return done and stored(server, "large") == LARGE, err, plan
end

t.test("parts: each fault in one of them, and in the request that completes them", function()
  for _, fault in ipairs { "reset_during", "lost_answer", "slow_down", "wrong_body" } do
    local done, err, plan = upload { fault = fault, operation = "PUT object?partNumber", first = 3, times = 1 }
    t.ok(done, ("%s: %s"):format(fault, tostring(err)))
    t.eq(plan.done[fault], 1)
  end
  for _, fault in ipairs { "error_in_200", "internal", "reset_after", "truncated" } do
    local done, err = upload { fault = fault, operation = "POST object?uploadId", times = 1 }
    t.ok(done, ("%s: %s"):format(fault, tostring(err)))
  end
end)

t.test("parts that cannot be sent are taken back", function()
  for _, operation in ipairs { "POST object?uploads", "PUT object?partNumber", "POST object?uploadId" } do
    local done, err = upload { fault = "error", operation = operation }
    t.ok(not done)
    t.eq(err.code, "AccessDenied")
  end
end)

t.test("parts that were put together, but the answer got lost", function()
  local done, err = upload { fault = "lost_answer", operation = "POST object?uploadId", times = 1 }
  t.ok(done, tostring(err))
end)

t.test("XML that is none", function()
  for _, operation in ipairs { "list", "delete_many", "copy" } do
    local done, err = run(operation, { fault = "garbage" })
    t.ok(not done, operation)
    t.ok(not tostring(err):find("[\n\0]"), tostring(err))
    t.eq(err.kind, "parse", operation)
  end
end)

t.test("100,000 headers", function()
  for _, operation in ipairs { "get_file", "put", "list" } do
    local done, err = run(operation, { fault = "many_headers" })
    t.ok(not done, operation)
    t.eq({ err.kind, err.code }, { "http", "HEADERS" })
  end
end)

t.test("slow bytes are no fault", function()
  t.ok((run("list", { fault = "slow", seconds = 0.0001 })))
end)

t.test("refusals are not tried again", function()
  each(OPERATIONS, function(operation)
    local done, err, plan, waits = run(operation, { fault = "error" })
    t.ok(not done)
    t.eq({ err.kind, err.code, err.status, plan.done.error, #waits }, { "auth", "AccessDenied", 403, 1, 0 }, operation)
  end)
end)

t.test("a clock that is 20 minutes off", function()
  for _, skew in ipairs { 1200, -1200 } do
    each(OPERATIONS, function(operation) t.ok((run(operation, { fault = "none", times = 0 }, { skew = skew })), operation) end)
  end
end)

t.test("a token that expires in the middle", function()
  each(OPERATIONS, function(operation)
    local number = 0
    local server, client
    server, client = open({ { fault = "expire", first = 2, times = 1 } }, { credentials = function()
      number = number + 1
      local name = "key" .. number
      server.s3.credentials[name] = { secret_key = "s" .. number, token = "t" .. number }
      return { access_key = name, secret_key = "s" .. number, token = "t" .. number, expires = os.time() + 3600 }
    end })
    local _ <close> = server
    t.ok((OPERATIONS.head(client)))
    local done, err = OPERATIONS[operation](client, server, t.tmp())
    t.ok(done, ("%s: %s"):format(operation, tostring(err)))
    t.eq(number, 2)
  end)
end)

t.test("a bucket in another region", function()
  for _, redirect in ipairs { "301", "400" } do
    each(OPERATIONS, function(operation)
      local server, client = open({}, { redirect = redirect })
      local _ <close> = server
      server.s3.buckets.bucket.region = "eu-central-1"
      local done, err = OPERATIONS[operation](client, server, t.tmp())
      t.ok(done, ("%s, %s: %s"):format(operation, redirect, tostring(err)))
    end)
  end
end)

t.test("503 SlowDown for a while: each waits longer than the one before may have to", function()
  local _, _, _, waits = run("put", { fault = "slow_down", times = 2 })
  t.eq(#waits, 2)
  t.ok(waits[1] <= 1 and waits[2] <= 2)
  local done, _, _, patient = run("put", { fault = "slow_down", times = 1, retry_after = 7 })
  t.ok(done)
  t.ok(patient[1] >= 7 and patient[1] <= 8, patient[1])
end)

t.test("a storm that does not end: retries stop when the bucket of tokens is empty", function()
  local server, client, plan = open({ { fault = "slow_down" } })
  local _ <close> = server
  local names = {}
  for i = 1, 300 do names[i] = "s3://bucket/" .. i end
  local _, errors = task.map(names, { at_once = 32 }, function(name) return client:put(name, "x") end)
  for i = 1, 300 do t.eq(errors[i].code, "SlowDown") end
  t.eq(plan.done.slow_down, 300 + 100) -- 500 tokens, 5 a retry
end)

t.test("1,000 faults at random: every object arrives as it was, or is reported", function()
  local server, client, plan = open({ { fault = "any", probability = 0.4 } }, { seed = 3, budget = 1000, attempts = 4 })
  local _ <close> = server
  client.session.retry.mode = { attempts = 4 } -- no bucket
  local list = {}
  for i = 1, 920 do list[i] = { uri = ("s3://bucket/r/%d"):format(i), data = ("%d "):format(i):rep(i * 7) } end
  local _, failed = task.map(list, { at_once = 16 }, function(one)
    return client:put(one.uri, one.data, { trailer = #one.data % 2 == 0 })
  end)
  local reported = 0
  for i, one in ipairs(list) do
    if failed and failed[i] then
      reported = reported + 1
      t.ok(failed[i].attempts == 4 or failed[i].code == "SignatureDoesNotMatch", tostring(failed[i]))
    else
      t.eq(stored(server, "r/" .. i), one.data)
    end
  end
  local got, lost = task.map(list, { at_once = 16 }, function(one)
    local object, err = client:get(one.uri)
    return object and object.body, err
  end)
  for i, one in ipairs(list) do
    if lost and lost[i] then
      reported = reported + 1
    else
      t.eq(got[i], one.data)
    end
  end
  local faults_done = 0
  for _, count in pairs(plan.done) do faults_done = faults_done + count end
  t.eq(faults_done, 1000)
  t.ok(reported > 0 and reported < 100, reported)
end)
