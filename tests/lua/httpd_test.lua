-- SPDX-License-Identifier: MIT
-- Client and server share the loop of this process.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local fs = require "hilum.fs"
local http_client = require "http_client"
local httpd = require "hilum.httpd"
local task = require "hilum.task"

local function serve(handler, options)
  local settings = { handler = handler }
  for key, value in pairs(options or {}) do settings[key] = value end
  return assert(httpd.serve(settings))
end

-- What a server that answers with nothing was asked.
local function seen(request)
  local got
  local server <close> = serve(function(asked)
    got = asked
    return {}
  end)
  local answer = assert(http_client.ask(server:port(), request))
  return got, answer
end

-- In a process of its own, for its stderr.
local function run_script(script, dir)
  assert(fs.write(dir .. "/script.lua", script))
  return t.run(("cd '%s' && timeout 20 %s - < script.lua"):format(dir, t.hilum))
end

t.test("a request is given as it was sent, and decoded", function()
  local request = seen { method = "PROPFIND", target = "/a%20b/%C3%BC+%2e%2E//x?b=1+2&a=%26&b=&c&=d",
    headers = { ["X-Odd"] = "a  b\t; c=\"d\"", Accept = "text/html" }, body = "the body" }
  t.eq(request.method, "PROPFIND")
  t.eq(request.raw_path, "/a%20b/%C3%BC+%2e%2E//x")
  t.eq(request.path, "/a b/ü+..//x")
  t.eq(request.raw_query, "b=1+2&a=%26&b=&c&=d")
  t.eq(request.query, { b = "1 2", a = "&", c = "", [""] = "d" })
  t.eq(request.parameters, { { "b", "1 2" }, { "a", "&" }, { "b", "" }, { "c", "" }, { "", "d" } })
  t.eq(request.headers["x-odd"], "a  b\t; c=\"d\"")
  t.eq(request.headers.accept, "text/html")
  t.eq(request.body, "the body")
  t.eq(request.version, "HTTP/1.1")
end)

t.test("a target without a query, with nothing in it, and with broken escapes", function()
  t.eq(seen { target = "/x" }.raw_query, nil)
  t.eq(seen { target = "/x?" }.raw_query, "")
  t.eq(seen { target = "/%zz%4" }.path, "/%zz%4")
  t.eq(seen { target = "/%00%2Fetc" }.path, "/\0/etc")
end)

t.test("repeated headers become one", function()
  local got
  local server <close> = serve(function(request) got = request return {} end)
  local client <close> = http_client.connect(server:port())
  client.connection:write("GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n\r\n")
  t.eq(client:receive().status, 200)
  t.eq(got.headers["x-a"], "1, 2")
end)

t.test("bodies: with a length, in chunks, after 100 Continue", function()
  local server <close> = serve(function(request) return { body = request.body:reverse() } end)
  local client <close> = http_client.connect(server:port())
  local long = ("0123456789"):rep(30000)
  t.eq(client:ask { method = "PUT", body = long }.body, long:reverse())
  client.connection:write("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\n\r\n")
  t.eq(client:receive().body, "hgfedcba")
  client.connection:write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
  t.match(client.connection:upto("\r\n\r\n"), "^HTTP/1.1 100 ")
  client.connection:write("ok")
  t.eq(client:receive().body, "ko")
end)

t.test("an answer has its status, headers and body; HEAD only says how long it is", function()
  local server <close> = serve(function()
    return { status = 418, headers = { ["X-One"] = "1", ["Set-Cookie"] = { "a=b", "c=d" } }, body = "short\0and stout" }
  end)
  local client <close> = http_client.connect(server:port())
  local answer = client:ask {}
  t.eq({ answer.status, answer.headers["x-one"], answer.headers["set-cookie"], answer.body }, { 418, "1", "a=b, c=d", "short\0and stout" })
  t.eq(client:ask { method = "HEAD" }.headers["content-length"], "15")
  t.eq(client:ask {}.body, "short\0and stout")
end)

