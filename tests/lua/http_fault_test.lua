-- SPDX-License-Identifier: MIT
-- http: servers that are silent, slow, broken or hostile, and what the errors say.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local certificates = require "certificates"
local http = require "hilum.http"
local http_server = require "http_server"
local net = require "hilum.net"
local task = require "hilum.task"

-- The request must fail, with this kind, code, word on whether to try again, and text.
local function fails(kind, code, retryable, text, request)
  local answer, err = http.request(request)
  t.fails(kind, text, answer, err)
  t.eq({ err.code, err.retryable, err.op }, { code, retryable, "http.request" })
  t.ok(not tostring(err):find("\n"), err)
  t.ok(not tostring(err):find("secret"), err)
  return err
end

-- A server that sends these bytes as soon as the request is there, and closes the connection.
local function says(bytes)
  return http_server.start({}, function(request) request.connection:write(bytes) end)
end

-- The network.

t.test("nobody listens, nobody is known", function()
  local listener = assert(net.listen {})
  local port = listener:port()
  listener:close()
  local err = fails("net", "ECONNREFUSED", true, "^http.request: 127.0.0.1:" .. port .. ": no connection.*Connection refused",
    { url = ("http://user:secret@127.0.0.1:%d/secret?X-Amz-Signature=secret"):format(port), headers = { Authorization = "secret" } })
  t.ok(err.status > 0)
  fails("net", "RESOLVE", true, "^http.request: storage.invalid: no such name", { url = "http://storage.invalid/" })
end)

t.test("a connection that is closed or reset before, in and behind the head", function()
  local one <close> = says("")
  fails("net", "EMPTY_ANSWER", true, "without an answer", { url = one.url })
  for _, head in ipairs { "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n" } do
    local two <close> = says(head)
    t.eq(select(2, http.request { url = two.url }).retryable, true)
  end
  local three <close> = says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
  fails("net", "TRUNCATED", true, "before the end", { url = three.url })
  local four <close> = says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha")
  fails("net", "TRUNCATED", true, "before the end", { url = four.url })
  local five <close> = http_server.start({}, function(request)
    if request.method == "PUT" then request.connection:read(1) end
    request.connection:reset()
  end)
  fails("net", "ECONNRESET", true, "reset", { url = five.url })
  t.eq(select(2, http.request { url = five.url, method = "PUT", body = ("x"):rep(20000000) }).retryable, true)
end)

t.test("an answer before the body was read counts", function()
  local server <close> = http_server.start({}, function() return { status = 403, body = "<Code>AccessDenied</Code>" } end)
  local answer = assert(http.request { url = server.url, method = "PUT", body = ("x"):rep(3000000) })
  t.eq({ answer.status, answer.body }, { 403, "<Code>AccessDenied</Code>" })
end)

-- Time.

t.test("a server that never answers", function()
  local server <close> = http_server.start({}, function(request) request:body() request.connection:read() end)
  fails("timeout", "FIRST_BYTE_TIMEOUT", true, "no answer within 0.1 s", { url = server.url, first_byte_timeout = 0.1 })
  fails("timeout", "FIRST_BYTE_TIMEOUT", true, "no answer within 0.1 s",
    { url = server.url, first_byte_timeout = 0.1, method = "PUT", body = ("x"):rep(100000) })
end)

t.test("a server that stops reading", function()
  local server <close> = http_server.start({}, function() task.sleep(60) end)
  fails("timeout", "STALL_TIMEOUT", true, "nothing more moved for 0.1 s",
    { url = server.url, stall_timeout = 0.1, method = "PUT", body = ("x"):rep(50000000) })
end)

t.test("a server that stops in the middle of the answer", function()
  local server <close> = http_server.start({}, function(request)
    request.connection:write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    request.connection:read()
  end)
  fails("timeout", "STALL_TIMEOUT", true, "nothing more moved", { url = server.url, stall_timeout = 0.1, first_byte_timeout = 60 })
end)

t.test("a slow server is no error, however long it takes in all", function()
  local server <close> = http_server.start({}, function(request)
    task.sleep(0.12)
    request.connection:write("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n")
    for c in ("slow, but steady"):gmatch(".") do
      task.sleep(0.01)
      request.connection:write(c)
    end
  end)
  t.eq(assert(http.request { url = server.url, stall_timeout = 0.1, first_byte_timeout = 2 }).body, "slow, but steady")
end)

t.test("a server that accepts and does not speak TLS", function()
  local listener <close> = assert(net.listen {})
  fails("timeout", "CONNECT_TIMEOUT", true, "no connection in time",
    { url = ("https://127.0.0.1:%d/"):format(listener:port()), connect_timeout = 0.1 })
  local greeting <close> = assert(net.listen {})
  local greeter = task.spawn(function()
    local connection <close> = assert(greeting:accept())
    connection:write("220 hello\r\n")
    connection:read()
  end)
  fails("tls", "TLS", true, "no TLS connection", { url = ("https://127.0.0.1:%d/"):format(greeting:port()) })
  greeter:join()
  local keys = certificates.make(t.tmp())
  local secure <close> = http_server.start({ certificate = keys.certificate, key = keys.key }, function() return {} end)
  t.eq(select(2, http.request { url = (secure.url:gsub("https:", "http:")) }).retryable, true)
end)

