-- SPDX-License-Identifier: MIT
-- A place on S3 as Bedrock's jobs take it: in fewer characters than S3 does. Returns it as text, or fails; what: the option that it is
-- from.
local MOST = 1024

return function(uri, what, ctx)
  local text = tostring(uri)
  local path = text:match("^s3://[a-z0-9.-]+(.*)$")
  if not path then ctx.fail("%s (%s) must look like s3://bucket/key", what, text) end
  local bad = path:match("[^-!_*'().a-zA-Z0-9/]")
  if bad then
    ctx.fail("%s (%s): Bedrock refuses '%s' in the names of objects; use letters, digits and - ! _ * ' ( ) .", what, text, bad)
  end
  if #text > MOST then ctx.fail("%s is longer than %d characters", what, MOST) end
  return text
end
