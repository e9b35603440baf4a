-- SPDX-License-Identifier: MIT
-- What a fine-tuning job on Bedrock is charged for: each image as often as it is seen, and then the model for as long as it is kept.
local cost = require "lib.cost"
local fs = require "hilum.fs"
local ledger = require "lib.cost.ledger"

local charge = {}

local MOST_EPOCHS = require "lib.finetune.job".HYPERPARAMETERS[1].max

-- "5 epochs of 1000 records"; how many epochs Auto is, Bedrock decides, so that it is as many as it may be.
local function training(epochs, records)
  local number = tonumber(epochs)
  local times = number and ("%d epochs"):format(number) or ("at most %d epochs (Auto)"):format(MOST_EPOCHS)
  return { price = "titan-training-image", count = records and records * (number or MOST_EPOCHS),
    what = ("%s of %s records"):format(times, records or "an unknown number of") }
end

-- records: how many training records there are; nil: not known.
function charge.estimate(request, records, region, ctx)
  return cost.estimate({ step = "finetune", region = region, items = { training(request.hyperParameters.epochCount, records),
    { price = "custom-model-month", count = 1, what = "each month that the model is kept" } } }, ctx)
end

-- Of the records on S3 as many as are in the file here that was sent there, by its name; nil if there is none.
function charge.records_here(opt, request)
  local options, uri = require "host.options", request.trainingDataConfig.s3Uri
  local path = opt.train
  if not path or options.is_url(path) or fs.base(path) ~= fs.base(uri) then return nil end
  local count = 0
  for line in (fs.read(path) or ""):gmatch("[^\n]+") do if line:find("%S") then count = count + 1 end end
  return count > 0 and count or nil
end

local function seconds_of(found)
  local dates = require "lib.dates"
  local from, to = dates.read(found.creationTime or ""), dates.read(found.endTime or "")
  return from and to and to - from
end

-- The epochs of a job that has ended: what was asked for, or of Auto what was measured.
local function epochs_of(found, points)
  local curve = points and points.training
  return tonumber(found.hyperParameters.epochCount) or curve and #curve > 0 and math.ceil(curve[#curve][1]) or nil
end

-- Notes what came of a job that this project submitted, once it has ended. points: as lib/finetune/metrics has them, or nil. What a job
-- that did not complete is charged is not known here.
function charge.settle(found, points, ctx)
  local before = ledger.find(ctx.project, "submitted", found.jobArn)
  if not before then return end
  local epochs, records = epochs_of(found, points), before.what.records
  local is_known = found.status == "Completed" and epochs and records
  local charged = cost.actual({ arn = found.jobArn, job = found.jobName, status = found.status, seconds = seconds_of(found),
    model = found.outputModelArn }, is_known and { training(epochs, records) } or nil, ctx)
  if charged then ctx.say("%s: %s for the training, as far as can be told from here", found.jobName, cost.total(charged)) end
end

return charge
