-- SPDX-License-Identifier: MIT
-- Another model for a throughput that stands: it goes on billing as it did, and its ARN stays. While it is being changed nobody knows which
-- model answers, and the record says so.
local models = require "lib.deploy.models"
local place = require "lib.deploy.place"
local records = require "lib.deploy.records"
local throughput = require "lib.deploy.throughput"

local repoint = {}

local function record_of(opt, ctx)
  if not opt.which then ctx.usage("which throughput? Its name, and --to-model MODEL") end
  return records.find(ctx.project, opt.which) or { name = opt.which }
end

local function change(record, found, model, at)
  if (found.desiredModelArn or found.modelArn) == model.arn then return end
  local before = records.get(at.project, record.name)
  record.next_model = model.arn
  records.put(at.project, record)
  local done, err = at.bedrock:update_throughput(record.arn, { desiredModelId = model.arn })
  if done then return end
  if before then records.put(at.project, before) else records.remove(at.project, record.name) end
  error(err, 0)
end

function repoint.run(opt, ctx)
  local record = record_of(opt, ctx)
  local at = place.open(opt, ctx, record)
  local model = assert(models.deployable(at.bedrock, opt.to_model))
  local found, err = throughput.find(at.bedrock, record.arn or record.name)
  if found == nil then error(err, 0) end
  if not found then ctx.fail("there is no throughput %s in %s", record.name, at.region) end
  record.name, record.arn, record.units = found.provisionedModelName, found.provisionedModelArn, found.modelUnits
  record.region, record.prefix, record.model = at.region, at.prefix, record.model or found.modelArn
  change(record, found, model, at)
  at:wait(record)
  record.model, record.model_name, record.next_model = model.arn, model.name, nil
  records.put(ctx.project, record)
  ctx.print("%s now answers with %s", record.name, model.name)
  at:say_bill(record)
  return { name = record.name, arn = record.arn, model = model.arn }
end

return repoint
