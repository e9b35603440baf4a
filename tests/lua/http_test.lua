-- SPDX-License-Identifier: MIT
-- http: requests, answers, connections, waiting. Bodies: http_body_test; what goes wrong: http_fault_test.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local certificates = require "certificates"
local fs = require "hilum.fs"
local http = require "hilum.http"
local http_server = require "http_server"
local net = require "hilum.net"
local servers = require "servers"
local task = require "hilum.task"
local term = require "hilum.term"

-- Answers with what was asked: the lines of the request, then its body.
local function mirror(request)
  local lines = { request.method .. " " .. request.target }
  for _, field in ipairs(request.fields) do lines[#lines + 1] = field[1] .. ": " .. field[2] end
  table.sort(lines, function(a, b) return a:lower() < b:lower() end)
  return { body = table.concat(lines, "\n") .. "\n\n" .. request:body() }
end

local function ask(request) return assert(http.request(request)) end

t.test("what is sent is what was asked for, and nothing besides", function()
  local server <close> = http_server.start({}, mirror)
  local host = "Host: 127.0.0.1:" .. server.port
  local agent = "User%-Agent: hilum/[%d.]+"
  t.match(ask { url = server.url }.body, "^GET /\n" .. host .. "\n" .. agent .. "\n\n$")
  local path = "/a/../b//./%C3%BC?x=%20&y"
  t.match(ask { url = server.url .. path, method = "DELETE", headers = { ["X-One"] = "1", empty = "" } }.body,
    "^DELETE " .. path:gsub("[.?%%]", "%%%0") .. "\nempty: \n" .. host .. "\n" .. agent .. "\nX%-One: 1\n\n$")
  t.match(ask { url = server.url, method = "PUT", body = "abc" }.body,
    "^Content%-Length: 3\n" .. host .. "\nPUT /\n" .. agent .. "\n\nabc$")
  t.match(ask { url = server.url, method = "POST" }.body, "^Content%-Length: 0\n" .. host .. "\nPOST /\n" .. agent .. "\n\n$")
  t.match(ask { url = server.url, headers = { Host = "example.org", ["user-agent"] = "me" } }.body,
    "^GET /\nHost: example.org\nuser%-agent: me\n\n$")
end)

t.test("any status is an answer; headers are in lower case and joined", function()
  local server <close> = http_server.start({}, function(request)
    return { status = tonumber(request.path:sub(2)), headers = { ["X-A"] = { "1", "2 " }, Server = "me" }, body = "why" }
  end)
  for _, status in ipairs { 200, 206, 307, 403, 503 } do
    local answer = ask { url = ("%s/%d"):format(server.url, status) }
    t.eq({ answer.status, answer.body, answer.size, answer.version }, { status, "why", 3, "1.1" })
    t.eq({ answer.headers["x-a"], answer.headers.server, answer.headers["content-length"] }, { "1, 2", "me", "3" })
  end
  t.eq({ ask { url = server.url .. "/200", method = "HEAD" }.body, ask { url = server.url .. "/204" }.body }, { "", "" })
  t.eq(server.accepted, 1)
end)

t.test("provisional answers are passed over, trailers are read", function()
  local server <close> = http_server.start({}, function(request)
    request.connection:write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      .. "3\r\nabc\r\n0\r\nAfter: words\r\n\r\n")
  end)
  local answer = ask { url = server.url }
  t.eq({ answer.status, answer.body, answer.headers.link, answer.headers.after }, { 200, "abc", nil, "words" })
end)

t.test("a connection is used again, also by those that come at once", function()
  local server <close> = http_server.start({}, mirror)
  t.eq({ ask { url = server.url }.connected, ask { url = server.url }.connected }, { true, false })
  local list = {}
  for i = 1, 200 do list[i] = i end
  local sizes = task.map(list, { at_once = 20 }, function(i)
    return #ask { url = server.url, method = "PUT", body = ("x"):rep(i * 1000) }.body:match("x+$")
  end)
  for i = 1, 200 do t.eq(sizes[i], i * 1000) end
  t.ok(server.accepted <= 20, server.accepted)
  for i = 1, 20 do t.eq(ask { url = server.url .. "/" .. i }.connected, false) end
end)

