-- SPDX-License-Identifier: MIT
-- The S3 in memory that other tests trust: it takes what is right, and refuses what is not in the words of S3.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local checksums = require "lib.fake.s3.checksums"
local hash = require "hilum.hash"
local http = require "hilum.http"
local http_server = require "http_server"
local s3_server = require "lib.fake.s3.server"
local sigv4 = require "hilum.sigv4"

local s3 = s3_server.new { smallest_part = 10 }
s3:create_bucket("b")
local server <close> = http_server.start({}, s3.handler)
local host = server.url:match("//(.*)")

local function signer(options)
  local all = { access_key = "hilumtest", secret_key = "hilumsecret", region = "us-east-1", service = "s3" }
  for name, value in pairs(options or {}) do all[name] = value end
  return assert(sigv4.signer(all))
end

-- Sends a request that is right but for what is changed. change: method, path, query, body, payload, headers, time; of the signer:
-- access_key, secret_key, region, token; sent: headers that replace signed ones.
local function ask(change)
  local body = change.body or ""
  local headers = signer({ access_key = change.access_key, secret_key = change.secret_key, region = change.region, token = change.token })
    :sign { method = change.method or "PUT", host = host, path = change.path or "/b/key", query = change.query or "",
      headers = change.headers or {}, payload = change.payload or hash.sha256(body), time = change.time }
  for _, list in ipairs { change.headers or {}, change.sent or {} } do
    for name, value in pairs(list) do headers[name] = value or nil end
  end
  local response = assert(http.request { url = server.url .. (change.path or "/b/key") .. (change.query and "?" .. change.query or ""),
    method = change.method or "PUT", headers = headers, body = body })
  return response.status, (response.body or ""):match("<Code>(.-)</Code>"), response
end

local function refused(status, code, change)
  local got, said = ask(change)
  t.eq({ got, said }, { status, code })
end

t.test("what is right is taken", function()
  t.eq((ask { body = "hello" }), 200)
  t.eq(s3.buckets.b.objects.key.data, "hello")
  local status, _, response = ask { method = "GET" }
  t.eq({ status, response.body }, { 200, "hello" })
  t.eq((ask { body = "x", payload = "UNSIGNED-PAYLOAD", headers = { ["x-amz-checksum-crc32"] = checksums.of("crc32", "x") } }), 200)
  t.eq((ask { body = "x", headers = { ["Content-MD5"] = checksums.base64(hash.new("md5"):update("x"):digest()) } }), 200)
end)

t.test("who asks is checked", function()
  refused(403, "SignatureDoesNotMatch", { secret_key = "other" })
  refused(403, "InvalidAccessKeyId", { access_key = "nobody" })
  refused(400, "InvalidToken", { token = "t" })
  refused(403, "RequestTimeTooSkewed", { time = os.time() - 1000 })
  refused(403, "RequestTimeTooSkewed", { time = os.time() + 1000 })
  refused(400, "AuthorizationHeaderMalformed", { region = "eu-west-1" })
  refused(403, "AccessDenied", { sent = { ["x-amz-meta-a"] = "not signed" } })
  refused(403, "SignatureDoesNotMatch", { headers = { ["x-amz-meta-a"] = "1" }, sent = { ["x-amz-meta-a"] = "2" } })
  t.eq(http.request { url = server.url .. "/b/key" }.status, 403)
end)

t.test("links", function()
  s3.buckets.b.objects.key.data = "hello"
  local function fetch(options) return http.request { url = signer(options.signer):presign(options.request) }.status end
  local function request(more)
    local all = { scheme = "http", method = "GET", host = host, path = "/b/key" }
    for name, value in pairs(more or {}) do all[name] = value end
    return all
  end
  t.eq(fetch { request = request() }, 200)
  t.eq(fetch { request = request { time = os.time() - 100, expires = 10 } }, 403)
  t.eq(fetch { request = request { method = "PUT" } }, 403)
  t.eq(fetch { request = request(), signer = { secret_key = "x" } }, 403)
end)

t.test("bodies are checked", function()
  refused(400, "XAmzContentSHA256Mismatch", { body = "hello", payload = hash.sha256("other") })
  for _, algorithm in ipairs(checksums.ALGORITHMS) do
    local name = "x-amz-checksum-" .. algorithm
    t.eq((ask { body = "hello", headers = { [name] = checksums.of(algorithm, "hello") } }), 200)
    refused(400, "BadDigest", { body = "hello", headers = { [name] = checksums.of(algorithm, "other") } })
  end
  refused(400, "BadDigest", { body = "hello", headers = { ["Content-MD5"] = checksums.of("md5", "other") } })
end)

