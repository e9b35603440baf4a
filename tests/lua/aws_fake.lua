-- SPDX-License-Identifier: MIT
-- The fake AWS of scripts/lib/fake/aws on a port of its own, and sessions that lead to it and nowhere else.
--   local aws <close> = aws_fake.serve { services = {…} }        aws.fake: its state; aws.url
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local aws_server = require "lib.fake.aws.server"
local http_server = require "http_server"
local s3_server = require "lib.fake.s3.server"
local session = require "lib.aws.session"

local aws_fake = {}

-- options: of aws_server.new; port.
function aws_fake.serve(options)
  options = options or {}
  options.s3 = s3_server.new { region = options.region }
  local fake = aws_server.new(options)
  local server = http_server.start({ port = options.port }, fake.handler)
  fake.url, server.fake = server.url, fake
  return server
end

-- settings: more for session.open. Nothing waits.
function aws_fake.session(server, settings)
  local opened = { endpoint = server.url, region = server.fake.region, getenv = function(name) return name == "HOME" and "/none" or nil end,
    sleep = function() end, credentials = { access_key = "hilumtest", secret_key = "hilumsecret" } }
  for name, value in pairs(settings or {}) do opened[name] = value end
  return assert(session.open(opened))
end

return aws_fake
