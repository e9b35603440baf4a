-- SPDX-License-Identifier: MIT
-- Throughput for as long as a study needs it: bought with its own end, and taken down however the study ends. After kill -9 the schedule
-- does it, and the next run of the study, if that comes first.
local host = require "hilum.host"
local place = require "lib.deploy.place"
local records = require "lib.deploy.records"

local tenure = {}

local LONGEST_NAME = 63

-- The study's own throughput for a model.
function tenure.name(model) return (("study-" .. model.name):sub(1, LONGEST_NAME):gsub("[_-]+$", "")) end

-- What the user has bought for the model is used, and stays.
local function is_the_users(model, project)
  local record = records.find(project, model.arn)
  return record and record.arn and record.name ~= tenure.name(model)
end

local function take_down(model, opt, ctx)
  local name = tenure.name(model)
  local record = records.get(ctx.project, name)
  if not record then return end
  local done, err = pcall(ctx.run, "deploy", { which = name, delete = true, yes = true, poll = opt.poll })
  if done then return end
  ctx.warn("%s could not be deleted (%s), and %s", name, host.message(err), place.bill(record, ctx.project))
end

-- While it is open nothing of the study's goes on billing: at its end what stands is taken down. model: {arn, name}.
function tenure.open(model, opt, ctx)
  return setmetatable({}, { __close = function() take_down(model, opt, ctx) end })
end

-- Buys it, or goes on with what stands.
function tenure.buy(model, opt, ctx)
  if is_the_users(model, ctx.project) then return ctx.say("the throughput that stands already is used, and stays") end
  ctx.run("deploy", { which = model.arn, name = tenure.name(model), units = opt.units, ["for"] = opt["for"], yes = true, poll = opt.poll,
    anyway = opt.anyway })
end

return tenure
