-- SPDX-License-Identifier: MIT
-- STS: who one is, and the credentials of roles.
local keys = require "lib.aws.credentials.keys"

local sts = {}

local function client(session, unsigned)
  return require "lib.aws.call".client { session = session, service = "sts", protocol = "query", version = "2011-06-15",
    unsigned = unsigned }
end

-- {account, arn, user_id} of whoever signs. It needs no permission.
function sts.identity(session)
  local result, err = client(session):call { op = "GetCallerIdentity" }
  if not result then return nil, err end
  return { account = result.Account, arn = result.Arn, user_id = result.UserId }
end

local function credentials(result, err, place)
  if not result then
    err.message = ("%s: %s"):format(place, err.message)
    return nil, err
  end
  return keys.from_answer(result.Credentials, place)
end

-- Credentials of a role. place: what to name in errors.
function sts.assume_role(session, params, place)
  local result, err = client(session):call { op = "AssumeRole", params = params }
  return credentials(result, err, place)
end

function sts.assume_role_with_web_identity(session, params, place)
  local result, err = client(session, true):call { op = "AssumeRoleWithWebIdentity", params = params }
  return credentials(result, err, place)
end

return sts
