-- SPDX-License-Identifier: MIT
-- mb: a bucket.
local workflow = require "lib.transfer.workflow"

local function run(opt, ctx)
  local made = assert(workflow.client(opt):create_bucket(opt.bucket.bucket))
  ctx.say(made.created and "%s is there now" or "%s is yours already", opt.bucket)
  return { bucket = opt.bucket.bucket, created = made.created }
end

return {
  summary = "Make a bucket, closed to the public",
  details = [[
In the region that is set up (AWS_REGION, or the profile's). On AWS all public access to it is blocked. A bucket that is yours already stays
as it is.]],
  options = {
    { "bucket", type = "s3uri", positional = true, required = true, metavar = "S3URI", help = "s3://bucket" },
  },
  examples = { "hilum mb s3://my-bucket", "hilum mb s3://my-bucket --json" },
  run = run,
}
