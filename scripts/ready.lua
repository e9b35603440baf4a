-- SPDX-License-Identifier: MIT
-- ready: would a step on AWS succeed, and could what it makes be used? Asked before it costs anything.
local TITAN = "amazon.titan-embed-image-v1"

-- What an option says, else a workflow's section of project.lua, else the default.
local function setting(said, ctx, workflow, key, default)
  return said or (ctx.project.config[workflow] or {})[key] or default
end

local NO_MODEL = "none yet: `hilum finetune --model bedrock` has one trained; --model NAME or ARN means another"

local function needed(value, option, ctx)
  if not value then ctx.usage("%s is missing", option) end
  return value
end

-- The model without the word that a model's spec begins with.
local function model_of(opt, default) return (opt.model or default or ""):gsub("^bedrock:", "") end

-- The request of each step, as ready.check takes it, from (opt, ctx, session); a usage error when something is not said; nil and an error
-- when what is meant is not there.
local REQUESTS = {}

function REQUESTS.finetune(opt, ctx)
  local given = { bedrock = setting(nil, ctx, "finetune", "bedrock"), base_model = opt.model }
  for _, key in ipairs { "role", "train", "validation", "output" } do given[key] = setting(opt[key], ctx, "finetune", key) end
  return require "lib.finetune.job".request(given, {}, ctx)
end

function REQUESTS.deploy(opt, ctx, session)
  local models = require "lib.deploy.models"
  local which = opt.model or models.last_job(ctx.project)
  if not which then return nil, require "hilum.host".error("usage", NO_MODEL) end
  local model, err = models.deployable(require "lib.aws.bedrock".client(session), which)
  if not model then return nil, err end
  local schedule = opt["for"] and { prefix = setting(nil, ctx, "provision", "prefix", "hilum"), name = model.name,
    role = setting(nil, ctx, "deploy", "expiry_role") }
  return { modelId = model.arn, modelUnits = opt.units, schedule = schedule or nil }
end

function REQUESTS.embed(opt) return { modelId = model_of(opt, TITAN) } end

function REQUESTS.batch(opt, ctx)
  local output = needed(setting(opt.output, ctx, "embed", "work"), "--output s3://BUCKET/PREFIX/", ctx)
  local trainer = setting(nil, ctx, "finetune", "bedrock") or {}
  return { modelId = model_of(opt, TITAN), roleArn = needed(setting(opt.role, ctx, "embed", "role") or trainer.role, "--role ARN", ctx),
    inputDataConfig = { s3InputDataConfig = { s3InputFormat = "JSONL", s3Uri = opt.input or output } },
    outputDataConfig = { s3OutputDataConfig = { s3Uri = output } } }
end

-- As `hilum provision` calls it.
function REQUESTS.index(opt, ctx)
  return { collection = opt.collection or setting(nil, ctx, "provision", "prefix", "hilum") .. "-images" }
end

local ADVICE = "give the option, or write it into project.lua; `hilum provision status` prints what belongs there"

-- The rows of a step. What is not set up for it is in the way of it, but not of all, where what to do about it is told once, at the end.
local function check(step, session, opt, ctx)
  local ready, is_all = require "lib.ready", opt.step == "all"
  local said, request, err = pcall(REQUESTS[step], opt, ctx, session)
  if said and request then return (ready.check(step, request, session, ctx)) end
  err = err or request
  if type(err) ~= "table" or err.kind ~= "usage" then error(err, 0) end
  return require "hilum.json".array { { state = is_all and "warn" or "stop", what = said and "custom model" or "settings",
    found = err.message, advice = not said and not is_all and ADVICE or nil } }
end

local function lack_settings(steps)
  for _, rows in pairs(steps) do
    if rows[1] and rows[1].what == "settings" then return true end
  end
  return false
end

