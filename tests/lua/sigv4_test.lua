-- SPDX-License-Identifier: MIT
-- Signature Version 4: published vectors, and random requests checked by a verifier that shares nothing with the signer.
local t = require "t"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local json = require "hilum.json"
local sigv4 = require "hilum.sigv4"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local verifier = require "lib.fake.sigv4_verifier"

local decode, encode, expected_signature, hex, hmac = verifier.decode, verifier.encode, verifier.expected, verifier.hex, verifier.hmac

local SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
local EMPTY = hash.sha256("")
local TIME = 1440938160 -- 2015-08-30T12:36:00Z

local function signer(options)
  local full = { access_key = "AKIDEXAMPLE", secret_key = SECRET, region = "us-east-1", service = "s3" }
  for key, value in pairs(options or {}) do full[key] = value end
  return assert(sigv4.signer(full))
end

-- True if the headers of a request prove that it is from who knows the secret. payload: of a service that is not sent the hash.
local function verify(request, secret, payload)
  local sent = {}
  for _, header in ipairs(request.headers) do sent[header[1]:lower()] = header[2] end
  local scope, names, signature = (sent.authorization or ""):match(
    "^AWS4%-HMAC%-SHA256 Credential=AKIDEXAMPLE/(%S+), SignedHeaders=(%S+), Signature=(%x+)$")
  local date = sent["x-amz-date"]
  if not scope or #signature ~= 64 or not verifier.sorted(names) or scope:sub(1, 8) ~= date:sub(1, 8) then return false end
  for name in pairs(sent) do
    if (name == "host" or name:find("^x%-amz%-")) and not (";" .. names .. ";"):find(";" .. name .. ";", 1, true) then
      return false
    end
  end
  local s3 = scope:find("/s3/aws4_request$") ~= nil
  return expected_signature(request, { date = date, scope = scope, names = names, s3 = s3,
    payload = sent["x-amz-content-sha256"] or payload }, secret) == signature
end

