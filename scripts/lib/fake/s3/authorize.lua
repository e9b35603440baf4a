-- SPDX-License-Identifier: MIT
-- Who asks? Checks what a request says of its sender, in its headers or in its URL, as strictly as S3 does.
local refuse = require "lib.fake.s3.refuse".refuse
local verifier = require "lib.fake.sigv4_verifier"

local MOST_SKEW = 15 * 60

-- Seconds since 1970 of 20150830T123600Z, by the count of days of the civil calendar.
local function seconds_of(date)
  local year, month, day, hour, minute, second = date:match("^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$")
  if not year then refuse(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header") end
  year, month = math.tointeger(year) - (tonumber(month) <= 2 and 1 or 0), math.tointeger(month)
  local era_day = (153 * (month + (month > 2 and -3 or 9)) + 2) // 5 + math.tointeger(day) - 1
  local days = year * 365 + year // 4 - year // 100 + year // 400 + era_day - 719468
  return days * 86400 + hour * 3600 + minute * 60 + second
end

local function from_headers(request)
  local headers = request.headers
  local access_key, scope, names, signature = headers.authorization:match(
    "^AWS4%-HMAC%-SHA256 Credential=([^/]+)/(%S+), ?SignedHeaders=(%S+), ?Signature=(%x+)$")
  if not access_key then refuse(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.") end
  local payload = headers["x-amz-content-sha256"]
  if not payload then refuse(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256") end
  return { access_key = access_key, scope = scope, names = names, signature = signature, payload = payload,
    date = headers["x-amz-date"] or "", token = headers["x-amz-security-token"] }
end

local function from_query(request)
  local get = request.parameters
  local access_key, scope = (get["X-Amz-Credential"] or ""):match("^([^/]+)/(%S+)$")
  if not access_key or get["X-Amz-Algorithm"] ~= "AWS4-HMAC-SHA256" then
    refuse(400, "AuthorizationQueryParametersError", "Query-string authentication version 4 requires more parameters.")
  end
  return { access_key = access_key, scope = scope, names = get["X-Amz-SignedHeaders"] or "", signature = get["X-Amz-Signature"],
    payload = "UNSIGNED-PAYLOAD", date = get["X-Amz-Date"] or "", token = get["X-Amz-Security-Token"],
    expires = tonumber(get["X-Amz-Expires"]) or refuse(400, "AuthorizationQueryParametersError", "X-Amz-Expires is missing.") }
end

local function check_names(request, names)
  if not verifier.sorted(names) then refuse(403, "SignatureDoesNotMatch", "The signed headers are not in order.") end
  local listed = ";" .. names .. ";"
  for name in pairs(request.headers) do
    if (name == "host" or name:find("^x%-amz%-")) and not listed:find(";" .. name .. ";", 1, true) then
      refuse(403, "AccessDenied", "There were headers present in the request which were not signed", { HeadersNotSigned = name })
    end
  end
  for name in names:gmatch("[^;]+") do
    if not request.headers[name] then refuse(403, "SignatureDoesNotMatch", "signed and not sent: " .. name) end
  end
end

local function check_time(server, proof)
  local now, signed = server:now(), seconds_of(proof.date)
  local shown = { ServerTime = os.date("!%Y-%m-%dT%H:%M:%SZ", now), RequestTime = proof.date }
  if proof.expires and now > signed + proof.expires then refuse(403, "AccessDenied", "Request has expired", shown) end
  if (proof.expires and now < signed or not proof.expires) and math.abs(now - signed) > MOST_SKEW then
    shown.MaxAllowedSkewMilliseconds = MOST_SKEW * 1000
    refuse(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", shown)
  end
end

local function secret_of(server, proof)
  local known = server.credentials[proof.access_key]
  if not known then
    refuse(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.",
      { AWSAccessKeyId = proof.access_key })
  end
  if known.token ~= proof.token then refuse(400, "InvalidToken", "The provided token is malformed or otherwise invalid.") end
  if known.expired then refuse(400, "ExpiredToken", "The provided token has expired.", { ["Token-0"] = proof.token }) end
  return known.secret_key
end

-- A bucket is served by its own region, and says so to whoever signs for another.
local function check_region(request, proof)
  local day, region = proof.scope:match("^(%d+)/([^/]+)/s3/aws4_request$")
  if not day or day ~= proof.date:sub(1, 8) then
    refuse(400, "AuthorizationHeaderMalformed", "The authorization header is malformed; its scope is " .. proof.scope)
  end
  local bucket = request.bucket
  local wanted = bucket and bucket.region or request.s3.region
  if region == wanted then return end
  if request.s3.redirect == "301" then
    refuse(301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.",
      { Endpoint = "s3." .. wanted .. ".amazonaws.com", Bucket = request.bucket_name })
  end
  refuse(400, "AuthorizationHeaderMalformed",
    ("The authorization header is malformed; the region '%s' is wrong; expecting '%s'"):format(region, wanted), { Region = wanted })
end

-- What the request proves: { access_key, scope, date, payload, key = that which signs chunks, signature }, or the refusal.
return function(server, request)
  local proof
  if request.headers.authorization then
    proof = from_headers(request)
  elseif request.parameters["X-Amz-Signature"] then
    proof = from_query(request)
  else
    refuse(403, "AccessDenied", "Access Denied")
  end
  local secret = secret_of(server, proof)
  check_time(server, proof)
  check_region(request, proof)
  check_names(request, proof.names)
  local signature, key, canonical = verifier.expected({ method = request.method, path = request.path, query = request.query,
    headers = request.fields }, { date = proof.date, scope = proof.scope, names = proof.names, payload = proof.payload, s3 = true }, secret)
  if signature ~= proof.signature then
    refuse(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.",
      { CanonicalRequest = canonical, AWSAccessKeyId = proof.access_key })
  end
  proof.key = key
  return proof
end
