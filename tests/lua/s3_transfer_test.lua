-- SPDX-License-Identifier: MIT
-- Files to objects and back, in one request or in parts, when all goes well and when it does not.
local t = require "t"
local s3_client = require "s3_client"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local multipart = require "lib.aws.s3.multipart"
local task = require "hilum.task"

local MIB = 1 << 20
local SIZE = 40 * MIB + 7 -- three parts

-- A file whose every MiB is different.
local function make_file(path, size)
  local file <close> = assert(fs.create(path))
  for i = 0, (size - 1) // MIB do
    local piece = ("%08d%s"):format(i, path):rep(MIB // 8):sub(1, math.min(MIB, size - i * MIB))
    assert(file:write(piece))
  end
  assert(file:commit { sync = false })
  return path
end

local function count(server, pattern)
  local found = 0
  for _, entry in ipairs(server.s3.log) do
    if (entry.operation .. " " .. entry.status):find(pattern) then found = found + 1 end
  end
  return found
end

local function leftovers(client)
  local found = {}
  for upload in client:uploads("s3://bucket/") do found[#found + 1] = upload end
  return found
end

-- A server whose handler f may answer instead: f(request, next) -> response.
local function serve(f, options)
  options = options or {}
  options.wrap = function(handler) return function(request) return f(request, handler) end end
  return s3_client.serve(options)
end

local function refuse(code, status)
  return { status = status or 403, body = ("<Error><Code>%s</Code><Message>No.</Message></Error>"):format(code) }
end

local function parameter(request, name) return request.query:match(name .. "=([^&]+)") end

t.test("parts are as small as 10,000 of them allow", function()
  t.eq(multipart.part_size(1), 16 * MIB)
  t.eq(multipart.part_size(160000 * MIB), 16 * MIB)
  t.eq(multipart.part_size(160000 * MIB + 1), 32 * MIB)
  t.eq(multipart.part_size(50000000 * MIB), 8192 * MIB)
end)

t.test("small files go in one request, and come in one when their size is known", function()
  local server <close> = s3_client.serve {}
  local client, folder = s3_client.open(server), t.tmp()
  for _, size in ipairs { 0, 1, 100000 } do
    local path = make_file(folder .. "/f.png", size)
    t.eq(assert(client:upload(path, "s3://bucket/in/")).etag, hash.md5(fs.read(path)))
    local got = assert(client:download("s3://bucket/in/f.png", folder .. "/back", { size = size }))
    t.eq({ got.size, got.content_type }, { size, "image/png" })
    t.eq(fs.read(folder .. "/back"), fs.read(path))
    assert(client:download("s3://bucket/in/f.png", folder .. "/back"))
  end
  t.eq({ count(server, "PUT object 200"), count(server, "GET object 200"), count(server, "HEAD object 200") }, { 3, 6, 3 })
  t.eq(#server.s3.log, 12)
  t.fails("io", "/none", client:upload(folder .. "/none", "s3://bucket/x"))
  t.fails("io", "not a regular file", client:upload(folder, "s3://bucket/x"))
  t.fails("http", "NoSuchKey", client:download("s3://bucket/none", folder .. "/none"))
  t.fails("http", "NoSuchKey", client:download("s3://bucket/none", folder .. "/none", { size = 1 }))
  t.fails("io", "/no/such", client:download("s3://bucket/in/f.png", "/no/such/f"))
  t.raises("unknown option 'resumee'", client.upload, client, folder .. "/f.png", "s3://bucket/x", { resumee = true })
  t.eq(fs.list(folder), { "back", "f.png" })
end)

t.test("large files go in parts and come in ranges, with each checksum", function()
  local server <close> = serve(function(request, handler)
    if request.method ~= "HEAD" or not request.query:find("partNumber=1") then return handler(request) end
    return { status = 206, headers = { ["Content-Length"] = 16 * MIB } }
  end)
  local folder = t.tmp()
  local path = make_file(folder .. "/big", SIZE)
  local sum = hash.sha256_file(path)
  for _, algorithm in ipairs { "crc64nvme", "crc32c", "crc32", "sha256", false } do
    local client = s3_client.open(server, { checksum = algorithm })
    local stored = assert(client:upload(path, "s3://bucket/big", { metadata = { a = "b" }, trailer = algorithm == "crc32" }))
    local object = server.s3.buckets.bucket.objects.big
    t.eq(hash.sha256(object.data), sum)
    t.eq(object.composite or false, algorithm == "sha256")
    t.ok(algorithm == false or object.sums[algorithm])
    t.eq('"' .. stored.etag .. '"', object.etag)
    t.match(stored.etag, "%-3$")
    local got = assert(client:download("s3://bucket/big", folder .. "/back"))
    t.eq({ got.size, got.metadata.a }, { SIZE, "b" })
    t.eq(hash.sha256_file(folder .. "/back"), sum)
    t.eq(#leftovers(client), 0)
  end
end)

-- Stores a file in parts of so many bytes.
local function put_in_parts(client, key, path, size)
  local upload <close> = assert(multipart.create(client, { bucket = "bucket", key = key }, {}))
  local data = assert(fs.read(path))
  for first = 0, #data - 1, size do assert(upload:put(first // size + 1, data:sub(first + 1, first + size))) end
  assert(upload:complete())
end

t.test("a file is compared with what went up in one request or in parts of any program, also without checksums", function()
  local told -- bytes of a part, by a server that knows
  local server <close> = serve(function(request, handler)
    if request.method ~= "HEAD" then return handler(request) end
    if parameter(request, "partNumber") then return { headers = { ["Content-Length"] = told } } end
    local response = handler(request)
    for name in pairs(response.headers) do
      if name:find("^x%-amz%-checksum") and not name:find("sha256") then response.headers[name] = nil end
    end
    return response
  end)
  server.s3.smallest_part = 1
  local dir, same = t.tmp(), require "lib.aws.s3.same"
  local path, other = make_file(dir .. "/a", 6 * MIB), make_file(dir .. "/b", 6 * MIB)
  local client, places = s3_client.open(server), {}
  for key, size in pairs { one = 6 * MIB, aws = 5 * MIB, strange = 3 * MIB + 1 } do
    places[key] = { bucket = "bucket", key = key }
    put_in_parts(client, key, path, size)
  end
  assert(client:upload(path, "s3://bucket/simple"))
  places.simple = { bucket = "bucket", key = "simple" }
  put_in_parts(s3_client.open(server, { checksum = "sha256" }), "sums", path, 5 * MIB)
  places.sums = { bucket = "bucket", key = "sums" }
  local function judged(file)
    local found = {}
    for key, place in pairs(places) do found[key] = tostring(same(file, client, place)) end
    return found
  end
  t.eq(judged(path), { one = "true", aws = "true", simple = "true", sums = "true", strange = "nil" })
  t.eq(judged(other), { one = "nil", aws = "nil", simple = "false", sums = "nil", strange = "nil" })
  told = 3 * MIB + 1
  t.eq({ same(path, client, places.strange), same(other, client, places.strange) }, { true, false })
  t.eq(same(path, client, { bucket = "bucket", key = "gone" }), nil)
end)

t.test("a range that arrives broken is found out, and nothing is left of it", function()
  local spoilt = 0
  local server <close> = serve(function(request, handler)
    if request.method == "HEAD" and request.query:find("partNumber=1") then
      return { status = 206, headers = { ["Content-Length"] = 16 * MIB } }
    end
    local response = handler(request)
    if response.status == 206 and request.headers.range:find("^bytes=16777216%-") then
      spoilt = spoilt + 1
      response.body = "X" .. response.body:sub(2)
    end
    return response
  end)
  local folder = t.tmp()
  local path = make_file(folder .. "/big", SIZE)
  for _, algorithm in ipairs { "crc64nvme", "sha256" } do
    local client = s3_client.open(server, { checksum = algorithm })
    assert(client:upload(path, "s3://bucket/big"))
    t.fails("integrity", "^s3.download: s3://bucket/big: what arrived does not have the " .. algorithm:upper(),
      client:download("s3://bucket/big", folder .. "/back"))
    t.ok(client:download("s3://bucket/big", folder .. "/back", { verify = false }))
    assert(fs.remove(folder .. "/back"))
  end
  t.eq(spoilt, 4)
  t.eq(fs.list(folder), { "big" })
end)

t.test("an object that is replaced while it is fetched is an error", function()
  local server <close> = serve(function(request, handler)
    local response = handler(request)
    if request.method == "HEAD" then request.s3.buckets.bucket.objects.big.etag = '"other"' end
    return response
  end)
  local client, folder = s3_client.open(server), t.tmp()
  assert(client:upload(make_file(folder .. "/big", SIZE), "s3://bucket/big"))
  t.fails("integrity", "s3://bucket/big: the object was replaced while", client:download("s3://bucket/big", folder .. "/back"))
  t.eq(fs.list(folder), { "big" })
end)

t.test("a server that knows no ranges is an error, not a wrong file", function()
  local server <close> = serve(function(request, handler)
    local response = handler(request)
    if response.status ~= 206 then return response end
    return { status = 200, headers = { ETag = response.headers.ETag }, body = request.s3.buckets.bucket.objects.big.data }
  end)
  local client, folder = s3_client.open(server), t.tmp()
  assert(client:upload(make_file(folder .. "/big", SIZE), "s3://bucket/big"))
  t.fails("http", "range", client:download("s3://bucket/big", folder .. "/back"))
  t.eq(fs.list(folder), { "big" })
end)

t.test("a part that is refused ends the upload and leaves nothing", function()
  local server <close> = serve(function(request, handler)
    if parameter(request, "partNumber") == "2" then return refuse("AccessDenied") end
    return handler(request)
  end)
  local client = s3_client.open(server)
  t.fails("auth", "^s3.upload: s3://bucket/big: AccessDenied", client:upload(make_file(t.tmp() .. "/big", SIZE), "s3://bucket/big"))
  t.eq(#leftovers(client), 0)
  t.eq(count(server, "DELETE object%?uploadId 204"), 1)
end)

t.test("an upload that is cancelled leaves nothing", function()
  local upload
  local server <close> = serve(function(request, handler)
    if parameter(request, "partNumber") == "3" then
      upload:cancel()
      task.sleep(60)
    end
    return handler(request)
  end)
  local client = s3_client.open(server)
  upload = task.spawn(client.upload, client, make_file(t.tmp() .. "/big", SIZE), "s3://bucket/big")
  local _, err = upload:join()
  t.eq(err.kind, "cancelled")
  t.eq(#leftovers(client), 0)
end)

t.test("another run goes on with the parts that are there", function()
  local broken = true
  local server <close> = serve(function(request, handler)
    if broken and parameter(request, "partNumber") == "3" then return refuse("AccessDenied") end
    return handler(request)
  end)
  local client, path = s3_client.open(server), t.tmp() .. "/big"
  make_file(path, SIZE)
  assert(client:put("s3://bucket/big", "old"))
  local function upload() return client:upload(path, "s3://bucket/big", { resume = true, at_once = 1 }) end
  t.fails("auth", "AccessDenied", upload())
  t.eq(#leftovers(client), 1)
  broken = false
  local changed = ("!"):rep(MIB)
  local file = assert(io.open(path, "r+b"))
  file:seek("set", 20 * MIB)
  file:write(changed)
  file:close()
  assert(upload())
  t.eq(hash.sha256(server.s3.buckets.bucket.objects.big.data), hash.sha256_file(path))
  t.eq(count(server, "PUT object%?partNumber 200"), 4) -- 1, 2, then 2, which had changed, and 3
  t.eq(count(server, "POST object%?uploads 200"), 1)
  t.eq(#leftovers(client), 0)
end)

t.test("who may not list leftovers begins anew; so does who sends another checksum", function()
  local allowed = true
  local server <close> = serve(function(request, handler)
    if request.query:find("uploads$") and request.method == "GET" and not allowed then return refuse("AccessDenied") end
    return handler(request)
  end)
  local client, path = s3_client.open(server), make_file(t.tmp() .. "/big", SIZE)
  local before = assert(multipart.create(client, { bucket = "bucket", key = "big" }, {}))
  assert(before:put(1, "hello"))
  allowed = false
  assert(client:upload(path, "s3://bucket/big", { resume = true }))
  t.eq(hash.sha256(server.s3.buckets.bucket.objects.big.data), hash.sha256_file(path))
  allowed = true
  t.eq(#leftovers(client), 1)
  t.eq(multipart.fits({ checksum = "sha256" }, client, {}), false)
  t.eq(multipart.fits({ checksum = "crc64nvme", checksum_type = "FULL_OBJECT" }, client, {}), true)
  t.eq(multipart.fits({ checksum = "crc32", checksum_type = "COMPOSITE" }, client, { checksum = "crc32" }), false)
  t.eq(multipart.fits({}, client, {}), true)
end)

t.test("leftovers are listed and given up", function()
  local server <close> = s3_client.serve {}
  local client = s3_client.open(server)
  local upload = assert(multipart.create(client, { bucket = "bucket", key = "a?ü" }, {}))
  assert(upload:put(1, "hello"))
  local list = leftovers(client)
  t.eq({ #list, list[1].key, list[1].id }, { 1, "a?ü", upload.id })
  t.near(list[1].started, os.time(), 60)
  t.ok(client:abort("s3://bucket/a?ü", upload.id))
  t.ok(client:abort("s3://bucket/a?ü", upload.id))
  t.eq(#leftovers(client), 0)
end)

t.test("leftovers are known by their keys, also where a server does not say that it encodes them", function()
  local server <close> = serve(function(request, handler)
    local response = handler(request)
    if request.query:find("uploads") then response.body = (response.body or ""):gsub("<EncodingType>url</EncodingType>", "") end
    return response
  end)
  local client = s3_client.open(server)
  for _, key in ipairs { "a?ü b%41+", "plain" } do
    local upload = assert(multipart.create(client, { bucket = "bucket", key = key }, {}))
    t.eq({ leftovers(client)[1].key, leftovers(client)[1].id }, { key, upload.id })
    assert(upload:abort())
  end
end)

local function is_completion(request) return request.method == "POST" and request.query:find("uploadId") end

t.test("an error inside of a 200 is an error", function()
  local times = 1
  local server <close> = serve(function(request, handler)
    if is_completion(request) and times > 0 then
      times = times - 1
      return { body = '<?xml version="1.0"?>\n\n  <Error><Code>InternalError</Code><Message>Try again.</Message></Error>' }
    end
    return handler(request)
  end)
  local client, path = s3_client.open(server), make_file(t.tmp() .. "/big", SIZE)
  assert(client:upload(path, "s3://bucket/big"))
  t.eq(#server.s3.buckets.bucket.objects.big.data, SIZE)
  times = 100
  t.fails("http", "InternalError: Try again.*tried 3 times", client:upload(path, "s3://bucket/other"))
  t.eq(server.s3.buckets.bucket.objects.other, nil)
  t.eq(#leftovers(client), 0)
end)

t.test("a completion whose answer got lost is no failure", function()
  local lost = true
  local server <close> = serve(function(request, handler)
    local response = handler(request)
    if is_completion(request) and lost then
      lost = false
      request.connection:close()
      return nil
    end
    return response
  end)
  local client = s3_client.open(server)
  local stored = assert(client:upload(make_file(t.tmp() .. "/big", SIZE), "s3://bucket/big"))
  t.eq('"' .. stored.etag .. '"', server.s3.buckets.bucket.objects.big.etag)
  t.eq(count(server, "POST object%?uploadId 404"), 1)
end)

t.test("conditions hold for what goes in parts", function()
  local server <close> = s3_client.serve {}
  local client, path = s3_client.open(server), make_file(t.tmp() .. "/big", SIZE)
  assert(client:upload(path, "s3://bucket/big", { if_none_match = "*" }))
  t.fails("http", "PreconditionFailed", client:upload(path, "s3://bucket/big", { if_none_match = "*" }))
  t.eq(#leftovers(client), 0)
end)

t.test("a file that changes between its parts is an error", function()
  local path = make_file(t.tmp() .. "/big", SIZE)
  local server <close> = serve(function(request, handler)
    if parameter(request, "partNumber") == "1" then assert(fs.append(path, "x")) end
    return handler(request)
  end)
  local client = s3_client.open(server)
  t.fails("io", "big", client:upload(path, "s3://bucket/big"))
  t.eq(#leftovers(client), 0)
  t.eq(server.s3.buckets.bucket.objects.big, nil)
end)

t.test("beyond 5 GiB a copy is made of parts", function()
  local size, ranges, begun = (5 << 30) + 1, {}, nil
  local server <close> = serve(function(request, handler)
    local headers = request.headers
    if request.method == "HEAD" then
      return { headers = { ["Content-Length"] = size, ETag = '"e"', ["Content-Type"] = "image/png", ["x-amz-meta-a"] = "1" } }
    elseif request.query == "uploads" then
      begun = headers
    elseif headers["x-amz-copy-source"] then
      ranges[#ranges + 1] = headers["x-amz-copy-source-range"]
      return { body = "<CopyPartResult><ETag>&quot;e" .. #ranges .. "&quot;</ETag></CopyPartResult>" }
    elseif is_completion(request) then
      return { body = "<CompleteMultipartUploadResult><ETag>\"all-11\"</ETag></CompleteMultipartUploadResult>" }
    end
    return handler(request)
  end)
  local client = s3_client.open(server)
  t.eq(assert(client:copy("s3://bucket/a", "s3://bucket/b")).etag, "all-11")
  t.eq({ begun["content-type"], begun["x-amz-meta-a"] }, { "image/png", "1" })
  table.sort(ranges, function(a, b) return #a == #b and a < b or #a < #b end)
  t.eq(#ranges, 11)
  t.eq({ ranges[1], ranges[2], ranges[11] }, { "bytes=0-536870911", "bytes=536870912-1073741823", "bytes=5368709120-5368709120" })
end)

t.test("many at once", function()
  local server <close> = s3_client.serve {}
  local client, folder, names = s3_client.open(server), t.tmp(), {}
  for i = 1, 100 do
    names[i] = ("%03d.bin"):format(i)
    make_file(folder .. "/" .. names[i], i * 1000)
  end
  local _, errors = task.map(names, { at_once = 16 }, function(name)
    return client:upload(folder .. "/" .. name, "s3://bucket/" .. name)
  end)
  t.eq(errors, nil)
  t.ok(server.accepted <= 16)
  local back = t.tmp()
  _, errors = task.map(names, { at_once = 16 }, function(name)
    return client:download("s3://bucket/" .. name, back .. "/" .. name, { sync = false })
  end)
  t.eq(errors, nil)
  for _, name in ipairs(names) do t.eq(fs.read(back .. "/" .. name), fs.read(folder .. "/" .. name)) end
end)
