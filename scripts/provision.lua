-- SPDX-License-Identifier: MIT
-- provision: what the workflows need on AWS, made, shown and taken down again.
local cost = require "lib.cost"

local OPTIONS = {
  { "prefix", type = "string", default = "hilum", metavar = "NAME", help = "what all names begin with" },
  { "bucket", type = "string", metavar = "NAME", help = "the bucket, in place of PREFIX-ACCOUNT" },
  { "output", type = "string", default = "jobs/", metavar = "PREFIX", help = "where in the bucket jobs may write" },
  { "block-public", type = "flag", default = true, help = "block all public access to the bucket (some servers do not know that)" },
  { "kms-key", type = "string", metavar = "ARN",
    help = "a key of yours that the bucket or the custom models are encrypted with: the roles may use it" },
  { "generation", type = "choice", choices = { "nextgen", "classic" }, default = "nextgen",
    help = "of the collection: nextgen costs nothing while it is idle, classic always bills" },
  { "max-ocu", type = "integer", min = 1, default = 2, metavar = "N",
    help = "most capacity units, for indexing and for search (nextgen)" },
  { "standby", type = "flag", help = "a second home for the collection (default: for nextgen)" },
  { "public", type = "flag", default = false, help = "let the collection be reached from the internet, by those whom its policy names" },
  { "vpce", type = "list", metavar = "ID", help = "an endpoint of OpenSearch Serverless in your network that reaches the collection" },
  { "principal", type = "list", metavar = "ARN", help = "a role or user, besides you and those who may already, to use the collection" },
  { "model", type = "string", default = "amazon.titan-embed-image-v1", metavar = "ID", help = "the model that the notebook may call" },
  { "notebook", type = "flag", default = false, help = "a SageMaker notebook instance, too" },
  { "instance", type = "string", default = "ml.t3.medium", metavar = "TYPE", help = "the notebook's machine" },
  { "volume", type = "integer", min = 5, max = 16384, default = 15, metavar = "GB", help = "the notebook's disk" },
  { "platform", type = "string", default = "notebook-al2-v3", metavar = "ID", help = "the notebook's system" },
  { "source", type = "string", default = "", metavar = "URL", help = "the git repository that the notebook installs hilum from" },
  { "image", type = "string", default = "debian:12", help = "the container image that the notebook builds and runs it in" },
  { "ref", type = "string", default = "main", metavar = "BRANCH", help = "the branch or tag of it" },
  { "adopt", type = "flag", default = false, help = "take over what has the name of a thing of ours and is not recorded as ours" },
  { "poll", type = "duration", default = 10, metavar = "TIME", help = "between two looks at what is being made" },
  { "profile", type = "string", metavar = "NAME", help = "the profile; it beats credentials in the environment" },
  { "region", type = "string", metavar = "REGION", help = "the region, in place of the one that is set up" },
  { "endpoint", type = "string", metavar = "URL", help = "where to ask, in place of AWS" },
}

local function lib(name) return require("lib.provision." .. name) end

local function open(opt)
  local session = assert(require "lib.aws.session".open { profile = opt.profile, region = opt.region, endpoint = opt.endpoint })
  return assert(lib "env".open(session, opt))
end

local function open_both(opt)
  local env = open(opt)
  return env, assert(lib "state".load(env))
end

-- Whether something may be done that the user has not said yes to beforehand: only a person at a terminal can be asked.
local function confirm(said, question)
  return said or require "lib.ask"(question)
end

-- Less than this a month, or an hour of use, is not asked about: USD.
local UNASKED_BELOW = 1

local STANDING, NEW = { create = true, change = true, keep = true }, { create = true, change = true }

-- What things of these actions cost: while they stand, and while they are used. Two sums, which must not be mistaken for each other.
local function estimates_of(env, steps, actions, ctx)
  local monthly, hourly = lib "show".costs(env, steps, actions)
  local function estimate(step, items) return cost.estimate({ step = step, region = env.region, items = items }, ctx) end
  return { month = estimate("provision (each month that it stands)", monthly),
    hour_of_use = estimate("provision (each hour of use)", hourly) }
