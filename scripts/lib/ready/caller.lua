-- SPDX-License-Identifier: MIT
-- May whoever signs order what is to be ordered, and hand the role on?
local permissions = require "lib.ready.permissions"

local caller = {}

-- The resources of a call of Bedrock for a model: AWS asks for the model and for the thing that is made; which of them a policy has to name
-- differs, so that one is enough here.
local function models(inquiry)
  local list, id = {}, inquiry.request.modelId
  if inquiry.foundation then list[1] = inquiry:arn("bedrock", "foundation-model/" .. inquiry.foundation, "") end
  if id and id:find("^arn:") then table.insert(list, 1, id) end
  return list
end

local function with(list, ...)
  return table.move({ ... }, 1, select("#", ...), #list + 1, list)
end

-- To buy throughput and end it; for a model that is not made yet, any of the account's.
local function throughput(inquiry)
  local resources = with(models(inquiry), inquiry:arn("bedrock", "provisioned-model/*"))
  if not inquiry.request.modelId then table.insert(resources, 1, inquiry:arn("bedrock", "custom-model/*")) end
  return { { actions = { "bedrock:CreateProvisionedModelThroughput", "bedrock:DeleteProvisionedModelThroughput" }, some = true,
    resources = resources } }
end

local WANTED = {
  finetune = function(inquiry)
    return { { actions = { "bedrock:CreateModelCustomizationJob" }, some = true,
      resources = with(models(inquiry), inquiry:arn("bedrock", "model-customization-job/*"), inquiry:arn("bedrock", "custom-model/*")) } }
  end,
  deploy = throughput,
  expiry = throughput,
  embed = function(inquiry) return { { actions = { "bedrock:InvokeModel" }, some = true, resources = models(inquiry) } } end,
  batch = function(inquiry)
    return { { actions = { "bedrock:CreateModelInvocationJob" }, some = true,
      resources = with(models(inquiry), inquiry:arn("bedrock", "model-invocation-job/*")) } }
  end,
  index = function(inquiry)
    return { { actions = { "aoss:APIAccessAll" }, resources = { inquiry.collection } } }
  end,
}

local function wanted_by(inquiry)
  local wanted = WANTED[inquiry.step](inquiry)
  if inquiry.request.roleArn then
    wanted[#wanted + 1] = { actions = { "iam:PassRole" }, resources = { inquiry.request.roleArn },
      context = { ["iam:PassedToService"] = "bedrock.amazonaws.com" } }
  end
  return wanted
end

-- Is what the caller needs among what the caller's policies allow?
function caller.allowed(inquiry)
  local who = inquiry:identity()
  if not who or inquiry.step == "index" and not inquiry.collection then return end
  if who.arn:find(":root$") then return inquiry:ok("what you may", "everything, as the root of the account") end
  local principal = inquiry:client("iam"):principal(who.arn)
  permissions.check(inquiry, "what you may", principal, wanted_by(inquiry), ("ask whoever manages account %s for it"):format(who.account))
end

return caller
