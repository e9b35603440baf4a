-- SPDX-License-Identifier: MIT
-- The servers that other tests stand on.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local aws_chunked = require "lib.fake.aws_chunked"
local certificates = require "certificates"
local http_server = require "http_server"
local net = require "hilum.net"
local ranged = require "lib.fake.ranged"
local task = require "hilum.task"

local function read_all(connection)
  local parts, piece, err = {}
  repeat
    piece, err = connection:read()
    parts[#parts + 1] = piece
  until not piece
  return table.concat(parts), err.code
end

-- What a server answers to bytes, until it closes the connection.
local function answers(server, bytes)
  local connection <close> = assert(net.connect(server.port))
  assert(connection:write(bytes))
  return read_all(connection)
end

local function pair()
  local listener <close> = assert(net.listen {})
  local client = assert(net.connect(listener:port()))
  return client, assert(listener:accept())
end

t.test("bytes arrive, by size and by what ends them", function()
  local client, server = pair()
  local writer = task.spawn(function() assert(client:write("one\r\ntwo" .. ("x"):rep(1 << 20))) client:shutdown() end)
  t.eq(server:upto("\r\n"), "one\r\n")
  t.eq(server:exactly(3), "two")
  t.eq(server:read(1), "x")
  t.eq(#server:exactly((1 << 20) - 2), (1 << 20) - 2)
  t.fails("net", "ended", server:exactly(2))
  t.eq(server:read(), "x")
  t.fails("net", "ended", server:read())
  writer:join()
end)

t.test("a reset, a limit, two readers, a socket closed under its reader", function()
  local client, server = pair()
  client:write("no end")
  t.fails("net", "too much", server:upto("\n", 4))
  local reader = task.spawn(client.read, client)
  task.sleep(0)
  t.raises("another task", client.read, client)
  server:reset()
  local _, err = reader:join()
  t.eq(err.code, "ECONNRESET")
  t.raises("closed", server.read, server)
  local second = task.spawn(client.exactly, client, 100)
  task.sleep(0)
  client:close()
  t.eq(select(2, second:join()).kind, "net")
end)

t.test("a server reads bodies of both kinds, keeps the connection, and answers what is no request", function()
  local server <close> = http_server.start({}, function(request)
    local body = request:body()
    return { headers = { Number = request.number, Trailer = request.trailers and request.trailers.a }, body = request.method .. body }
  end)
  local seen = answers(server, "PUT /a?b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    .. "4\r\nwiki\r\n2;x=y\r\nya\r\n0\r\nA: b\r\n\r\nHEAD / HTTP/1.1\r\nConnection: close\r\n\r\n")
  t.eq(seen, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nNumber: 1\r\n\r\nPUTabcHTTP/1.1 200 OK\r\nContent-Length: 10\r\nNumber: 2\r\n"
    .. "Trailer: b\r\n\r\nPOSTwikiyaHTTP/1.1 200 OK\r\nContent-Length: 4\r\nNumber: 3\r\n\r\n")
  t.eq({ server.requests, server.accepted }, { 3, 1 })
  t.match(answers(server, "what?\r\n\r\n"), "^HTTP/1.1 400 ")
end)

t.test("a server sends 100 Continue when it wants the body, drains what was not read, and streams", function()
  local server <close> = http_server.start({}, function(request)
    if request.path == "/body" then return { body = request:body() } end
    return { body = function(write) write("ab") write("c") end, close = request.path == "/close" }
  end)
  local expects = "PUT %s HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
  t.match(answers(server, expects:format("/body") .. "hi" .. expects:format("/refused")),
    "^HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent%-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nTransfer%-Encoding: chunked\r\n\r\n"
    .. "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n$")
  local seen, code = answers(server, "PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiPUT /close HTTP/1.1\r\nContent-Length: 99\r\n\r\nh")
  t.eq(select(2, seen:gsub("200 OK", "")), 2)
  t.eq(code, "EOF")
end)

t.test("ranges", function()
  local function answer_to(range, method)
    local response = ranged({ headers = { range = range }, method = method }, "0123456789")
    return { response.status, response.body, response.headers["Content-Range"] }
  end
  t.eq(answer_to(nil), { 200, "0123456789" })
  t.eq(answer_to("bytes=2-4"), { 206, "234", "bytes 2-4/10" })
  t.eq(answer_to("bytes=8-99"), { 206, "89", "bytes 8-9/10" })
  t.eq(answer_to("bytes=-3"), { 206, "789", "bytes 7-9/10" })
  t.eq(answer_to("bytes=10-"), { 416, nil, "bytes */10" })
end)

t.test("aws-chunked bodies", function()
  local body = aws_chunked.decode("3;chunk-signature=ab\r\nabc\r\n0;chunk-signature=cd\r\nx-amz-checksum-crc32:YQ==\r\n"
    .. "x-amz-trailer-signature:ef\r\n\r\n")
  t.eq(body, { data = "abc", chunks = { { signature = "ab", data = "abc" }, { signature = "cd", data = "" } },
    trailers = { ["x-amz-checksum-crc32"] = "YQ==", ["x-amz-trailer-signature"] = "ef" }, lines = "x-amz-checksum-crc32:YQ==\n" })
  for bytes, wrong in pairs { [""] = "no head", ["3\r\nab"] = "cut off", ["1\r\nab\r\n"] = "no line break", ["0\r\n"] = "empty line",
    ["0\r\n\r\nx"] = "empty line" } do
    t.match(select(2, aws_chunked.decode(bytes)), wrong)
  end
end)

t.test("TLS", function()
  local paths = certificates.make(t.tmp())
  local server <close> = http_server.start({ certificate = paths.certificate, key = paths.key }, function(request)
    return { body = request.path, close = true }
  end)
  local client <close> = net.spawn { "sh", "-c", ("printf 'GET /x HTTP/1.1\\r\\n\\r\\n' | openssl s_client -quiet -CAfile '%s' "
    .. "-verify_return_error -connect 127.0.0.1:%d 2>&1"):format(paths.ca, server.port) }
  t.match(read_all(client:output()), "HTTP/1.1 200 OK.*\r\n\r\n/x$")
end)

t.test("children: output, exit status, death", function()
  local child = net.spawn { "sh", "-c", "echo one; echo two; exit 3" }
  local out = child:output()
  t.eq({ out:upto("\n"), out:upto("\n"), (out:read()), (child:wait()) }, { "one\n", "two\n", nil, 3 })
  t.eq((net.spawn({ "no-such-program" }, { errors = t.tmp() .. "/errors" }):wait()), 127)
  local _, seconds, bytes = net.spawn({ "sh", "-c", "i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done" }):wait()
  t.ok(seconds > 0.001 and seconds < 10 and bytes > 500000, bytes)
  local sleeper = net.spawn { "sleep", "100" }
  sleeper:kill()
  t.eq((sleeper:wait()), 128 + 15)
  local family = net.spawn { "sh", "-c", "sleep 100 & echo $!; wait" }
  local status = ("/proc/%d/status"):format(family:output():upto("\n"))
  family:close()
  repeat
    local file = io.open(status)
    local alive = file and not file:read("a"):find("State:\tZ")
    if file then file:close() end
    task.sleep(0.001)
  until not alive
end)