t.test("hundreds at once", function()
  local server <close> = http_server.start({ backlog = 1024 }, function(request) return { body = request.path } end)
  local list = {}
  for i = 1, 400 do list[i] = "/" .. i end
  t.eq(task.map(list, { at_once = 400 }, function(path) return ask { url = server.url .. path }.body end), list)
end)

t.test("a connection that the server closed meanwhile is no error", function()
  local bodies = {}
  local server <close> = http_server.start({}, function(request)
    if request.number % 2 == 0 then -- the second on its connection: dies with the request half read
      request.connection:read(10)
      return nil
    end
    bodies[#bodies + 1] = request:body()
    return {}
  end)
  local path = fs.join(t.tmp(), "file")
  local data = ("0123456789"):rep(30000)
  assert(fs.write(path, data))
  ask { url = server.url, method = "PUT", body = "first" }
  ask { url = server.url, method = "PUT", body = assert(http.file(path)) }
  ask { url = server.url, method = "PUT", body = data }
  t.eq(bodies, { "first", data, data })
end)

-- Waiting. The server is a process of its own: what runs here cannot always run tasks.

t.test("it waits everywhere: main chunk, task, coroutine, callback", function()
  local server <close> = servers.start("echo")
  local function echo(text) return ask { url = server.url, method = "PUT", body = text }.body end
  t.eq(echo("main"), "main")
  t.eq(task.spawn(echo, "task"):join(), "task")
  t.eq(task.spawn(function() return coroutine.wrap(echo)("coroutine") end):join(), "coroutine")
  t.eq(task.spawn(function() return (("a b"):gsub("%w", function(c) return echo(c .. c) end)) end):join(), "aa bb")
  local closed
  local waiting = task.spawn(function()
    local _ <close> = setmetatable({}, { __close = function() closed = echo("closing") end })
    task.sleep(60)
  end)
  task.sleep(0)
  waiting:cancel()
  t.eq(select(2, waiting:join()).kind, "cancelled")
  t.eq(closed, "closing")
end)

t.test("a request that is cancelled drops its connection at once", function()
  local ended = {}
  local server <close> = http_server.start({}, function(request)
    if request.path == "/half" then request.connection:write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf") end
    ended[#ended + 1] = select(2, request.connection:read()).code
  end)
  for i, path in ipairs { "/silent", "/half" } do
    local request = task.spawn(http.request, { url = server.url .. path })
    while server.requests < i do task.sleep(0.001) end
    request:cancel()
    t.eq(select(2, request:join()).kind, "cancelled")
    while #ended < i do task.sleep(0.001) end
  end
  t.eq(ended, { "EOF", "EOF" })
end)

t.test("progress counts the bytes of both directions", function()
  local server <close> = http_server.start({}, function(request) return { body = request:body() .. "!" } end)
  local progress = term.progress(1, "sending")
  t.eq(ask { url = server.url, method = "PUT", body = "12345", progress = progress }.size, 6)
  progress:finish()
end)

-- TLS.

t.test("certificates are verified", function()
  local folder = t.tmp()
  local good = certificates.make(folder)
  local function try(name, ca)
    local keys = certificates.make(folder, name)
    local server <close> = http_server.start({ certificate = keys.certificate, key = keys.key }, function() return { body = "secret" } end)
    return http.request { url = server.url, ca = ca }
  end
  t.eq(try("server", good.ca).body, "secret")
  for name, text in pairs { other = "no alternative certificate subject name", stranger = "self.signed" } do
    local answer, err = try(name, good.ca)
    t.fails("tls", text, answer, err)
    t.eq({ err.code, err.retryable }, { "CERTIFICATE", false })
  end
  local answer, err = try("server")
  t.fails("tls", "AWS_CA_BUNDLE", answer, err)
  answer, err = try("server", folder .. "/absent.pem")
  t.fails("tls", "absent%.pem", answer, err)
  t.eq(err.code, "CA_FILE")
end)

t.test("AWS_CA_BUNDLE is trusted; an unsafe switch there is not", function()
  local keys = certificates.make(t.tmp())
  local server <close> = http_server.start({ certificate = keys.certificate, key = keys.key }, function() return { body = "secret" } end)
  local script = ("AWS_CA_BUNDLE=%s %s -e 'print(http.request { url = %q }.body)'"):format(keys.ca, t.hilum, server.url)
  local process = net.spawn { "sh", "-c", script }
  t.eq(process:output():upto("\n"), "secret\n")
  process:wait()
  for _, option in ipairs { "insecure", "verify", "verify_peer" } do
    t.raises("unknown option", http.request, { url = server.url, [option] = true })
  end
end)

t.test("many over TLS on few connections", function()
  local keys = certificates.make(t.tmp())
  local server <close> = http_server.start({ certificate = keys.certificate, key = keys.key }, function(request)
    return { body = request:body() }
  end)
  local list = {}
  for i = 1, 60 do list[i] = (("%d "):format(i)):rep(20000) end
  t.eq(task.map(list, { at_once = 6 }, function(body)
    return ask { url = server.url, method = "PUT", body = body, ca = keys.ca }.body
  end), list)
  t.ok(server.accepted <= 6, server.accepted)
end)

-- Proxies.

t.test("proxies come from the environment", function()
  local proxy <close> = http_server.start({}, function(request) return { body = request.target } end)
  local function through(variable, url, more)
    local process = net.spawn { "sh", "-c", ("%s=%s %s -e 'local r, e = http.request { url = %q %s } print(r and r.body or e)'"):format(
      variable, proxy.url, t.hilum, url, more or "") }
    local line = process:output():upto("\n")
    process:wait()
    return line
  end
  t.eq(through("http_proxy", "http://storage.example/a"), "http://storage.example/a\n")
  t.match(through("no_proxy=127.0.0.1 http_proxy", "http://127.0.0.1:1/"), "no connection")
  t.match(through("http_proxy", "http://127.0.0.1:1/", ", direct = true"), "no connection")
  t.eq(proxy.requests, 1)
end)

t.test("https goes through a proxy's tunnel", function()
  local keys = certificates.make(t.tmp())
  local server <close> = http_server.start({ certificate = keys.certificate, key = keys.key }, function() return { body = "inside" } end)
  local tunnels = {}
  local function pump(from, to)
    for data in function() return from:read() end do to:write(data) end
    pcall(to.shutdown, to) -- the other half may have closed it
  end
  local proxy <close> = http_server.start({}, function(request)
    tunnels[#tunnels + 1] = request.method .. " " .. request.target
    local target <close> = assert(net.connect(server.port))
    request.connection:write("HTTP/1.1 200 Go\r\nX-Proxy: 1\r\n\r\n")
    local back = task.spawn(pump, target, request.connection)
    pump(request.connection, target)
    back:join()
  end)
  local process = net.spawn { "sh", "-c", ("https_proxy=%s AWS_CA_BUNDLE=%s %s -e '%s'"):format(proxy.url, keys.ca, t.hilum,
    ('local r = assert(http.request { url = %q }) print(r.body, r.headers["x-proxy"])'):format(server.url)) }
  t.eq(process:output():upto("\n"), "inside\tnil\n")
  process:wait()
  t.eq(tunnels, { "CONNECT 127.0.0.1:" .. server.port })
end)

-- What http.request complains of behind a proxy, and the code, status and whether to try again.
local function complaint(proxy, url)
  local process = net.spawn { "sh", "-c", ("http_proxy=%s https_proxy=%s %s -e '%s'"):format(proxy, proxy, t.hilum,
    ([[local _, err = http.request { url = %q } print(err.code, err.status, err.retryable, err.message)]]):format(url)) }
  local line = process:output():upto("\n")
  process:wait()
  return line
end

t.test("a proxy that refuses is told from a server that breaks, and named", function()
  local proxy <close> = http_server.start({}, function() return { status = 407, body = "who are you?", close = true } end)
  local place = proxy.url:match("//(.*)"):gsub("%p", "%%%0")
  t.match(complaint(proxy.url, "https://storage.example/"), "^PROXY\t407\tfalse\tstorage.example: its proxy " .. place .. " refuses")
end)

t.test("a proxy that nobody reaches is named, and none where there is none", function()
  local closed = "127.0.0.1:9" -- nobody serves discard any more
  for _, url in ipairs { "http://storage.example/", "https://storage.example:8443/" } do
    t.match(complaint("http://me:secret@" .. closed, url), "no connection to its proxy 127.0.0.1:9: check http_proxy.*refused")
  end
  t.match(complaint("http://[::1]:9", "http://storage.example/"), "its proxy %[::1%]:9")
  t.match(complaint("", "http://127.0.0.1:9/"), "127.0.0.1:9: no connection: check the address")
end)

-- HTTP/2, where nginx is installed.

local function with_http2(name, f)
  local server <close> = servers.start("nginx")
  if not server then return t.skip(name, "nginx is not installed") end
  t.test(name, function() f(server, ("https://127.0.0.1:%d"):format(server.h2_port)) end)
end

with_http2("HTTP/2 is spoken where it is offered, many exchanges on one connection", function(server, url)
  local data = ("0123456789abcdef"):rep(1 << 16)
  local first = ask { url = url .. "/file", method = "PUT", body = data, ca = server.ca }
  t.eq({ first.version, first.status, first.connected }, { "2", 201, true })
  local list = {}
  for i = 1, 50 do list[i] = i end
  local answers = task.map(list, { at_once = 25 }, function()
    local answer = ask { url = url .. "/file", ca = server.ca, digest = { "md5" } }
    return { answer.version, answer.connected, answer.digests.md5, #answer.body }
  end)
  local digest = http.digest(data, { "md5" }).md5
  for i = 1, 50 do t.eq(answers[i], { "2", false, digest, #data }) end
  t.eq(ask { url = url .. "/file", ca = server.ca, http2 = false }.version, "1.1")
  local pipe = assert(task.pipe(65536))
  local reader = task.spawn(function()
    local size = 0
    for piece in function() return pipe:read() end do size = size + #piece end
    return size
  end)
  t.eq(ask { url = url .. "/file", ca = server.ca, to = pipe }.version, "2")
  pipe:close()
  t.eq(reader:join(), #data)
  t.eq(ask { url = url .. "/absent", method = "POST", body = data:rep(20), ca = server.ca }.status, 404)
end)

-- Misuse.

t.test("the module loaded again uses the same connections", function()
  local server <close> = http_server.start({}, mirror)
  ask { url = server.url }
  package.loaded["hilum.http"] = nil
  local again = require "hilum.http"
  package.loaded["hilum.http"] = http
  t.eq(again.request { url = server.url }.connected, false)
end)

t.test("misuse raises", function()
  local url = "http://127.0.0.1:1/"
  t.raises("table expected", http.request, url)
  t.raises("'url' is missing", http.request, {})
  t.raises("percent%-encoded", http.request, { url = "http://127.0.0.1:1/ü" })
  t.raises("percent%-encoded", http.request, { url = "http://127.0.0.1:1/a b" })
  t.raises("unknown option 'bdoy'", http.request, { url = url, bdoy = "" })
  t.raises("body", http.request, { url = url, body = {} })
  t.raises("Sink or Pipe expected, got string", http.request, { url = url, to = "file" })
  for name, value in pairs { ["a\nb"] = "c", a = "b\r\nc", [""] = "x", ["a b"] = "c", ["a:"] = "b" } do
    t.raises("cannot be sent", http.request, { url = url, headers = { [name] = value } })
  end
  for _, name in ipairs { "Content-Length", "transfer-encoding", "Expect" } do
    t.raises("http's to set", http.request, { url = url, headers = { [name] = "1" } })
  end
  t.raises("capital", http.request, { url = url, method = "GET / HTTP/1.1\r\nX: y\r\n" })
  t.raises("strings", http.request, { url = url, headers = { a = 1 } })
  t.raises("seconds", http.request, { url = url, stall_timeout = 0 })
  t.raises("digests are", http.request, { url = url, digest = { "sha512" } })
  t.fails("usage", "http://", http.request { url = "ftp://127.0.0.1/" })
  t.fails("usage", "URL", http.request { url = "http://127.0.0.1:99999/" })
end)
