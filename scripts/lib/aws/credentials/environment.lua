-- SPDX-License-Identifier: MIT
-- AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. A profile chosen on the command line beats them; AWS_PROFILE does not.
local dates = require "lib.dates"
local keys = require "lib.aws.credentials.keys"

local environment = { source = "the environment" }

local function load(config)
  local expires = config:env("AWS_CREDENTIAL_EXPIRATION")
  local raw = { access_key = config:env("AWS_ACCESS_KEY_ID"), secret_key = config:env("AWS_SECRET_ACCESS_KEY"),
    token = config:env("AWS_SESSION_TOKEN") or config:env("AWS_SECURITY_TOKEN"), account = config:env("AWS_ACCOUNT_ID"),
    expires = expires and dates.read(expires) }
  if expires and not raw.expires then return keys.fail("AWS_CREDENTIAL_EXPIRATION is '%s', which is no date", expires) end
  return keys.credentials(raw, environment.source)
end

-- is_source: a role's credential_source names it, so that the profile of the command line does not beat it.
function environment.find(aws, _, is_source)
  local config = aws.config
  if config.explicit and not is_source or not config:env("AWS_ACCESS_KEY_ID") then return nil end
  if not config:env("AWS_SECRET_ACCESS_KEY") then
    return keys.fail("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not; set both, or neither")
  end
  return { source = environment.source, load = function() return load(config) end }
end

return environment
