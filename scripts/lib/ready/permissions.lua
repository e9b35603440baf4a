-- SPDX-License-Identifier: MIT
-- What a role or user may do, as IAM simulates it from its policies. Policies of the resources are not looked at; they can allow more
-- within the account, which is why there is --anyway.
local permissions = {}

-- Of the results for one action: {action, allowed (on some of the resources), refused (the first that is not allowed)}.
local function by_action(results)
  local actions, order = {}, {}
  for _, result in ipairs(results) do
    local one = actions[result.action]
    if not one then
      one = { action = result.action }
      actions[result.action], order[#order + 1] = one, one
    end
    if result.allowed then one.allowed = true else one.refused = one.refused or result end
  end
  return order
end

local function tell_refusal(inquiry, what, result, advice)
  local found = ("%s on %s: %s"):format(result.action, result.resource, result.decision)
  if #result.missing > 0 then
    return inquiry:warn(what, ("%s, by what can be told without %s"):format(found, table.concat(result.missing, ", ")), advice)
  end
  inquiry:stop(what, found, advice)
end

-- One row for all that is allowed, and one for each action that is not. wanted: a list of {actions, resources, context (values of condition
-- keys), some (true: one of the resources is enough)}.
function permissions.check(inquiry, what, arn, wanted, advice)
  local allowed = {}
  for _, one in ipairs(wanted) do
    local results = inquiry:got(what, inquiry:client("iam"):simulate(arn, one.actions, one.resources, one.context))
    if not results then return end
    for _, answer in ipairs(by_action(results)) do
      if answer.refused and not (one.some and answer.allowed) then tell_refusal(inquiry, what, answer.refused, advice)
      else allowed[#allowed + 1] = answer.action end
    end
  end
  if #allowed > 0 then inquiry:ok(what, table.concat(allowed, ", ")) end
end

return permissions
