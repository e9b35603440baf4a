-- SPDX-License-Identifier: MIT
-- The fake AWS of scripts/lib/fake/aws, for clients in other processes: `hilum servers/aws.lua --port 21100` serves until it is ended;
-- `hilum servers/aws.lua -- provision plan` runs hilum against it, and ends with its exit status. The keys are hilumtest and hilumsecret.
local root = debug.getinfo(1, "S").source:match("^@(.*)/servers/[^/]*$") or "."
package.path = root .. "/support/?.lua;" .. package.path

local function start(opt)
  local fake = require "lib.fake.aws.server".new { region = opt.region, services = { "sts", "iam", "aoss", "sagemaker", "quotas" },
    s3 = require "lib.fake.s3.server".new { region = opt.region } }
  local server = require "http_server".start({ port = opt.port }, fake.handler)
  fake.url = server.url
  return server
end

local function run_hilum(server, opt)
  local words = { "env", "-u", "AWS_PROFILE", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
    "AWS_EC2_METADATA_DISABLED=true", "AWS_ACCESS_KEY_ID=hilumtest", "AWS_SECRET_ACCESS_KEY=hilumsecret", "AWS_REGION=" .. opt.region,
    "AWS_ENDPOINT_URL=" .. server.url, os.getenv("HILUM") or "hilum" }
  local result = assert(require "hilum.task".command(table.move(opt.command, 1, #opt.command, #words + 1, words), { timeout = 120 }))
  io.stdout:write(result.output)
  server:close()
  return { exit = result.status }
end

return {
  summary = "Serve what hilum uses of AWS, from memory",
  options = {
    { "command", type = "list", positional = true, help = "what to run hilum with, against it" },
    { "port", type = "integer", default = 0, help = "0: any" },
    { "region", type = "string", default = "us-east-1", help = "whose region it is" },
  },
  run = function(opt)
    local server = start(opt)
    if opt.command then return run_hilum(server, opt) end
    server:run()
    return {}
  end,
}
