-- SPDX-License-Identifier: MIT
-- The S3 client against a server that is as strict as S3 (scripts/lib/fake/s3): what it sends, and what it makes of answers.
local t = require "t"
local s3_client = require "s3_client"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local http = require "hilum.http"
local task = require "hilum.task"
local uri = require "lib.aws.s3.uri"

local function statuses(server)
  local list = {}
  for i, entry in ipairs(server.s3.log) do list[i] = entry.operation .. " " .. entry.status end
  return list
end

t.test("a URI is a bucket and a key, byte for byte", function()
  t.eq(uri.parse("s3://abc/a/../b//%41?x#y\n"), { bucket = "abc", key = "a/../b//%41?x#y\n" })
  t.eq(uri.parse("s3://abc"), { bucket = "abc", key = "" })
  t.eq(uri.parse("s3://abc/"), { bucket = "abc", key = "" })
  t.eq(uri.parse("s3://abc//"), { bucket = "abc", key = "/" })
  t.eq(uri.show { bucket = "abc", key = "a\nb\\" }, "s3://abc/a\\x0ab\\x5c")
  t.fails("usage", "must look like s3://bucket/key", uri.parse("abc/d"))
  t.fails("usage", "no bucket has such a name", uri.parse("s3://a b/c"))
  t.fails("usage", "longer than 1024 bytes", uri.parse("s3://abc/" .. ("k"):rep(1025)))
  t.fails("usage", "names a bucket, not an object", uri.parse_object("s3://abc/"))
end)

