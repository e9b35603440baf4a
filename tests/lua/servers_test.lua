-- SPDX-License-Identifier: MIT
-- Servers that are processes: they come, answer, and go, whatever happens to the test.
local t = require "t"
local servers = require "servers" -- sets the path for:
local files = require "files"
local fs = require "hilum.fs"
local http = require "hilum.http"
local http_server = require "http_server"
local json = require "hilum.json"
local net = require "hilum.net"
local task = require "hilum.task"

local function status_line(server)
  local connection <close> = assert(net.connect(server.port or tonumber(server.url:match(":(%d+)$")) or 80))
  connection:write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
  return connection:upto("\r\n")
end

local function answers(port)
  local connection = net.connect(port)
  if connection then connection:close() end
  return connection ~= nil
end

-- A process that starts a server and waits.
local PARENT = "local server = require 'hilum.net'.spawn { 'sh', '%s/servers/%s.sh', '%s' } "
  .. "io.write(server:output():upto('\\n')) io.stdout:flush() server:wait()"

local function check(name)
  t.test(name .. " answers, and ends with the process that wanted it, even if that is killed", function()
    local folder = t.tmp()
    local parent = net.spawn { t.hilum, "-e", PARENT:format(t.root, name, folder .. "/it") }
    local server = { port = tonumber(parent:output():upto("\n"):match("^port (%d+)")) }
    t.match(status_line(server), "^HTTP/1.1 ")
    parent:kill(9)
    parent:wait()
    repeat task.sleep(0.01) until not answers(server.port)
  end)
end

local function start_nginx() return servers.start("nginx") end

for name, start in pairs { ceph = servers.ceph, nginx = start_nginx, opensearch = servers.opensearch } do
  local server <close>, why = start()
  if server then
    t.match(status_line(server), "^HTTP/1.1 ")
    if name ~= "opensearch" then check(name) end -- which is slow to start, and does it as Ceph does
  else
    t.skip(name, why or "not installed")
  end
end

t.test("the fault server: buckets, rules, log", function()
  local server <close> = servers.start("fault", { tls = true, rules = '[{"fault": "reset_before", "method": "GET", "times": 2}]' })
  local function ask(method, path, body)
    return http.request { url = server.url .. path, method = method, body = body, ca = server.ca }
  end
  t.eq(assert(ask("PUT", "/-/bucket/b")).status, 200)
  t.fails("net", "", ask("GET", "/b/key")) -- a kept connection that is reset is tried again at once
  t.eq(assert(ask("GET", "/b/key")).status, 403)
  assert(ask("PUT", "/-/rules", '[{"fault": "slow_down"}]'))
  t.eq(assert(ask("GET", "/b/key")).status, 503)
  local log = json.decode(ask("GET", "/-/log").body)
  t.eq({ log[1].fault, log[3].code, log[4].status, #log }, { "reset_before", "AccessDenied", 503, 4 })
  local _, seen = t.run(server:environment() .. " sh -c 'echo $AWS_ENDPOINT_URL'")
  t.eq(seen, server.url .. "\n")
end)

t.test("the file server and its bad habits", function()
  local folder, data = t.tmp(), ("0123456789"):rep(1000)
  assert(fs.write(folder .. "/f", data))
  local handler, log = files.handler(folder)
  local server <close> = http_server.start({}, handler)
  local function get(target, range)
    return http.request { url = server.url .. target, headers = { Range = range } }
  end
  t.eq(get("/f").body, data)
  t.eq({ get("/f", "bytes=10-14").body, log[2].range, log[2].status }, { "01234", "bytes=10-14", 206 })
  t.eq({ get("/f?range=ignore", "bytes=10-14").status, get("/none").status, get("/f?status=500").status }, { 200, 404, 500 })
  for _, target in ipairs { "/f?drop=100", "/f?length=5" } do t.fails("net", "", get(target)) end
  t.fails("net", "", get("/f?reset=100&times=1"))
  t.eq(get("/f?reset=100&times=1").body, data)
  t.eq(get("/f?slow=100000").body, data)
  t.eq(get("/f?length=-5").body, data:sub(1, -6))
  t.eq(get("/f?length=none").body, data)
  local redirect = get("/f?redirect=2")
  t.eq({ redirect.status, redirect.headers.location }, { 302, "/f?redirect=1" })
  t.ok(get("/f?etag=changing").headers.etag ~= get("/f?etag=changing").headers.etag)
end)
