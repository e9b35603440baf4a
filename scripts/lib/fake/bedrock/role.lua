-- SPDX-License-Identifier: MIT
-- The roles that jobs of the fake Bedrock take. One that was made here must trust Bedrock, and may do what its policies say; any other is
-- taken for one that is good.
local policies = require "lib.fake.policies"
local refuse = require "lib.fake.s3.refuse".refuse_with

local role = {}

local function find(server, arn) return server.roles and server.roles[arn:match("role/(.*)$")] end

-- Refuses what a job, by its ARN, cannot take: for a while it is as if a new role did not exist.
function role.check(server, arn, job)
  local found = find(server, arn)
  local strange = found and found.strangeness > 0
  if strange then found.strangeness = found.strangeness - 1 end
  local trusts = not found or policies.trusts(found, "bedrock.amazonaws.com", { ["aws:SourceAccount"] = server.account,
    ["aws:SourceArn"] = job })
  if strange or not trusts then
    refuse(400, "ValidationException", "Could not assume the provided IAM role. Please ensure that the role %s exists and can be assumed "
      .. "by Amazon Bedrock.", arn)
  end
end

-- The objects of S3 as the role sees them; nil where there is no S3.
function role.objects(server, arn)
  local found, objects = find(server, arn), server.objects
  if not found or not objects then return objects end
  local function may(action, uri)
    return policies.permits(found, action, (uri:gsub("^s3://", "arn:aws:s3:::")), {})
  end
  return {
    list = function(uri) return may("s3:ListBucket", uri:match("^s3://[^/]+")) and objects.list(uri) or {} end,
    read = function(uri)
      if not may("s3:GetObject", uri) then return nil, "AccessDenied: Access Denied" end
      return objects.read(uri)
    end,
    write = function(uri, data)
      if not may("s3:PutObject", uri) then error({ failure = ("Could not write %s: AccessDenied"):format(uri) }, 0) end
      return objects.write(uri, data)
    end,
  }
end

return role
