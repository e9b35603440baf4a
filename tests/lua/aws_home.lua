-- SPDX-License-Identifier: MIT
-- For the tests of lib/aws: a home folder with AWS files and variables of its own, and the services that give credentials, on loopback.
local fs = require "hilum.fs"
local httpd = require "hilum.httpd"
local json = require "hilum.json"
local session = require "lib.aws.session"
local t = require "t"

local home = {}

-- A home with these files below ~/.aws and these variables: {path, env, getenv}. No machine is asked for credentials unless wanted.
function home.make(files, variables)
  local path = t.tmp()
  assert(fs.mkdir(path .. "/.aws"))
  for name, text in pairs(files or {}) do
    assert(fs.mkdir(fs.dir(path .. "/.aws/" .. name)))
    assert(fs.write(path .. "/.aws/" .. name, text))
  end
  local env = { HOME = path, AWS_EC2_METADATA_DISABLED = "true" }
  for name, value in pairs(variables or {}) do env[name] = value end
  return { path = path, env = env, getenv = function(name) return env[name] end }
end

-- A session in it. settings as for session.open; now defaults to noon, 30 August 2015, when all the tokens of the tests are good.
home.NOON = 1440936000
function home.session(files, variables, settings)
  settings = settings or {}
  local h = home.make(files, variables)
  settings.getenv = settings.getenv or h.getenv
  settings.now = settings.now or function() return home.NOON end
  settings.sleep = settings.sleep or function() end
  local opened, err = session.open(settings)
  if not opened then return nil, err end
  return opened, h
end

-- A server whose routes ("METHOD /path", or "Action" for STS) give an answer, or a function of the request that does. It keeps its requests
-- in `requests`. Anything else is 404.
function home.server(routes)
  local server = { requests = {} }
  local function handler(request)
    table.insert(server.requests, request)
    local action = request.body:match("Action=(%w+)")
    local route = routes[action or request.method .. " " .. request.path] or { status = 404 }
    return type(route) == "function" and route(request) or route
  end
  local listening = assert(httpd.serve { handler = handler })
  server.url = listening:url()
  return setmetatable(server, { __close = function() listening:close() end })
end

-- A section with keys, for either file; more: further lines.
function home.keys(section, access_key, more)
  return ("[%s]\naws_access_key_id = %s\naws_secret_access_key = TOPSECRET\n%s"):format(section, access_key, more or "")
end

-- Credentials in the spelling of the metadata services. expires: a date.
function home.metadata(access_key, expires)
  return { body = json.encode { Code = "Success", AccessKeyId = access_key, SecretAccessKey = "secret", Token = "token",
    Expiration = expires or "2015-08-30T18:00:00Z" } }
end

-- The same from STS, for Action.
function home.sts(action, access_key, expires)
  return { headers = { ["Content-Type"] = "text/xml" }, body = ([[<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%sResult>
    <Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token-of-%s</SessionToken>
    <Expiration>%s</Expiration></Credentials></%sResult></%sResponse>]]):format(action, action, access_key, access_key,
    expires or "2015-08-30T13:00:00Z", action, action) }
end

-- The error answer of the query protocol.
function home.fault(status, code, message)
  return { status = status, headers = { ["Content-Type"] = "text/xml" }, body = ([[<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code>
    <Message>%s</Message></Error><RequestId>req-1</RequestId></ErrorResponse>]]):format(code, message) }
end

-- What a request says of who signed it.
function home.signer_of(request) return (request.headers.authorization or ""):match("Credential=([^/]+)/") end

return home
