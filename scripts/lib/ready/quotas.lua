-- SPDX-License-Identifier: MIT
-- What the account may have, as Service Quotas says it now. Units for custom models are none until AWS has granted some, and without one a
-- fine-tuned model cannot be called: that has to be known before the training is paid for.
local caught = require "lib.caught"
local titan = require "lib.ready.titan"

local quotas = {}

local CONSOLE = "ask AWS for more under Service Quotas, Amazon Bedrock, %s; that can take days"

-- A quota's value, or nil when it is not known.
local function value_of(inquiry, quota)
  local found = inquiry:got(quota.what, inquiry:client("quotas"):get("bedrock", quota.code))
  if found then return found.value end
  if found == false then
    inquiry:warn(quota.what, ("there is no quota %s in %s"):format(quota.code, inquiry.region), "look under Service Quotas, Amazon Bedrock")
  end
end

local function number(value) return ("%.10g"):format(value) end

-- Stops when less than `wanted` is granted. Returns the value.
local function demand(inquiry, quota, wanted, advice)
  local value = value_of(inquiry, quota)
  if not value then return nil end
  if value < wanted then
    inquiry:stop(quota.what, ("%s granted, %s wanted"):format(number(value), number(wanted)), CONSOLE:format(quota.code) .. (advice or ""))
  else
    inquiry:ok(quota.what, number(value))
  end
  return value
end

-- Units that stand for custom models without commitment.
local function units_in_use(inquiry)
  return caught(function()
    local units = 0
    for one in inquiry:client("bedrock"):list_throughputs() do
      local is_custom = (one.modelArn or ""):find(":custom-model/", 1, true)
      if is_custom and not one.commitmentDuration then units = units + (one.modelUnits or 0) end
    end
    return units
  end)
end

-- Could the model that is to be trained be called at all?
function quotas.callable(inquiry)
  if not titan.is(inquiry.foundation) then return end
  local advice = "; until then only batch jobs, where they take custom models, could call what is trained"
  demand(inquiry, titan.QUOTAS.units, 1, advice)
  demand(inquiry, titan.QUOTAS.units_of_model, 1, advice)
end

-- May so many units be bought now? What is bound to a commitment has quotas of its own.
function quotas.units(inquiry)
  if not titan.is(inquiry.foundation) then return end
  local wanted = inquiry.request.modelUnits or 1
  demand(inquiry, titan.QUOTAS.units_of_model, wanted)
  if inquiry.request.commitmentDuration then return end
  local used = inquiry:got("model units in use", units_in_use(inquiry))
  local granted = used and demand(inquiry, titan.QUOTAS.units, used + wanted,
    used > 0 and (", or delete some of the %d that stand: `hilum status` shows them"):format(used) or nil)
  inquiry.known.units_free = granted and granted - used
end

local function jobs_in_progress(inquiry)
  return caught(function()
    local jobs = 0
    for _ in inquiry:client("bedrock"):list_customization_jobs { statusEquals = "InProgress" } do jobs = jobs + 1 end
    return jobs
  end)
end

-- Room for one more job.
function quotas.jobs(inquiry)
  local running = inquiry:got("fine-tuning jobs", jobs_in_progress(inquiry))
  if running then
    demand(inquiry, titan.QUOTAS.jobs, running + 1, running > 0 and ", or wait until a job has ended: `hilum finetune list`" or nil)
  end
end

-- Training and validation records together, of a fine-tuning job.
function quotas.records(inquiry)
  if not titan.is(inquiry.foundation) or not inquiry.known.records then return end
  demand(inquiry, titan.QUOTAS.records, inquiry.known.records + (inquiry.known.validation_records or 0))
end

-- How fast the model may be called.
function quotas.rates(inquiry)
  if inquiry.custom or not titan.is(inquiry.foundation) then return end
  demand(inquiry, titan.QUOTAS.requests, 1)
  demand(inquiry, titan.QUOTAS.tokens, 1)
end

-- What a batch job may have, for those who cut the records into parts: known.limits = {least, most: records; file, job: GB}.
function quotas.batch(inquiry)
  if not titan.is(inquiry.foundation) then return end
  local limits = {}
  for _, name in ipairs { "least", "most", "file", "job" } do
    local quota = titan.QUOTAS["batch_" .. name]
    limits[name] = value_of(inquiry, quota)
    if limits[name] then inquiry:ok(quota.what, number(limits[name])) end
  end
  inquiry.known.limits = limits
end

return quotas
