-- SPDX-License-Identifier: MIT
-- Who asks, and which service in which region: from the signature, which has to be right. (S3 has rules of its own: s3/authorize.)
local hash = require "hilum.hash"
local refuse = require "lib.fake.s3.refuse".refuse
local verifier = require "lib.fake.sigv4_verifier"

local function check_names(names, words)
  if not verifier.sorted(names) or not (";" .. names .. ";"):find(";host;", 1, true) then
    refuse(403, words.wrong, "host has to be signed, and the headers in order")
  end
end

-- words: how the service's protocol calls it when there is no signature (missing), its key is not known (unknown), it is wrong (wrong).
-- Returns the service's signing name and the region.
return function(server, request, body, words)
  local access_key, scope, names, signature = (request.headers.authorization or ""):match(
    "^AWS4%-HMAC%-SHA256 Credential=([^/]+)/(%S+), ?SignedHeaders=(%S+), ?Signature=(%x+)$")
  if not access_key then refuse(403, words.missing, "Missing Authentication Token") end
  local day, region, service = scope:match("^(%d+)/([^/]+)/([^/]+)/aws4_request$")
  local secret = server.credentials[access_key]
  if not secret then refuse(403, words.unknown, "The security token included in the request is invalid.") end
  check_names(names, words)
  local date, said = request.headers["x-amz-date"] or "", request.headers["x-amz-content-sha256"]
  if day ~= date:sub(1, 8) then refuse(403, words.wrong, "Date in Credential scope does not match that of x-amz-date") end
  if said and said ~= hash.sha256(body) then refuse(403, words.wrong, "The body is not what was signed.") end
  local expected = verifier.expected({ method = request.method, path = request.path, query = request.query, headers = request.fields },
    { date = date, scope = scope, names = names, payload = hash.sha256(body) }, secret)
  if expected ~= signature then
    refuse(403, words.wrong, "The request signature we calculated does not match the signature you provided.")
  end
  return service, region
end