t.test("Ctrl-C ends a request that waits, in the main chunk and in a task", function()
  local server <close> = http_server.start({}, function(request) request.connection:read() end)
  local request = ("http.request { url = %q }"):format(server.url)
  for i, script in ipairs { request, ("task.spawn(function() %s end):join()"):format(request) } do
    local process = net.spawn({ t.hilum, "-e", script }, { errors = "/dev/null" })
    while server.requests < i do task.sleep(0.001) end
    process:kill(2)
    t.eq(process:wait(), 130)
  end
end)

-- Answers that are not what they should be.

t.test("what is not HTTP", function()
  for _, bytes in ipairs { "SSH-2.0-OpenSSH_9\r\n", ("\0\1\2\3"):rep(1000), "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n" } do
    local server <close> = says(bytes)
    fails("http", "BAD_ANSWER", false, "HTTP", { url = server.url })
  end
end)

t.test("100,000 headers, a header without end, provisional answers without end", function()
  local function floods(first, again)
    return http_server.start({}, function(request)
      request.connection:write(first)
      while request.connection:write(again:rep(100)) do end -- luacheck: ignore
    end)
  end
  local many <close> = floods("HTTP/1.1 200 OK\r\n", "X-Header: 1\r\n")
  fails("http", "HEADERS", false, "header lines", { url = many.url })
  local long <close> = floods("HTTP/1.1 200 OK\r\nX-Header: ", ("x"):rep(1000))
  fails("http", "HEADERS", false, "header", { url = long.url })
  local provisional <close> = floods("", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n")
  fails("http", "HEADERS", false, "header lines", { url = provisional.url })
end)

t.test("an answer larger than allowed ends there", function()
  local server <close> = http_server.start({}, function(request)
    return { status = tonumber(request.path:sub(2)), body = function(write) while write(("x"):rep(10000)) do end end } -- luacheck: ignore
  end)
  fails("http", "LIMIT", false, "larger than the 50000 bytes", { url = server.url .. "/200", limit = 50000 })
  fails("http", "LIMIT", false, "larger than the 1048576 bytes", { url = server.url .. "/500" })
  fails("http", "LIMIT", false, "larger than the 0 bytes", { url = server.url .. "/200", limit = 0 })
end)

t.test("a length that is no number, or two of them", function()
  for _, length in ipairs { "-5", "abc", "99999999999999999999999" } do
    local server <close> = says(("HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\nbody"):format(length))
    local answer, err = http.request { url = server.url }
    t.ok(answer and answer.body == "body" or err.kind == "http" or err.kind == "net", length)
  end
end)

t.test("control characters in headers are not passed on", function()
  local server <close> = says("HTTP/1.1 200 OK\r\nA: b\1c\tEvil: d\r\nContent-Length: 0\r\n\r\n")
  t.eq(assert(http.request { url = server.url }).headers.a, "b c Evil: d")
end)

t.test("a redirect is not followed", function()
  local server <close> = http_server.start({}, function() return { status = 307, headers = { Location = "/other" } } end)
  local answer = assert(http.request { url = server.url })
  t.eq({ answer.status, answer.headers.location, server.requests }, { 307, "/other", 1 })
end)

-- All of it at once.

t.test("a thousand random faults and cancellations: what is answered is right, the rest is an error", function()
  local random = 7
  local function roll(n)
    random = (random * 1103515245 + 12345) & 0x7fffffff
    return random // 65536 % n
  end
  local faults = {
    function(request) request.connection:reset() end,
    function(request) request:body() request.connection:reset() end,
    function(request) request:body() request.connection:write("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nhalf") end,
    function(request) request.connection:read() request.connection:write("garbage\r\n\r\n") end,
    function(request) request:body() end,
    function(request) request:body() task.sleep(0.5) end,
    function() return { status = 503, body = "SlowDown", close = true } end,
  }
  local server <close> = http_server.start({ backlog = 1024 }, function(request)
    local fault = faults[roll(14) + 1]
    if fault then return fault(request) end
    return { body = request:body() }
  end)

  local list, answered, failed, cancelled = {}, 0, 0, 0
  for i = 1, 1000 do list[i] = (("%d "):format(i)):rep(1 + roll(20000)) end
  local function try(body, progress)
    local answer, err = http.request { url = server.url, method = "PUT", body = body, first_byte_timeout = 0.3, stall_timeout = 0.3,
      digest = { "crc32c" } }
    progress.ended = true
    if not answer then
      t.ok(err.kind == "net" or err.kind == "timeout" or err.kind == "http", err)
      failed = failed + 1
    elseif answer.status == 200 then
      t.ok(answer.body == body and answer.digests.crc32c == http.digest(body, { "crc32c" }).crc32c)
      answered = answered + 1
    end
  end
  task.map(list, { at_once = 100 }, function(body)
    local progress = {}
    local request = task.spawn(try, body, progress)
    if roll(8) == 0 then
      task.sleep(roll(20) / 1000)
      request:cancel()
    end
    local ok, err = request:join()
    if ok == nil and err then
      t.eq(err.kind, "cancelled")
      cancelled = cancelled + 1
    else
      t.ok(progress.ended)
    end
  end)
  t.ok(answered > 300 and failed > 200 and cancelled > 10, ("%d %d %d"):format(answered, failed, cancelled))
end)
