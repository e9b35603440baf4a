-- SPDX-License-Identifier: MIT
-- AWS in memory, as strict as the real one about signatures and in the words it uses, on one port: what a request is for is told by the
-- service that it is signed for.
--   local aws = aws_server.new { services = { "sts", "iam" } }   -- files next to this one
--   local server <close> = http_server.start({}, aws.handler)
-- A service is a function of the server that returns { name = its signing name, protocol = "query", "json" or "rest" (lib/fake/
-- aws_protocols), operations = {}, region = where it is signed for, if not the server's }. An operation, function(params, request), returns
-- a table, the answer, or refuses. A "rest" service has routes instead. serve(request, body) answers as http_server has it: all of a
-- "rest" service without routes, and of the others what is not a POST to "/"; fault(refusal) may have words of
-- its own for that.
-- aws.fault(call) may return {status=, code=, message=, late=true (after it was done)} or {status=, body=} for a call {number, service,
-- op}; aws.log has all calls, with changes = true where they do more than look. aws.tick, which a service may set, is called before each;
-- aws.observe(signing name, request, response), which a test may set, after each but S3's.
local authorize = require "lib.fake.aws_authorize"
local protocols = require "lib.fake.aws_protocols"
local refusals = require "lib.fake.s3.refuse"

local refuse = refusals.refuse

-- A new service: a file, and its name here.
local ALL = { "sts", "iam", "aoss", "sagemaker", "quotas", "bedrock", "scheduler" }

-- How operations begin that change nothing.
local LOOKS = { Get = true, BatchGet = true, List = true, Describe = true, Simulate = true, GET = true, HEAD = true }

local Server = {}
Server.__index = Server

-- Whom a request is for that is signed for none of the services.
local NOBODY = { protocol = "rest" }

local function service_of(server, request, body, words)
  local name, region = authorize(server, request, body, words)
  local service = server.services[name]
  if not service then refuse(403, words.wrong, ("Credential should be scoped to correct service, not '%s'"):format(name)) end
  local wanted = service.region or server.region
  if region ~= wanted then refuse(403, words.wrong, ("Credential should be scoped to a valid region, not '%s'."):format(region)) end
  return service
end

-- A call that is about to be done, in the log, and what is to go wrong with it.
local function begin(server, service, op, params)
  if server.tick then server.tick() end
  local entry = { number = #server.log + 1, service = service, op = op, params = params }
  entry.changes = not LOOKS[op:match("^BatchGet") or op:match("^%u%l+") or op:match("^%u+")]
  server.log[entry.number] = entry
  local fault = server.fault and server.fault(entry)
  if server.forgetful then entry.params = nil end
  return fault
end

-- Is it one of the operations of a service that has them by name, at "/"?
local function is_operation(service, request)
  return service.protocol ~= "rest" and request.path == "/" and request.method == "POST"
end

local function perform(server, service, call, request, body)
  local op, params, route = table.unpack(call)
  if route then return protocols.rest.respond(request, route.run(server, params)) end
  if not is_operation(service, request) then return service.serve(request, body) end
  local operation = service.operations[op] or refuse(400, "InvalidAction", ("The action %s is not valid"):format(op))
  return operation(params, request)
end

local function run(server, request, body, protocol)
  local service = service_of(server, request, body, protocol.words)
  local call = { protocol.read(service, request, body) }
  local fault = begin(server, service.name, call[1], call[2])
  if fault and fault.body then return { status = fault.status, body = fault.body } end
  if fault and not fault.late then refuse(fault.status, fault.code, fault.message or "") end
  local result = perform(server, service, call, request, body)
  if fault then refuse(fault.status, fault.code, fault.message or "") end
  return protocol.answer(call[1], result, request)
end

-- S3 is a server of its own.
local function answer_s3(server, request)
  local fault = begin(server, "s3", request.method .. " " .. request.target)
  if not fault then return server.s3.handler(request) end
  if fault.late then server.s3.handler(request) else request:body() end
  return server.s3.error_response(request, { status = fault.status, code = fault.code, message = fault.message or "" })
end

-- The name that a request is signed for, in its headers or, as S3 has it, in its URL.
local function scope_of(request)
  local signed = request.headers.authorization or request.query:gsub("%%2[Ff]", "/")
  return signed:match("Credential=[^/]+/%d+/[^/]+/([^/]+)/")
end

local function answer(server, request)
  local scope = scope_of(request)
  if scope == "s3" and server.s3 then return answer_s3(server, request) end
  local service = server.services[scope] or NOBODY
  local has_name = is_operation(service, request)
  local protocol = protocols[has_name and service.protocol or "rest"]
  local ok, response = pcall(run, server, request, request:body(), protocol)
  if not ok and not refusals.is_refusal(response) then error(response, 0) end
  if not ok then response = not has_name and service.fault and service.fault(response) or protocol.fault(response, service, request) end
  if server.observe then server.observe(scope, request, response) end
  return response
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

-- The ARN of something of the account's in Bedrock, or with account "" of one of AWS's models.
function Server:arn(what, account) return ("arn:aws:bedrock:%s:%s:%s"):format(self.region, account or self.account, what) end

-- options: services (names of files; default: all), region, account, steps (how often one has to look until something is there, or gone),
-- s3 (a server of s3.server), objects (those that services see, as lib/fake/objects has them; default: those of s3), and what the services
-- say of themselves; forgetful: the log has no parameters, for a server that is long up. The credentials are hilumtest and hilumsecret.
local function new(options)
  options = options or {}
  local server = setmetatable({ region = "us-east-1", account = "123456789012", steps = 2, services = {}, log = {},
    credentials = { hilumtest = "hilumsecret" } }, Server)
  for name, value in pairs(options) do if name ~= "services" then server[name] = value end end
  server.objects = server.objects or server.s3 and require "lib.fake.objects".in_memory(server.s3)
  for _, name in ipairs(options.services or ALL) do
    local service = require("lib.fake.aws." .. name)(server)
    server.services[service.name] = service
  end
  server.handler = function(request) return answer(server, request) end
  return server
end

return { new = new }
