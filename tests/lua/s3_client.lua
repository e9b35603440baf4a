-- SPDX-License-Identifier: MIT
-- Clients of S3 for tests, which nothing of this machine's configuration reaches.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local http_server = require "http_server"
local s3 = require "lib.aws.s3"
local s3_server = require "lib.fake.s3.server"
local session = require "lib.aws.session"

local s3_client = {}

-- The strict server of scripts/lib/fake/s3 in this process, and a session that leads to it.
--   local server <close> = s3_client.serve {}        server.s3: its state; server.log
-- options: of s3_server; wrap(handler): what stands before it.
function s3_client.serve(options)
  local inner = s3_server.new(options)
  inner:create_bucket("bucket")
  local handler = options.wrap and options.wrap(inner.handler, inner) or inner.handler
  local server = http_server.start({}, handler)
  server.s3, server.access_key, server.secret_key = inner, "hilumtest", "hilumsecret"
  return server
end

-- A client of a server {url, access_key, secret_key}. settings: of s3.open; environment: variables; session: more for session.open.
function s3_client.open(server, settings, environment, more)
  local variables = { HOME = "/nonexistent", AWS_CA_BUNDLE = server.ca }
  for name, value in pairs(environment or {}) do variables[name] = value end
  local opened = { endpoint = server.url, region = "us-east-1", getenv = function(name) return variables[name] end, sleep = function() end,
    credentials = { access_key = server.access_key, secret_key = server.secret_key } }
  for name, value in pairs(more or {}) do opened[name] = value end
  local client = { session = assert(session.open(opened)) }
  for name, value in pairs(settings or {}) do client[name] = value end
  return s3.open(client)
end

-- Keys that are hard to write in a path, a query or XML.
s3_client.KEYS = { "plain.png", "a b", "./x", "../y", "a//b", "/lead", ".", "..", "a/./b/../c", "é/日本", "new\nline", "ret\rurn", "tab\t",
  "q?a=1&b=2", "plus+plus", "100%", "%41", "#hash", "'\"()[]{}<>", "back\\slash", "semi;colon", "equals=", "at@", "colon:", "comma,",
  "star*", "tilde~", "pipe|", "caret^", "back`tick", "dollar$", "bang!", "trailing/", "space ", "\u{1F480}", ("k"):rep(1022) }

return s3_client
