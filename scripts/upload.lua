-- SPDX-License-Identifier: MIT
-- upload: folders and files to S3.
local fs = require "hilum.fs"
local workflow = require "lib.transfer.workflow"

local function sum(results, target)
  local total = { from = "what was named", to = target.url, sent = 0, bytes = 0, same = 0, deleted = 0, failed = 0, seconds = 0,
    failures = require "hilum.json".array() }
  for _, result in ipairs(results) do
    for _, key in ipairs { "sent", "bytes", "same", "deleted", "failed", "seconds" } do total[key] = total[key] + result[key] end
    table.move(result.failures, 1, #result.failures, #total.failures + 1, total.failures)
    total.stopped, total.dry_run = total.stopped or result.stopped, result.dry_run
  end
  return total
end

-- The target is the last that is named, unless --to is.
local function target_of(opt, ctx)
  local to = opt.to or #opt.from > 1 and table.remove(opt.from) or ""
  if not to:find("^s3://") then ctx.usage("say where to: s3://bucket/prefix, as the last, or with --to") end
  return to
end

-- What is to be sent, as sides: each folder is one, all files together are one.
local function sources_of(paths, client, ctx)
  local side, sources, files = require "lib.transfer.side", {}, {}
  for _, path in ipairs(paths) do
    local stat = fs.stat(path)
    if not stat then ctx.usage("%s does not exist", path) end
    if stat.type == "dir" then sources[#sources + 1] = assert(side.open(path, client)) else files[#files + 1] = path end
  end
  if #files > 0 then sources[#sources + 1] = assert(side.files(files)) end
  return sources
end

local function run(opt, ctx)
  local client = workflow.client(opt, true)
  local target, results = assert(require "lib.transfer.side".open(target_of(opt, ctx), client)), {}
  for i, source in ipairs(sources_of(opt.from, client, ctx)) do
    results[i] = require "lib.transfer".run(source, target, client, workflow.settings(opt, "upload", workflow.put(opt)), ctx)
  end
  return workflow.tell(sum(results, target), ctx)
end

return {
  summary = "Folders and files to S3",
  details = [[
What is in the folders, and the files, go below the target under their names; what is there already is not sent again (--compare says
what that means). Started again after any interruption it sends what is missing, of large files the missing parts.

A file that cannot be sent is named, and does not stop the others; exit status 1 then.]],
  options = workflow.join({
    { "from", type = "list", of = "path", positional = true, default = "images", metavar = "FOLDER|FILE|S3URI",
      help = "what to send, and where" },
    { "to", type = "path", metavar = "S3URI", help = "s3://bucket/prefix/, if it is not named last" },
  }, workflow.options, workflow.put_options),
  examples = {
    "hilum upload images s3://my-bucket/images/",
    "hilum upload train.jsonl validation.jsonl s3://my-bucket",
  },
  run = run,
}
