-- SPDX-License-Identifier: MIT
-- STS: who asks. server.caller may be set to another ARN.
return function(server)
  server.caller = server.caller or ("arn:aws:iam::%s:user/tester"):format(server.account)
  return { name = "sts", protocol = "query", version = "2011-06-15", operations = {
    GetCallerIdentity = function() return { Arn = server.caller, UserId = "AIDAFAKE", Account = server.account } end,
  } }
end
