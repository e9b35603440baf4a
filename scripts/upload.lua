-- SPDX-License-Identifier: MIT
-- upload: folders and files to S3.
local fs = require "hilum.fs"
local workflow = require "lib.transfer.workflow"

local function sum(results, target)
  local total = { from = "what was named", to = target.url, sent = 0, bytes = 0, same = 0, deleted = 0, failed = 0, seconds = 0,
    failures = require "hilum.json".array(), plan = results[1].plan and require "hilum.json".array() or nil }
  for _, result in ipairs(results) do
    for _, key in ipairs { "sent", "bytes", "same", "deleted", "failed", "seconds" } do total[key] = total[key] + result[key] end
    table.move(result.failures, 1, #result.failures, #total.failures + 1, total.failures)
    total.stopped, total.dry_run = total.stopped or result.stopped, result.dry_run
    if result.plan then table.move(result.plan, 1, #result.plan, #total.plan + 1, total.plan) end
  end
  return total
end

-- What to send, and where: the target is the last that is named, unless --to is; what is sent, if nothing else is named, the images.
local function read_names(opt, ctx)
  local from = table.move(opt.from or {}, 1, #(opt.from or {}), 1, {})
  local to = opt.to or table.remove(from) or ""
  if not to:find("^s3://") then ctx.usage("say where to: s3://bucket/prefix, as the last, or with --to") end
  if #from == 0 then from[1] = opt.images end
  for _, path in ipairs(from) do
    if path:find("^s3://") then ctx.usage("%s is on S3 already: hilum sync %s %s", path, path, to) end
  end
  return from, to
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
  local from, to = read_names(opt, ctx)
  local client = workflow.client(opt, true)
  local target, results = assert(require "lib.transfer.side".open(to, client)), {}
  local settings, sources = workflow.settings(opt, "upload", workflow.put(opt)), sources_of(from, client, ctx)
  local name, one, other = require "lib.transfer.clash"(sources, settings)
  if name then ctx.usage("%s and %s would both be %s there: send them under different prefixes", one, other, name) end
  for i, source in ipairs(sources) do results[i] = require "lib.transfer".run(source, target, client, settings, ctx) end
  return workflow.tell(sum(results, target), ctx)
end

return {
  summary = "Folders and files to S3",
  details = [[
What is in the folders, and the files, go below the target under their names, which must differ; without either, the images of the
project go there. What is there already is not sent again (--compare says what that means). Started again after any interruption it
sends what is missing, of large files the missing parts.

A file that cannot be sent is named, and does not stop the others; exit status 1 then.]],
  options = workflow.join({
    { "from", type = "list", of = "path", positional = true, metavar = "FOLDER|FILE|S3URI",
      help = "what to send (default: --images), and where" },
    { "to", type = "path", metavar = "S3URI", help = "s3://bucket/prefix/, if it is not named last" },
    { "images", type = "path", default = "images", help = "the folder that is sent when none is named" },
  }, workflow.options, workflow.put_options),
  examples = {
    "hilum upload s3://my-bucket/images/",
    "hilum upload images s3://my-bucket/images/",
    "hilum upload train.jsonl validation.jsonl s3://my-bucket",
  },
  run = run,
}
