-- SPDX-License-Identifier: MIT
-- deploy: provisioned throughput for a custom model on Bedrock, which it needs to be asked one image at a time. lib/deploy does it.
local cost = require "lib.cost"
local ready = require "lib.ready"

local function run(opt, ctx)
  if opt.delete and (opt.to_model or opt["for"]) then ctx.usage("--delete goes without --to-model and --for: it deletes now") end
  local what = opt.delete and "removal" or opt.to_model and "repoint" or "order"
  return require("lib.deploy." .. what).run(opt, ctx)
end

-- All of the region, whoever bought them; what is recorded here deletes itself at a known time.
local function list(opt, ctx)
  local at, records = require "lib.deploy.place".open(opt, ctx), require "lib.deploy.records"
  local rows = require "hilum.json".array()
  for i, one in ipairs(assert(require "lib.deploy.throughput".list(at.bedrock))) do
    local record = records.find(ctx.project, one.provisionedModelArn) or {}
    rows[i] = { name = one.provisionedModelName, status = one.status, units = one.modelUnits, model = one.modelArn,
      since = one.creationTime, deleted_at = record.expires, arn = one.provisionedModelArn, here = record.name ~= nil }
  end
  if #rows > 0 then ctx.print("%s", require "hilum.term".table(rows, { "name", "status", "units", "since", "deleted_at", "model" })) end
  ctx.say("%s", #rows == 0 and "none stands in " .. at.region or "each bills by the hour until it is deleted: `hilum deploy NAME --delete`")
  return { region = at.region, throughputs = rows }
end

local function status(_, ctx)
  local standing = require "lib.deploy.standing"
  local all = standing.list(ctx)
  for _, line in ipairs(standing.lines(all)) do ctx.print("%s", line) end
  if #all == 0 then ctx.say("this project has no throughput; `hilum deploy list` shows those of the region") end
  return { throughputs = all }
end

return {
  summary = "Throughput for a custom model on Bedrock: bought, shown, deleted",
  details = [[
A model that was fine-tuned on Bedrock answers only through provisioned throughput: model units that bill by the hour, from the moment
they are ordered until they are deleted, used or not. `hilum deploy MODEL` buys it and waits until it is in service; then
`hilum embed --model bedrock:MODEL` and queries find it by themselves. MODEL is the custom model's name or ARN, or the job that trains it;
without one, the job that this project submitted last.

With --for TIME a schedule in the account (EventBridge Scheduler) deletes it at its time, also if this machine is off. The schedule is made
before anything is bought; if it cannot be made, nothing is. It uses a role that may delete what hilum bought and nothing else:
PREFIX-expiry, which is made where it is missing, or --expiry-role.

--to-model repoints what stands to another custom model of the same base; --delete ends it. What stands is recorded in deployments/,
and `hilum status` shows it in red. The same command run again makes nothing twice.]],
  options = {
    { "which", type = "string", positional = true, metavar = "MODEL",
      help = "the custom model, or its job; with --delete and --to-model the throughput" },
    { "name", type = "string", metavar = "NAME", help = "of the throughput (default: the model's)" },
    { "units", type = "integer", min = 1, default = 1, metavar = "N", help = "model units" },
    { "commitment", type = "choice", choices = { "none", "1-month", "6-months" }, default = "none",
      help = "cheaper by the hour, and not to be deleted before its time" },
    { "for", type = "duration", metavar = "TIME", help = "delete it after that time, from the account itself: 2h" },
    { "wait", type = "flag", default = true, help = "wait until it is in service" },
    { "to-model", type = "string", metavar = "MODEL", help = "let it answer with this model" },
    { "delete", type = "flag", default = false, help = "delete it" },
    { "dry-run", type = "flag", default = false, help = "print the request and what it costs, and order nothing" },
    cost.OPTIONS[1],
    cost.OPTIONS[2],
    ready.OPTIONS[1],
    { "prefix", type = "string", metavar = "NAME", help = "of schedule and role (default: provision's, hilum)" },
    { "expiry-role", type = "string", metavar = "ARN", help = "a role of yours for the schedule" },
    { "poll", type = "duration", default = 30, metavar = "TIME", help = "between two looks at what is being made" },
    { "profile", type = "string", metavar = "NAME", help = "the AWS profile" },
    { "region", type = "string", metavar = "REGION", help = "the AWS region" },
  },
  verbs = {
    list = { summary = "All throughput of the region", options = {}, examples = { "hilum deploy list", "hilum deploy list --json" },
      run = list },
    status = { summary = "What this project has bought, and whether it stands", options = {},
      examples = { "hilum deploy status", "hilum deploy status --json" }, run = status },
  },
  examples = { "hilum deploy cxr --for 2h", "hilum deploy cxr --units 2 --for 2h --max-cost 40 --no-wait",
    "hilum deploy cxr --to-model cxr-2", "hilum deploy cxr --delete" },
  run = run,
}
