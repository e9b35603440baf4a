-- SPDX-License-Identifier: MIT
-- A role assumed with a token that somebody else puts into a file, and renews there (Kubernetes, CI). The file is read at each refresh.
local fs = require "hilum.fs"
local keys = require "lib.aws.credentials.keys"

local web_identity = {}

-- A profile that was chosen on the command line, or is another's source, is not mixed with the environment.
local function setting(config, profile, is_source, variable, key)
  local value = not (config.explicit or is_source) and config:env(variable)
  if value then return value, variable end
  return config:key(key, profile), config:place(key, profile)
end

local function load(aws, token_file, params, place)
  local token, err = fs.read(token_file)
  if not token then return keys.fail("%s: the web identity token cannot be read: %s", place, err.message) end
  params.WebIdentityToken = token:match("^%s*(.-)%s*$")
  local found, why = require "lib.aws.sts".assume_role_with_web_identity(aws, params, place)
  params.WebIdentityToken = nil
  return found, why
end

function web_identity.find(aws, profile, is_source)
  local config = aws.config
  local file, place = setting(config, profile, is_source, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file")
  if not file then return nil end
  local arn = setting(config, profile, is_source, "AWS_ROLE_ARN", "role_arn")
  if not arn then return keys.fail("%s: there is a web identity token, but no role: set AWS_ROLE_ARN, or role_arn", place) end
  local name = setting(config, profile, is_source, "AWS_ROLE_SESSION_NAME", "role_session_name")
  local params = { RoleArn = arn, RoleSessionName = name or ("hilum-%d"):format(aws.now()) }
  local unsigned = aws:with(nil)
  return { source = ("web identity of %s"):format(place), load = function() return load(unsigned, file, params, place) end }
end

return web_identity