t.test("files are sent whole or in part", function()
  local path = t.tmp() .. "/file"
  local text = ("hilum\n"):rep(200000)
  assert(fs.write(path, text))
  local parts = { ["/part"] = { file = path, offset = 3, length = 7 }, ["/rest"] = { file = path, offset = #text - 4 },
    ["/beyond"] = { file = path, offset = #text + 4 } }
  local server <close> = serve(function(request) return { body = parts[request.path] or { file = path } } end)
  local client <close> = http_client.connect(server:port())
  t.ok(client:ask {}.body == text)
  t.eq(client:ask { target = "/part" }.body, text:sub(4, 10))
  t.eq(client:ask { target = "/rest" }.body, text:sub(-4))
  t.eq(client:ask { target = "/beyond" }.body, "")
  t.eq(client:ask { method = "HEAD" }.headers["content-length"], tostring(#text))
end)

t.test("handlers wait without holding up others", function()
  local order = {}
  local server <close> = serve(function(request)
    if request.path == "/slow" then task.sleep(0.05) end
    order[#order + 1] = request.path
    return { body = request.path }
  end)
  local slow = task.spawn(http_client.ask, server:port(), { target = "/slow" })
  local quick = task.spawn(http_client.ask, server:port(), { target = "/quick" })
  t.eq({ slow:join().body, quick:join().body }, { "/slow", "/quick" })
  t.eq(order, { "/quick", "/slow" })
end)

t.test("250 clients at once, each with several requests on its connection", function()
  local server <close> = serve(function(request)
    task.sleep(0.01)
    return { body = request.raw_query }
  end)
  local clients = {}
  for i = 1, 250 do clients[i] = i end
  local good = task.map(clients, { at_once = 250 }, function(i)
    local client <close> = http_client.connect(server:port())
    for round = 1, 4 do
      if assert(client:ask { target = ("/?%d-%d"):format(i, round) }).body ~= ("%d-%d"):format(i, round) then return false end
    end
    return true
  end)
  for i = 1, 250 do t.ok(good[i], "client " .. i) end
end)

t.test("what a handler does wrong is status 500 and one line on stderr", function()
  local dir = t.tmp()
  local status, out, err = run_script([[
    package.path = "]] .. fs.real(t.root) .. [[/support/?.lua;" .. package.path
    local ask = require "http_client".ask
    local wrong = { ["/raise"] = function() error("first line\nsecond line") end, ["/table"] = function() error(hilum.fs.read("/no") or
      select(2, hilum.fs.read("/no"))) end, ["/nil"] = function() end, ["/status"] = function() return { status = 99 } end,
      ["/header"] = function() return { headers = { ["X-A"] = "a\r\nX-B: b" } } end,
      ["/length"] = function() return { headers = { ["Content-Length"] = "5" } } end,
      ["/body"] = function() return { body = 5 < 6 } end, ["/file"] = function() return { body = { file = "/no/such" } } end,
      ["/key"] = function() return { boddy = "" } end, ["/fold%0Aer"] = function() error "x" end }
    local server <close> = hilum.httpd.serve { handler = function(request) return wrong[request.raw_path]() end }
    for path in pairs(wrong) do
      local answer = ask(server:port(), { target = path })
      print(path, answer.status, (answer.body:gsub("\n", "")))
    end]], dir)
  t.eq(status, 0, err)
  local _, answers = out:gsub("\t500\tthe server failed to answer; its terminal says why\n", "")
  t.eq(answers, 10, out)
  local _, lines = err:gsub("[^\n]*\n", "")
  t.eq(lines, 10, err)
  t.match(err, "hilum: GET /raise: [^\n]*first line\n")
  t.match(err, "hilum: GET /file: [^\n]*/no/such[^\n]*\n")
  t.ok(not (out .. err):find("second line") and not (out .. err):find("traceback"), out .. err)
end)

t.test("a body that is too large is refused: announced, sent all the same, in chunks", function()
  local called = 0
  local server <close> = serve(function() called = called + 1 return {} end, { max_body = 1000 })
  t.eq(http_client.ask(server:port(), { method = "PUT", body = ("a"):rep(1000) }).status, 200)
  t.eq(http_client.ask(server:port(), { method = "PUT", body = ("a"):rep(1001) }).status, 413)
  t.eq(http_client.ask(server:port(), { method = "PUT", body = ("a"):rep(3000000) }).status, 413)
  local client <close> = http_client.connect(server:port())
  client.connection:write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
  t.eq(client:receive().status, 413)
  local chunked <close> = http_client.connect(server:port())
  chunked.connection:write("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" .. ("10\r\n0123456789abcdef\r\n"):rep(63) ..
    "0\r\n\r\n")
  t.eq(chunked:receive().status, 413)
  t.eq(called, 1)
end)

t.test("heads are bounded", function()
  local server <close> = serve(function() return {} end)
  t.eq(http_client.ask(server:port(), { headers = { Long = ("a"):rep(70000) } }).status, 431)
  t.eq(http_client.ask(server:port(), { target = "/" .. ("a"):rep(20000) }).status, 200)
  t.eq(http_client.ask(server:port(), { headers = { Host = false } }).status, 400)
end)

t.test("clients that are slow with a head or a body are cut, others are not", function()
  local server <close> = serve(function() return {} end, { timeout = 1 })
  local head <close> = http_client.connect(server:port())
  head.connection:write("GET / HTTP/1.1\r\nHost: a\r\n")
  local body <close> = http_client.connect(server:port())
  body.connection:write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
  local dribbling = task.spawn(function()
    for _ = 1, 60 do
      if not head.connection:write("X: y\r\n") or not body.connection:write("a") then break end
      task.sleep(0.05)
    end
  end)
  t.eq(head:receive(), nil)
  t.eq(body:receive(), nil)
  dribbling:cancel()
  dribbling:join()
  t.eq(http_client.ask(server:port(), {}).status, 200)
end)

t.test("a client that leaves costs nothing", function()
  local entered, left = 0, 0
  local server <close> = serve(function()
    entered = entered + 1
    task.sleep(0.02)
    left = left + 1
    return { body = ("x"):rep(1000000) }
  end)
  for _ = 1, 20 do
    local client = http_client.connect(server:port())
    client:send {}
    client.connection:reset()
  end
  t.eq(#http_client.ask(server:port(), {}).body, 1000000)
  t.eq(entered, left)
end)

t.test("closing cuts connections and cancels the tasks of their requests", function()
  local ended, began = "never", false
  local server = serve(function()
    local mark <close> = setmetatable({}, { __close = function(_, err) ended = err and err.kind end }) -- luacheck: ignore
    began = true
    task.sleep(60)
  end)
  local asking = task.spawn(http_client.ask, server:port(), {})
  while not began do task.sleep(0.001) end
  local port = server:port()
  server:close()
  server:close()
  server:wait()
  t.eq(asking:join(), nil)
  t.eq(ended, "cancelled")
  t.fails("io", "refused", require "hilum.net".connect(port))
end)

t.test("an answer that comes after the end goes nowhere", function()
  local server
  server = serve(function()
    server:close()
    return { body = "too late" }
  end)
  t.eq(http_client.ask(server:port(), {}), nil)
  server:wait()
end)

t.test("the port that is taken, and hosts that are none, are told", function()
  local server <close> = serve(function() return {} end)
  t.fails("io", "127.0.0.1 port " .. server:port(), httpd.serve { handler = print, port = server:port() })
  t.fails("usage", "'example' is no numeric address", httpd.serve { handler = print, host = "example" })
  t.eq(server:url(), "http://127.0.0.1:" .. server:port())
end)

t.test("misuse raises", function()
  t.raises("handler", httpd.serve, {})
  t.raises("table expected", httpd.serve)
  t.raises("unknown option 'prot'", httpd.serve, { handler = print, prot = 1 })
  t.raises("'port'", httpd.serve, { handler = print, port = 70000 })
  t.raises("certificate and key", httpd.serve, { handler = print, tls = { key = "x" } })
end)

t.test("entity tags that a client has", function()
  local function has(header, tag) return httpd.has({ headers = { ["if-none-match"] = header } }, tag) end
  t.eq({ has(nil, '"a"'), has('"a"', '"a"'), has('"b"', '"a"'), has('W/"a", "b"', '"b"'), has('W/"a"', '"a"'), has("*", '"a"') },
    { false, true, false, true, true, true })
end)

local function over_tls()
  local dir = t.tmp()
  local made = require "certificates".make(dir)
  local server <close> = serve(function(request) return { body = request.path } end, { tls = { certificate = made.certificate,
    key = made.key } })
  t.match(server:url(), "^https://")
  local curl <close> = require "hilum.net".spawn { "curl", "-sS", "--noproxy", "*", "--cacert", made.ca,
    ("https://127.0.0.1:%d/secret"):format(server:port()) }
  t.eq(curl:output():exactly(7), "/secret")
  t.eq(curl:wait(), 0)
  t.fails("io", "certificate", httpd.serve { handler = print, tls = { certificate = made.key, key = made.key } })
end

if t.run("command -v curl && command -v openssl") == 0 then t.test("over TLS", over_tls)
else t.skip("over TLS", "no curl, or no openssl, here") end
