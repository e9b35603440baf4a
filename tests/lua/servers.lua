-- SPDX-License-Identifier: MIT
-- Servers for tests, as processes of their own (those of http_server run inside of the test):
--   local server <close> = servers.start("fault", { seed = 1 })   tests/servers/fault.lua --seed 1, or tests/servers/NAME.sh
--   local ceph <close> = servers.ceph { tls = true }               nil where it is not installed, which it says; then the test skips
--   local opensearch <close>, why = servers.opensearch()           or nil and why not
-- server.url, server.port; ceph.ca, and s3.access_key, s3.secret_key of whatever speaks S3. They end with the test, however it ends.
local root = debug.getinfo(1, "S").source:match("^@(.*)/lua/servers%.lua$") or "."
package.path = ("%s/support/?.lua;%s"):format(root, package.path)
local certificates = require "certificates"
local fs = require "hilum.fs"
local net = require "hilum.net"

local servers = {}

local HILUM = os.getenv("HILUM") or "hilum"
local NOT_INSTALLED = 3 -- the exit status that says so

local Server = {}
Server.__index = Server

function Server:close()
  if self.process then self.process:close() end
  if self.folder then fs.remove_tree(self.folder) end
  self.process, self.folder = nil, nil
end
Server.__close = Server.close

-- The variables that lead a program to this server, for the front of a shell command.
function Server:environment()
  return ("env -u AWS_PROFILE -u AWS_SESSION_TOKEN -u CURL_CA_BUNDLE -u AWS_CA_BUNDLE AWS_CONFIG_FILE=/dev/null "
    .. "AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true AWS_REGION=us-east-1 AWS_ENDPOINT_URL=%s "
    .. "AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s%s"):format(self.url, self.access_key, self.secret_key,
      self.ca and " AWS_CA_BUNDLE='" .. self.ca .. "'" or "")
end

local buckets = 0

-- A name for a bucket, or an index, that no other test uses.
function Server.bucket_name()
  buckets = buckets + 1
  return ("t%d-%d"):format(assert(io.open("/proc/self/stat")):read("n"), buckets)
end
Server.index_name = Server.bucket_name

-- The command of a server that is a script of hilum. Options with a number as key are its arguments.
local function hilum_command(name, options, paths)
  local command = { HILUM, ("%s/servers/%s.lua"):format(root, name), table.unpack(options) }
  for key, value in pairs(options) do
    if type(key) == "string" and key ~= "tls" then
      command[#command + 1] = "--" .. key:gsub("_", "-")
      if value ~= true then command[#command + 1] = tostring(value) end
    end
  end
  if paths then table.move({ "--certificate", paths.certificate, "--key", paths.key }, 1, 4, #command + 1, command) end
  return command
end

-- What a server says of itself in the file it writes.
local function read_address(server, folder)
  for key, value in (fs.read(folder .. "/address") or ""):gmatch("([%w_]+)=([^\n]*)") do server[key] = tonumber(value) or value end
  return server.port
end

local function finish(server, tls)
  if tls then server.port = server.tls_port or server.port end
  server.url = ("%s://127.0.0.1:%d"):format(tls and "https" or "http", server.port)
  return server
end

-- The command, and what is known of the server before it has started.
local function prepare(name, options, folder)
  local script = ("%s/servers/%s.sh"):format(root, name)
  if fs.stat(script) then return { "sh", script, folder .. "/" .. name }, {} end
  local paths = options.tls and certificates.make(folder .. "/tls")
  return hilum_command(name, options, paths), { ca = paths and paths.ca, access_key = "hilumtest", secret_key = "hilumsecret" }
end

-- Starts one and waits until it answers. options: of the script; with tls it speaks https. nil: not installed.
function servers.start(name, options)
  options = options or {}
  local folder = assert(fs.temp(os.getenv("TMPDIR") or "/tmp"))
  local command, server = prepare(name, options, folder)
  setmetatable(server, Server)
  server.folder, server.process = folder, net.spawn(command)
  local line = server.process:output():upto("\n")
  if not line then
    local status = server.process:wait()
    server:close()
    assert(status == NOT_INSTALLED, ("the server %s ended with status %d"):format(name, status))
    return nil
  end
  server.port = tonumber(line:match("^port (%d+)\n"))
  read_address(server, folder .. "/" .. name)
  return finish(server, options.tls)
end

-- The server of this run of ctest whose folder a variable names; nil if it does not answer.
local function shared(variable)
  local server, folder = setmetatable({}, Server), os.getenv(variable)
  local connection = folder and read_address(server, folder) and net.connect(server.port)
  if connection then connection:close() end
  return connection and server
end

-- The Ceph of this run of ctest, or one for this test alone.
function servers.ceph(options)
  local tls = options and options.tls
  local ceph = shared("HILUM_CEPH")
  return ceph and finish(ceph, tls) or servers.start("ceph", { tls = tls })
end

-- An OpenSearch: HILUM_TEST_OPENSEARCH (the URL of one that asks nobody who they are), or that of this run of ctest, or one for this test
-- alone; or nil, and why there is none. It keeps what other tests left: index_name() tells a name that is free.
function servers.opensearch()
  local url = os.getenv("HILUM_TEST_OPENSEARCH")
  if url then return setmetatable({ url = (url:gsub("/$", "")) }, Server) end
  local running = shared("HILUM_OPENSEARCH")
  if running then return finish(running) end
  local said = os.getenv("HILUM_OPENSEARCH") and fs.read(os.getenv("HILUM_OPENSEARCH") .. ".out") or ""
  local skipped = said:match("skipped: ([^\n]*)")
  if skipped then return nil, skipped end
  local alone = servers.start("opensearch")
  return alone, not alone and "it is not installed" or nil
end

return servers
