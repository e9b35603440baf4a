-- SPDX-License-Identifier: MIT
-- Who is let in, for servers that no fake of AWS stands in front of: what fake.new takes as authorize.
local authorize = require "lib.fake.aws_authorize"
local hash = require "hilum.hash"
local json = require "hilum.json"
local refusals = require "lib.fake.s3.refuse"

local access = {}

local WORDS = { missing = "MissingAuthenticationToken", unknown = "UnrecognizedClientException", wrong = "InvalidSignatureException" }

local function refused(kind, message)
  if kind == "es" then return { status = 403, body = json.encode { message = message } } end
  return { status = 403, headers = { ["X-Aoss-Response-Hint"] = "X01:gw-helper-deny" },
    body = '{"status":403,"error":{"reason":"403 Forbidden","type":"Forbidden"}}' }
end

-- Signatures for "es" (a managed domain) or "aoss" (Serverless, which wants the body's hash too). account: { region =, credentials =
-- { KEY = SECRET } }.
function access.signed(service, account)
  return function(request, body)
    local done, signed, region = pcall(authorize, account, request, body, WORDS)
    if not done and not refusals.is_refusal(signed) then error(signed, 0) end
    if not done then return refused(service, signed.message) end
    if signed ~= service or region ~= account.region then
      return refused(service, ("Credential should be scoped to a valid region and to service '%s'."):format(service))
    end
    if service == "aoss" and not request.headers["x-amz-content-sha256"] then return refused(service) end
  end
end

-- A user with a password.
function access.basic(user, password)
  local wanted = "Basic " .. hash.base64(user .. ":" .. password)
  return function(request)
    if request.headers.authorization ~= wanted then
      return { status = 401, headers = { ["WWW-Authenticate"] = 'Basic realm="OpenSearch Security"' }, body = "Unauthorized" }
    end
  end
end

return access