local function verify_link(method, url, headers, secret, payload)
  local host, path, query = url:match("^https://([^/]+)([^?]*)%?(.*)$")
  local get = {}
  for name, value in query:gmatch("([^&=]+)=([^&]*)") do get[decode(name)] = decode(value) end
  local scope = get["X-Amz-Credential"]:match("^AKIDEXAMPLE/(.*)$")
  local sent = { { "host", host } }
  for name, value in pairs(headers) do sent[#sent + 1] = { name, value } end
  local s3 = scope:find("/s3/aws4_request$") ~= nil
  return expected_signature({ method = method, path = path, query = query, headers = sent },
    { date = get["X-Amz-Date"], scope = scope, names = get["X-Amz-SignedHeaders"], s3 = s3, payload = payload }, secret)
    == get["X-Amz-Signature"]
end

-- The vectors.

local function joined(headers, more)
  local values = {}
  for _, list in ipairs { headers or {}, more or {} } do
    for _, header in ipairs(list) do
      values[header[1]] = values[header[1]] and values[header[1]] .. "," .. header[2] or header[2]
    end
  end
  return values
end

local function signer_of(file, case, token)
  local options = { token = token, normalize = case.normalize, content_sha256 = case.content_sha256 }
  for key, value in pairs(file.signer) do options[key] = value end
  options.service = case.service or options.service
  return assert(sigv4.signer(options))
end

local function request_of(file, case, more)
  return { method = case.method, host = case.host or file.host, path = case.path, query = case.query,
    headers = joined(case.headers, more), body = case.body, payload = case.payload, time = file.time }
end

local function check_header(file, case)
  local headers = signer_of(file, case, case.token):sign(request_of(file, case))
  t.eq(headers.Authorization:sub(-64), case.header_signature, case.name)
  if case.names then t.eq(headers.Authorization:match("SignedHeaders=([^,]*),"), case.names, case.name) end
  t.eq(headers["x-amz-security-token"], case.token)
end

local function check_query(file, case)
  local request = request_of(file, case, case.query_headers)
  request.expires = case.expires
  local url = signer_of(file, case, case.token):presign(request)
  t.eq(url:match("&X%-Amz%-Signature=(%x+)$"), case.query_signature, case.name)
end

for name, counts in pairs { suite = { 40, 17 }, s3 = { 6, 1 }, services = { 6, 1 } } do
  local file = json.decode(assert(fs.read(("%s/vectors/sigv4/%s.json"):format(t.root, name))))
  local headers, queries = 0, 0
  for _, case in ipairs(file.cases) do
    if case.header_signature then
      headers = headers + 1
      t.test(name .. ": " .. case.name, function() check_header(file, case) end)
    end
    if case.query_signature then
      queries = queries + 1
      t.test(name .. ": link: " .. case.name, function() check_query(file, case) end)
    end
    if case.chunks then
      t.test(name .. ": body in " .. case.name, function()
        local headers_of, chunks = signer_of(file, case):sign(request_of(file, case))
        local size = 0
        t.eq(headers_of["x-amz-content-sha256"], case.payload)
        for i, length in ipairs { 65536, 1024, 0 } do
          local head = chunks:head(("a"):rep(length))
          t.eq(head, ("%x;chunk-signature=%s\r\n"):format(length, case.chunks[i]))
          size = size + #head + length + (length > 0 and 2 or 0)
        end
        local trailer = "\r\n"
        if case.trailer then
          trailer = chunks:trailer(case.trailer[1], case.trailer[2])
          t.eq(trailer, ("%s:%s\r\nx-amz-trailer-signature:%s\r\n\r\n"):format(case.trailer[1], case.trailer[2],
            case.trailer_signature))
        end
        t.eq(size + #trailer, case.wire_size)
        t.eq(sigv4.chunked_size(66560, 65536, case.trailer and table.concat(case.trailer, ":")), case.wire_size)
      end)
    end
  end
  t.test(name .. ": every vector was there", function() t.eq({ headers, queries }, counts) end)
end

-- Random requests.

local function random_text(alphabet, max)
  local parts = {}
  for i = 1, math.random(0, max) do
    local at = math.random(#alphabet)
    parts[i] = alphabet:sub(at, at)
  end
  return table.concat(parts)
end

local BYTES = (function()
  local all = {}
  for byte = 0, 255 do all[byte + 1] = string.char(byte) end
  return table.concat(all)
end)()

local function random_path()
  local segments = {}
  for i = 1, math.random(0, 5) do
    segments[i] = ({ ".", "..", "", sigv4.escape(random_text(BYTES, 12)), sigv4.escape(random_text("ab:/+ \xc3\xa9", 9)) })[math.random(5)]
  end
  return "/" .. table.concat(segments, "/")
end

local function random_query()
  local parts = {}
  for i = 1, math.random(0, 6) do
    local value = math.random(3) > 1 and "=" .. sigv4.escape(random_text("aAbB-~%&=/?é ", 5)) or ""
    parts[i] = sigv4.escape(random_text("aAbBxX-~%+", 3)) .. value
  end
  return table.concat(parts, "&")
end

local function random_headers()
  local headers = {}
  for i = 1, math.random(0, 8) do
    headers[random_text("abXY-zZ09", 6) .. "x" .. i] = random_text("ab \t,;=\xc3\xa9", 14)
  end
  if math.random(2) == 1 then headers["Content-Type"] = "image/png" end
  if math.random(2) == 1 then headers["User-Agent"] = "hilum" end
  return headers
end

local function random_request(payload)
  return { method = ({ "GET", "PUT", "POST", "DELETE", "HEAD" })[math.random(5)], host = "example.com:9000",
    path = random_path(), query = random_query(), headers = random_headers(), payload = payload,
    time = math.random(1, 4102444800) }
end

-- What goes over the wire: the caller's headers and those of the signature.
local function wire(request, signature)
  local headers = { { "Host", request.host } }
  for _, list in ipairs { request.headers, signature } do
    for name, value in pairs(list) do headers[#headers + 1] = { name, value } end
  end
  return { method = request.method, path = request.path, query = request.query, headers = headers }
end

local PAYLOADS = { EMPTY, "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", hash.sha256("abc") }

t.test("random requests convince a verifier, and not when a byte is changed", function()
  math.randomseed(42)
  for i = 1, 1500 do
    local service = ({ "s3", "bedrock", "aoss", "iam" })[math.random(4)]
    local token = math.random(3) == 1 and "AQoDYXdzEPT//token==" or nil
    local payload = PAYLOADS[math.random(#PAYLOADS)]
    local secret = random_text("ABCDabcd0123+/", 90) .. "x"
    local s = signer { service = service, token = token, secret_key = secret, region = "eu-central-" .. i % 3 }
    local request = random_request(payload)
    local received = wire(request, s:sign(request))
    t.ok(verify(received, secret, payload), "request " .. i)
    received.method = "PATCH"
    t.ok(not verify(received, secret, payload), "changed request " .. i)
    t.ok(not verify(wire(request, s:sign(request)), secret .. "x", payload))
  end
end)

t.test("random links convince a verifier", function()
  math.randomseed(7)
  for i = 1, 500 do
    local service = ({ "s3", "execute-api" })[math.random(2)]
    local s = signer { service = service, token = math.random(2) == 1 and "a+b/c==" or nil }
    local request = random_request()
    request.headers = math.random(2) == 1 and { ["x-amz-meta-a"] = " b  c " } or {}
    request.expires = math.random(1, 604800)
    local url = s:presign(request)
    t.ok(not url:find("[^A-Za-z0-9%-._~/?&=%%:]"), url)
    t.ok(verify_link(request.method, url, request.headers, SECRET, service == "s3" and "UNSIGNED-PAYLOAD" or EMPTY), "link " .. i)
  end
end)

t.test("random bodies in chunks: each signature follows from the one before", function()
  math.randomseed(9)
  for _ = 1, 50 do
    local request = random_request("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
    local s = signer()
    local headers, chunks = s:sign(request)
    local previous, scope = headers.Authorization:sub(-64), headers.Authorization:match("AKIDEXAMPLE/([^,]*),")
    local _, key = expected_signature(wire(request, headers), { date = headers["x-amz-date"], scope = scope, names = "host",
      payload = request.payload, s3 = true }, SECRET)
    local function follows(algorithm, ...)
      previous = hex(hmac(key, table.concat({ algorithm, headers["x-amz-date"], scope, previous, ... }, "\n")))
      return previous
    end
    s:sign(random_request()) -- another request on another day between them
    for _ = 1, math.random(5) do
      local data = random_text(BYTES, 300)
      local wanted = follows("AWS4-HMAC-SHA256-PAYLOAD", EMPTY, hash.sha256(data))
      t.eq(chunks:head(data), ("%x;chunk-signature=%s\r\n"):format(#data, wanted))
    end
    t.eq(chunks:trailer("x-amz-checksum-crc32", "abcd=="):match("signature:(%x+)\r\n\r\n$"),
      follows("AWS4-HMAC-SHA256-TRAILER", hash.sha256("x-amz-checksum-crc32:abcd==\n")))
  end
end)

t.test("escape and its inverse", function()
  for byte = 0, 255 do
    local c = string.char(byte)
    t.eq(sigv4.escape(c), encode(c))
    t.eq(sigv4.escape("a/" .. c, true), "a/" .. (c == "/" and c or encode(c)))
  end
  t.eq(sigv4.escape(""), "")
end)

-- Time.

t.test("the key rolls at midnight UTC, and back", function()
  local s, midnight = signer(), 1440979200 -- 2015-08-31T00:00:00Z
  local last = {}
  for _, time in ipairs { midnight - 1, midnight, midnight + 86399, midnight + 86400, midnight - 1, midnight } do
    local request = { host = "b.s3.amazonaws.com", time = time, headers = {}, method = "GET", path = "/", query = "" }
    local headers = s:sign(request)
    t.eq(headers["x-amz-date"], os.date("!%Y%m%dT%H%M%SZ", time))
    t.ok(headers.Authorization:find("/" .. os.date("!%Y%m%d", time) .. "/us-east-1/s3/aws4_request", 1, true))
    t.ok(verify(wire(request, headers), SECRET))
    last[headers.Authorization] = true
  end
  local count = 0
  for _ in pairs(last) do count = count + 1 end
  t.eq(count, 4)
end)

t.test("skew moves the time of signing, and only when none is given", function()
  local s = signer()
  local function signs_at(wanted, time)
    local date = s:sign({ host = "h", time = time })["x-amz-date"]
    for late = 0, time and 0 or 2 do
      if date == os.date("!%Y%m%dT%H%M%SZ", wanted + late) then return true end
    end
  end
  t.eq(s:skew(), 0)
  t.ok(signs_at(os.time()))
  t.eq(s:skew(-1200), -1200)
  t.ok(signs_at(os.time() - 1200))
  t.ok(signs_at(TIME, TIME))
  for _, format in ipairs { "!%a, %d %b %Y %H:%M:%S GMT", "!%Y-%m-%dT%H:%M:%SZ", "!%Y-%m-%dT%H:%M:%S.123Z", "!%Y%m%dT%H%M%SZ" } do
    t.near(assert(s:skew(os.date(format, os.time() + 1200))), 1200, 2)
    t.ok(signs_at(os.time() + 1198) or signs_at(os.time() + 1200))
    s:skew(0)
  end
  for _, text in ipairs { "", "yesterday", "Sun, 30 Foo 2015 12:36:00 GMT", "Sun, 31 Feb 2015 12:36:00 GMT", "2015-08-30",
    ("9"):rep(500) } do
    t.fails("parse", "cannot be read", s:skew(text))
    t.eq(s:skew(), 0)
  end
end)

-- Misuse, and secrets.

t.test("misuse raises and names what is wrong", function()
  local s = signer()
  local function refuse(pattern, request)
    request.host = request.host or "h"
    t.raises(pattern, s.sign, s, request)
  end
  refuse("unknown option 'hots'", { hots = "h" })
  refuse("unknown option 'expires'", { expires = 60 })
  refuse("option 'method': string expected, got number", { method = 1 })
  refuse("option 'headers': table expected", { headers = "x" })
  refuse("names and values must be strings", { headers = { a = 1 } })
  refuse("names and values must be strings", { headers = { "a" } })
  refuse("option 'time': an integer in", { time = -1 })
  refuse("option 'time': an integer in", { time = 1.5 })
  refuse("option 'time': an integer in", { time = 1 << 40 })
  refuse("option 'payload': 64 lower%-case", { payload = "unsigned" })
  refuse("option 'payload': 64 lower%-case", { payload = EMPTY:upper() })
  refuse("option 'payload': there is a body", { payload = EMPTY, body = "" })
  refuse("a path begins with a slash", { path = "x" })
  refuse("holds no query", { path = "/x?y" })
  refuse("needs a method", { method = "" })
  refuse("a name that no header may have", { headers = { ["a b"] = "" } })
  refuse("a name that no header may have", { headers = { [""] = "b" } })
  refuse("the header a has a line break", { headers = { a = "b\r\nx-amz-acl: public-read" } })
  for _, part in ipairs { "method", "host", "path", "query" } do refuse("a request line with a line break", { [part] = "/\n" }) end
  for _, name in ipairs { "Host", "authorization", "X-Amz-Date", "x-amz-content-sha256", "x-amz-security-token" } do
    refuse("is the signer's to set", { headers = { [name] = "x" } })
  end
  t.raises("option 'host' is missing", s.sign, s, {})
  t.raises("table expected", s.sign, s, "h")
  t.raises("option 'expires': an integer in 1..604800", s.presign, s, { host = "h", expires = 604801 })
  t.raises("option 'expires': an integer in 1..604800", s.presign, s, { host = "h", expires = 0 })
  t.raises("more than a century", s.skew, s, 1 << 40)
  t.raises("out of range", sigv4.chunked_size, -1, 1)
  t.raises("out of range", sigv4.chunked_size, 1, 0)
  t.raises("unknown option 'key'", sigv4.signer, { key = "x" })
  t.raises("option 'secret_key': string expected, got nil", sigv4.signer, { access_key = "A" })
  s:close()
  s:close()
  t.raises("signer is closed", s.sign, s, { host = "h" })
end)

t.test("what is too long is refused", function()
  local s = signer()
  local headers = {}
  for i = 1, 125 do headers["x-amz-meta-" .. i] = "v" end
  local request = { method = "GET", path = "/", query = "", host = "h", headers = headers }
  t.ok(verify(wire(request, s:sign(request)), SECRET))
  for i = 126, 128 do headers["x-amz-meta-" .. i] = "v" end
  t.raises("more than 128 headers", s.sign, s, { host = "h", headers = headers })
  headers["x-amz-meta-129"] = "v"
  t.raises("too many", s.sign, s, { host = "h", headers = headers })
  t.raises("more than 128 parameters", s.sign, s, { host = "h", query = ("a=1&"):rep(129) })
  t.raises("bytes of path, query and headers", s.sign, s, { host = "h", path = "/" .. ("x"):rep(17000) })
  t.raises("bytes of path, query and headers", s.sign, s, { host = "h", headers = { a = ("x"):rep(17000) } })
  t.raises("names of the headers are too long", s.sign, s, { host = "h", headers = { [("x"):rep(5000)] = "y" } })
  t.raises("query is too long", s.presign, s, { host = "h", query = ("x"):rep(17000) })
  local _, chunks = s:sign { host = "h", payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" }
  t.raises("trailer is too long", chunks.trailer, chunks, "x", ("y"):rep(500))
  chunks:close()
  t.raises("chunks are closed", chunks.head, chunks, "")
end)

t.test("malformed credentials are an error that does not tell them", function()
  for key, value in pairs { secret_key = "abc\n", access_key = "A B", token = "t%t", region = "" } do
    local options = { access_key = "AKIDEXAMPLE", secret_key = SECRET, region = "us-east-1", service = "s3" }
    options[key] = value
    local s, err = sigv4.signer(options)
    t.fails("auth", value == "" and "must not be empty" or key .. " has a character", s, err)
    t.ok(value == "" or not tostring(err):find(value, 1, true))
  end
end)

t.test("a signer for another region and service signs as one made for them", function()
  local made = signer { token = "AQoDYXdzEPT", region = "eu-west-1", service = "aoss" }
  local base = signer { token = "AQoDYXdzEPT" }
  base:skew(5)
  local moved = assert(base:retarget("eu-west-1", "aoss"))
  local request = { method = "POST", host = "h", path = "/a b", body = "{}", time = 1440938160 }
  t.eq(moved:sign(request), made:sign(request))
  t.ok(moved:sign(request)["x-amz-content-sha256"], "the rules are those of the service")
  t.eq(moved:skew(), 5)
  base:close()
  t.eq(moved:sign(request), made:sign(request), "independent of the first")
  t.raises("signer is closed", base.retarget, base, "x", "s3")
  t.fails("auth", "must not be empty", moved:retarget("", "s3"))
  t.fails("auth", "region has a character", moved:retarget("a b", "s3"))
end)

t.test("a signer does not show what it holds", function()
  local s = signer { token = "AQoDYXdzEPT" }
  t.match(tostring(s), "^hilum%.sigv4%.Signer: ")
  t.eq(getmetatable(s), "hilum.sigv4.Signer")
  local _, err = pcall(s.sign, s, { host = "h", path = "bad" })
  t.ok(not err:find(SECRET, 1, true) and not err:find("AQoDYXdzEPT", 1, true))
end)
