-- SPDX-License-Identifier: MIT
-- `hilum finetune --model bedrock`: jobs on Bedrock begun, followed, listed and stopped.
local charge = require "lib.finetune.charge"
local cost = require "lib.cost"
local job = require "lib.finetune.job"
local ready = require "lib.ready"
local task = require "hilum.task"

-- How long a role that was just made may take to be known everywhere, and how often to ask: seconds. Tests set look_every, too, which
-- stands for --poll.
local bedrock = { patience = 60, ask_every = 5 }

local ENDED = { Completed = true, Failed = true, Stopped = true }
local FRUITLESS = { Failed = true, Stopped = true }
local STEPS = { "validationDetails", "dataProcessingDetails", "trainingDetails" }
local SHOWN = { validationDetails = "checking", dataProcessingDetails = "preparing", trainingDetails = "training" }

local function open(opt)
  local session = assert(require "lib.aws.session".open { profile = opt.profile, region = opt.region })
  return require "lib.aws.bedrock".client(session), require "lib.aws.s3".open { session = session }, session
end

local function advise(err)
  local said = err.message:lower()
  if err.code == "ConflictException" then err.message = err.message .. "; give this one another --job-name or --name" end
  if err.code == "ValidationException" and said:find("validation data", 1, true) then
    err.message = err.message .. "; Bedrock's pages disagree about validation data for this model: leave out --validation"
  end
  return err
end

-- The job that was made for this request, which its token tells; nil, or nil and an error.
local function find(client, request)
  local found, err = client:get_customization_job(request.jobName)
  if not found then return nil, err.status ~= 404 and err or nil end
  return found.clientRequestToken == request.clientRequestToken and found or nil
end

-- Makes the job, once, however often it is asked for. AWS may have made it although the answer was none, or an error of its own.
local function create(client, request, ctx)
  local made, err = require "lib.aws.new_role".wait(function() return client:create_customization_job(request) end, bedrock.patience,
    bedrock.ask_every, ctx.say)
  if made then return made.jobArn end
  if not err.status or err.status >= 500 then
    local found, unknown = find(client, request)
    if found then return found.jobArn end
    if unknown then err.message = err.message .. "; whether the job was begun is not known, and the same command finds out" end
  end
  error(advise(err), 0)
end

-- "InProgress, training"
local function step_of(found)
  if found.status ~= "InProgress" then return found.status end
  local details = found.statusDetails or {}
  for _, name in ipairs(STEPS) do
    if (details[name] or {}).status == "InProgress" then return "InProgress, " .. SHOWN[name] end
  end
  return "InProgress, waiting"
end

local function result_of(found)
  local metrics = found.trainingMetrics or {}
  return { job = found.jobName, arn = found.jobArn, status = found.status, model = found.outputModelArn, loss = metrics.trainingLoss,
    hyperparameters = found.hyperParameters, failure = found.failureMessage, exit = FRUITLESS[found.status] and 1 or nil,
    recorded = false }
end

-- What the job measured until now; nil when there is nothing, or it may not be read.
local function measured(found, objects, ctx)
  local folder, training = (found.outputDataConfig or {}).s3Uri, (found.statusDetails or {}).trainingDetails
  if not folder or not training or training.status == "NotStarted" then return nil end
  local points, err = require "lib.finetune.metrics".read(objects, folder, found.jobArn)
  if err then ctx.warn("the metrics of %s cannot be read: %s", found.jobName, tostring(err)) end
  return points
end

-- Follows a job to its end.
local function watch(client, id, opt, ctx)
  local before
  while true do
    local found = assert(client:get_customization_job(id))
    local step = step_of(found)
    if ENDED[found.status] then return found end
    if step ~= before then ctx.say("%s: %s", found.jobName, step) end
    before = step
    task.sleep(bedrock.look_every or opt.poll)
  end
end

local CURVE_WIDTH, CURVE_HEIGHT = 60, 8

