-- SPDX-License-Identifier: MIT
-- download: from S3 to a folder.
local workflow = require "lib.transfer.workflow"

local function run(opt, ctx)
  local side = require "lib.transfer.side"
  local client = workflow.client(opt)
  local from, to = assert(side.open(tostring(opt.from), client)), assert(side.open(opt.to, client))
  if not to.is_folder then ctx.usage("%s: the target of a download is a folder; `hilum sync` copies within S3", opt.to) end
  return workflow.tell(require "lib.transfer".run(from, to, client, workflow.settings(opt, "download"), ctx), ctx)
end

return {
  summary = "A bucket or a prefix in it to a folder",
  details = [[
Everything below the prefix goes into the folder; what is there already is not fetched again (--compare says what that means). Files appear
when they are whole and checked. Names that would lead out of the folder are refused.]],
  options = workflow.join({
    { "from", type = "s3uri", positional = true, required = true, metavar = "S3URI", help = "s3://bucket/prefix/" },
    { "to", type = "path", positional = true, default = "images", metavar = "FOLDER", help = "where" },
  }, workflow.options),
  examples = {
    "hilum download s3://my-bucket/images/ images",
    "hilum download s3://my-bucket/images/ some --include '*_000.png' --at-once 64",
  },
  run = run,
}