end

-- Those with anything in them.
local function each(estimates)
  local list = {}
  for _, one in ipairs { estimates.month, estimates.hour_of_use } do if #one.items > 0 then list[#list + 1] = one end end
  return ipairs(list)
end

-- Asks about what is new and costs money.
local function pass_gate(env, steps, opt, ctx)
  for _, estimate in each(estimates_of(env, steps, NEW, ctx)) do cost.gate(estimate, opt, ctx, UNASKED_BELOW) end
end

-- A function that writes down what a step costs, as soon as it is done: a run that is killed then leaves nothing untold.
local function noting(env, ctx)
  return function(step)
    for _, estimate in each(estimates_of(env, { step }, NEW, ctx)) do
      cost.submitted(estimate, { name = ("%s %s, %s: %s"):format(step.resource.kind, step.id, os.date("!%Y-%m-%dT%H:%M:%SZ"),
        estimate.step) }, ctx)
    end
  end
end

local function warn_if_closed(opt, ctx)
  if opt.public or #(opt.vpce or {}) > 0 then return end
  ctx.warn("the collection is reached from nowhere but Bedrock: give --vpce ID for your network, or --public")
end

-- The plan for people and programs, and its steps.
local function plan_of(env, state, ctx)
  local show, steps = lib "show", assert(lib "plan".steps(env, state))
  local records, counts = show.records(steps)
  return { account = env.account, region = env.region, steps = records, costs = estimates_of(env, steps, STANDING, ctx),
    create = counts.create or 0, change = counts.change or 0, keep = counts.keep or 0, delete = counts.delete or 0,
    blocked = counts.blocked or 0 }, steps
end

local function plan(opt, ctx)
  local env, state = open_both(opt)
  local result = plan_of(env, state, ctx)
  ctx.print("%s", lib "show".plan(result.steps))
  ctx.say("account %s, %s: %d to create, %d to change, %d to keep, %d to delete, %d blocked", result.account, result.region, result.create,
    result.change, result.keep, result.delete, result.blocked)
  for _, estimate in each(result.costs) do cost.say(estimate, ctx) end
  warn_if_closed(opt, ctx)
  result.exit = result.blocked > 0 and 1 or 0
  return result
end

-- Stops before anything is done when something cannot be done, or would be deleted unasked.
local function check_plan(planned, opt, ctx)
  for _, step in ipairs(planned.steps) do
    if step.action == "blocked" then ctx.fail("%s %s: %s", step.what, step.name, step.why) end
  end
  if planned.delete == 0 then return end
  ctx.say("%s", lib "show".plan(planned.steps))
  if not confirm(opt.yes, ("delete %d of them"):format(planned.delete)) then
    ctx.usage("%d would be deleted, since the options do not ask for them any more; give the options again, or --yes", planned.delete)
  end
end

-- What project.lua should say of all this. A collection that is open stays so, whether or not this run was told.
local function tell_settings(result, env, opt, ctx)
  local settings = lib "settings"
  local asked = setmetatable({ public = opt.public or lib "show".is_public(env) }, { __index = opt })
  result.settings = settings.tree(result, OPTIONS, asked)
  local text = settings.text(result, OPTIONS, asked, ctx.project.config)
  if text then ctx.print("\n%s", text) end
end

