-- SPDX-License-Identifier: MIT
-- What all clients of AWS share: who signs, for which region, against which endpoint, and how often to try. `session.open {}` reads what
-- the user has set up; secrets stay in signers.
local dates = require "lib.dates"
local host = require "hilum.host"
local task = require "hilum.task"

local session = {}

local Session = {}
Session.__index = Session

-- How far off a clock may be before a refused request may be refused because of it; how long, after that was learnt, requests that were
-- signed before come back: seconds.
local MOST_SKEW, LATECOMERS = 4 * 60, 60

local function provider_of(given)
  if type(given) == "function" then
    return { source = "the program", load = function()
      local raw, err = given()
      if not raw then return nil, err end
      return require "lib.aws.credentials.keys".credentials(raw, "the program")
    end }
  end
  return provider_of(function() return given end)
end

-- A session with other credentials, all else as it is. provider: as of lib/aws/credentials.lua; without one there are none.
function Session:with(provider)
  local other = {}
  for key, value in pairs(self) do other[key] = value end
  other.endpoints, other.signers, other.current, other.keeper = {}, {}, nil, nil
  if provider then other.keeper = require "lib.aws.credentials.keeper".new(provider, function() return other:time() end) end
  return setmetatable(other, Session)
end

local SETTINGS = { profile = true, region = true, endpoint = true, credentials = true, getenv = true, now = true, sleep = true,
  request = true }

-- settings, all optional: profile, region, endpoint (one for all services), credentials ({access_key, secret_key, token, expires}, or
-- a function that returns them, or nil and an error), and for tests getenv, now, sleep, request (http.request). nil and an error when
-- what is set up is not whole; credentials that have to be fetched are fetched at first use.
function session.open(settings)
  for name in pairs(settings) do
    if not SETTINGS[name] then error(("unknown setting '%s'"):format(name), 2) end
  end
  local config, err = require "lib.aws.config".load(settings)
  if not config then return nil, err end
  local base = setmetatable({ config = config, region = settings.region or config.region, skew = 0, learnt_at = -math.huge,
    now = settings.now or os.time, sleep = settings.sleep or task.sleep, request = settings.request }, Session)
  base.retry = require "lib.retry".new { mode = config.retry_mode, attempts = config.max_attempts, sleep = base.sleep }
  local provider
  if settings.credentials then
    provider = provider_of(settings.credentials)
  else
    provider, err = require "lib.aws.credentials".find(base, config.profile)
    if not provider then return nil, err end
  end
  local opened = base:with(provider)
  opened.given_endpoint = settings.endpoint -- of the service that it is opened for, not of those that give credentials
  return opened
end

-- One exchange, as http.request; AWS's own settings for TLS apply.
function Session:exchange(request)
  request.ca = request.ca or self.config.ca_bundle
  return (self.request or require "hilum.http".request)(request)
end

-- Seconds since 1970 by the servers' clock, as far as it is known.
function Session:time() return self.now() + self.skew end

local function missing_region(self)
  return nil, host.error("usage", ("there is no region: set AWS_REGION, or region in profile %s of %s"):format(
    self.config.profile, self.config.config_file.shown))
end

-- The region, for what is one region's whoever answers for it; or nil and an error.
function Session:needed_region()
  if self.region then return self.region end
  return missing_region(self)
end

-- Services that answer for the whole account in any region, and whatever is no AWS, do without one.
local REGIONLESS = { sts = true, iam = true }
local ANY_REGION = "us-east-1"

local function find_endpoint(self, service, region)
  local wanted = region or self.region
  local found, err = require "lib.aws.endpoint".find(self.config, service, wanted or ANY_REGION, self.given_endpoint)
  if found and not wanted and not found.overridden and not REGIONLESS[service] then return missing_region(self) end
  return found, err
end

-- Where a service is (lib/aws/endpoint.lua), in the session's region or another.
function Session:endpoint(service, region)
  local name = region and service .. "/" .. region or service
  local found, err = self.endpoints[name], nil
  if not found then
    found, err = find_endpoint(self, service, region)
    self.endpoints[name] = found
  end
  return found, err
end

local function new_signer(self, current, service, region)
  local found, err = self:endpoint(service, region)
  if not found then return nil, err end
  return current.signer:retarget(found.region, found.service)
end

-- What signs requests to a service, good for a while: not to be kept longer than a request.
function Session:signer(service, region)
  local current, err = self.keeper:get()
  if not current then return nil, err end
  if current ~= self.current then self.current, self.signers = current, {} end
  local name = region and service .. "/" .. region or service
  local signer = self.signers[name]
  if not signer then
    signer, err = new_signer(self, current, service, region)
    if not signer then return nil, err end
    self.signers[name] = signer
  end
  signer:skew(self.skew)
  return signer
end

-- After a service said that the credentials have expired: the next signer has new ones. signer: the one that was refused; when newer
-- ones are there already, nothing happens.
function Session:expire(signer)
  if signer then
    local known = false
    for _, current in pairs(self.signers) do known = known or current == signer end
    if not known then return end
  end
  if self.keeper and self.current then self.keeper:expire(self.current) end
end

-- Learns from an answer how far the servers' clock is from ours. Was the request signed with the wrong time?
local function learn_skew(self, headers)
  local server = dates.read(headers.date or "")
  if server and math.abs(server - self:time()) > MOST_SKEW then self.skew, self.learnt_at = server - self.now(), self.now() end
  return self.now() - self.learnt_at < LATECOMERS
end

-- What was wrong may be put right, so that the same request, signed anew, can succeed: expired credentials, and a clock that the
-- answer's Date shows to be off. Once each for a call: `tried` is the caller's table, empty at first.
function Session:mend(err, headers, signer, tried)
  local errors = require "lib.aws.errors"
  if errors.is_untimely(err) and not tried.skew and learn_skew(self, headers) then
    tried.skew = true
    return true
  end
  if errors.is_expired(err) and not tried.expired then
    self:expire(signer)
    tried.expired = true
    return true
  end
  return false
end

-- Who signs, without anything secret: {source, access_key, expires, account}. nil and an error when there are no credentials.
function Session:identity()
  local current, err = self.keeper:get()
  if not current then return nil, err end
  local key = current.access_key
  return { source = self.keeper.provider.source, access_key = key:sub(1, 4) .. "…" .. key:sub(-4), expires = current.expires,
    account = current.account }
end

return session
