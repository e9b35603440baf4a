-- SPDX-License-Identifier: MIT
-- Buying throughput for a custom model. The order of things: a file in the project says what is about to be; the schedule that deletes
-- it, by its name; the throughput; then the schedule names its ARN. So whatever interrupts, none stands without its schedule, and
-- the same command goes on where it was.
local cost = require "lib.cost"
local dates = require "lib.dates"
local models = require "lib.deploy.models"
local place = require "lib.deploy.place"
local records = require "lib.deploy.records"
local throughput = require "lib.deploy.throughput"

local order = {}

-- By the values of --commitment: AWS's word, and the hours that are to be paid for in any case.
local COMMITMENTS = {
  none = {},
  ["1-month"] = { field = "OneMonth", hours = 730, what = "1 month, committed" },
  ["6-months"] = { field = "SixMonths", hours = 4380, what = "6 months, committed" },
}
local A_DAY = 24

-- Requests.

local function name_of(opt, model, ctx)
  local name = opt.name or model.name
  if #name > 63 or not name:find("^%w[%w_-]*$") then ctx.usage("--name %s: at most 63 letters, digits, dashes and underscores", name) end
  return name
end

local function request_of(opt, model, prefix, ctx)
  return { provisionedModelName = name_of(opt, model, ctx), modelId = model.arn, modelUnits = opt.units,
    commitmentDuration = COMMITMENTS[opt.commitment].field, tags = { { key = "hilum", value = prefix } } }
end

-- What is to be paid: for as long as it stands, or was committed to; else a day of it, to give an idea.
function order.items(opt)
  local commitment = COMMITMENTS[opt.commitment]
  local hours = commitment.hours or (opt["for"] or A_DAY * 3600) / 3600
  local units = require "lib.plural"(opt.units, "model unit")
  local what = commitment.what or opt["for"] and ("%.3g hours"):format(hours) or "each day"
  return { { price = throughput.price(commitment.field), count = opt.units * hours, what = ("%s for %s"):format(units, what) } }
end

local function check_options(opt, ctx)
  if opt["for"] and opt.commitment ~= "none" then ctx.usage("what is committed cannot be deleted before its time: leave out --for") end
  if opt["for"] and opt["for"] < 60 then ctx.usage("--for is at least a minute; making it takes some ten") end
end

-- Region and account.
local function home_of(arn) return arn:match("^arn:[^:]*:bedrock:([^:]*:[^:]*):") end

-- What was recorded of the request's name, or nil. One of another region or account stands perhaps, and must not be forgotten for this.
local function recorded(state)
  local before = records.get(state.place.project, state.request.provisionedModelName)
  if before and home_of(before.model) ~= home_of(state.request.modelId) then
    state.ctx.fail("%s is recorded already, as bought in %s: `hilum deploy status` asks whether it stands; --name buys another",
      before.name, home_of(before.model))
  end
  return before
end

-- The record of a request. standing: the throughput of its name, or false; before: what was recorded. That of one that has gone is over;
-- the token of an order that was not finished is used again.
local function record_of(state, standing, before)
  local request = state.request
  local record = { name = request.provisionedModelName, region = state.place.region, profile = state.place.profile,
    prefix = state.place.prefix, model = request.modelId, model_name = state.model.name, units = request.modelUnits,
    commitment = request.commitmentDuration, schedule = before.schedule }
  if standing then record.arn, record.expires, record.made = before.arn, before.expires, before.made end
  local is_same = not before.arn and before.model == record.model and before.units == record.units
    and before.commitment == record.commitment
  record.token = is_same and before.token or require "lib.aws.call".token()
  return record
end

-- Steps.

-- While it is open: if the run ends with an error, what stands is said.
local function watch(state)
  return setmetatable({}, { __close = function(_, err)
    local record = state.record
    local saved = records.get(state.place.project, record.name)
    if not err or not saved then return end
    if record.arn then return state.place:say_bill(saved.arn and saved or record) end
    state.ctx.warn("it is not known whether %s was bought: `hilum status` asks", record.name)
  end })
end

-- The schedule, by the throughput's ARN or, while it has none, its name. One that is left of another order must not end this one.
local function put_schedule(state)
  local record, expiry = state.record, state.place.expiry
  if record.expires then return expiry:put(record.name, record.arn or record.name, dates.read(record.expires)) end
  if not record.schedule then return true end
  record.schedule = nil
  return expiry:remove(record.name)
end

-- A schedule that stays, by its throughput's name, stays known: it would end the next one of that name.
local function forget(state)
  local name = state.record.name
  if not state.record.schedule or state.place.expiry:remove(name) then records.remove(state.place.project, name) end
end

local function fail_before(state, err)
  forget(state)
  err.message = "nothing was bought: " .. err.message
  error(err, 0)
end

local function schedule_first(state)
  local done, err = put_schedule(state)
  if not done then fail_before(state, err) end
end

-- Did AWS say no? Else it may have said yes, and the answer was lost.
local function is_refusal(err) return err.status and err.status < 500 end

-- Its ARN.
local function buy(state)
  local client, request = state.place.bedrock, state.request
  request.clientRequestToken = state.record.token
  local made, err = client:create_throughput(request)
  if made then return made.provisionedModelArn end
  local found = throughput.find(client, request.provisionedModelName)
  if found and found.modelArn == request.modelId then return found.provisionedModelArn end
  if found == false and is_refusal(err) then fail_before(state, err) end
  error(err, 0)
