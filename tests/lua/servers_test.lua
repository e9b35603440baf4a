-- SPDX-License-Identifier: MIT
-- Servers that are processes: they come, answer, and go, whatever happens to the test.
local t = require "t"
local net = require "hilum.net"
local servers = require "servers"
local task = require "hilum.task"

local function status_line(server)
  local connection <close> = assert(net.connect(server.port))
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

for _, name in ipairs { "ceph", "nginx" } do
  local server <close> = name == "ceph" and servers.ceph() or servers.start(name)
  if server then
    t.match(status_line(server), "^HTTP/1.1 ")
    check(name)
  else
    t.skip(name, "not installed")
  end
end
