-- SPDX-License-Identifier: MIT
-- Credentials made of keys, and the checks that all providers share.
local dates = require "lib.dates"
local host = require "hilum.host"
local sigv4 = require "hilum.sigv4"

local keys = {}

function keys.fail(format, ...) return nil, host.error("auth", format:format(...)) end

-- raw: {access_key, secret_key, token, expires, account}. Only the signer knows the secret from here on.
function keys.credentials(raw, source)
  local signer, err = sigv4.signer { access_key = raw.access_key, secret_key = raw.secret_key,
    token = raw.token ~= "" and raw.token or nil, region = "us-east-1", service = "sts" }
  if not signer then return keys.fail("%s: %s", source, err.message) end
  return { signer = signer, access_key = raw.access_key, expires = raw.expires, account = raw.account }
end

local FIELDS = { access_key = { "AccessKeyId", "accessKeyId" }, secret_key = { "SecretAccessKey", "secretAccessKey" },
  token = { "SessionToken", "Token", "sessionToken" }, expires = { "Expiration", "expiration" }, account = { "AccountId" } }

local function field(answer, name)
  for _, spelling in ipairs(FIELDS[name]) do
    local value = answer[spelling]
    if value ~= nil and value ~= require "hilum.json".null and value ~= "" then return value end
  end
end

-- From the answer of a service or program, in any of their spellings. Milliseconds or a date; without one they last for good.
function keys.from_answer(answer, source)
  if type(answer) ~= "table" then return keys.fail("%s: the answer has no credentials in it", source) end
  local raw = { account = field(answer, "account"), token = field(answer, "token") }
  for _, name in ipairs { "access_key", "secret_key" } do
    raw[name] = field(answer, name)
    if type(raw[name]) ~= "string" then return keys.fail("%s: the answer has no %s", source, FIELDS[name][1]) end
  end
  local expires = field(answer, "expires")
  raw.expires = type(expires) == "number" and expires / 1000 or type(expires) == "string" and dates.read(expires) or nil
  if expires and not raw.expires then return keys.fail("%s: the answer's Expiration is no date", source) end
  return keys.credentials(raw, source)
end

local function read_keys(file, profile, source)
  local fresh, err = file.read()
  if not fresh then return nil, err end
  local section = fresh.profiles[profile] or {}
  for _, key in ipairs { "aws_access_key_id", "aws_secret_access_key" } do
    if (section[key] or "") == "" then return keys.fail("%s: %s is missing; put it there, or take the other half away", source, key) end
  end
  return keys.credentials({ access_key = section.aws_access_key_id, secret_key = section.aws_secret_access_key,
    token = section.aws_session_token or section.aws_security_token, account = section.aws_account_id }, source)
end

-- From the section of a file, which is read again whenever they are wanted anew: a provider, or nothing when it has no keys.
function keys.from_file(file, profile)
  local section = file.profiles[profile]
  if not section or not (section.aws_access_key_id or section.aws_secret_access_key) then return nil end
  local source = ("profile %s in %s"):format(profile, file.shown)
  return { source = source, load = function() return read_keys(file, profile, source) end }
end

return keys
