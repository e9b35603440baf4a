-- SPDX-License-Identifier: MIT
-- IAM Identity Center: `aws sso login` leaves a token in ~/.aws/sso/cache, which is renewed here as long as it can be, and exchanged for
-- the credentials of a role.
local dates = require "lib.dates"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local json = require "hilum.json"
local keys = require "lib.aws.credentials.keys"

local sso = {}

local RENEW = 15 * 60 -- seconds before the token expires

-- What the sign-on's own keys are read from: the [sso-session …] that the profile names or, as of old, the profile itself; and what the
-- token's file is named after. Nothing; or nil and an error.
local function sign_on(config, profile)
  local name = config:key("sso_session", profile)
  if not name then
    local url = config:key("sso_start_url", profile)
    local place = config:place("sso_start_url", profile)
    return url and { cache = url, place = place, profile_place = place, get = function(key) return (config:key(key, profile)) end }
  end
  local section, place = config:section("sso_sessions", name), config:place("sso_session", profile)
  if not section then return keys.fail("%s: sso_session is '%s', but there is no [sso-session %s]", place, name, name) end
  return { cache = name, place = ("[sso-session %s] in %s"):format(name, config.config_file.shown), profile_place = place,
    get = function(key) return section[key] end }
end

-- {sso_region, sso_start_url, sso_account_id, sso_role_name, cache, profile}; nothing; or nil and an error.
local function settings(config, profile)
  local source, err = sign_on(config, profile)
  if not source then return nil, err end
  local function missing(place, key) return keys.fail("%s: %s is missing; `aws configure sso` sets it", place, key) end
  local wanted = { cache = source.cache, profile = profile }
  for _, key in ipairs { "sso_region", "sso_start_url" } do
    wanted[key] = source.get(key)
    if not wanted[key] then return missing(source.place, key) end
  end
  for _, key in ipairs { "sso_account_id", "sso_role_name" } do
    wanted[key] = config:key(key, profile)
    if not wanted[key] then return missing(source.profile_place, key) end
  end
  return wanted
end

local function cache_path(config, name)
  return ("%s/.aws/sso/cache/%s.json"):format(config:env("HOME") or "", hash.sha1(name))
end

local function ask(aws, wanted, service, request)
  local client = require "lib.aws.call".client { session = aws, service = service, protocol = "rest-json", region = wanted.sso_region,
    unsigned = true }
  return client:call(request)
end

-- The token with its life renewed, in its file too.
local function renew(aws, wanted, token, path)
  local answer, err = ask(aws, wanted, "sso-oidc", { op = "CreateToken", method = "POST", path = "/token", body = {
    clientId = token.clientId, clientSecret = token.clientSecret, grantType = "refresh_token", refreshToken = token.refreshToken } })
  if not answer then return nil, err end
  if type(answer.accessToken) ~= "string" or type(answer.expiresIn) ~= "number" then return keys.fail("the answer has no token in it") end
  token.accessToken, token.refreshToken = answer.accessToken, answer.refreshToken or token.refreshToken
  token.expiresAt = dates.write(aws.now() + answer.expiresIn)
  fs.write(path, json.encode(token)) -- if that fails, this token is good all the same
  return token
end

local function can_renew(aws, token)
  local registered = type(token.registrationExpiresAt) == "string" and dates.read(token.registrationExpiresAt)
  return token.refreshToken and token.clientId and token.clientSecret and (not registered or registered > aws.now())
end

local function sign_in(wanted, why)
  return keys.fail("profile %s: %s; run `aws sso login --profile %s`", wanted.profile, why, wanted.profile)
end

-- The access token. One that is still good is used if it cannot be renewed.
local function access_token(aws, wanted)
  local path = cache_path(aws.config, wanted.cache)
  local token = fs.stat(path) and json.read(path)
  if type(token) ~= "table" or type(token.accessToken) ~= "string" then
    return sign_in(wanted, "there is no SSO session")
  end
  local left = (dates.read(tostring(token.expiresAt)) or 0) - aws.now()
  if left > RENEW then return token.accessToken end
  local renewed = can_renew(aws, token) and renew(aws, wanted, token, path)
  if renewed then return renewed.accessToken end
  if left > 0 then return token.accessToken end
  return sign_in(wanted, "the SSO session has ended")
end

local function load(aws, wanted, source)
  local token, err = access_token(aws, wanted)
  if not token then return nil, err end
  local answer, why = ask(aws, wanted, "sso", { op = "GetRoleCredentials", path = "/federation/credentials",
    query = { role_name = wanted.sso_role_name, account_id = wanted.sso_account_id }, headers = { ["x-amz-sso_bearer_token"] = token } })
  if answer then return keys.from_answer(answer.roleCredentials, source) end
  if why.status == 401 then return sign_in(wanted, "the SSO session has ended") end
  return nil, why
end

function sso.find(aws, profile)
  local wanted, err = settings(aws.config, profile)
  if not wanted then return nil, err end
  local source = ("SSO role %s of profile %s in %s"):format(wanted.sso_role_name, profile, aws.config.config_file.shown)
  local unsigned = aws:with(nil)
  return { source = source, load = function() return load(unsigned, wanted, source) end }
end

return sso
