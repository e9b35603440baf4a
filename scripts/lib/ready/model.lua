-- SPDX-License-Identifier: MIT
-- The model: is it there, may it be used, and how long still. A legacy model can be called until its end, but nothing new is sold for it:
-- no throughput, without which a model that was fine-tuned from it is not called.
local bedrock = require "lib.aws.bedrock"
local titan = require "lib.ready.titan"

local model = {}

-- What needs something new to be bought.
local BUYS = { finetune = true, deploy = true }

-- Without the word of an inference profile in front: us.cohere.embed-v4:0
local function id_of(request)
  return ((request.baseModelIdentifier or request.modelId):gsub("^%l+%.(%l+%.)", "%1"))
end

local function foundation_of(arn) return arn:match("foundation%-model/([^/]+)$") or arn:match("custom%-model/([^/]+)/") end

-- The throughput that stands for a model: is it in service? Returns the ARN of its model.
local function look_at_throughput(inquiry, id)
  local found = inquiry:got("throughput", inquiry:client("bedrock"):get_throughput(id))
  if not found then return nil end
  if found.status == "InService" then
    inquiry:ok("throughput", ("%s is in service"):format(found.provisionedModelName or id))
  elseif found.status == "Failed" then
    inquiry:stop("throughput", ("%s has failed"):format(id), "delete it and make another: `hilum deploy`")
  else
    inquiry:stop("throughput", ("%s is %s"):format(id, found.status), "wait until it is in service")
  end
  return found.modelArn
end

local function look_at_custom(inquiry, id)
  local found, err = inquiry:client("bedrock"):get_custom_model(id)
  if err and err.status == 404 then
    inquiry:stop("custom model", id .. " is not there",
      bedrock.elsewhere(id, inquiry.region) or "`hilum finetune list` shows the jobs and their models")
    return nil
  end
  found = inquiry:got("custom model", found, err)
  if not found then return nil end
  local status = found.modelStatus or "Active"
  if status == "Active" then inquiry:ok("custom model", ("%s is there"):format(found.modelName or id))
  else inquiry:stop("custom model", ("%s is %s"):format(id, status), "wait until it is Active, or train another") end
  return found.modelArn
end

-- The id of the foundation model behind whatever the request names.
local function resolve(inquiry)
  local id = id_of(inquiry.request)
  if id:find(":provisioned-model/", 1, true) then id = look_at_throughput(inquiry, id) end
  if id and not foundation_of(id) and not id:find("^%l[%w-]*%.") or id and id:find(":custom-model/", 1, true) then
    inquiry.custom = id
    id = look_at_custom(inquiry, id)
  end
  return id and (foundation_of(id) or id)
end

local function judge_life(inquiry, id, details)
  local life = details.modelLifecycle or {}
  if life.status ~= "LEGACY" then return inquiry:ok("model", ("%s is %s"):format(id, life.status or "there")) end
  local ends = life.endOfLifeTime and (", until %s"):format(life.endOfLifeTime:sub(1, 10)) or ""
  if BUYS[inquiry.step] then
    return inquiry:stop("model", ("%s is LEGACY%s: no new throughput is sold for it"):format(id, ends),
      "take a model that is ACTIVE; what is trained from this one could not be called")
  end
  inquiry:warn("model", ("%s is LEGACY%s"):format(id, ends), "its vectors cannot be made any more when it ends; choose another soon")
end

local function has(list, value)
  for _, one in ipairs(list) do if one == value then return true end end
  return false
end

local function judge_kind(inquiry, id, details)
  if inquiry.step == "finetune" and details.customizationsSupported and not has(details.customizationsSupported, "FINE_TUNING") then
    inquiry:stop("model", id .. " cannot be fine-tuned", "take amazon.titan-embed-image-v1:0")
  end
  local calls = not inquiry.custom and inquiry.step == "embed" and details.inferenceTypesSupported
  if calls and not has(calls, "ON_DEMAND") then
    inquiry:stop("model", id .. " is not called by its id", "name the ARN of its provisioned throughput")
  end
end

-- Life cycle, and whether it can be what the step takes it for.
function model.lives(inquiry)
  local id = resolve(inquiry)
  inquiry.foundation = id
  if not id then return end
  local found, err = inquiry:client("bedrock"):get_foundation_model(id)
  if err and err.status == 404 then
    inquiry.foundation = nil
    return inquiry:stop("model", ("%s is not there in %s"):format(id, inquiry.region), "name another --region, or another model")
  end
  found = inquiry:got("model", found, err)
  if not found then return end
  judge_life(inquiry, id, found.modelDetails)
  judge_kind(inquiry, id, found.modelDetails)
end

-- What GetFoundationModelAvailability says, and what to do when it is not well.
local ACCESS = {
  { "regionAvailability", "AVAILABLE", "is not offered in this region", "name another --region" },
  { "authorizationStatus", "AUTHORIZED", "is closed to you by a policy", "ask whoever manages the account" },
  { "entitlementAvailability", "AVAILABLE", "is not open to the account", "open it under 'Model access' in the Bedrock console" },
}

-- Access of the account to the foundation model.
function model.open(inquiry)
  local id = inquiry.foundation
  if not id then return end
  local found = inquiry:got("access", inquiry:client("bedrock"):get_availability(id))
  if not found then return end
  for _, row in ipairs(ACCESS) do
    local field, wanted, problem, advice = table.unpack(row)
    if found[field] and found[field] ~= wanted then return inquiry:stop("access", ("%s %s"):format(id, problem), advice) end
  end
  inquiry:ok("access", ("the account may use %s"):format(id))
end

-- Is the step offered in the region?
function model.offered(inquiry)
  if not titan.is(inquiry.foundation) then return end
  local kind = inquiry.step == "batch" and inquiry.custom and "batch with a custom model" or inquiry.step
  local regions = titan.REGIONS[kind]
  if not regions then return end
  if regions[inquiry.region] then return inquiry:ok("region", ("%s has %s of Titan"):format(inquiry.region, kind)) end
  local list = {}
  for region in pairs(regions) do list[#list + 1] = region end
  table.sort(list)
  inquiry:stop("region", ("%s has no %s of Titan, as far as hilum knows"):format(inquiry.region, kind),
    "name one of " .. table.concat(list, ", "))
end

return model