t.test("framed bodies are checked", function()
  local function framed(data, trailer, length)
    return { body = ("%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n"):format(#data, data, trailer),
      payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", headers = { ["x-amz-trailer"] = "x-amz-checksum-crc32",
        ["x-amz-decoded-content-length"] = tostring(length or #data), ["Content-Encoding"] = "aws-chunked" } }
  end
  t.eq((ask(framed("hello", checksums.of("crc32", "hello")))), 200)
  t.eq(s3.buckets.b.objects.key.data, "hello")
  t.eq(s3.buckets.b.objects.key.metadata["content-encoding"], nil)
  refused(400, "BadDigest", framed("hello", checksums.of("crc32", "jello")))
  refused(400, "IncompleteBody", framed("hello", checksums.of("crc32", "hello"), 6))
  local without = framed("hello", "")
  without.body = "5\r\nhello\r\n0\r\n\r\n"
  refused(400, "MalformedTrailerError", without)
end)

t.test("signed chunks are checked", function()
  local function send(change)
    local data = ("x"):rep(9000)
    local headers, chunks = signer():sign { method = "PUT", host = host, path = "/b/chunks", headers = {
      ["x-amz-trailer"] = "x-amz-checksum-crc32c", ["x-amz-decoded-content-length"] = "18000" },
      payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" }
    headers["x-amz-trailer"], headers["x-amz-decoded-content-length"] = "x-amz-checksum-crc32c", "18000"
    local body = chunks:head(data) .. data .. "\r\n" .. chunks:head(data) .. data .. "\r\n" .. chunks:head("")
      .. chunks:trailer("x-amz-checksum-crc32c", checksums.of("crc32c", data .. data))
    return http.request { url = server.url .. "/b/chunks", method = "PUT", headers = headers, body = change(body) }.status
  end
  t.eq(send(function(body) return body end), 200)
  t.eq(send(function(body) return (body:gsub("x\r\n", "y\r\n", 1)) end), 403)
  t.eq(send(function(body) return (body:gsub("trailer%-signature:%x", "trailer-signature:g")) end), 403)
end)

t.test("objects that are not there, conditions, keys, what this server does not know", function()
  refused(404, "NoSuchKey", { method = "GET", path = "/b/none" })
  refused(404, "NoSuchBucket", { method = "GET", path = "/none/key" })
  refused(412, "PreconditionFailed", { headers = { ["If-None-Match"] = "*" } })
  refused(400, "KeyTooLongError", { path = "/b/" .. ("k"):rep(1025) })
  refused(501, "NotImplemented", { method = "GET", query = "acl=" })
  refused(400, "InvalidRequest", { method = "POST", path = "/b", query = "delete=", body = "<Delete/>" })
end)

t.test("a listing, page by page", function()
  local bucket = s3:create_bucket("list")
  for i = 1, 25 do bucket.objects[("d%d/%02d"):format(i % 3, i)] = { data = "", mtime = 0, etag = '"e"', metadata = {}, sums = {} } end
  local keys, token = {}, ""
  repeat
    local query = "continuation-token=" .. token .. "&list-type=2&max-keys=7&prefix=d"
    local _, _, response = ask { method = "GET", path = "/list", query = query }
    for key in response.body:gmatch("<Key>(.-)</Key>") do keys[#keys + 1] = key end
    token = response.body:match("<NextContinuationToken>(.-)<")
  until not token
  t.eq(#keys, 25)
  for i = 2, 25 do t.ok(keys[i - 1] < keys[i]) end
  local _, _, folders = ask { method = "GET", path = "/list", query = "delimiter=%2F&list-type=2&max-keys=2&prefix=" }
  t.eq({ folders.body:match("<KeyCount>(%d+)<"), folders.body:match("d0/.*d1/") ~= nil, folders.body:find("d2/") }, { "2", true, nil })
  t.match(folders.body, "<IsTruncated>true<")
end)

t.test("parts: order, size, ETags, and the whole", function()
  local _, _, response = ask { method = "POST", path = "/b/parts", query = "uploads=" }
  local id = sigv4.escape(response.body:match("<UploadId>(.-)<"))
  local function part(number, data)
    local _, _, answer = ask { path = "/b/parts", query = ("partNumber=%d&uploadId=%s"):format(number, id), body = data }
    return answer.headers.etag
  end
  local function complete(list)
    local parts = {}
    for i, one in ipairs(list) do
      parts[i] = ("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>"):format(one[1], one[2]:gsub('"', "&quot;"))
    end
    return ask { method = "POST", path = "/b/parts", query = "uploadId=" .. id,
      body = "<CompleteMultipartUpload>" .. table.concat(parts) .. "</CompleteMultipartUpload>" }
  end
  local first, second, small = part(1, "0123456789"), part(2, "abc"), part(3, "x")
  t.eq(select(2, complete { { 2, second }, { 1, first } }), "InvalidPartOrder")
  t.eq(select(2, complete { { 1, second }, { 2, second } }), "InvalidPart")
  t.eq(select(2, complete { { 2, second }, { 3, small } }), "EntityTooSmall")
  t.eq((complete { { 1, first }, { 2, second } }), 200)
  t.eq(s3.buckets.b.objects.parts.data, "0123456789abc")
  t.eq(select(2, complete { { 1, first } }), "NoSuchUpload")
end)
