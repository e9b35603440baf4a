-- SPDX-License-Identifier: MIT
-- AWS's own models in the fake Bedrock, the account's access to them, and its log of calls. Tests set lifecycle ("LEGACY", default
-- "ACTIVE"), life_ends (a time), customizations (what can be done with the model), availability (fields of
-- GetFoundationModelAvailability that are not as they should be) and logging (the loggingConfig; nil: nothing is logged).
local refuse = require "lib.fake.s3.refuse".refuse_with

local foundation = {}

local function known(id)
  if id:find("^amazon%.titan%-embed%-image%-v1") then return id end
  refuse(404, "ResourceNotFoundException", "The model %s could not be found", id)
end

local function details(server, id)
  return { modelId = id, modelArn = server:arn("foundation-model/" .. id, ""),
    providerName = "Amazon", inputModalities = { "TEXT", "IMAGE" }, outputModalities = { "EMBEDDING" },
    modelLifecycle = { status = server.lifecycle or "ACTIVE", endOfLifeTime = server.life_ends },
    customizationsSupported = server.customizations or { "FINE_TUNING" }, inferenceTypesSupported = { "ON_DEMAND", "PROVISIONED" } }
end

function foundation.get(server, request) return 200, { modelDetails = details(server, known(request.id)) } end

function foundation.list(server)
  return 200, { modelSummaries = { details(server, "amazon.titan-embed-image-v1"), details(server, "amazon.titan-embed-image-v1:0") } }
end

function foundation.availability(server, request)
  local answer = { modelId = known(request.id), agreementAvailability = { status = "AVAILABLE" }, authorizationStatus = "AUTHORIZED",
    entitlementAvailability = "AVAILABLE", regionAvailability = "AVAILABLE" }
  for field, value in pairs(server.availability or {}) do answer[field] = value end
  return 200, answer
end

function foundation.logging(server) return 200, { loggingConfig = server.logging } end

return foundation
