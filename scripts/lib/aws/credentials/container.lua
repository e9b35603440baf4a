-- SPDX-License-Identifier: MIT
-- The credentials of a container (ECS, EKS Pod Identity), from an address that the environment names.
local fs = require "hilum.fs"
local keys = require "lib.aws.credentials.keys"
local metadata = require "lib.aws.credentials.metadata"

local container = {}

local HOW = { timeout = 2, attempts = 3, pause = 1 }
local ECS = "http://169.254.170.2"
-- Where a token may be sent unencrypted: to the machine itself and the addresses of ECS and EKS.
local NEAR = { ["169.254.170.2"] = true, ["169.254.170.23"] = true, ["[fd00:ec2::23]"] = true, localhost = true, ["[::1]"] = true }

local function is_near(host)
  local name = host:match("^(%[.-%])") or host:match("^[^:]*")
  return NEAR[name] or name:find("^127%.%d+%.%d+%.%d+$") ~= nil
end

local function address(config)
  local relative = config:env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
  if relative then return ECS .. relative end
  local url = config:env("AWS_CONTAINER_CREDENTIALS_FULL_URI")
  if not url then return nil end
  local parts = require "lib.aws.endpoint".split((url:gsub("%?.*", "")))
  if not parts then return keys.fail("AWS_CONTAINER_CREDENTIALS_FULL_URI is '%s', which is no http or https URL", url) end
  if parts.scheme == "https" or is_near(parts.host) then return url end
  return keys.fail("AWS_CONTAINER_CREDENTIALS_FULL_URI: %s is neither https nor an address of the container's own", url)
end

-- The file is read each time, because what is in it changes.
local function authorization(config)
  local path, token = config:env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), config:env("AWS_CONTAINER_AUTHORIZATION_TOKEN")
  if path then
    local err
    token, err = fs.read(path)
    if not token then return keys.fail("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: %s", err.message) end
    token = token:gsub("[\r\n]+$", "")
  end
  if token and token:find("[\r\n]") then return keys.fail("the container's authorization token has a line break in it") end
  return token
end

local function load(aws, url)
  local token, why = authorization(aws.config)
  if why then return nil, why end
  local response, err = metadata.ask(aws, { url = url, headers = { Accept = "application/json", Authorization = token } }, HOW)
  if not response then return keys.fail("the container's credentials: %s", err.message) end
  return metadata.credentials(response, "the container's credentials")
end

function container.find(aws)
  local url, err = address(aws.config)
  if not url then return nil, err end
  return { source = ("the container (%s)"):format(url:match("^%a+://[^/]+")), load = function() return load(aws, url) end }
end

return container
