-- SPDX-License-Identifier: MIT
-- The end of a throughput: it first, then its schedule, then the project's record of it.
local dates = require "lib.dates"
local place = require "lib.deploy.place"
local records = require "lib.deploy.records"
local throughput = require "lib.deploy.throughput"

local removal = {}

-- What is meant: of the records, or, of one that is not recorded here, its name or ARN.
local function record_of(opt, ctx)
  if opt.which then return records.find(ctx.project, opt.which) or { name = opt.which } end
  local all = records.list(ctx.project)
  if #all == 1 then return all[1] end
  ctx.usage(#all == 0 and "no throughput is recorded here; name one" or "which of them? `hilum deploy list` shows them")
end

local function confirm(record, opt, ctx)
  local name = record.name
  require "lib.consent"("delete the throughput " .. name, name .. " was not deleted, and bills on", opt, ctx)
end

-- Of what is not recorded here, it is not known whether it has a schedule.
local function forget(record, at, ctx)
  local done, err = true, nil
  if record.schedule or not record.region then done, err = at.expiry:remove(record.name) end
  if not done then ctx.warn("its schedule may be there still, and would find nothing at its time: %s", err.message) end
  records.remove(ctx.project, record.name)
end

function removal.run(opt, ctx)
  local record = record_of(opt, ctx)
  local at = place.open(opt, ctx, record)
  local found, err = throughput.find_recorded(at.bedrock, record)
  if found == nil then error(err, 0) end
  if not found then
    if not record.region then ctx.fail("there is no throughput %s in %s", record.name, at.region) end
    forget(record, at, ctx)
    ctx.say("%s does not stand any more", record.name)
    return { name = record.name, deleted = false }
  end
  record.name = record.region and record.name or found.provisionedModelName
  confirm(record, opt, ctx)
  record.units, record.commitment = found.modelUnits, found.commitmentDuration
  local done, why = throughput.delete(at.bedrock, found.provisionedModelArn, at.pause)
  if not done then
    at:say_bill(record)
    error(why, 0)
  end
  forget(record, at, ctx)
  require "lib.deploy.charge"({ name = record.name, arn = found.provisionedModelArn, units = record.units, commitment = record.commitment },
    dates.read(found.creationTime or ""), at.session:time(), ctx)
  ctx.say("%s is deleted: nothing of it bills any more", record.name)
  return { name = record.name, arn = found.provisionedModelArn, deleted = true }
end

return removal
