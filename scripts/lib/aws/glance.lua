-- SPDX-License-Identifier: MIT
-- The client of Bedrock for who wants an answer at once, or none: `hilum status` does not wait for a network. at: {profile, region}. A
-- client, or nil and an error.
return function(at)
  local session, err = require "lib.aws.session".open { profile = at.profile, region = at.region }
  if not session then return nil, err end
  session.retry = require "lib.retry".new { mode = "standard", attempts = 1, sleep = session.sleep }
  return require "lib.aws.bedrock".client(session)
end
