-- SPDX-License-Identifier: MIT
-- Amazon Bedrock in memory: a handler of http_server for both of its services, which refuses what Bedrock refuses and in its words.
--   local bedrock = bedrock_server.new {}
--   local server <close> = http_server.start({}, bedrock.handler)
-- Tests set bedrock.rate (InvokeModel a second, or nil), latency (seconds), faults (used up one a call: {status, code, message},
-- {status = 200, body = text}, or false for none), and look into bedrock.calls (InvokeModel that succeeded), jobs, models, throughputs.
local hash = require "hilum.hash"
local json = require "hilum.json"
local verifier = require "lib.fake.sigv4_verifier"

local Server = {}
Server.__index = Server

local bedrock_server = { ACCESS_KEY = "AKIDBEDROCK", SECRET_KEY = "secret-of-bedrock" }

local Refusal = {}

-- Ends a request with an error of Bedrock.
function bedrock_server.refuse(status, code, message, ...)
  error(setmetatable({ status = status, code = code, message = message:format(...) }, Refusal), 0)
end

local refuse = bedrock_server.refuse

local function authorize(server, request, body)
  local access_key, scope, names, signature = (request.headers.authorization or ""):match(
    "^AWS4%-HMAC%-SHA256 Credential=([^/]+)/(%S+), ?SignedHeaders=(%S+), ?Signature=(%x+)$")
  if access_key ~= bedrock_server.ACCESS_KEY then
    refuse(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
  end
  local date, region, service = scope:match("^(%d+)/([^/]+)/([^/]+)/aws4_request$")
  if service ~= "bedrock" or region ~= server.region or date ~= (request.headers["x-amz-date"] or ""):sub(1, 8) then
    refuse(403, "InvalidSignatureException", "Credential should be scoped to a valid region and service, not %s", scope)
  end
  if not verifier.sorted(names) or not names:find("host", 1, true) then
    refuse(403, "InvalidSignatureException", "The signed headers are wrong.")
  end
  local expected = verifier.expected({ method = request.method, path = request.path, query = request.query, headers = request.fields },
    { date = request.headers["x-amz-date"], scope = scope, names = names, payload = hash.sha256(body) }, bedrock_server.SECRET_KEY)
  if expected ~= signature then refuse(403, "InvalidSignatureException", "The request signature we calculated does not match.") end
end

local operations = {}
for _, name in ipairs { "runtime", "control" } do
  for _, operation in ipairs(require("lib.fake.bedrock." .. name)) do operations[#operations + 1] = operation end
end

-- Where a path has more segments than an operation, an id was not encoded; this is what the gateway says then.
local UNKNOWN = '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}'

local function parameters_of(query)
  local parameters = {}
  for name, value in query:gmatch("([^&=]+)=([^&]*)") do parameters[verifier.decode(name)] = verifier.decode(value) end
  return parameters
end

-- The operation of a request, and the id in its path.
local function find(request)
  for _, operation in ipairs(operations) do
    local id = request.method == operation.method and request.path:match(operation.path)
    if id then return operation, type(id) == "string" and verifier.decode(id) or nil end
  end
end

local function run(server, request, body)
  authorize(server, request, body)
  local operation, id = find(request)
  if not operation then return { status = 200, body = UNKNOWN } end
  if request.path:find(":", 1, true) then refuse(400, "ValidationException", "%s: ':' is not encoded", request.path) end
  local value
  if body ~= "" then
    if (request.headers["content-type"] or "") ~= "application/json" then refuse(400, "ValidationException", "no JSON") end
    value = json.decode(body)
    if not value then refuse(400, "ValidationException", "Malformed input request, please reformat your input and try again.") end
  end
  local status, answer = operation.run(server, { id = id, body = value, size = #body, query = parameters_of(request.query) })
  return { status = status, body = type(answer) == "string" and answer or json.encode(answer or {}) }
end

local function answer(server, request)
  local body = request:body() or ""
  local ok, response = pcall(run, server, request, body)
  if not ok and getmetatable(response) ~= Refusal then error(response, 0) end
  response.headers = { ["Content-Type"] = "application/json", ["x-amzn-RequestId"] = ("req-%d"):format(request.number) }
  if not ok then
    response.headers["x-amzn-ErrorType"] = response.code .. ":http://internal.amazon.com/coral/com.amazon.bedrock/"
    response.body = json.encode { message = response.message }
  end
  return response
end

-- settings: region.
function bedrock_server.new(settings)
  local server = setmetatable({ region = settings.region or "us-east-1", account = "123456789012", calls = {}, faults = {}, jobs = {},
    models = {}, throughputs = {}, tokens = {}, running = 0, most_running = 0, spent = 0, filled_at = 0 }, Server)
  function server.handler(request) return answer(server, request) end
  return server
end

-- The ARN of something of the account, or of one of AWS's models.
function Server:arn(what, account) return ("arn:aws:bedrock:%s:%s:%s"):format(self.region, account or self.account, what) end

return bedrock_server
