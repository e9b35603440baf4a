-- SPDX-License-Identifier: MIT
-- For tests of indexes on a fake OpenSearch (lib/fake/opensearch): who asks Serverless, and that it is checked.
local access = require "lib.fake.opensearch.access"
local host = require "hilum.host"

local home = {}

local ACCOUNT = { credentials = { hilumtest = "hilumsecret" }, region = "us-east-1" }
local VARIABLES = { AWS_ACCESS_KEY_ID = "hilumtest", AWS_SECRET_ACCESS_KEY = "hilumsecret", AWS_REGION = "us-east-1",
  AWS_CONFIG_FILE = "/dev/null", AWS_SHARED_CREDENTIALS_FILE = "/dev/null", AWS_EC2_METADATA_DISABLED = "true" }

local function is_serverless(flavour) return flavour == "classic" or flavour == "nextgen" end

-- What a fake of that flavour is opened with: nil, or what checks signatures for the service and region.
function home.authorize(flavour)
  return is_serverless(flavour) and access.signed("aoss", ACCOUNT) or nil
end

-- The settings of an index on it; it does not wait long.
function home.settings(flavour)
  if not is_serverless(flavour) then return {} end
  for name, value in pairs(VARIABLES) do host.setenv(name, value) end
  return { auth = "aoss", poll = 0.01 }
end

return home
