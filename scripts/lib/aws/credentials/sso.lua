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
local KEYS = { "sso_account_id", "sso_role_name" }

-- The settings: {region, account, role, cache = what the token's file is named after, login = what to run}; nothing; or nil and an
-- error.
local function settings(config, profile)
  local session = config:key("sso_session", profile)
  local section, name = nil, profile
  if session then
    section, name = config:section("sso_sessions", session), ("[sso-session %s] in %s"):format(session, config.config_file.shown)
    if not section then
      return keys.fail("%s: sso_session is '%s', but there is no [sso-session %s]", config:place("sso_session", profile), session, session)
    end
  elseif not config:key("sso_start_url", profile) then
    return nil
  end
  local function value(key)
    if section then return section[key] end
    return (config:key(key, profile))
  end
  for _, key in ipairs { "sso_region", "sso_start_url" } do
    if not value(key) then
      return keys.fail("%s: %s is missing; `aws configure sso` sets it", section and name or config:place("sso_start_url", profile), key)
    end
  end
  for _, key in ipairs(KEYS) do
    if not config:key(key, profile) then
      return keys.fail("%s: %s is missing; `aws configure sso` sets it", config:place(session and "sso_session" or "sso_start_url",
        profile), key)
    end
  end
  return { region = value("sso_region"), account = config:key("sso_account_id", profile), role = config:key("sso_role_name", profile),
    cache = session or value("sso_start_url"), login = "aws sso login --profile " .. profile, profile = profile }
end

local function cache_path(config, name)
  return ("%s/.aws/sso/cache/%s.json"):format(config:env("HOME") or "", hash.sha1(name))
end

local function ask(aws, wanted, service, request)
  local client = require "lib.aws.call".client { session = aws, service = service, protocol = "rest-json", region = wanted.region,
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

-- The access token. One that is still good is used if it cannot be renewed.
local function access_token(aws, wanted)
  local path = cache_path(aws.config, wanted.cache)
  local token = fs.stat(path) and json.read(path)
  if type(token) ~= "table" or type(token.accessToken) ~= "string" then
    return keys.fail("profile %s: there is no SSO session; run `%s`", wanted.profile, wanted.login)
  end
  local left = (dates.read(tostring(token.expiresAt)) or 0) - aws.now()
  if left > RENEW then return token.accessToken end
  local renewed = can_renew(aws, token) and renew(aws, wanted, token, path)
  if renewed then return renewed.accessToken end
  if left > 0 then return token.accessToken end
  return keys.fail("profile %s: the SSO session has ended; run `%s`", wanted.profile, wanted.login)
end

local function load(aws, wanted, source)
  local token, err = access_token(aws, wanted)
  if not token then return nil, err end
  local answer, why = ask(aws, wanted, "sso", { op = "GetRoleCredentials", path = "/federation/credentials",
    query = { role_name = wanted.role, account_id = wanted.account }, headers = { ["x-amz-sso_bearer_token"] = token } })
  if answer then return keys.from_answer(answer.roleCredentials, source) end
  if why.status == 401 then return keys.fail("profile %s: the SSO session has ended; run `%s`", wanted.profile, wanted.login) end
  return nil, why
end

function sso.find(aws, profile)
  local wanted, err = settings(aws.config, profile)
  if not wanted then return nil, err end
  local source = ("SSO role %s of profile %s in %s"):format(wanted.role, profile, aws.config.config_file.shown)
  local unsigned = aws:with(nil)
  return { source = source, load = function() return load(unsigned, wanted, source) end }
end

return sso