t.test("keys of all kinds are put, got, listed and deleted", function()
  local server <close> = s3_client.serve {}
  local client = s3_client.open(server)
  for _, key in ipairs(s3_client.KEYS) do
    assert(client:put({ bucket = "bucket", key = key }, "of " .. key))
    t.eq(server.s3.buckets.bucket.objects[key].data, "of " .. key)
    t.eq(assert(client:get({ bucket = "bucket", key = key })).body, "of " .. key)
  end
  local listed = {}
  for object in client:list("s3://bucket", { page = 7 }) do
    listed[#listed + 1] = object.key
    t.eq(object.size, #object.key + 3)
    t.eq(object.etag, hash.md5("of " .. object.key))
    t.near(object.mtime, os.time(), 60)
  end
  local sorted = table.move(s3_client.KEYS, 1, #s3_client.KEYS, 1, {})
  table.sort(sorted)
  t.eq(listed, sorted)
  sorted[#sorted + 1] = "not there"
  t.eq(client:delete_many("bucket", sorted), #sorted)
  t.eq(next(server.s3.buckets.bucket.objects), nil)
end)

t.test("what is said of an object comes back", function()
  local server <close> = s3_client.serve {}
  local client = s3_client.open(server)
  local stored = assert(client:put("s3://bucket/a.png", "hello", { metadata = { Patient = "1", ["a-b"] = " x  y " },
    storage_class = "GLACIER_IR", cache_control = "no-cache", sse = "aws:kms", kms_key = "k" }))
  t.eq(stored.etag, hash.md5("hello"))
  local head = assert(client:head("s3://bucket/a.png"))
  t.eq({ head.size, head.etag, head.content_type, head.storage_class, head.cache_control, head.sse },
    { 5, hash.md5("hello"), "image/png", "GLACIER_IR", "no-cache", "aws:kms" })
  t.eq(head.metadata.patient, "1")
  t.eq(head.checksum, { algorithm = "crc64nvme", value = "M3eFcAZSQlc=" })
  t.eq(head.body, nil)
  assert(client:put("s3://bucket/b", "{}", { content_type = "application/json" }))
  t.eq(client:head("s3://bucket/b").content_type, "application/json")
  t.raises("unknown option 'metdata'", client.put, client, "s3://bucket/a", "", { metdata = {} })
  t.raises("not ASCII", client.put, client, "s3://bucket/a", "", { metadata = { a = "é" } })
  t.raises("no name of a header", client.put, client, "s3://bucket/a", "", { metadata = { ["a b"] = "" } })
  t.raises("'md6' is none of crc64nvme, crc32c, crc32, sha256", client.put, client, "s3://bucket/a", "", { checksum = "md6" })
  t.raises("'md6' is none of", s3_client.open, server, { checksum = "md6" })
  t.raises("signed or unsigned expected", s3_client.open, server, { payload = "yes" })
  t.raises("unknown option 'paylod'", s3_client.open, server, { paylod = "signed" })
  t.raises("unknown option 'rnage'", client.get, client, "s3://bucket/a", { rnage = { 0 } })
end)

t.test("ranges, limits, conditions", function()
  local server <close> = s3_client.serve {}
  local client = s3_client.open(server)
  local etag = assert(client:put("s3://bucket/a", "0123456789")).etag
  local function body(range) return client:get("s3://bucket/a", { range = range }).body end
  t.eq({ body { 0, 0 }, body { 2, 4 }, body { 7 }, body { -2 } }, { "0", "234", "789", "89" })
  t.eq(client:get("s3://bucket/a", { range = { 2, 4 } }).range, "bytes 2-4/10")
  t.fails("http", "^s3.get: s3://bucket/a: InvalidRange", client:get("s3://bucket/a", { range = { 10 } }))
  local _, err = client:get("s3://bucket/a", { limit = 5 })
  t.eq({ err.kind, err.code }, { "http", "LIMIT" })
  _, err = client:get("s3://bucket/a", { if_none_match = etag })
  t.eq({ err.status, err.code, err.retryable }, { 304, "NotModified", false })
  t.fails("http", "PreconditionFailed", client:put("s3://bucket/a", "x", { if_none_match = "*" }))
  t.fails("http", "PreconditionFailed", client:put("s3://bucket/a", "x", { if_match = "00000000000000000000000000000000" }))
  t.ok(client:put("s3://bucket/a", "x", { if_match = etag }))
  t.ok(client:put("s3://bucket/b", "x", { if_none_match = "*" }))
  t.fails("http", "NoSuchKey", client:get("s3://bucket/c"))
  t.fails("http", "NoSuchKey", client:head("s3://bucket/c"))
  t.fails("http", "NoSuchBucket.*hilum ls", client:get("s3://nowhere/c"))
  t.ok(client:delete("s3://bucket/c"))
end)

-- Bodies and what vouches for them.

-- A server, and a table whose `headers` are those of the last request to it.
local function serve_noting()
  local asked = {}
  local server = s3_client.serve { wrap = function(handler)
    return function(request)
      asked.headers = request.headers
      return handler(request)
    end
  end }
  return server, asked
end

t.test("each checksum goes in a header or a trailer, signed or not, and S3 agrees with it", function()
  local server <close>, asked = serve_noting()
  local path = t.tmp() .. "/x"
  assert(fs.write(path, ("0123456789"):rep(20000)))
  for _, payload in ipairs { "signed", "unsigned" } do
    for _, algorithm in ipairs { "crc64nvme", "crc32c", "crc32", "sha256" } do
      for _, trailer in ipairs { false, true } do
        local client = s3_client.open(server, { payload = payload, checksum = algorithm })
        for i, body in ipairs { "hello", assert(http.file(path)) } do
          assert(client:put("s3://bucket/a", body, { trailer = trailer, content_encoding = "gzip" }))
          t.eq(asked.headers["x-amz-trailer"], trailer and "x-amz-checksum-" .. algorithm or nil)
          t.eq(asked.headers["x-amz-checksum-" .. algorithm] == nil, trailer)
          local hashed = asked.headers["x-amz-content-sha256"]:find("^%x+$") ~= nil
          t.eq(hashed, payload == "signed" and not trailer)
          t.eq(asked.headers["x-amz-content-sha256"]:find("UNSIGNED") ~= nil, payload == "unsigned")
          local object = server.s3.buckets.bucket.objects.a
          t.eq(object.data, i == 1 and "hello" or fs.read(path))
          t.eq(object.metadata["content-encoding"], "gzip")
          local count = 0
          for name in pairs(object.sums) do count = count + (name == algorithm and 1 or 100) end
          t.eq(count, 1)
          t.eq(#assert(client:get("s3://bucket/a")).body, #object.data)
        end
      end
    end
  end
end)

t.test("over http bodies are signed; when_required sends no checksum and checks none", function()
  local server <close>, asked = serve_noting()
  assert(s3_client.open(server):put("s3://bucket/a", "hello"))
  t.eq(asked.headers["x-amz-content-sha256"], hash.sha256("hello"))
  t.eq(asked.headers["x-amz-checksum-crc64nvme"], "M3eFcAZSQlc=")
  local client = s3_client.open(server, {}, { AWS_REQUEST_CHECKSUM_CALCULATION = "when_required",
    AWS_RESPONSE_CHECKSUM_VALIDATION = "when_required" })
  assert(client:put("s3://bucket/a", "hello"))
  for name in pairs(asked.headers) do t.ok(not name:find("checksum"), name) end
  assert(client:get("s3://bucket/a"))
  t.eq(asked.headers["x-amz-checksum-mode"], nil)
  assert(client:put("s3://bucket/a", "hello", { checksum = "sha256" }))
  t.eq(asked.headers["x-amz-checksum-sha256"], "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
end)

-- Replaces the first so many answers by what f makes of them.
local function spoiling(times, f)
  return { wrap = function(handler)
    return function(request)
      local response = handler(request)
      if times == 0 or not f(response, request) then return response end
      times = times - 1
      return response
    end
  end }
end

local function spoil_body(response, request)
  if request.method ~= "GET" or response.status and response.status > 299 then return false end
  response.body = response.body:gsub("^.", "X")
  return true
end

t.test("what arrives broken is fetched again, and is an error if it stays so", function()
  local folder = t.tmp()
  for _, sums in ipairs { {}, { checksum = "sha256" }, { checksum = "crc32" } } do
    local server <close> = s3_client.serve(spoiling(1, spoil_body))
    local client = s3_client.open(server, sums)
    assert(client:put("s3://bucket/a", "hello"))
    t.eq(assert(client:get("s3://bucket/a")).body, "hello")
    local always <close> = s3_client.serve(spoiling(-1, spoil_body))
    client = s3_client.open(always, sums)
    assert(client:put("s3://bucket/a", "hello"))
    t.fails("integrity", "^s3.get: s3://bucket/a: what arrived does not have the %w+ that S3 says.*tried 3 times",
      client:get("s3://bucket/a"))
    t.fails("integrity", "what arrived", client:get("s3://bucket/a", { to = folder .. "/a" }))
    t.fails("integrity", "what arrived", client:download("s3://bucket/a", folder .. "/a"))
    t.eq(client:get("s3://bucket/a", { verify = false }).body, "Xello")
    t.eq(fs.list(folder), {})
  end
end)

t.test("without a checksum the ETag counts, where it is an MD5", function()
  local etag
  local server <close> = s3_client.serve { wrap = function(handler)
    return function(request)
      local response = handler(request)
      for name in pairs(response.headers) do
        if name:find("^x%-amz%-checksum") then response.headers[name] = nil end
      end
      response.headers.ETag = etag or response.headers.ETag
      return response
    end
  end }
  local client, path = s3_client.open(server), t.tmp() .. "/x"
  assert(client:put("s3://bucket/a", "hello"))
  t.eq(assert(client:get("s3://bucket/a")).body, "hello")
  t.ok(client:get("s3://bucket/a", { to = path }))
  t.eq(fs.read(path), "hello")
  etag = '"5d41402abc4b2a76b9719d911017c593"'
  t.fails("integrity", "MD5", client:get("s3://bucket/a"))
  etag = '"5d41402abc4b2a76b9719d911017c593-2"'
  t.ok(client:get("s3://bucket/a"))
end)

t.test("a file that changes while it is sent is an error", function()
  local path = t.tmp() .. "/x"
  assert(fs.write(path, ("x"):rep(1000000)))
  local server <close> = s3_client.serve { wrap = function(handler)
    return function(request)
      assert(fs.write(path, "y"))
      return handler(request)
    end
  end }
  local client = s3_client.open(server)
  local body <close> = assert(http.file(path))
  assert(fs.append(path, "more"))
  t.fails("io", "x", client:put("s3://bucket/a", body))
end)

t.test("an object goes into a pipe; what S3 refuses is asked for again, what broke off is not", function()
  local busy, cut = true, false
  local server <close> = s3_client.serve { wrap = function(handler)
    return function(request)
      if request.method == "GET" and busy then
        busy = false
        return { status = 503, body = "<Error><Code>SlowDown</Code></Error>" }
      end
      local response = handler(request)
      if not cut or request.method ~= "GET" then return response end
      request.connection:write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    end
  end }
  local client = s3_client.open(server)
  local data = ("0123456789"):rep(50000)
  assert(client:put("s3://bucket/a", data))
  local function read_all()
    local pipe, pieces, failure = assert(task.pipe(65536)), {}, nil
    local reader = task.spawn(function()
      for piece, err in function() return pipe:read() end do pieces[#pieces + 1], failure = piece, err end
      return true
    end)
    local object, err = client:get("s3://bucket/a", { to = pipe })
    pipe:close()
    reader:join()
    return table.concat(pieces), object, err or failure
  end
  local got, object = read_all()
  t.eq({ got == data, object.size, object.etag }, { true, #data, hash.md5(data) })
  cut = true
  local before, half, _, err = #server.s3.log, read_all()
  t.eq({ half, err.code, #server.s3.log - before }, { "half", "TRUNCATED", 1 })
end)

-- Regions, tokens, clocks.

t.test("the region of a bucket is learnt from a refusal, and kept", function()
  for _, redirect in ipairs { "400", "301" } do
    local server <close> = s3_client.serve { redirect = redirect }
    server.s3:create_bucket("far", "eu-west-1")
    local client = s3_client.open(server)
    assert(client:put("s3://far/a", "hello"))
    assert(client:get("s3://far/a"))
    assert(client:get("s3://far/a"))
    t.eq(statuses(server), { "PUT object " .. redirect, "PUT object 200", "GET object 200", "GET object 200" })
    t.eq(s3_client.open(server):head("s3://far/a").size, 5)
    t.eq(s3_client.open(server):bucket("far"), { region = "eu-west-1" })
  end
end)

t.test("requests that are under way together all find the region, and the time", function()
  local server <close> = s3_client.serve { skew = 20 * 60 }
  server.s3:create_bucket("far", "eu-west-1")
  local client, numbers = s3_client.open(server), {}
  for i = 1, 20 do numbers[i] = i end
  local _, errors = task.map(numbers, { at_once = 20 }, function(i) return client:put("s3://far/" .. i, "hello") end)
  t.eq(errors, nil)
end)

t.test("a temporary redirect is followed once, signed for the other host", function()
  local server <close> = s3_client.serve { wrap = function(handler)
    return function(request)
      if not request.headers.host:find("^localhost") then
        return { status = 307, headers = { Location = ("http://localhost:%d%s"):format(request.server.port, request.target) },
          body = "<Error><Code>TemporaryRedirect</Code></Error>" }
      end
      return handler(request)
    end
  end }
  local client = s3_client.open(server)
  assert(client:put("s3://bucket/a", "hello"))
  t.eq(server.s3.buckets.bucket.objects.a.data, "hello")
  local round <close> = s3_client.serve { wrap = function()
    return function(request)
      return { status = 307, headers = { Location = "http://localhost:" .. request.server.port .. request.target } }
    end
  end }
  t.fails("http", "TemporaryRedirect.*; it is at http://localhost:%d+: set AWS_ENDPOINT_URL_S3 to that",
    s3_client.open(round):put("s3://bucket/a", "hello"))
end)

t.test("a redirect that cannot be followed says where it leads", function()
  local function refused(headers, body)
    local server <close> = s3_client.serve { wrap = function()
      return function() return { status = 301, headers = headers, body = body } end
    end }
    return s3_client.open(server):put("s3://bucket/a", "hello")
  end
  t.fails("http", "PermanentRedirect.*; the bucket is in eu%-west%-1: set AWS_REGION=eu%-west%-1$",
    refused({ ["x-amz-bucket-region"] = "eu-west-1" }))
  t.fails("http", "; it is at https://s3.example: set AWS_ENDPOINT_URL_S3 to that", refused({ Location = "https://s3.example/bucket/a" }))
  t.fails("http", "; it is at bucket.s3.example: set AWS_ENDPOINT_URL_S3",
    refused({}, "<Error><Code>PermanentRedirect</Code><Endpoint>bucket.s3.example</Endpoint></Error>"))
  t.fails("http", "; it does not say where to: check the bucket's name, bucket, and AWS_ENDPOINT_URL_S3", refused({}))
end)

t.test("buckets are hosts of their own where that is wanted", function()
  local server <close> = s3_client.serve {}
  local config = t.tmp() .. "/config"
  assert(fs.write(config, "[default]\ns3 =\n  addressing_style = virtual\n"))
  server.url = ("http://localhost:%d"):format(server.port)
  local client = s3_client.open(server, {}, { AWS_CONFIG_FILE = config })
  for _, key in ipairs { "a", "/a", "../a", "" } do
    if key ~= "" then assert(client:put({ bucket = "bucket", key = key }, "x")) end
  end
  local keys = {}
  for object in client:list("s3://bucket") do keys[#keys + 1] = object.key end
  t.eq(keys, { "../a", "/a", "a" })
  t.match(client:presign("s3://bucket/a"), "^http://bucket%.localhost:%d+/a%?")
end)

-- A client of AWS itself, as far as `answer` is; what it asked is in `asked`.
local function of_aws(region, answer)
  local asked = {}
  local function exchange(request)
    asked[#asked + 1] = request
    return answer and answer(request) or { status = 200, headers = { etag = '"e"' }, body = "", size = 0 }
  end
  local aws = { access_key = "AKIDEXAMPLE", secret_key = "secret" }
  return s3_client.open(aws, {}, {}, { region = region, request = exchange }), asked
end

t.test("on AWS buckets are hosts, unless a dot is in their way, and https vouches for bodies", function()
  local client, asked = of_aws("eu-west-1")
  assert(client:put("s3://bucket/a b/../c", "hello"))
  assert(client:put("s3://with.dot/a", "hello", { checksum = false }))
  t.eq(asked[1].url, "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/../c")
  t.eq(asked[2].url, "https://s3.eu-west-1.amazonaws.com/with.dot/a")
  local headers = asked[1].headers
  t.eq({ headers["x-amz-content-sha256"], headers["x-amz-checksum-crc64nvme"] }, { "UNSIGNED-PAYLOAD", "M3eFcAZSQlc=" })
  t.eq(asked[2].headers["x-amz-content-sha256"], hash.sha256("hello"))
  t.match(headers.Authorization, "/eu%-west%-1/s3/aws4_request, SignedHeaders=content%-type;host;x%-amz%-checksum%-crc64nvme")
end)

t.test("on AWS a bucket names its region, but for the first, and is closed", function()
  local client, asked = of_aws("eu-west-1")
  assert(client:create_bucket("new-one"))
  t.match(asked[1].body, "<LocationConstraint>eu%-west%-1</LocationConstraint>")
  t.match(asked[2].url, "^https://new%-one%.s3%.eu%-west%-1%.amazonaws%.com/%?publicAccessBlock$")
  t.match(asked[2].headers["content-md5"], "^[%w+/]+==$")
  client, asked = of_aws("us-east-1")
  assert(client:create_bucket("new-one", { public = true }))
  t.eq({ #asked, asked[1].body }, { 1, nil })
end)

t.test("on AWS a bucket of another region is asked at its own host from then on", function()
  local client, asked = of_aws("us-east-1", function(request)
    if request.url:find("eu-west-1", 1, true) then return nil end
    return { status = 400, headers = { ["x-amz-bucket-region"] = "eu-west-1" }, body = "", size = 0 }
  end)
  assert(client:head("s3://bucket/a"))
  assert(client:head("s3://bucket/a"))
  t.eq({ #asked, asked[3].url }, { 3, "https://bucket.s3.eu-west-1.amazonaws.com/a" })
end)

t.test("an expired token is replaced once", function()
  local server <close> = s3_client.serve {}
  server.s3.credentials.old = { secret_key = "one", token = "t1", expired = true }
  server.s3.credentials.new = { secret_key = "two", token = "t2" }
  local given = { { access_key = "old", secret_key = "one", token = "t1", expires = os.time() + 3600 },
    { access_key = "new", secret_key = "two", token = "t2", expires = os.time() + 3600 } }
  local function credentials() return table.remove(given, 1) or error("asked too often") end
  local client = s3_client.open(server, {}, {}, { credentials = credentials })
  local _, errors = task.map({ 1, 2, 3, 4, 5 }, function(i) return client:put("s3://bucket/" .. i, "x") end)
  t.eq(errors, nil)
  t.eq(#given, 0)
  server.s3.credentials.new.expired = true
  given[1] = { access_key = "new", secret_key = "two", token = "t2", expires = os.time() + 3600 }
  t.fails("auth", "ExpiredToken.*sign in again", client:put("s3://bucket/a", "x"))
end)

t.test("a clock that is off is found out once", function()
  for _, skew in ipairs { 20 * 60, -20 * 60 } do
    local server <close> = s3_client.serve { skew = skew }
    local client = s3_client.open(server)
    assert(client:put("s3://bucket/a", "x"))
    assert(client:head("s3://bucket/a"))
    t.eq(statuses(server), { "PUT object 403", "PUT object 200", "HEAD object 200" })
    t.eq(s3_client.open(server):head("s3://bucket/a").size, 1)
  end
end)

-- Errors.

local function answering(status, body, headers)
  return { wrap = function()
    return function(request) return { status = status, body = request.method ~= "HEAD" and body or "", headers = headers } end
  end }
end

local function list_all(client, text, options)
  local entries = {}
  for entry in client:list(text, options) do entries[#entries + 1] = entry end
  return entries
end

t.test("errors are one line that says what to do", function()
  local server <close> = s3_client.serve(answering(403, "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message></Message></Error>"))
  local client = s3_client.open(server)
  local _, err = client:get("s3://bucket/a\nb")
  t.eq({ err.kind, err.code, err.status, err.op, err.retryable }, { "auth", "AccessDenied", 403, "s3.get", false })
  t.match(err, "^s3.get: s3://bucket/a\\x0ab: AccessDenied.*allow s3:GetObject on arn:aws:s3:::bucket/%*.*whoami.*ListBucket")
  t.ok(not tostring(err):find("\n"))
  t.fails("auth", "allow s3:PutObject on arn:aws:s3:::bucket/%*", client:put("s3://bucket/a", "x"))
  t.fails("auth", "allow s3:ListBucket on arn:aws:s3:::bucket;", client:bucket("bucket"))
  t.raises("allow s3:ListBucket on arn:aws:s3:::bucket;", list_all, client, "s3://bucket/a")
  t.fails("auth", "allow s3:ListAllMyBuckets on %*;", client:buckets())
  t.fails("auth", "AccessDenied.*s3:GetObject", client:head("s3://bucket/a"))
  local wrong <close> = s3_client.serve {}
  wrong.secret_key = "wrong"
  t.fails("auth", "SignatureDoesNotMatch", s3_client.open(wrong):put("s3://bucket/a", "x"))
  wrong.access_key = "nobody"
  t.fails("auth", "InvalidAccessKeyId.*whoami", s3_client.open(wrong):put("s3://bucket/a", "x"))
end)

t.test("what is no XML, or too long, is an error of one line", function()
  for _, body in ipairs { "", "<html>oops</html>", "<Error><Code>Broken", "\0\1\2", "<Error></Error>", ("<a>"):rep(1000) } do
    local server <close> = s3_client.serve(answering(418, body))
    local _, err = s3_client.open(server):get("s3://bucket/a")
    t.eq({ err.status, err.retryable }, { 418, false })
    t.ok(not tostring(err):find("\n"))
    local list <close> = s3_client.serve(answering(200, body))
    t.raises("not the document that S3 sends", list_all, s3_client.open(list), "s3://bucket")
  end
end)

t.test("a server that is busy is asked again, as often as the policy has it", function()
  local waits = {}
  local server <close> = s3_client.serve(spoiling(2, function(response)
    response.status, response.body = 503, "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
    return true
  end))
  local client = s3_client.open(server, {}, {}, { sleep = function(seconds) waits[#waits + 1] = seconds end })
  assert(client:get("s3://bucket/a", {}) == nil)
  t.eq(#waits, 2)
  local always <close> = s3_client.serve(answering(503, "<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"))
  client = s3_client.open(always)
  t.fails("throttled", "SlowDown: Reduce your rate.*fewer requests at once.*tried 3 times", client:put("s3://bucket/a", "x"))
end)

t.test("a put whose answer got lost is no conflict with itself", function()
  local server <close> = s3_client.serve(spoiling(1, function(response)
    response.status, response.body = 500, ""
    return true
  end))
  local client = s3_client.open(server)
  local stored = assert(client:put("s3://bucket/a", "hello", { if_none_match = "*" }))
  t.eq(stored.etag, hash.md5("hello"))
  t.eq(statuses(server)[2], "PUT object 412")
end)

-- Lists.

t.test("a list is fetched as it is needed, a page ahead", function()
  local server <close> = s3_client.serve {}
  local client = s3_client.open(server)
  task.map((function() local n = {} for i = 1, 35 do n[i] = i end return n end)(), function(i)
    return client:put(("s3://bucket/%s/%03d"):format(i % 2 == 0 and "even" or "odd", i), "x")
  end)
  local before = #server.s3.log
  for object in client:list("s3://bucket", { page = 10 }) do
    t.ok(object.key <= "even/004")
    if object.key == "even/004" then break end
  end
  t.ok(#server.s3.log - before <= 2)
  local prefixes = {}
  for entry in client:list("s3://bucket/", { delimiter = "/" }) do prefixes[#prefixes + 1] = entry.prefix end
  t.eq(prefixes, { "even/", "odd/" })
  local keys = {}
  for entry in client:list("s3://bucket/odd/", { start_after = "odd/030", page = 1 }) do keys[#keys + 1] = entry.key end
  t.eq(keys, { "odd/031", "odd/033", "odd/035" })
  t.eq(list_all(client, "s3://bucket/nothing"), {})
  t.raises("unknown option 'prefix'", client.list, client, "s3://bucket", { prefix = "x" })
  t.raises("must look like", client.list, client, "bucket")
end)

t.test("a list that breaks off raises", function()
  local server <close> = s3_client.serve { wrap = function(handler)
    return function(request)
      local response = handler(request)
      if request.query:find("continuation") then response.body = response.body:sub(1, -30) end
      return response
    end
  end }
  local client = s3_client.open(server)
  for i = 1, 5 do assert(client:put("s3://bucket/" .. i, "x")) end
  local seen = 0
  t.raises("^s3.list: s3://bucket/: the answer is not the document", function()
    for _ in client:list("s3://bucket", { page = 2 }) do seen = seen + 1 end
  end)
  t.eq(seen, 2)
end)

t.test("many are deleted by the thousand, and what was refused is said of each", function()
  local server <close> = s3_client.serve { undeletable = "^keep" }
  local client, keys = s3_client.open(server), {}
  for i = 1, 2003 do keys[i] = "k" .. i end
  keys[5], keys[1500], keys[2000] = "keep<5>", "keep\n1500", "ctrl\1\255"
  local deleted, errors = client:delete_many("bucket", keys)
  t.eq(deleted, 2001)
  t.match(errors[5], "^s3.delete_many: s3://bucket/keep<5>: AccessDenied")
  t.match(errors[1500], "keep\\x0a1500: AccessDenied")
  errors[5], errors[1500] = nil, nil
  t.eq(next(errors), nil)
  t.eq(#server.s3.log, 4)
  t.eq(client:delete_many("bucket", {}), 0)
  deleted, errors = client:delete_many("nowhere", { "a", "b" })
  t.eq({ deleted, errors[2].code }, { 0, "NoSuchBucket" })
end)

-- Buckets, links.

t.test("buckets are made where the session is, closed, and only once", function()
  local server <close> = s3_client.serve {}
  local client = s3_client.open(server)
  t.eq(client:create_bucket("new-one", { public = false }), { created = true })
  t.match(server.s3.buckets["new-one"].public_access_block, "<BlockPublicAcls>true.*<RestrictPublicBuckets>true")
  t.ok(client:create_bucket("new-one"))
  local names = {}
  for i, bucket in ipairs(assert(client:buckets())) do names[i] = bucket.name end
  t.eq(names, { "bucket", "new-one" })
  assert(client:put("s3://new-one/a", "x"))
  t.fails("http", "BucketNotEmpty.*delete what is in it first", client:delete_bucket("new-one"))
  assert(client:delete("s3://new-one/a"))
  t.ok(client:delete_bucket("new-one"))
  t.fails("http", "NoSuchBucket", client:bucket("new-one"))
  local far <close> = s3_client.serve { region = "eu-west-1" }
  client = s3_client.open(far, {}, {}, { region = "eu-west-1" })
  t.eq(client:create_bucket("new-one"), { created = true })
  t.eq(far.s3.buckets["new-one"].region, "eu-west-1")
  t.eq(client:create_bucket("new-one"), { created = false })
  t.fails("usage", "no bucket has such a name", client:create_bucket("a b"))
end)

t.test("whoever has the link may do the one thing", function()
  local server <close> = s3_client.serve {}
  local client = s3_client.open(server)
  local url = assert(client:presign("s3://bucket/a b", { method = "PUT", expires = 60 }))
  t.eq(http.request { url = url, method = "PUT", body = "hello" }.status, 200)
  t.eq(http.request { url = url }.status, 403)
  t.eq(http.request { url = assert(client:presign("s3://bucket/a b")) }.body, "hello")
end)

t.test("copies take along what is said of the object, or get something new", function()
  local server <close> = s3_client.serve {}
  local client = s3_client.open(server)
  assert(client:put("s3://bucket/a?ü", "hello", { metadata = { a = "1" }, content_type = "image/png" }))
  t.eq(assert(client:copy("s3://bucket/a?ü", "s3://bucket/b")).etag, hash.md5("hello"))
  t.eq({ client:head("s3://bucket/b").metadata.a, client:head("s3://bucket/b").content_type }, { "1", "image/png" })
  assert(client:copy("s3://bucket/b", "s3://bucket/c", { metadata = { b = "2" }, size = 5 }))
  t.eq(client:head("s3://bucket/c").metadata, { b = "2" })
  t.fails("http", "^s3.head: s3://bucket/none: NoSuchKey", client:copy("s3://bucket/none", "s3://bucket/d"))
end)