end

-- A throughput that was just made does not stay without the schedule that was asked for.
local function schedule_by_arn(state, is_new)
  local done, err = put_schedule(state)
  if done then return end
  if not is_new then error(err, 0) end
  assert(throughput.delete(state.place.bedrock, state.record.arn, state.place.pause))
  forget(state)
  err.message = ("%s was deleted again, since the schedule that deletes it cannot be made: %s"):format(state.record.name, err.message)
  error(err, 0)
end

local function note(state)
  local record = state.record
  if require "lib.cost.ledger".find(state.place.project, "submitted", record.arn) then return end
  cost.submitted(state.estimate, { arn = record.arn, name = record.name }, state.ctx)
end

local function set_expiry(state)
  local period, record = state.opt["for"], state.record
  if not period then return end
  record.expires = dates.write(state.place.session:time() + period)
  record.schedule = require "lib.deploy.expiry".name(record.prefix, record.name)
end

-- Orders it. On return the record has its ARN.
local function place_order(state)
  set_expiry(state)
  state.record.made = dates.write(state.place.session:time())
  records.put(state.place.project, state.record)
  schedule_first(state)
  state.record.arn = buy(state)
  records.put(state.place.project, state.record)
  schedule_by_arn(state, true)
  note(state)
end

-- What a later end costs more, where it had one. Less than a dollar is not asked about.
local UNASKED_BELOW = 1
local function pass_gate_of_extension(state, before)
  local record = state.record
  local more = before and dates.read(record.expires) - dates.read(before) or 0
  if more <= 0 then return end
  cost.gate(cost.estimate({ step = "deploy", region = record.region, items = { { price = "model-unit-hour",
    count = record.units * more / 3600, what = ("%s for %.3g hours more"):format(require "lib.plural"(record.units, "model unit"),
      more / 3600) } } }, state.ctx), state.opt, state.ctx, UNASKED_BELOW)
end

local function check_standing(state, standing)
  local record, ctx = state.record, state.ctx
  if standing.modelArn ~= record.model then
    ctx.fail("%s stands already, with another model (%s); --to-model repoints it, --name buys another", record.name, standing.modelArn)
  end
  if not state.is_known then
    ctx.fail("%s stands already, and was not bought from here: `hilum embed --model bedrock:%s` asks it, --name NAME buys another",
      record.name, standing.provisionedModelArn)
  end
  if standing.modelUnits ~= state.opt.units then
    ctx.warn("%s has %s, and only buying it anew changes that", record.name, require "lib.plural"(standing.modelUnits, "model unit"))
  end
end

-- It is there: from a run that did not end, or from before. standing: as AWS has it. The end of one that was finished is recorded when the
-- schedule has it, so that no end is promised that does not come.
local function take_up(state, standing)
  check_standing(state, standing)
  local record, before = state.record, state.record.expires
  local is_new = not record.arn
  record.arn, record.units, record.commitment = standing.provisionedModelArn, standing.modelUnits, standing.commitmentDuration
  set_expiry(state)
  if is_new then records.put(state.place.project, record) else pass_gate_of_extension(state, before) end
  schedule_by_arn(state, is_new)
  records.put(state.place.project, record)
  note(state)
end

local function result_of(state, found)
  local record = state.record
  return { name = record.name, arn = record.arn, model = record.model, units = record.units, region = record.region,
    expires = record.expires, status = found and found.status or "Creating", delete = place.ending(record, state.place.project) }
end

-- What `hilum ready` looks at: the request and, with --for, its schedule.
local function asked_of(state)
  local opt, request = state.opt, state.request
  local schedule = opt["for"] and { prefix = state.place.prefix, name = request.provisionedModelName, role = opt.expiry_role }
  return setmetatable({ schedule = schedule or nil }, { __index = request })
end

local function order_new(state)
  require "lib.ready".gate("deploy", asked_of(state), state.place.session, state.opt, state.ctx)
  cost.gate(state.estimate, state.opt, state.ctx)
  place_order(state)
end

local function prepare(opt, ctx)
  check_options(opt, ctx)
  local at = place.open(opt, ctx)
  local which = opt.which or models.last_job(ctx.project)
  if not which then ctx.usage("which custom model? Its name, its ARN, or the job that trained it") end
  local model = assert(models.deployable(at.bedrock, which))
  local request = request_of(opt, model, at.prefix, ctx)
  return { place = at, ctx = ctx, opt = opt, model = model, request = request,
    estimate = cost.estimate({ step = "deploy", region = at.region, items = order.items(opt) }, ctx) }
end

function order.run(opt, ctx)
  local state = prepare(opt, ctx)
  if opt.dry_run then
    cost.say(state.estimate, ctx)
    ctx.print("%s", require "hilum.json".encode(state.request, { indent = 2 }))
    return { request = state.request, estimate = state.estimate }
  end
  local standing, err = throughput.find(state.place.bedrock, state.request.provisionedModelName)
  if standing == nil then error(err, 0) end
  local before = recorded(state)
  state.record, state.is_known = record_of(state, standing, before or {}), before ~= nil
  local watching <close> = watch(state) -- luacheck: ignore 211
  if standing then take_up(state, standing) else order_new(state) end
  state.place:say_bill(state.record)
  local found = opt.wait and state.place:wait(state.record) or nil
  ctx.print("%s", state.record.arn)
  return result_of(state, found)
end

return order
