-- SPDX-License-Identifier: MIT
-- A place on S3 as Bedrock's jobs take it: in fewer characters than S3 does.
local bedrock_uri = {}

local MOST = 1024

bedrock_uri.USABLE = "letters, digits and - ! _ * ' ( ) ."

-- The first character of a path that Bedrock refuses; nil: there is none.
function bedrock_uri.refused(path)
  local at = path:find("[^-!_*'().a-zA-Z0-9/]")
  return at and path:match(utf8.charpattern, at)
end

-- Returns it as text, or fails; what: the option that it is from.
function bedrock_uri.check(uri, what, ctx)
  local text = tostring(uri)
  local path = text:match("^s3://[a-z0-9.-]+(.*)$")
  if not path then ctx.fail("%s (%s) must look like s3://bucket/key", what, text) end
  local bad = bedrock_uri.refused(path)
  if bad then ctx.fail("%s (%s): Bedrock refuses '%s' in the names of objects; use %s", what, text, bad, bedrock_uri.USABLE) end
  if #text > MOST then ctx.fail("%s is longer than %d characters", what, MOST) end
  return text
end

return bedrock_uri
