-- SPDX-License-Identifier: MIT
-- hilum aws whoami against a server that answers as STS does.
local t = require "t"
local home = require "aws_home"
local json = require "hilum.json"
local task = require "hilum.task"

local IDENTITY = { body = [[<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
  <Arn>arn:aws:sts::123456789012:assumed-role/lab/me</Arn><UserId>AROA:me</UserId><Account>123456789012</Account>
  </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>]] }

local CONFIG = "[profile lab]\nregion = eu-central-1\nrole_arn = arn:aws:iam::1:role/lab\nsource_profile = base\n"
local KEYS = home.keys("base", "AKIDBASE")

-- Runs hilum in that home; it may ask our server.
local function run(h, server, ...)
  return assert(task.command({ "env", "-u", "AWS_PROFILE", "-u", "AWS_ACCESS_KEY_ID", "-u", "AWS_REGION", "-u", "AWS_CONFIG_FILE",
    "-u", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED=true", "HOME=" .. h.path, "AWS_ENDPOINT_URL_STS=" .. server.url,
    t.hilum, ... }, { timeout = 60 }))
end

t.test("for people: a table without secrets", function()
  local ends = require "lib.dates".write(os.time() + 3600)
  local server <close> = home.server { GetCallerIdentity = IDENTITY, AssumeRole = home.sts("AssumeRole", "ASIAROLE", ends) }
  local result = run(home.make { config = CONFIG, credentials = KEYS }, server, "aws", "whoami", "--profile", "lab")
  t.eq(result.status, 0)
  for _, pattern in ipairs { "account%s+123456789012", "arn%s+arn:aws:sts::123456789012:assumed%-role/lab/me", "user id%s+AROA:me",
    "region%s+eu%-central%-1", "credentials%s+role of profile lab in ~/.aws/config, by profile base in ~/.aws/credentials %(ASIA…ROLE%)",
    "good until%s+" .. ends:gsub("%-", "%%-") .. " %([56]%d minutes%)" } do t.match(result.output, pattern) end
  t.ok(not result.output:find("SECRET") and not result.output:find("token%-of"))
end)

t.test("for programs: JSON", function()
  local server <close> = home.server { GetCallerIdentity = IDENTITY }
  local result = run(home.make { credentials = home.keys("default", "AKIDBASE") }, server, "aws", "whoami", "--json")
  t.eq(json.decode(result.output), { account = "123456789012", arn = "arn:aws:sts::123456789012:assumed-role/lab/me", user_id = "AROA:me",
    profile = "default", credentials = "profile default in ~/.aws/credentials", access_key = "AKID…BASE" })
end)

t.test("what the service refuses ends with 1", function()
  local server <close> = home.server { GetCallerIdentity = home.fault(403, "InvalidClientTokenId", "The security token is invalid.") }
  t.eq(run(home.make { credentials = home.keys("default", "A") }, server, "aws", "whoami").status, 1)
end)
