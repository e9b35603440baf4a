-- SPDX-License-Identifier: MIT
-- The role that a job on Bedrock takes: may Bedrock take it, and does it reach what the job reads and writes.
local permissions = require "lib.ready.permissions"
local places = require "lib.ready.places"
local trust = require "lib.ready.trust"

local role = {}

local SERVICE = "bedrock.amazonaws.com"
local JOBS = { finetune = "model-customization-job", batch = "model-invocation-job" }
local MAKE = "`hilum provision apply` makes a role that fits"

local function partition_of(inquiry) return inquiry.request.roleArn:match("^arn:([^:]+):") end

local function name_of(arn) return arn:match("([^/]+)$") end

-- The condition keys of a job that is still without a number.
local function context_of(inquiry)
  local model = inquiry.foundation or "amazon.titan-embed-image-v1:0"
  local thing = inquiry:arn("bedrock", ("%s/%s/hilum0000000"):format(JOBS[inquiry.step], model))
  return { ["aws:sourceaccount"] = (inquiry:identity() or {}).account, ["aws:sourcearn"] = thing }
end

local function tell(inquiry, verdict, reason)
  if verdict == "yes" then return inquiry:ok("trust", "Bedrock's jobs of this account may take the role") end
  if verdict == "unguarded" then
    return inquiry:warn("trust", "any customer's job on Bedrock may take the role",
      "add conditions on aws:SourceAccount and aws:SourceArn to its trust policy; " .. MAKE)
  end
  if verdict == "unsure" then
    return inquiry:warn("trust", ("whether Bedrock may take the role hangs on %s"):format(reason), "look at its trust policy; " .. MAKE)
  end
  inquiry:stop("trust", ("%s may not take the role for this job%s"):format(SERVICE, reason and " because of " .. reason or ""),
    "correct its trust policy; " .. MAKE)
end

-- May Bedrock take the role for such a job?
function role.trusted(inquiry)
  local arn = inquiry.request.roleArn
  local found = inquiry:got("role", inquiry:client("iam"):role(name_of(arn)))
  if found == false then return inquiry:stop("role", arn .. " is not there", MAKE) end
  if not found then return end
  if not inquiry:identity() then return end
  tell(inquiry, trust.judge(found.trust, SERVICE, context_of(inquiry)))
end

-- The objects that the job reads: its files, and of the images one of each bucket; and the buckets.
local function read_by(inquiry)
  local partition = partition_of(inquiry)
  local objects, buckets, seen = {}, {}, {}
  local function add(uri)
    objects[#objects + 1] = places.object_arn(uri, partition)
    local bucket = places.bucket_arn(uri, partition)
    if not seen[bucket] then buckets[#buckets + 1] = bucket end
    seen[bucket] = true
  end
  for _, uri in ipairs(places.inputs(inquiry.request)) do add(uri) end
  for _, uri in ipairs(inquiry.known.images or {}) do add(uri) end
  return objects, buckets
end

-- Does the role reach what the job reads, and may it write where the job writes?
function role.reaches(inquiry)
  local objects, buckets = read_by(inquiry)
  local output = places.output(inquiry.request)
  permissions.check(inquiry, "what the role may", inquiry.request.roleArn, {
    { actions = { "s3:GetObject" }, resources = objects }, { actions = { "s3:ListBucket" }, resources = buckets },
    { actions = { "s3:PutObject" }, resources = { places.object_arn(output:gsub("/?$", "/", 1), partition_of(inquiry)) } },
  }, ("add it to the policies of %s; %s"):format(name_of(inquiry.request.roleArn), MAKE))
  local key = inquiry.request.customModelKmsKeyId
  if key then
    inquiry:warn("KMS key", ("the policy of %s is not looked at"):format(key), "it has to let the role and you use the key for Bedrock")
  end
end

return role
