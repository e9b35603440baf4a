-- SPDX-License-Identifier: MIT
-- Whether a bucket is closed to the public, whatever its policies and ACLs say (API: GetPublicAccessBlock, PutPublicAccessBlock).
local exchange = require "lib.aws.s3.exchange"
local payload = require "lib.aws.s3.payload"
local xml = require "hilum.xml"

local access = {}

local SWITCHES = { "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets" }
local UNSET = { NoSuchPublicAccessBlockConfiguration = true, NoSuchConfiguration = true }

local function block_document()
  local parts = {}
  for i, name in ipairs(SWITCHES) do parts[i] = ("<%s>true</%s>"):format(name, name) end
  return ('<PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</PublicAccessBlockConfiguration>'):format(
    table.concat(parts))
end

-- Is all of it blocked? nil and an error when it cannot be told.
function access.is_blocked(client, bucket)
  local request = { op = "s3.public_access_block", action = "s3:GetBucketPublicAccessBlock", place = { bucket = bucket, key = "" },
    method = "GET", query = "publicAccessBlock" }
  request.read = function(response)
    local document = xml.parse(response.body)
    local blocked = type(document) == "table"
    for _, name in ipairs(SWITCHES) do blocked = blocked and document[name] == "true" end
    return blocked
  end
  local blocked, err = exchange.run(client, request)
  if err and UNSET[err.code] then return false end
  return blocked, err
end

function access.block(client, bucket)
  local response, err = exchange.run(client, payload.add_document({ op = "s3.public_access_block",
    action = "s3:PutBucketPublicAccessBlock", place = { bucket = bucket, key = "" }, method = "PUT", query = "publicAccessBlock" },
    block_document()))
  if not response then return nil, err end
  return true
end

return access
