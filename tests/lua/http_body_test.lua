-- SPDX-License-Identifier: MIT
-- http: what is sent (strings, files, aws-chunked framing) and what takes answers (sinks, pipes), and their digests.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local aws_chunked = require "lib.fake.aws_chunked"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local http = require "hilum.http"
local http_server = require "http_server"
local ranged = require "lib.fake.ranged"
local sigv4 = require "hilum.sigv4"
local task = require "hilum.task"

local function ask(request) return assert(http.request(request)) end

-- Bytes without a pattern that a mistake by a block could hide in.
local function noise(size, seed)
  local parts, state = {}, seed or 1
  for i = 1, size // 4 + 1 do
    state = (state * 1103515245 + 12345) & 0x7fffffff
    parts[i] = string.pack("<I4", state)
  end
  return table.concat(parts):sub(1, size)
end

local function write_file(data)
  local path = fs.join(t.tmp(), "file")
  assert(fs.write(path, data))
  return path
end

-- A server that keeps what it is sent.
local function receiver()
  local received = {}
  local server = http_server.start({}, function(request)
    received[#received + 1] = request:body()
    return {}
  end)
  return server, received
end

local function send(server, body) return ask { url = server.url, method = "PUT", body = body } end

local function base64(hex)
  local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local bytes = hex:gsub("%x%x", function(x) return string.char(tonumber(x, 16)) end)
  local padding = -#bytes % 3
  local text = (bytes .. ("\0"):rep(padding)):gsub("...", function(three)
    local number = string.unpack(">I3", three)
    local four = ""
    for shift = 18, 0, -6 do four = four .. digits:sub((number >> shift & 63) + 1, (number >> shift & 63) + 1) end
    return four
  end)
  return text:sub(1, #text - padding) .. ("="):rep(padding)
end

-- Files.

t.test("strings, files and parts of files arrive as they are", function()
  local server <close>, received = receiver()
  for _, size in ipairs { 0, 1, 16384, 262144, 262145, 1000003 } do
    local data = noise(size)
    local body <close> = assert(http.file(write_file(data)))
    t.eq(body:size(), size)
    send(server, data)
    send(server, body)
    send(server, body)
    for _ = 1, 3 do t.ok(table.remove(received) == data, size) end
  end
  local data = noise(5000)
  local path = write_file(data)
  send(server, assert(http.file(path, 10, 100)))
  send(server, assert(http.file(path, 4000)))
  send(server, assert(http.file(path, 5000)))
  t.eq(received, { data:sub(11, 110), data:sub(4001), "" })
end)

t.test("what is no regular file, or has not those bytes, is no body", function()
  local path = write_file("12345")
  t.fails("io", "No such file", http.file(path .. "x"))
  t.fails("io", "not a regular file", http.file(fs.dir(path)))
  os.execute(("mkfifo '%s.fifo'"):format(path))
  t.fails("io", "not a regular file", http.file(path .. ".fifo"))
  t.fails("io", "has 5 bytes", http.file(path, 6))
  t.fails("io", "has 5 bytes", http.file(path, 1, 5))
  t.raises("negative", http.file, path, -1)
  local body = assert(http.file(path))
  body:close()
  t.raises("closed", body.size, body)
  t.raises("closed", http.request, { url = "http://127.0.0.1:1/", method = "PUT", body = body })
end)

t.test("a file that changes before all of it is sent is an error, not a mixture", function()
  local server <close>, received = receiver()
  for _, change in ipairs {
    function(path) assert(fs.write(path, "short")) return path end, -- another file of that name: the one opened is as it was
    function(path) os.execute(("truncate -s 100000 '%s'"):format(path)) end,
    function(path) assert(fs.append(path, "more")) end,
    function(path) os.execute(("truncate -s 0 '%s'"):format(path)) end,
  } do
    local path = write_file(noise(400000))
    local body <close> = assert(http.file(path))
    local replaced = change(path)
    local answer, err = http.request { url = server.url, method = "PUT", body = body }
    if replaced then
      t.eq(answer.status, 200)
    else
      t.fails("io", "changed while", answer, err)
      t.eq({ err.code, err.retryable }, { "FILE_CHANGED", false })
      t.fails("io", "changed while", body:digest { "md5" })
    end
  end
  t.eq(#received, 1)
end)

t.test("a small file that was digested is sent as it was then, a large one as it is", function()
  local server <close> = http_server.start({}, function(request) return { body = hash.sha256(request:body()) } end)
  for _, size in ipairs { 0, 1, 400000, 1 << 20 } do
    local data = noise(size)
    local path = write_file(data)
    local body <close> = assert(http.file(path))
    t.eq(assert(body:digest { "sha256" }).sha256, hash.sha256(data))
    assert(fs.append(path, "more"))
    t.eq(assert(http.request { url = server.url, method = "PUT", body = body }).body, hash.sha256(data))
  end
  local path = write_file(noise((1 << 20) + 1))
  local body <close> = assert(http.file(path))
  assert(body:digest { "sha256" })
  assert(fs.append(path, "more"))
  t.fails("io", "changed while", http.request { url = server.url, method = "PUT", body = body })
end)

t.test("a body may be closed while it is sent", function()
  local server <close>, received = receiver()
  local data = noise(3000000)
  local body = assert(http.file(write_file(data)))
  local sending = task.spawn(send, server, body)
  task.sleep(0)
  body:close()
  assert(sending:join())
  t.ok(received[1] == data)
end)

-- Digests.

t.test("digests of strings, files and answers", function()
  local names = { "sha256", "sha1", "md5", "crc32", "crc32c", "crc64nvme" }
  local server <close> = http_server.start({}, function(request) return { body = request:body() } end)
  for _, size in ipairs { 0, 9, 100000, 600000 } do
    local data = noise(size)
    local wanted = { sha256 = hash.sha256(data), sha1 = hash.sha1(data), md5 = hash.md5(data), crc32 = base64(hash.crc32(data)),
      crc32c = base64(hash.crc32c(data)), crc64nvme = base64(hash.crc64nvme(data)) }
    t.eq(http.digest(data, names), wanted)
    t.eq(assert(http.file(write_file(data))):digest(names), wanted)
    t.eq(ask { url = server.url, method = "PUT", body = data, digest = names }.digests, wanted)
  end
  local part = assert(http.file(write_file("0123456789"), 2, 3))
  t.eq(part:digest { "md5" }, { md5 = hash.md5("234") })
  t.eq(part:digest {}, {})
end)

-- aws-chunked.

t.test("a checksum behind the body, computed as it is sent", function()
  local server <close>, received = receiver()
  for _, size in ipairs { 0, 1, 65535, 65536, 65537, 300000 } do
    local data = noise(size)
    for _, checksum in ipairs { "crc64nvme", "crc32", "sha256" } do
      local body = assert(http.chunked(size % 2 == 0 and data or http.file(write_file(data)), { checksum = checksum }))
      t.eq(ask { url = server.url, method = "PUT", body = body }.status, 200)
      local framed = table.remove(received)
      t.eq(body:size(), #framed)
      local decoded = assert(aws_chunked.decode(framed))
      t.ok(decoded.data == data, size)
      local digest = hash[checksum](data)
      t.eq(decoded.trailers, { ["x-amz-checksum-" .. checksum] = base64(digest) })
    end
  end
end)

-- What the chunks of data have to be, by sigv4's own words.
local function sign_in_lua(chunks, data, checksum)
  local parts = {}
  for at = 1, #data, 65536 do
    local piece = data:sub(at, at + 65535)
    parts[#parts + 1] = chunks:head(piece) .. piece .. "\r\n"
  end
  parts[#parts + 1] = chunks:head("")
  local trailer = checksum and chunks:trailer("x-amz-checksum-" .. checksum, base64(hash[checksum](data)))
  return table.concat(parts) .. (trailer or "\r\n")
end

t.test("signed chunks, again after a connection that was closed", function()
  local framed = {}
  local server <close> = http_server.start({}, function(request)
    if request.number % 2 == 0 then return nil end
    framed[#framed + 1] = request:body()
    return {}
  end)
  local signer = assert(sigv4.signer { access_key = "A", secret_key = "s", region = "us-east-1", service = "s3" })
  ask { url = server.url }
  for _, size in ipairs { 0, 65536, 200001 } do
    for _, checksum in ipairs { false, "crc32c" } do
      local request = { method = "PUT", host = "h", time = 1440938160,
        payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" .. (checksum and "-TRAILER" or "") }
      local data = noise(size)
      local _, chunks = signer:sign(request)
      local body = assert(http.chunked(data, { checksum = checksum or nil, chunks = chunks }))
      ask { url = server.url, method = "PUT", body = body }
      local _, again = signer:sign(request)
      local wanted = sign_in_lua(again, data, checksum)
      t.eq(body:size(), #wanted)
      t.ok(table.remove(framed) == wanted, size)
    end
  end
end)

t.test("framing that makes no sense raises", function()
  t.raises("checksum or chunks", http.chunked, "abc", {})
  t.raises("unknown", http.chunked, "abc", { checksum = "crc7" })
  t.raises("Chunks expected", http.chunked, "abc", { chunks = {} })
end)

-- Sinks.

t.test("parts of an object, fetched at once, make one file", function()
  local data = noise(1000000)
  local server <close> = http_server.start({}, function(request) return ranged(request, data) end)
  local path = fs.join(t.tmp(), "whole")
  local file <close> = assert(fs.create(path))
  local starts = {}
  for at = 0, #data - 1, 70000 do starts[#starts + 1] = at end
  task.map(starts, { at_once = 4 }, function(at)
    local sink <close> = assert(http.sink(file, at))
    local answer = ask { url = server.url, headers = { Range = ("bytes=%d-%d"):format(at, at + 69999) }, to = sink, digest = { "md5" } }
    local part = data:sub(at + 1, at + 70000)
    t.eq({ answer.status, answer.body, answer.size, answer.digests.md5, sink:written() }, { 206, nil, #part, hash.md5(part), #part })
  end)
  assert(file:commit())
  t.ok(fs.read(path) == data)
end)

t.test("a sink by path keeps what is outside of it", function()
  local server <close> = http_server.start({}, function() return { body = "NEW" } end)
  local path = write_file("0123456789")
  local sink = assert(http.sink(path, 4))
  ask { url = server.url, to = sink }
  t.eq(fs.read(path), "0123NEW789")
  ask { url = server.url, to = sink }
  t.eq({ fs.read(path), sink:written() }, { "0123NEW789", 3 })
  sink:close()
  t.raises("closed", http.request, { url = server.url, to = sink })
  t.fails("io", "No such file", http.sink(fs.join(t.tmp(), "absent", "file")))
end)

t.test("a sink takes only the answer that was asked for", function()
  local server <close> = http_server.start({}, function(request)
    return { status = tonumber(request.path:sub(2)), body = "an explanation" }
  end)
  local path = write_file("kept")
  local sink <close> = assert(http.sink(path))
  t.eq(ask { url = server.url .. "/404", to = sink }.body, "an explanation")
  local answer, err = http.request { url = server.url .. "/200", to = sink, headers = { range = "bytes=1-2" } }
  t.fails("http", "range", answer, err)
  t.eq({ err.code, err.status }, { "RANGE_IGNORED", 200 })
  t.eq({ fs.read(path), sink:written() }, { "kept", 0 })
end)

t.test("two requests cannot write to one sink", function()
  local server <close> = http_server.start({}, function() return { body = "abc" } end)
  local sink = assert(http.sink(write_file("")))
  local first = task.spawn(http.request, { url = server.url, to = sink })
  task.sleep(0)
  t.raises("somebody else", http.request, { url = server.url, to = sink })
  t.eq(first:join().size, 3)
  t.eq(ask { url = server.url, to = sink }.size, 3)
end)

t.test("a disk that is full is an error, at the first byte and at the last", function()
  local server <close> = http_server.start({}, function(request) return { body = noise(tonumber(request.path:sub(2))) } end)
  for _, size in ipairs { 1, 65536, 100000 } do
    local sink <close> = assert(http.sink("/dev/full"))
    local answer, err = http.request { url = ("%s/%d"):format(server.url, size), to = sink }
    t.fails("io", "/dev/full: No space left", answer, err)
    t.eq({ err.code, err.retryable, sink:written() }, { "ENOSPC", false, 0 })
  end
end)

t.test("what is written of an answer that breaks off is its beginning", function()
  local data = noise(300000)
  local server <close> = http_server.start({}, function(request)
    request.connection:write("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" .. data:sub(1, 200000))
  end)
  local path = write_file("")
  local sink <close> = assert(http.sink(path))
  local answer, err = http.request { url = server.url, to = sink }
  t.fails("net", "", answer, err)
  t.ok(sink:written() <= 200000)
  t.ok(fs.read(path) == data:sub(1, sink:written()))
end)

t.test("a sink that is closed under way is an error, however little came", function()
  local sink
  local server <close> = http_server.start({}, function()
    sink:close()
    return { body = "abc" }
  end)
  sink = assert(http.sink(write_file("")))
  t.fails("io", "the sink was closed", http.request { url = server.url, to = sink })
end)

-- Pipes.

local function read_all(pipe)
  local parts = {}
  for data in function() return pipe:read() end do parts[#parts + 1] = data end
  return table.concat(parts)
end

t.test("a pipe holds the server back while nobody reads", function()
  local data = noise(6000000)
  local server <close> = http_server.start({}, function() return { body = data } end)
  local pipe <close> = assert(task.pipe(65536))
  local request = task.spawn(function()
    local answer = ask { url = server.url, to = pipe, stall_timeout = 0.05, digest = { "md5" } }
    pipe:close()
    return answer
  end)
  while pipe:written() < 40000 do task.sleep(0.001) end
  task.sleep(0.2) -- longer than the stall that would be an error if it were the server's
  t.ok(pipe:written() <= 65536 and not request:done(), pipe:written())
  t.ok(read_all(pipe) == data)
  local answer = request:join()
  t.eq({ answer.status, answer.size, answer.digests.md5, pipe:written() }, { 200, #data, hash.md5(data), #data })
end)

t.test("several answers go through one pipe, and the rest of a broken one", function()
  local data = noise(300000)
  local server <close> = http_server.start({}, function(request)
    if request.headers.range then return ranged(request, data) end
    request.connection:write("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" .. data:sub(1, 123456))
  end)
  local pipe = assert(task.pipe())
  local answer, err = http.request { url = server.url, to = pipe }
  t.fails("net", "before the end", answer, err)
  t.eq({ err.code, err.retryable, pipe:written() }, { "TRUNCATED", true, 123456 })
  ask { url = server.url, to = pipe, headers = { Range = ("bytes=%d-"):format(pipe:written()) } }
  pipe:close()
  t.ok(read_all(pipe) == data)
end)

t.test("a reader that leaves ends the request, also one that was waiting for it", function()
  local server <close> = http_server.start({}, function() return { body = noise(1000000) } end)
  for _, wait in ipairs { true, false } do
    local pipe = assert(task.pipe(65536))
    local request = task.spawn(http.request, { url = server.url, to = pipe })
    while wait and pipe:written() < 40000 do task.sleep(0.001) end
    pipe:close("enough")
    t.fails("io", "closed the pipe", request:join())
  end
end)

t.test("one writer at a time; a request that is cancelled leaves the pipe to others", function()
  local server <close> = http_server.start({}, function() return { body = noise(1000000) } end)
  local pipe = assert(task.pipe(65536))
  local request = task.spawn(http.request, { url = server.url, to = pipe })
  while pipe:written() < 40000 do task.sleep(0.001) end
  t.raises("somebody else", http.request, { url = server.url, to = pipe })
  t.raises("somebody else", pipe.write, pipe, "x")
  request:cancel()
  request:join()
  local rest = task.spawn(read_all, pipe)
  assert(pipe:write("the end"))
  pipe:close()
  t.eq(rest:join():sub(-7), "the end")
end)
