-- SPDX-License-Identifier: MIT
-- sync: one side becomes as the other.
local function run(opt, ctx)
  local side, workflow = require "lib.transfer.side", require "lib.transfer.workflow"
  local client = workflow.client(opt, true)
  local from, to = assert(side.open(opt.from, client)), assert(side.open(opt.to, client))
  if from.is_folder and to.is_folder then ctx.usage("one side has to be on S3: s3://bucket/prefix") end
  if side.overlap(from, to) then ctx.usage("%s and %s overlap: sync to a place beside it, not in it", from.url, to.url) end
  if from.is_folder and not require "hilum.fs".stat(opt.from) then ctx.usage("%s: no such folder", opt.from) end
  local settings = workflow.settings(opt, "sync", workflow.put(opt))
  settings.delete = opt.delete
  return workflow.tell(require "lib.transfer".run(from, to, client, settings, ctx), ctx)
end

local workflow = require "lib.transfer.workflow"

return {
  summary = "Make a folder or an s3:// prefix as another is",
  details = [[
Sends what the target does not have: files that are missing there, of another size, or newer here. With --delete, what only the target
has is deleted. Between two prefixes S3 copies by itself. Files are there whole or not at all, and are checked on their way; what was
interrupted is started again with the same command and sends only what is still missing, of large files only the missing parts.

A file that cannot be sent is named, and does not stop the others; exit status 1 then.]],
  options = workflow.join({
    { "from", type = "path", positional = true, required = true, metavar = "FROM",
      help = "a folder or s3://bucket/prefix: what is to be there" },
    { "to", type = "path", positional = true, required = true, metavar = "TO", help = "a folder or s3://bucket/prefix: where" },
    { "delete", type = "flag", help = "delete there what is not here" },
  }, workflow.options, workflow.put_options),
  examples = {
    "hilum sync images s3://my-bucket/images/",
    "hilum sync s3://my-bucket/images/ images --include '0000*' --dry-run",
    "hilum sync images s3://my-bucket/images/ --delete --compare content",
  },
  run = run,
}
