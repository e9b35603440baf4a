-- SPDX-License-Identifier: MIT
-- aws: who one is there, and with which credentials.

-- What servers answer that speak S3 and nothing else.
local NO_STS = { [404] = true, [405] = true, [501] = true }

local function whoami(opt, ctx)
  local dates = require "lib.dates"
  local session = assert(require "lib.aws.session".open { profile = opt.profile, region = opt.region, endpoint = opt.endpoint })
  local identity = assert(session:identity())
  local who, err = require "lib.aws.sts".identity(session)
  if not who and not NO_STS[err.status] then error(err, 0) end
  if not who then ctx.warn("%s does not say who one is: it has no STS", session:endpoint("sts").host) end
  who = who or {}
  local result = { account = who.account, arn = who.arn, user_id = who.user_id, region = session.region, profile = session.config.profile,
    credentials = identity.source, access_key = identity.access_key, expires = identity.expires and dates.write(identity.expires) }
  local left = identity.expires and identity.expires - session:time()
  ctx.print("%s", require "hilum.term".table({
    { what = "account", value = result.account or "" },
    { what = "arn", value = result.arn or "" },
    { what = "user id", value = result.user_id or "" },
    { what = "region", value = result.region or "none: set AWS_REGION, or region in the profile" },
    { what = "credentials", value = ("%s (%s)"):format(result.credentials, result.access_key) },
    { what = "good until", value = left and ("%s (%d minutes)"):format(result.expires, left // 60) or "they are changed" },
  }, { "what", "value" }))
  return result
end

return {
  summary = "Who you are at AWS, and by which credentials",
  details = [[
Credentials are looked for in this order: the environment; then the profile of ~/.aws/config and ~/.aws/credentials (a role it assumes,
a web identity, single sign-on, keys, a credential_process); a container; the machine's metadata. Nothing secret is shown.]],
  options = {
    { "profile", type = "string", metavar = "NAME", help = "the profile; it beats credentials in the environment" },
    { "region", type = "string", metavar = "REGION", help = "the region, in place of the one that is set up" },
    { "endpoint", type = "string", metavar = "URL", help = "where to ask, in place of AWS" },
  },
  verbs = {
    whoami = {
      summary = "Account, ARN, region, source and end of the credentials",
      examples = { "hilum aws whoami", "hilum aws whoami --profile lab --json" },
      run = whoami,
    },
  },
  examples = { "hilum aws whoami" },
}
