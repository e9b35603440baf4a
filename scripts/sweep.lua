-- SPDX-License-Identifier: MIT
-- sweep: an end to uploads that nobody completes.
local json = require "hilum.json"
local workflow = require "lib.transfer.workflow"

local AT_ONCE = 16

-- Those that were begun so many seconds ago; of which it is not known when, none.
local function old_uploads(client, place, age)
  local latest, found = client.session:time() - age, json.array()
  for upload in client:uploads(place) do
    if upload.started and upload.started <= latest then found[#found + 1] = upload end
  end
  return found
end

local function confirm(count, opt, ctx)
  require "lib.consent"(("give %d of them up, with the parts that were sent"):format(count), "nothing was removed", opt, ctx)
end

-- How many were given up; who could not be is told.
local function abort_all(client, bucket, uploads, ctx)
  local _, errors = require "hilum.task".map(uploads, { at_once = AT_ONCE }, function(upload)
    return client:abort({ bucket = bucket, key = upload.key }, upload.id)
  end)
  local failed = 0
  for _, err in pairs(errors or {}) do
    failed = failed + 1
    ctx.print("%s", err.message)
  end
  return #uploads - failed, failed
end

local function run(opt, ctx)
  local client = workflow.client(opt)
  local uploads = old_uploads(client, opt.at, opt.older)
  for _, upload in ipairs(uploads) do
    ctx.print("%s  %s", os.date("!%Y-%m-%d %H:%M", upload.started), require "lib.images".show(upload.key))
  end
  ctx.say("%s: %d uploads that were begun so long ago and never completed", opt.at, #uploads)
  local result = { uploads = uploads, removed = 0, failed = 0 }
  if #uploads == 0 or opt.dry_run then return result end
  confirm(#uploads, opt, ctx)
  result.removed, result.failed = abort_all(client, opt.at.bucket, uploads, ctx)
  ctx.say("removed: %d, failed: %d", result.removed, result.failed)
  result.exit = result.failed > 0 and 1 or 0
  return result
end

return {
  summary = "Remove what uploads that were never completed left on S3",
  details = [[
Large files go up in parts, which cost money until the upload is completed or given up; `hilum ls --leftovers` shows those that are neither.
`hilum upload` and `hilum sync` go on with them when they are started again. Gives up those below the place that were begun longer ago
than --older says, after asking. No object is touched. Times are UTC.]],
  options = {
    { "at", type = "s3uri", positional = true, required = true, metavar = "S3URI", help = "s3://bucket or s3://bucket/prefix" },
    { "older", type = "duration", default = "7d", help = "an upload that is younger may still be going on" },
    { "yes", type = "flag", short = "y", help = "do not ask" },
    { "dry-run", type = "flag", help = "only show them" },
  },
  examples = {
    "hilum sweep s3://my-bucket --dry-run",
    "hilum sweep s3://my-bucket/images/ --older 1d --yes",
  },
  run = run,
}
