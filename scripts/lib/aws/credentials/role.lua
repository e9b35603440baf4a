-- SPDX-License-Identifier: MIT
-- A role that a profile assumes (role_arn), with the credentials of another profile (source_profile), which may assume a role itself, or of
-- the environment, the container or the machine (credential_source).
local host = require "hilum.host"
local keys = require "lib.aws.credentials.keys"

local role = {}

local SOURCES = { Environment = "environment", EcsContainer = "container", Ec2InstanceMetadata = "instance" }

local function has_keys(config, profile)
  return config:key("aws_access_key_id", profile) ~= nil or config:key("aws_secret_access_key", profile) ~= nil
end

local function is_role(config, profile)
  return config:key("role_arn", profile) ~= nil and config:key("web_identity_token_file", profile) == nil
end

local function of_credential_source(aws, name, place)
  local link = SOURCES[name]
  if not link then return keys.fail("%s: credential_source is '%s', not Environment, EcsContainer or Ec2InstanceMetadata", place, name) end
  local found, err = require("lib.aws.credentials." .. link).find(aws, aws.config.profile, true)
  if found or err then return found, err end
  return keys.fail("%s: credential_source is %s, but there are no credentials in it", place, name)
end

-- path: the profiles on the way here, to find circles.
local function of_source_profile(aws, profile, path, place)
  local config = aws.config
  if not config:has_profile(profile) then
    return keys.fail("%s: source_profile is '%s', which is no profile there; correct the name", place, profile)
  end
  if not is_role(config, profile) or has_keys(config, profile) then
    return require "lib.aws.credentials".find(aws, profile, true)
  end
  for _, name in ipairs(path) do
    if name == profile then
      return keys.fail("%s: source_profile goes in a circle: %s → %s", place, table.concat(path, " → "), profile)
    end
  end
  return role.assume(aws, profile, path)
end

local function find_source(aws, profile, path, place)
  local config = aws.config
  local source_profile, source = config:key("source_profile", profile), config:key("credential_source", profile)
  if source_profile and source then return keys.fail("%s: source_profile and credential_source exclude each other", place) end
  if source_profile then return of_source_profile(aws, source_profile, path, place) end
  if source then return of_credential_source(aws, source, place) end
  return keys.fail("%s: role_arn needs source_profile (a profile with keys) or credential_source beside it", place)
end

-- A role may want the code of a device, each time it is assumed: whoever is at the terminal is asked.
local function ask_code(serial, place)
  if not host.isatty(0) then
    return keys.fail("%s: the role needs the code of %s, and there is no terminal to ask for it", place, serial)
  end
  io.stderr:write(("MFA code of %s: "):format(serial))
  local code = (io.read() or ""):match("^%s*(%d%d%d%d%d%d)%s*$")
  if not code then return keys.fail("%s: that is no code; it has six digits", place) end
  return code
end

local function parameters(aws, profile, place)
  local config = aws.config
  local serial, code = config:key("mfa_serial", profile), nil
  if serial then
    local err
    code, err = ask_code(serial, place)
    if err then return nil, err end
  end
  local duration = config:key("duration_seconds", profile)
  if duration and not math.tointeger(tonumber(duration)) then
    return keys.fail("%s: duration_seconds is '%s', which is no whole number", place, duration)
  end
  return { RoleArn = config:key("role_arn", profile), ExternalId = config:key("external_id", profile), DurationSeconds = duration,
    RoleSessionName = config:key("role_session_name", profile) or ("hilum-%d"):format(aws.now()),
    SerialNumber = serial, TokenCode = code }
end

-- The provider of a role. Its source has a keeper of its own, so that a chain is fresh in all its links.
function role.assume(aws, profile, path)
  local place = aws.config:place("role_arn", profile)
  path = table.move(path, 1, #path, 1, {})
  path[#path + 1] = profile
  local source, err = find_source(aws, profile, path, place)
  if not source then return nil, err end
  local signing = aws:with(source)
  signing.region = aws.config:key("region", profile) or aws.region
  return { source = ("role of %s, by %s"):format(place, source.source), load = function()
    local params, why = parameters(aws, profile, place)
    if not params then return nil, why end
    return require "lib.aws.sts".assume_role(signing, params, place)
  end }
end

function role.find(aws, profile)
  if not is_role(aws.config, profile) then return nil end
  return role.assume(aws, profile, {})
end

return role
