-- SPDX-License-Identifier: MIT
-- The credentials of an EC2 machine, from its metadata service: version 2, which asks for a token first, and 1 where only that is there.
local keys = require "lib.aws.credentials.keys"
local metadata = require "lib.aws.credentials.metadata"

local instance = {}

local ADDRESSES = { ipv4 = "http://169.254.169.254", ipv6 = "http://[fd00:ec2::254]" }
local ROLES = "/latest/meta-data/iam/security-credentials/"
local TOKEN_SECONDS = "21600"
-- When the service gives out credentials that have expired, because it cannot get others, they may work on: seconds.
local EXTENSION = 15 * 60
local NO_TOKEN = { [403] = true, [404] = true, [405] = true }

-- The headers with the token; none for version 1.
local function token_headers(aws, base, how)
  local response, err = metadata.ask(aws, { url = base .. "/latest/api/token", method = "PUT",
    headers = { ["x-aws-ec2-metadata-token-ttl-seconds"] = TOKEN_SECONDS } }, how)
  if not response then
    return nil, require "hilum.host".error("auth", require "lib.aws.credentials".none(aws,
      ("no machine's metadata service answers at %s (%s)"):format(base, err.message)))
  end
  if response.status == 200 then return { ["x-aws-ec2-metadata-token"] = response.body } end
  if NO_TOKEN[response.status] and not aws.config.ec2_metadata_v1_disabled then return {} end
  return keys.fail("the machine's metadata service gives no token: HTTP %d", response.status)
end

local function load(aws, base, source)
  local how = { timeout = aws.config.metadata_service_timeout, attempts = aws.config.metadata_service_num_attempts }
  local headers, err = token_headers(aws, base, how)
  if not headers then return nil, err end
  local roles, why = metadata.ask(aws, { url = base .. ROLES, headers = headers }, how)
  if not roles then return nil, why end
  local name = roles.status == 200 and roles.body:match("^%s*(%S+)")
  if not name then return keys.fail("%s: the machine has no role; attach one to it", source) end
  local response
  response, err = metadata.ask(aws, { url = base .. ROLES .. name, headers = headers }, how)
  if not response then return nil, err end
  local found
  found, err = metadata.credentials(response, source)
  if found and found.expires then found.expires = math.max(found.expires, aws.now() + EXTENSION) end
  return found, err
end

function instance.find(aws)
  local config = aws.config
  if config.ec2_metadata_disabled then return nil end
  local base = config.ec2_metadata_service_endpoint or ADDRESSES[config.ec2_metadata_service_endpoint_mode]
  base = base:gsub("/+$", "")
  local source = ("the machine's metadata service (%s)"):format(base)
  return { source = source, load = function() return load(aws, base, source) end }
end

return instance
