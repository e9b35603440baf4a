-- SPDX-License-Identifier: MIT
-- EventBridge Scheduler: a call to AWS that AWS makes itself at a time, with a role of the account. Here those that happen once.
--     local client = scheduler.client(session)
--     assert(client:put("hilum-cxr", { at = os.time() + 7200, role = role_arn, service = "bedrock",
--       action = "deleteProvisionedModelThroughput", input = { ProvisionedModelId = arn } }))
-- What is looked for and not there is false; nil and an error is a failure.
local call = require "lib.aws.call"
local dates = require "lib.dates"
local json = require "hilum.json"

local scheduler = {}

---@class hilum.scheduler.Client
local Client = {}
Client.__index = Client

-- What AWS tries at the most when the call fails: for a day.
local RETRIES = { MaximumEventAgeInSeconds = 86400, MaximumRetryAttempts = 185 }

-- A client in the session's region, or another.
function scheduler.client(session, region)
  return setmetatable({ call = call.client { session = session, service = "scheduler", protocol = "rest-json",
    region = region } }, Client)
end

local function expression(moment) return ("at(%s)"):format(dates.write(moment):sub(1, 19)) end

-- The target's ARN has the partition of the role's.
local function target_of(wanted)
  local partition = wanted.role:match("^arn:([^:]+)")
  return { Arn = ("arn:%s:scheduler:::aws-sdk:%s:%s"):format(partition, wanted.service, wanted.action), RoleArn = wanted.role,
    Input = json.encode(wanted.input), RetryPolicy = RETRIES }
end

local function body_of(wanted)
  return { ScheduleExpression = expression(wanted.at), ScheduleExpressionTimezone = "UTC", FlexibleTimeWindow = { Mode = "OFF" },
    ActionAfterCompletion = "DELETE", Description = wanted.description, Target = target_of(wanted) }
end

local function send(self, op, method, name, body)
  local result, err = self.call:call { op = op, method = method, path = call.path("/schedules/{}", name), body = body,
    token = "ClientToken" }
  if not result then return nil, err end
  return true
end

-- Makes a schedule, or makes one of that name as it should be: {at (seconds since 1970), role (ARN), service (as AWS's SDKs call it),
-- action, input (the call's parameters; their names begin with capitals), description}. It goes when it has done its work
-- (API: CreateSchedule, UpdateSchedule).
function Client:put(name, wanted)
  local done, err = send(self, "CreateSchedule", "POST", name, body_of(wanted))
  if done or err.code ~= "ConflictException" then return done, err end
  return send(self, "UpdateSchedule", "PUT", name, body_of(wanted))
end

-- {name, at, role, target (its ARN), input} (API: GetSchedule).
function Client:get(name)
  local found, err = self.call:call { op = "GetSchedule", path = call.path("/schedules/{}", name) }
  if err and err.code == "ResourceNotFoundException" then return false end
  if not found then return nil, err end
  local at = found.ScheduleExpression:match("^at%((.*)%)$")
  return { name = found.Name, at = at and dates.read(at .. "Z"), role = found.Target.RoleArn, target = found.Target.Arn,
    input = json.decode(found.Target.Input or "{}") }
end

-- The names of those that begin with this (API: ListSchedules). Raises the error.
function Client:names(prefix)
  local names = {}
  for page in self.call:pages({ op = "ListSchedules", path = "/schedules", query = { NamePrefix = prefix } }, "NextToken") do
    for _, schedule in ipairs(page.Schedules) do names[#names + 1] = schedule.Name end
  end
  return names
end

-- One that is not there any more is deleted (API: DeleteSchedule).
function Client:delete(name)
  local deleted, err = self.call:call { op = "DeleteSchedule", method = "DELETE", path = call.path("/schedules/{}", name) }
  if not deleted and err.code ~= "ResourceNotFoundException" then return nil, err end
  return true
end

return scheduler
