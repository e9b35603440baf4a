-- SPDX-License-Identifier: MIT
-- Calling AWS services: what a client of one of them is made of. A service needs its name, its protocol, and the names of its operations:
--     local iam = call.client { session = s, service = "iam", protocol = "query", version = "2010-05-08" }
--     local result, err = iam:call { op = "GetRole", params = { RoleName = "lab" } }
--     local bedrock = call.client { session = s, service = "bedrock", protocol = "rest-json" }
--     local job, err = bedrock:call { op = "GetJob", path = call.path("/model-customization-jobs/{}", arn) }
-- Each attempt is signed anew; expired credentials and a wrong clock are put right once; the rest is the session's retry policy.
local host = require "hilum.host"
local protocol = require "lib.aws.protocol"

local call = {}

local Client = {}
Client.__index = Client

local SETTINGS = { session = true, service = true, protocol = true, version = true, target = true, region = true, endpoint = true,
  lists = true, unsigned = true, timeout = true, retry = true }

-- settings: session, service (a row of lib/aws/endpoint.lua), protocol ("query", "json", "rest-json", "rest-xml"); version (query: of the
-- API, json: "1.0" or "1.1"); target (json: the prefix of X-Amz-Target); and where they differ from the session's: region, endpoint
-- (a URL), retry (a policy). lists: the XML elements that repeat; unsigned; timeout: seconds until the answer begins.
function call.client(settings)
  for name in pairs(settings) do
    if not SETTINGS[name] then error(("unknown setting '%s'"):format(name), 2) end
  end
  local client = setmetatable({}, Client)
  for name, value in pairs(settings) do client[name] = value end
  client.kind = protocol.of(settings.protocol)
  return client
end

-- A path with values in the places of {}, each as one segment, percent-encoded.
function call.path(pattern, ...)
  local values, next_value = { ... }, 0
  return (pattern:gsub("{}", function()
    next_value = next_value + 1
    return require "hilum.sigv4".escape(values[next_value])
  end))
end

-- A random UUID, for requests that must not be done twice (RFC 9562, version 4).
function call.token()
  local file <close> = assert(io.open("/dev/urandom", "rb"))
  local high, low = ("I8I8"):unpack(file:read(16))
  high, low = high & ~0xF000 | 0x4000, low & ~(3 << 62) | 1 << 63
  return ("%08x-%04x-%04x-%04x-%012x"):format(high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFF)
end

-- The name of a call in errors.
local function name_of(self, request) return ("%s.%s"):format(self.service, request.op or request.path or "?") end

local function sign(self, found, message)
  if self.unsigned then return {} end
  local signer, err = self.session:signer(self.service, self.region)
  if not signer then return nil, err end
  return signer:sign { method = message.method, host = found.host, path = found.path .. message.path, query = message.query,
    headers = message.headers, body = message.body }, nil, signer
end

-- One exchange. The response, or nil and an error; and who signed.
local function exchange(self, request, found, message)
  local headers, err, signer = sign(self, found, message)
  if not headers then return nil, err end
  for name, value in pairs(message.headers) do headers[name] = value end
  local response
  response, err = self.session:exchange { url = found.url .. message.path .. (message.query and "?" .. message.query or ""),
    method = message.method, headers = headers, body = message.body, first_byte_timeout = self.timeout }
  if err then err.op = name_of(self, request) end
  return response, err, signer
end

local function failure(self, request, response)
  local code, message, request_id = self.kind.fault(response.body, response.headers)
  local err = require "lib.aws.errors".make { op = name_of(self, request), status = response.status, code = code, message = message,
    request_id = request_id }
  return require "lib.retry".note(err, response.headers)
end

local function decode(self, request, found, response)
  local result = self.kind.decode(self, request, response.body)
  if result ~= nil then return result end
  local err = host.error("parse", ("the answer cannot be read (HTTP %d, %d bytes); is %s really %s?"):format(response.status,
    #response.body, found.host, self.service))
  err.op, err.retryable = name_of(self, request), true
  return nil, err
end

-- One attempt, and another at once for each thing that could be put right (once in a call: `tried`).
local function attempt(self, request, found, message, tried)
  while true do
    local response, err, signer = exchange(self, request, found, message)
    if not response then return nil, err end
    if response.status < 300 then
      local result
      result, err = decode(self, request, found, response)
      return result, err, response
    end
    err = failure(self, request, response)
    if self.unsigned or not self.session:mend(err, response.headers, signer, tried) then return nil, err end
  end
end

local function shallow_copy(t)
  local copy = {}
  for key, value in pairs(t or {}) do copy[key] = value end
  return copy
end

-- Where the parameters of a request are.
local function place_of(self, request)
  if not self.protocol:find("^rest") then return "params" end
  return (request.method or "GET") == "GET" and "query" or "body"
end

-- A copy of the request whose token (request.token: the name of its field) is made now, and stays the same in all attempts.
local function with_token(self, request)
  if not request.token then return request end
  local copy, place = shallow_copy(request), place_of(self, request)
  copy[place] = shallow_copy(copy[place])
  copy[place][request.token] = copy[place][request.token] or call.token()
  return copy
end

local function endpoint_of(self)
  if not self.endpoint then return self.session:endpoint(self.service, self.region) end
  return require "lib.aws.endpoint".find(self.session.config, self.service, self.region or self.session.region, self.endpoint)
end

-- request: op (for errors, and the name of the operation in query and json); params (query, json), or method, path, query, headers and
-- body (rest: a table, which becomes JSON, or text); token: the field of a token against doing it twice, made here if it is not given.
-- Returns the answer as a table, nil, and the response with its headers; or nil and an error.
function Client:call(request)
  request = with_token(self, request)
  local found, err = endpoint_of(self)
  if not found then return nil, err end
  local message, tried = self.kind.encode(self, request), {}
  local result, response
  result, err = (self.retry or self.session.retry):run(function()
    local answer, why
    answer, why, response = attempt(self, request, found, message, tried)
    return answer, why
  end)
  if err then return nil, err end
  return result, nil, response
end

-- The pages of an answer that comes in pages: for page in client:pages(request, "nextToken") do … end. from: the field of the answer
-- that names the next page; to (default: the same): the parameter that asks for it. Raises the error.
function Client:pages(request, from, to)
  local copy, place = shallow_copy(request), place_of(self, request)
  copy[place] = shallow_copy(copy[place])
  local done = false
  return function()
    if done then return nil end
    local page, err = self:call(copy)
    if not page then error(err, 0) end
    local token = page[from]
    copy[place][to or from] = token
    done = type(token) ~= "string" or token == ""
    return page
  end
end

return call
