-- SPDX-License-Identifier: MIT
-- AWS in memory, as strict as the real one about signatures and in the words it uses, on one port: what a request is for is told by the
-- service that it is signed for.
--   local aws = aws_server.new { services = { "sts", "iam", "aoss", … } }   -- files next to this one
--   local server <close> = http_server.start({}, aws.handler)
-- A service is a function of the server that returns { name = its signing name, protocol = "query", "json" or "rest", operations = {},
-- region = where it is signed for, if not the server's }. An operation, function(params, request), returns a table, the answer, or
-- refuses. serve(request, body) answers as http_server has it: all of a "rest" service, and of the others what is not at "/".
-- aws.fault(call) may return {status=, code=, message=, late=true (after it was done)} for a call {number, service, op}; aws.log has all
-- calls, with changes = true where they do more than look.
local hash = require "hilum.hash"
local json = require "hilum.json"
local refusals = require "lib.fake.s3.refuse"
local verifier = require "lib.fake.sigv4_verifier"

local refuse = refusals.refuse

-- How operations begin that change nothing.
local LOOKS = { Get = true, BatchGet = true, List = true, Describe = true, Simulate = true, GET = true, HEAD = true }

local Server = {}
Server.__index = Server

-- Who asks, and which service in which region: from the signature, which has to be right.
local function authorize(server, request, body)
  local access_key, scope, names, signature = (request.headers.authorization or ""):match(
    "^AWS4%-HMAC%-SHA256 Credential=([^/]+)/(%S+), ?SignedHeaders=(%S+), ?Signature=(%x+)$")
  if not access_key then refuse(403, "MissingAuthenticationToken", "Missing Authentication Token") end
  local region, service = scope:match("^%d+/([^/]+)/([^/]+)/aws4_request$")
  local secret = server.credentials[access_key]
  if not secret then refuse(403, "InvalidClientTokenId", "The security token included in the request is invalid.") end
  if not verifier.sorted(names) or not (";" .. names .. ";"):find(";host;", 1, true) then
    refuse(403, "SignatureDoesNotMatch", "host has to be signed, and the headers in order")
  end
  local said = request.headers["x-amz-content-sha256"]
  if said and said ~= hash.sha256(body) then refuse(403, "SignatureDoesNotMatch", "The body is not what was signed.") end
  local expected = verifier.expected({ method = request.method, path = request.path, query = request.query, headers = request.fields },
    { date = request.headers["x-amz-date"], scope = scope, names = names, payload = hash.sha256(body) }, secret)
  if expected ~= signature then
    refuse(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
  end
  return service, region
end

local function service_of(server, request, body)
  local name, region = authorize(server, request, body)
  local service = server.services[name]
  if not service then refuse(403, "SignatureDoesNotMatch", ("Credential should be scoped to correct service, not '%s'"):format(name)) end
  local wanted = service.region or server.region
  if region ~= wanted then
    refuse(403, "SignatureDoesNotMatch", ("Credential should be scoped to a valid region, not '%s'."):format(region))
  end
  return service
end

-- { ["Tags.member.1.Key"] = "a" } to { Tags = { { Key = "a" } } }.
local function unflatten(form)
  local params = {}
  for piece in form:gmatch("[^&]+") do
    local name, value = piece:match("^([^=]*)=?(.*)$")
    local at, steps = params, {}
    for step in verifier.decode(name):gsub("%.member%.", "."):gmatch("[^.]+") do steps[#steps + 1] = math.tointeger(step) or step end
    for i = 1, #steps - 1 do
      at[steps[i]] = at[steps[i]] or {}
      at = at[steps[i]]
    end
    at[steps[#steps]] = verifier.decode((value:gsub("+", " ")))
  end
  return params
end

local function xml_of(value)
  if type(value) ~= "table" then return (tostring(value):gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })) end
  local parts = {}
  for _, item in ipairs(value) do parts[#parts + 1] = ("<member>%s</member>"):format(xml_of(item)) end
  for name, item in pairs(value) do
    if type(name) == "string" then parts[#parts + 1] = ("<%s>%s</%s>"):format(name, xml_of(item), name) end
  end
  return table.concat(parts)
end

-- How each protocol tells the operation and its parameters, an answer, and an error.
local PROTOCOLS = {
  query = {
    read = function(service, request, body)
      local params = unflatten(body)
      if not (request.headers["content-type"] or ""):find("^application/x%-www%-form%-urlencoded") or params.Version ~= service.version then
        refuse(400, "InvalidAction", "Could not find operation")
      end
      return params.Action, params
    end,
    answer = function(op, result)
      return { headers = { ["Content-Type"] = "text/xml" }, body = ("<%sResponse><%sResult>%s</%sResult><ResponseMetadata>"
        .. "<RequestId>fake</RequestId></ResponseMetadata></%sResponse>"):format(op, op, xml_of(result), op, op) }
    end,
    fault = function(refusal)
      return { status = refusal.status, headers = { ["Content-Type"] = "text/xml" }, body = ("<ErrorResponse><Error><Type>Sender</Type>"
        .. "<Code>%s</Code><Message>%s</Message></Error><RequestId>fake</RequestId></ErrorResponse>"):format(refusal.code,
        xml_of(refusal.message)) }
    end,
  },
  json = {
    read = function(service, request, body)
      local target, op = (request.headers["x-amz-target"] or ""):match("^(.*)%.(%w+)$")
      if target ~= service.target or request.headers["content-type"] ~= "application/x-amz-json-" .. service.version then
        refuse(400, "UnknownOperationException", "")
      end
      return op, json.decode(body) or refuse(400, "SerializationException", "The body is no JSON")
    end,
    answer = function(_, result)
      return { headers = { ["Content-Type"] = "application/x-amz-json" }, body = json.encode(result) }
    end,
    fault = function(refusal)
      return { status = refusal.status, headers = { ["x-amzn-RequestId"] = "fake" },
        body = json.encode { __type = "com.amazonaws#" .. refusal.code, message = refusal.message } }
    end,
  },
}
PROTOCOLS.rest = {
  read = function(_, request) return request.method .. " " .. request.path end,
  answer = function(_, result) return result end,
  fault = function(refusal)
    return { status = refusal.status, headers = { ["x-amzn-ErrorType"] = refusal.code }, body = json.encode { message = refusal.message } }
  end,
}

local function perform(service, op, params, request, body)
  if service.protocol == "rest" or request.path ~= "/" then return service.serve(request, body) end
  local operation = service.operations[op] or refuse(400, "InvalidAction", ("The action %s is not valid"):format(op))
  return operation(params, request)
end

-- A call that is about to be done, in the log, and what is to go wrong with it.
local function begin(server, service, op, params)
  local entry = { number = #server.log + 1, service = service, op = op, params = params }
  entry.changes = not LOOKS[op:match("^BatchGet") or op:match("^%u%l+") or op:match("^%u+")]
  server.log[entry.number] = entry
  return server.fault and server.fault(entry)
end

local function run(server, request, body, protocol)
  local service = service_of(server, request, body)
  local op, params = protocol.read(service, request, body)
  local fault = begin(server, service.name, op, params)
  if fault and not fault.late then refuse(fault.status, fault.code, fault.message or "") end
  local result = perform(service, op, params, request, body)
  if fault then refuse(fault.status, fault.code, fault.message or "") end
  return protocol.answer(op, result)
end

-- Whom a request is for that is signed for none of the services.
local NOBODY = { protocol = "rest" }

-- S3 is a server of its own.
local function answer_s3(server, request)
  local fault = begin(server, "s3", request.method .. " " .. request.target)
  if not fault then return server.s3.handler(request) end
  if fault.late then server.s3.handler(request) else request:body() end
  return server.s3.error_response(request, { status = fault.status, code = fault.code, message = fault.message or "" })
end

local function answer(server, request)
  local scope = (request.headers.authorization or ""):match("Credential=[^/]+/%d+/[^/]+/([^/]+)/")
  if scope == "s3" and server.s3 then return answer_s3(server, request) end
  local service = server.services[scope] or NOBODY
  local protocol = PROTOCOLS[request.path == "/" and service.protocol or "rest"]
  local ok, response = pcall(run, server, request, request:body(), protocol)
  if ok then return response end
  if not refusals.is_refusal(response) then error(response, 0) end
  return protocol.fault(response)
end

-- What is missing of the parameters is refused.
function Server.require(params, ...)
  for _, name in ipairs { ... } do
    if params[name] == nil then
      refuse(400, "ValidationException", ("1 validation error detected: Value null at '%s' must not be null"):format(name))
    end
  end
end

-- How often an operation was called, if any matches the pattern.
function Server:count(pattern)
  local count = 0
  for _, entry in ipairs(self.log) do if entry.op:find(pattern) then count = count + 1 end end
  return count
end

-- options: services (names of files), region, account, steps (how often one has to look until something is there, or gone), s3 (a server of
-- s3.server); the credentials are hilumtest and hilumsecret.
local function new(options)
  local server = setmetatable({ region = "us-east-1", account = "123456789012", steps = 2, services = {}, log = {},
    credentials = { hilumtest = "hilumsecret" } }, Server)
  for name, value in pairs(options) do if name ~= "services" then server[name] = value end end
  for _, name in ipairs(options.services) do
    local service = require("lib.fake.aws." .. name)(server)
    server.services[service.name] = service
  end
  server.handler = function(request) return answer(server, request) end
  return server
end

return { new = new }
