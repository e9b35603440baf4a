-- SPDX-License-Identifier: MIT
-- One request to S3 and its answer, with as many attempts as it takes. Each attempt is addressed to the region that the bucket is known to
-- be in and signed anew. What an answer says to be wrong is set right and asked again at once: another region, an expired token, a clock
-- that is off. The rest is for the session's retry policy.
local endpoint = require "lib.aws.endpoint"
local errors = require "lib.aws.s3.errors"
local sigv4 = require "hilum.sigv4"
local uri = require "lib.aws.s3.uri"

local exchange = {}

local NONE = {}
local MOVED = { PermanentRedirect = true, TemporaryRedirect = true, AuthorizationHeaderMalformed = true, BadRequest = true,
  IllegalLocationConstraintException = true, Redirect = true }

---@class hilum.s3.Request
---@field op string                the function it is for, "s3.get"
---@field action string            the permission that it takes, "s3:GetObject"
---@field place hilum.s3.Place
---@field method string
---@field query? string            encoded, without "?"
---@field headers? table<string, string>
---@field payload? string          as sigv4 takes it; none: there is no body
---@field body? string|userdata    or, when the body is signed as it is sent:
---@field frame? fun(chunks: userdata?): userdata
---@field open_sink? fun(): userdata?, hilum.Error?  where the answer's body goes, anew for each attempt
---@field digest? string[]         what to compute of the answer's body
---@field limit? integer           bytes that the answer's body may have
---@field patience? number         seconds until the answer begins
---@field is_late? boolean         an error may come in an answer of status 200
---@field read? fun(response: table): any, hilum.Error?  makes the result of the answer
---@field classify? fun(err: hilum.Error): string?  whether another attempt is of use, instead of the policy's own rule

-- Where a bucket is: {scheme, host, prefix of the path, region}.
local function site_of(client, bucket)
  local site = client.sites[bucket]
  if site then return site end
  local found, err = client.session:endpoint("s3", client.regions[bucket])
  if not found then return nil, err end
  local host, prefix = endpoint.bucket(found, bucket)
  site = { scheme = found.scheme, host = host, prefix = prefix, region = found.region, overridden = found.overridden }
  client.sites[bucket] = site
  return site
end
exchange.site_of = site_of

-- The key as a part of a path. A bucket that has the host to itself has its first slash already.
local function path_of(site, place)
  if place.key == "" and site.prefix ~= "" then return site.prefix end
  return site.prefix .. "/" .. sigv4.escape(place.key, true)
end
exchange.path_of = path_of

local function sign(client, request, site, path)
  local signer, err = client.session:signer("s3", site.region)
  if not signer then return nil, err end
  local headers, chunks = signer:sign { method = request.method, host = site.host, path = path, query = request.query,
    headers = request.headers, payload = request.payload }
  for name, value in pairs(request.headers or NONE) do headers[name] = value end
  return signer, headers, chunks
end

-- The answer and its signer, or nil and an error. Any status is an answer.
local function send(client, request, tried)
  local site, err = tried.site, nil
  if not site then site, err = site_of(client, request.place.bucket) end
  if not site then return nil, err end
  tried.region_sent = site.region
  local path = path_of(site, request.place)
  local signer, headers, chunks = sign(client, request, site, path)
  if not signer then return nil, headers end
  local sink
  if request.open_sink then
    sink, err = request.open_sink()
    if not sink then return nil, err end
  end
  local response, why = client.session:exchange { method = request.method, headers = headers,
    url = site.scheme .. "://" .. site.host .. path .. (request.query and "?" .. request.query or ""),
    body = request.frame and request.frame(chunks) or request.body, to = sink, limit = request.limit, digest = request.digest,
    first_byte_timeout = request.patience, progress = request.progress, http2 = false }
  if response then return response, signer end
  why.op, why.message = request.op, ("%s: %s"):format(uri.show(request.place), why.message)
  return nil, why
end

-- The region that a bucket turned out to be in is remembered. Another request may have found out meanwhile.
local function learn_region(client, bucket, region)
  client.regions[bucket], client.sites[bucket] = region, nil
end

-- A bucket so new that its name leads astray: for once the request goes where the answer says, but not from https to http.
local function redirected(client, request, response)
  local site = site_of(client, request.place.bucket)
  local found = response.status == 307 and endpoint.split(response.headers.location or "")
  if not found or found.scheme ~= site.scheme or found.host == site.host then return nil end
  return setmetatable({ host = found.host }, { __index = site })
end

-- A HEAD that is refused with 400 does not say why; mostly its token has expired.
local function may_have_expired(request, err) return request.method == "HEAD" and err.status == 400 end

-- Sets right what the answer complains of; each thing once. True: the same request, signed anew, may do better.
local function mend(client, request, err, response, signer, tried)
  local bucket = request.place.bucket
  tried.site = tried.site or redirected(client, request, response)
  if tried.site and not tried.redirected then
    tried.redirected = true
    return true
  end
  if MOVED[err.code] and err.region and err.region ~= tried.region_sent and not tried.region then
    tried.region = true
    learn_region(client, bucket, err.region)
    return true
  end
  if may_have_expired(request, err) and not tried.expired then
    tried.expired = true
    client.session:expire(signer)
    return true
  end
  return client.session:mend(err, response.headers, signer, tried)
end

local function is_fine(request, response)
  if response.status < 200 or response.status > 299 then return false end
  return not (request.is_late and response.body:find("<Error>", 1, true))
end

local function attempt(client, request, tried)
  while true do
    local response, signer = send(client, request, tried)
    if not response then return nil, signer end
    if is_fine(request, response) then
      if request.read then return request.read(response) end
      return response
    end
    local err = errors.of(request, response)
    if not mend(client, request, err, response, signer, tried) then return nil, err end
  end
end

-- The answer, or what request.read makes of it; nil and an error when nothing helped.
---@param request hilum.s3.Request
function exchange.run(client, request)
  local tried = {}
  return client.session.retry:run(function() return attempt(client, request, tried) end, request.classify)
end

-- A query from names and values; the names of sub-resources come without a value.
function exchange.query(parts)
  local pairs_of = {}
  for i, part in ipairs(parts) do
    pairs_of[i] = part[2] and part[1] .. "=" .. sigv4.escape(tostring(part[2])) or part[1]
  end
  return table.concat(pairs_of, "&")
end

return exchange
