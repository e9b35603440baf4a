-- SPDX-License-Identifier: MIT
-- Can throughput be bought with its own end: the schedule, and the role that the schedule takes? What has to be read for it is read, and a
-- refusal stops here, since buying it would be refused the same.
local deploy_expiry = require "lib.deploy.expiry"
local permissions = require "lib.ready.permissions"

local expiry = {}

local WHAT = "schedule"
local OTHERWISE = "ask whoever manages the account for it; without --for nothing is scheduled"

-- The value of a call that is made when throughput is bought too.
local function needed(inquiry, value, err)
  if not err then return true, value end
  if err.kind == "auth" then inquiry:stop(WHAT, err.message, OTHERWISE) else inquiry:got(WHAT, nil, err) end
  return false
end

-- The role's ARN, and what is needed to make it, or to put it right; nil when that was refused.
local function role_of(inquiry, who, prefix)
  local name = prefix .. "-expiry"
  local answered, role = needed(inquiry, inquiry:client("iam"):role(name))
  if not answered then return nil end
  local actions = role and { "iam:GetRolePolicy" } or { "iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy", "iam:GetRolePolicy" }
  local arn = role and role.arn or ("arn:%s:iam::%s:role/%s"):format(who.arn:match("^arn:([^:]+)"), who.account, name)
  return arn, { actions = actions, resources = { arn } }
end

-- request.schedule: {prefix, name (of the throughput), role (an ARN, if it is not the one of provision)}; without it nothing is looked at.
function expiry.makable(inquiry)
  local schedule = inquiry.request.schedule
  if not schedule then return end
  local answered, who = needed(inquiry, require "lib.aws.sts".identity(inquiry.session))
  if not answered then return end
  local name = deploy_expiry.name(schedule.prefix, schedule.name)
  if not needed(inquiry, inquiry:client("scheduler"):get(name)) then return end
  local role, making = schedule.role, nil
  if not role then role, making = role_of(inquiry, who, schedule.prefix) end
  if not role then return end
  if who.arn:find(":root$") then return inquiry:ok(WHAT, "everything, as the root of the account") end
  local arn = ("arn:%s:scheduler:%s:%s:schedule/default/%s"):format(who.arn:match("^arn:([^:]+)"), inquiry.region, who.account, name)
  permissions.check(inquiry, WHAT, inquiry:client("iam"):principal(who.arn), {
    { actions = { "scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule" }, resources = { arn } },
    { actions = { "iam:PassRole" }, resources = { role }, context = { ["iam:PassedToService"] = "scheduler.amazonaws.com" } }, making },
    OTHERWISE)
end

return expiry
