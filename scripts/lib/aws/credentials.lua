-- SPDX-License-Identifier: MIT
-- Where credentials come from: the first of the chain that is set up. What is half set up is an error, and nothing behind it is tried.
-- A provider is {source = what to call it, load() -> credentials | nil, err}, and credentials are {signer, access_key, expires, account}:
-- the secret is in the signer alone, and is not kept as text.
local host = require "hilum.host"

local credentials = {}

-- In the order in which they are asked. for_source: asked for the source_profile of a role too, where the environment has no say.
-- A provider's find(aws, profile, is_source) gives a provider, nothing, or nil and an error.
local CHAIN = {
  { "environment" }, { "role" }, { "web_identity", for_source = true }, { "sso", for_source = true },
  { "shared_file", for_source = true }, { "login", for_source = true }, { "command", for_source = true },
  { "config_file", for_source = true }, { "container" }, { "instance" },
}

-- The provider of a profile. aws: {config, now, sleep, session(keeper)}; is_source: for a role that another profile assumes.
function credentials.find(aws, profile, is_source)
  for _, link in ipairs(CHAIN) do
    if link.for_source or not is_source then
      local found, err = require("lib.aws.credentials." .. link[1]).find(aws, profile, is_source)
      if found or err then return found, err end
    end
  end
  local message = is_source and ("%s has no credentials of its own"):format(aws.config:place(nil, profile)) or credentials.none(aws)
  return nil, host.error("auth", message)
end

-- What to say when nothing is set up.
function credentials.none(aws, why)
  return ("there are no AWS credentials: not in the environment (AWS_ACCESS_KEY_ID), not in profile %s of %s or %s%s; %s"):format(
    aws.config.profile, aws.config.credentials_file.shown, aws.config.config_file.shown, why and (", and " .. why) or "",
    "`aws configure` or `aws sso login` sets them up")
end

return credentials
