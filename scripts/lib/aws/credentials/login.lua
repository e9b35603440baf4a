-- SPDX-License-Identifier: MIT
-- `aws login` (login_session) ties its token to a key of the AWS command line, so that nobody else can renew it: refused, with a way
-- round.
local login = {}

function login.find(aws, profile)
  local config = aws.config
  if not config:key("login_session", profile) then return nil end
  return require "lib.aws.credentials.keys".fail("%s: hilum cannot renew sessions of `aws login`; make another profile with the line %s",
    config:place("login_session", profile),
    ("credential_process = aws configure export-credentials --profile %s --format process"):format(profile))
end

return login
