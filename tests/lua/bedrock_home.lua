-- SPDX-License-Identifier: MIT
-- For the tests of Bedrock: the fake one on loopback, sessions for it, and hilum runs against it.
local fs = require "hilum.fs"
local home = require "aws_home"
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local bedrock_server = require "lib.fake.bedrock.server"
local http_server = require "http_server"
local task = require "hilum.task"

local bedrock_home = {}

-- Runs f(bedrock, url) with a fake that listens. settings: of bedrock_server.new.
function bedrock_home.with(settings, f)
  local bedrock = bedrock_server.new(settings)
  local server <close> = http_server.start({}, bedrock.handler)
  f(bedrock, server.url)
end

-- A session for it that does not wait between attempts.
function bedrock_home.session(url, settings)
  local all = { region = "us-east-1", endpoint = url, now = os.time,
    credentials = { access_key = bedrock_server.ACCESS_KEY, secret_key = bedrock_server.SECRET_KEY } }
  for name, value in pairs(settings or {}) do all[name] = value end
  return (assert(home.session({}, {}, all)))
end

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- `hilum WORDS` in a project against the fake: exit status, stdout, stderr. before: Lua that runs first.
function bedrock_home.run(folder, url, words, before)
  local err = fs.join(t.tmp(), "stderr")
  local line = { "env", "-u", "AWS_PROFILE", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=" .. bedrock_server.ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY=" .. bedrock_server.SECRET_KEY, "AWS_ENDPOINT_URL=" .. url, t.hilum }
  if before then table.move({ "-e", before }, 1, 2, #line + 1, line) end
  table.move(words, 1, #words, #line + 1, line)
  table.move({ "--project", folder }, 1, 2, #line + 1, line)
  for i, word in ipairs(line) do line[i] = quote(word) end
  local result = assert(task.command { "sh", "-c", table.concat(line, " ") .. " 2>" .. quote(err) })
  return result.status, result.output, assert(fs.read(err))
end

return bedrock_home
