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

local NAMES = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY" }

-- is_source: a role's credential_source names it, so that the profile of the command line does not beat it.
function environment.find(aws, _, is_source)
  local config = aws.config
  local id, secret = config:env(NAMES[1]), config:env(NAMES[2])
  if config.explicit and not is_source or not (id or secret) then return nil end
  if not (id and secret) then
    return keys.fail("%s is set, but %s is not; set both, or neither", NAMES[id and 1 or 2], NAMES[id and 2 or 1])
  end
  return { source = environment.source, load = function() return load(config) end }
end

return environment