-- The curves, and the page's path.
local function draw(found, points, ctx)
  for _, name in ipairs { "training", "validation" } do
    local curve = points[name] or {}
    if #curve > 1 then
      ctx.print("\n%s loss over %.3g epochs, %.4f to %.4f\n%s", name, curve[#curve][1], curve[1][2], curve[#curve][2],
        require "lib.chart".curve(curve, CURVE_WIDTH, CURVE_HEIGHT))
    end
  end
  local path = ctx.project:path(("reports/finetune-%s.html"):format(found.jobName))
  assert(require "lib.store".write(path, require "lib.finetune.metrics_page"(found, points,
    ("Made on %s by hilum %s."):format(os.date("%Y-%m-%d"), hilum.version))))
  ctx.say("%s: the losses as a page", path)
  return path
end

local function tell(found, objects, ctx)
  ctx.print("%s: %s%s", found.jobName, step_of(found), found.failureMessage and ": " .. found.failureMessage or "")
  if found.outputModelArn then ctx.print("model %s", found.outputModelArn) end
  local result, points = result_of(found), measured(found, objects, ctx)
  if points then result.losses, result.page = points, draw(found, points, ctx) end
  if ENDED[found.status] then charge.settle(found, points, ctx) end
  return result
end

local function say_what_is_asked(request, ctx)
  local given, times = request.hyperParameters, job.far_learning_rate(request)
  if times then
    ctx.warn("the learning rate %s is %.3g times Bedrock's own for this model (%g)", given.learningRate, times,
      job.HYPERPARAMETERS[3].default)
  end
  ctx.say("%s: %s epochs of the records of %s, at batches of %s", request.jobName, given.epochCount, request.trainingDataConfig.s3Uri,
    given.batchSize)
end

-- The ARN of the request's job, if a run before has begun it; nil if there is none. The name is made of what is asked for, so that the same
-- command never pays twice.
local function begun_before(client, request, ctx)
  local found, err = find(client, request)
  if err then error(err, 0) end
  if not found then return nil end
  ctx.say("%s was begun before, and is %s; --job-name NAME would train once more with the same settings", found.jobName, step_of(found))
  return found.jobArn
end

local function count_records(objects, request)
  local seen = require "lib.ready.records".on_s3(objects, request.trainingDataConfig.s3Uri)
  return seen and seen.records or nil
end

-- Passes both gates and begins the job, unless it was begun before. Returns its ARN.
local function order(client, objects, session, request, opt, ctx)
  local arn = begun_before(client, request, ctx)
  local records
  if arn then
    records = count_records(objects, request)
  else
    records = ready.gate("finetune", request, session, opt, ctx).records
    cost.gate(charge.estimate(request, records, session.region, ctx), opt, ctx)
    arn = create(client, request, ctx)
    ctx.say("%s is begun, and goes on when this run ends; `hilum finetune status %s` tells how it goes", arn, request.jobName)
  end
  cost.submitted(charge.estimate(request, records, session.region, ctx), { arn = arn, job = request.jobName, records = records,
    model_name = request.customModelName }, ctx)
  return arn
end

-- given: the fields of a job file, or {}.
function bedrock.run(opt, given, ctx)
  local request = job.request(opt, given, ctx)
  say_what_is_asked(request, ctx)
  if opt.dry_run then
    cost.say(charge.estimate(request, charge.records_here(opt, request), opt.region, ctx), ctx)
    ctx.print("%s", require "hilum.json".encode(request, { indent = 2 }))
    return { request = request, recorded = false }
  end
  local client, objects, session = open(opt)
  local arn = order(client, objects, session, request, opt, ctx)
  if opt.watch then return tell(watch(client, arn, opt, ctx), objects, ctx) end
  ctx.print("%s", arn)
  return { job = request.jobName, arn = arn, request = request, recorded = false }
end

function bedrock.status(opt, ctx)
  local client, objects = open(opt)
  return tell(opt.watch and watch(client, opt.id, opt, ctx) or assert(client:get_customization_job(opt.id)), objects, ctx)
end

function bedrock.stop(opt, ctx)
  assert(open(opt):stop_customization_job(opt.id))
  ctx.say("%s is being stopped; what was done until now is charged", opt.id)
  return { job = opt.id }
end

function bedrock.list(opt, ctx)
  local rows = require "hilum.json".array()
  for summary in open(opt):list_customization_jobs { sortBy = "CreationTime", sortOrder = "Descending" } do
    rows[#rows + 1] = { job = summary.jobName, status = summary.status, begun = summary.creationTime, model = summary.customModelName,
      arn = summary.jobArn }
  end
  ctx.print("%s", require "hilum.term".table(rows, { "job", "status", "begun", "model" }))
  return { jobs = rows }
end

return bedrock