local function run(opt, ctx)
  local ready = require "lib.ready"
  local session = assert(require "lib.aws.session".open { profile = opt.profile, region = opt.region, endpoint = opt.endpoint })
  assert(session:needed_region())
  local result, stops = { steps = {} }, 0
  for i, step in ipairs(opt.step == "all" and ready.STEPS or { opt.step }) do
    local rows = check(step, session, opt, ctx)
    result.steps[step] = rows
    stops = stops + #ready.of(rows, "stop")
    ctx.print("%s%s\n%s", i > 1 and "\n" or "", require "hilum.term".color(step, "bold", "stdout"), ready.show(rows))
  end
  if opt.step == "all" and lack_settings(result.steps) then ctx.say("\nsettings: %s", ADVICE) end
  result.ready = stops == 0
  result.exit = stops > 0 and 1 or 0
  return result
end

local function list_prices(_, ctx)
  local prices, rows = require "lib.cost.prices", require "hilum.json".array()
  for i, key in ipairs(prices.keys()) do
    local price = prices.find(key, ctx.project.config)
    rows[i] = { price = key, usd = price.usd and prices.text(price.usd), unit = price.unit, mark = price.mark, date = price.date,
      source = price.source }
  end
  ctx.print("%s", require "hilum.term".table(rows, { "price", "usd", "unit", "mark", "date", "source" }))
  return { region = prices.REGION, prices = rows }
end

return {
  summary = "Could a step on AWS succeed, before it is paid for",
  details = [[
Looks, and changes nothing: the model's life cycle and the account's access to it; region; quotas as they are now, among them the model
units that AWS must have granted before a fine-tuned model can be called at all; the trust policy of the role that jobs take; what the role
and you may do, as IAM simulates it; the records, line by line; the buckets' region; whether the account logs calls with their images. Each
is ok, warn or stop, with what to do about it. What you may not ask is a warning. Exit status 1 when something would stop the step.

`finetune --model bedrock`, `deploy` and `embed` with a model on Bedrock look at the same before they order anything; there --anyway goes on
in spite of a stop. What is set in project.lua for these steps is taken from there.

What a step costs is estimated by a table of prices, which `hilum ready prices` shows, with what each rests on; it is not AWS's word.
project.lua can say better ones: prices = { ["model-unit-hour"] = 9.38 }.]],
  options = {
    { "step", type = "choice", choices = { "all", "finetune", "deploy", "embed", "batch", "index" }, positional = true, default = "all",
      help = "which one: all, finetune, deploy, embed, batch (a batch job of embed) or index" },
    { "role", type = "string", metavar = "ARN", help = "finetune, batch: the role that the job takes" },
    { "train", type = "string", metavar = "S3URI", help = "finetune: the training records" },
    { "validation", type = "string", metavar = "S3URI", help = "finetune: the validation records" },
    { "output", type = "string", metavar = "S3URI", help = "finetune: where the job writes; batch: embed's --work" },
    { "input", type = "string", metavar = "S3URI", help = "batch: what the job reads (default: below --output)" },
    { "model", type = "string", metavar = "ID", help = "a model's id, or the ARN of a custom model or of its throughput" },
    { "units", type = "integer", min = 1, default = 1, metavar = "N", help = "deploy: model units" },
    { "for", type = "duration", metavar = "TIME", help = "deploy: also whether the schedule can be made that deletes it" },
    { "collection", type = "string", metavar = "NAME", help = "index: the vector collection (default: provision's, hilum-images)" },
    { "profile", type = "string", metavar = "NAME", help = "the AWS profile" },
    { "region", type = "string", metavar = "REGION", help = "the AWS region" },
    { "endpoint", type = "string", metavar = "URL", help = "where to ask, in place of AWS" },
  },
  examples = {
    "hilum ready",
    "hilum ready finetune --role arn:aws:iam::123456789012:role/hilum-bedrock --train s3://b/train.jsonl --output s3://b/jobs/",
    "hilum ready deploy --model arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-embed-image-v1:0/abc --json",
  },
  verbs = {
    prices = { summary = "The prices by which estimates are made", options = {}, run = list_prices,
      details = "In us-east-1. Seen: in public notes; recalled: of that date, from memory; disputed: sources differ; yours: project.lua's.",
      examples = { "hilum ready prices", "hilum ready prices --json" } },
  },
  run = run,
}