local function apply(opt, ctx)
  local env, state = open_both(opt)
  local planned, planned_steps = plan_of(env, state, ctx)
  check_plan(planned, opt, ctx)
  warn_if_closed(opt, ctx)
  pass_gate(env, planned_steps, opt, ctx)
  local progress <close> = ctx.progress(#lib "resources", "provision", { unit = "resources" })
  local steps = assert(lib "walk".apply(env, state, ctx.say, noting(env, ctx), function() progress:add() end))
  progress:finish()
  local result = lib "show".outputs(env)
  result.steps = lib "show".records(steps)
  ctx.print("bucket      %s\noutput      %s\nrole        %s\ncollection  %s", result.bucket, result.output, result.role,
    result.endpoint or "")
  tell_settings(result, env, opt, ctx)
  return result
end

local function status(opt, ctx)
  local env, state = open_both(opt)
  local show, steps = lib "show", assert(lib "plan".steps(env, state))
  local rows = require "hilum.json".array()
  for _, step in ipairs(steps) do
    local recorded = state.resources[step.resource.name]
    if step.found then
      rows[#rows + 1] = { what = step.resource.kind, name = step.id, state = step.found.status or "there",
        since = recorded and recorded.since or step.ours and "?" or "not hilum's" }
    end
  end
  local result = show.outputs(env)
  result.resources = rows
  if #rows == 0 then ctx.say("account %s, %s: nothing of prefix %s is there", env.account, env.region, opt.prefix) end
  if #rows > 0 then ctx.print("%s", require "hilum.term".table(rows, { "what", "name", "state", "since" })) end
  for _, kind in ipairs(lib "leftovers".find(env, true, ctx.warn)) do
    result[kind.name:gsub(" ", "_")] = kind.items
    ctx.print("%s", require "hilum.term".color(show.items(kind), kind.name == "throughput" and "red" or "bold", "stdout"))
  end
  tell_settings(result, env, opt, ctx)
  return result
end

-- Which kinds of things that need a question of their own may go.
local function ask_kinds(survey, opt, ctx)
  local accepted = {}
  for _, kind in ipairs(survey.kinds) do
    ctx.say("%s", lib "show".items(kind))
    local is_held = accepted[kind.after] == false
    accepted[kind.name] = not is_held and confirm(opt[kind.flag], kind.question)
    if is_held then ctx.warn("%s: kept for the %s", kind.name, kind.after)
    elseif not accepted[kind.name] then ctx.warn("%s: kept; --%s would %s", kind.name, kind.flag:gsub("_", "-"), kind.question) end
  end
  return accepted
end

local function names_of(steps)
  local names = require "hilum.json".array()
  for i, step in ipairs(steps) do names[i] = { what = step.resource.kind, name = step.id, why = step.why } end
  return names
end

-- Custom models that were deleted are not taken to be there any more.
local function forget_models(survey, accepted, ctx)
  for _, kind in ipairs(survey.kinds) do
    for _, item in ipairs(kind.name == "custom models" and accepted[kind.name] and kind.items or {}) do
      require "lib.finetune.ordered".forget(ctx.project, item.id, item.text)
    end
  end
end

local function destroy(opt, ctx)
  local env, state = open_both(opt)
  local survey = assert(lib "destroy".survey(env, state, ctx.warn))
  for _, step in ipairs(survey.others) do ctx.say("%s %s is not hilum's: it stays", step.resource.kind, step.id) end
  if #survey.steps == 0 and #survey.kinds == 0 then
    ctx.say("account %s, %s: nothing of prefix %s is hilum's", env.account, env.region, opt.prefix)
    return { deleted = names_of {}, spared = names_of {} }
  end
  if #survey.steps > 0 then ctx.say("%s", require "hilum.term".table(names_of(survey.steps), { "what", "name" })) end
  if not confirm(opt.yes, ("delete these in account %s"):format(env.account)) then
    ctx.usage("nothing was deleted; --yes says yes")
  end
  local accepted = ask_kinds(survey, opt, ctx)
  local result = assert(lib "destroy".run(env, state, survey, accepted, ctx.say))
  forget_models(survey, accepted, ctx)
  for _, step in ipairs(result.spared) do ctx.say("%s %s: kept, %s", step.resource.kind, step.id, step.why) end
  return { deleted = names_of(result.deleted), spared = names_of(result.spared) }
end

local function export(opt, ctx)
  local text = lib "terraform".export(open(opt))
  if not opt.to then
    ctx.print("%s", (text:gsub("\n$", "")))
    return { terraform = text }
  end
  assert(require "hilum.fs".write(opt.to, text))
  ctx.say("%s: `terraform init` and `terraform plan` there show what it would make", opt.to)
  return { path = opt.to }
end

local YES = { "yes", type = "flag", default = false, help = "ask nothing; what has a question of its own needs its own option" }

return {
  summary = "What the workflows need on AWS: bucket, roles, vector collection",
  details = [[
One bucket, closed to the public; a role with which Bedrock's jobs reach it and nothing else; a role with which schedules delete throughput
that hilum bought and nothing else; a vector collection of OpenSearch Serverless
with its policies; with --notebook, a SageMaker notebook instance that installs hilum. Names follow from --prefix and the account. What was
made is recorded in the bucket, so that `apply` can be run again after any end, and `destroy` takes away what hilum made and nothing else.

The options are best kept in project.lua, in a table called provision: what they do not ask for any more would be deleted.]],
  options = OPTIONS,
  verbs = {
    plan = {
      summary = "What apply would create, change, keep and delete",
      details = "Looks at what really exists, and changes nothing. Exit status 1 when something is in the way.",
      examples = { "hilum provision plan", "hilum provision plan --public --notebook --source https://example.org/hilum.git --json" },
      run = plan,
    },
    apply = {
      summary = "Make it so; again after any interruption",
      details = [[
Says what it would make, and what that costs: each month that it stands, used or not, and each hour in which the collection is used. Each
of the two sums has to be agreed to from 1 USD on: at the terminal, by --max-cost USD, which holds for each, or by --yes. With the newer
generation of collections, which costs nothing while nobody asks, they are less.

Ends with what project.lua should say of it, so that no other step has to be told.]],
      options = { YES, cost.OPTIONS[1] },
      examples = { "hilum provision apply --public", "hilum provision apply --prefix chest --vpce vpce-0a1b2c3d --region us-west-2" },
      run = apply,
    },
    status = {
      summary = "What stands, since when, and what bills",
      details = "Ends with what project.lua should say of it and does not say yet, so that no other step has to be told.",
      examples = { "hilum provision status", "hilum provision status --json" },
      run = status,
    },
    destroy = {
      summary = "Take down what hilum made, and nothing else",
      details = [[
Asks first. Jobs that go on, provisioned throughput, the schedules that end it, custom models, indexes and the bucket's content each have
a question of their own, or an option; what is not answered with yes stays, and what it is in or needs stays too.]],
      options = { YES,
        { "delete-data", type = "flag", default = false,
          help = "the bucket's content: images, records, and outputs of batch jobs, which echo the images" },
        { "delete-indexes", type = "flag", default = false, help = "the indexes in the collection" },
        { "delete-models", type = "flag", default = false, help = "the custom models that were trained with hilum's role" },
        { "stop-jobs", type = "flag", default = false, help = "the jobs that have hilum's role and are not over" },
        { "delete-throughput", type = "flag", default = false, help = "the throughput provisioned for them" },
        { "delete-schedules", type = "flag", default = false, help = "the schedules that delete throughput at its time" },
      },
      examples = { "hilum provision destroy", "hilum provision destroy --yes --delete-indexes --delete-data" },
      run = destroy,
    },
    export = {
      summary = "The same as a file for Terraform",
      options = {
        { "format", type = "choice", choices = { "terraform" }, default = "terraform", help = "of the file" },
        { "to", type = "path", metavar = "FILE", help = "the file; without it, stdout" },
      },
      examples = { "hilum provision export --format terraform", "hilum provision export --public --to aws/main.tf" },
      run = export,
    },
  },
  examples = { "hilum provision plan --public", "hilum provision apply --public" },
}
