-- SPDX-License-Identifier: MIT
-- S3 in memory with faults (scripts/lib/fake/s3, tests/support/faults.lua) as a process. Besides S3 it takes
--   PUT /-/bucket/NAME   a new bucket
--   PUT /-/rules         the rules from now on, in JSON
--   PUT /-/server        fields of the server, in JSON: {"skew": 1200}
--   GET /-/log           what was asked for and answered, in JSON
local here = debug.getinfo(1, "S").source:match("^@(.*)/servers/fault%.lua$") or "."
package.path = ("%s/support/?.lua;%s"):format(here, package.path)
local faults = require "faults"
local http_server = require "http_server"
local json = require "hilum.json"
local s3_server = require "lib.fake.s3.server"

local function administer(s3, plan, request)
  local what, name = request.path:match("^/%-/(%w+)/?(.*)$")
  local body = request:body()
  if what == "bucket" then
    s3:create_bucket(name)
  elseif what == "rules" then
    plan.rules = assert(json.decode(body))
  elseif what == "server" then
    for field, value in pairs(assert(json.decode(body))) do s3[field] = value end
  elseif what == "log" then
    return { body = json.encode(json.array(s3.log)) }
  end
  return {}
end

return {
  summary = "Serve S3 from memory, with faults",
  options = {
    { "port", type = "integer", default = 0, min = 0, help = "0: any that is free" },
    { "certificate", type = "path", help = "https with this certificate" },
    { "key", type = "path", help = "and its key" },
    { "rules", type = "string", default = "[]", help = "what goes wrong, in JSON" },
    { "seed", type = "integer", default = 1, help = "of what goes wrong at random" },
    { "budget", type = "integer", default = 1 << 53, help = "most faults in all" },
  },
  run = function(opt)
    local s3 = s3_server.new()
    local serve, plan = faults.handler(s3, { rules = assert(json.decode(opt.rules)), seed = opt.seed, budget = opt.budget })
    http_server.start({ port = opt.port, certificate = opt.certificate, key = opt.key }, function(request)
      return request.path:find("^/%-/") and administer(s3, plan, request) or serve(request)
    end):run()
  end,
}
