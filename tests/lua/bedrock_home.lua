-- SPDX-License-Identifier: MIT
-- For the tests of Bedrock: the fake one on loopback, sessions for it, and hilum runs against it.
local fs = require "hilum.fs"
local home = require "aws_home"
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local aws_server = require "lib.fake.aws.server"
local http_server = require "http_server"
local task = require "hilum.task"

local bedrock_home = {}

local KEYS = { access_key = "hilumtest", secret_key = "hilumsecret" }

-- Runs f(bedrock, url) with a fake that listens. settings: of aws_server.new. bedrock.faults are used up one an InvokeModel: {status, code,
-- message}, {status = 200, body = text}, or false for none.
function bedrock_home.with(settings, f)
  settings.services = settings.services or { "bedrock" }
  local bedrock = aws_server.new(settings)
  bedrock.faults = {}
  function bedrock.fault(call)
    local fault = call.op:find("/invoke$") and table.remove(bedrock.faults, 1)
    return fault and { status = fault.status or fault[1], code = fault[2], message = fault[3] or "a fault", body = fault.body }
  end
  local server <close> = http_server.start({}, bedrock.handler)
  f(bedrock, server.url)
end

-- A session for it that does not wait between attempts.
function bedrock_home.session(url, settings)
  local all = { region = "us-east-1", endpoint = url, now = os.time,
    credentials = KEYS }
  for name, value in pairs(settings or {}) do all[name] = value end
  return (assert(home.session({}, {}, all)))
end

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- `hilum WORDS` in a project against the fake: exit status, stdout, stderr. before: Lua that runs first. s3: a server of S3 that is another
-- one, {url, access_key, secret_key}; the fake has to know its key.
function bedrock_home.run(folder, url, words, before, s3)
  local keys = s3 or KEYS
  local err = fs.join(t.tmp(), "stderr")
  local line = { "env", "-u", "AWS_PROFILE", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=" .. keys.access_key,
    "AWS_SECRET_ACCESS_KEY=" .. keys.secret_key, "AWS_ENDPOINT_URL=" .. url, "AWS_ENDPOINT_URL_S3=" .. (s3 or { url = url }).url, t.hilum }
  if before then table.move({ "-e", before }, 1, 2, #line + 1, line) end
  table.move(words, 1, #words, #line + 1, line)
  table.move({ "--project", folder }, 1, 2, #line + 1, line)
  for i, word in ipairs(line) do line[i] = quote(word) end
  local result = assert(task.command { "sh", "-c", table.concat(line, " ") .. " 2>" .. quote(err) })
  return result.status, result.output, assert(fs.read(err))
end

return bedrock_home
