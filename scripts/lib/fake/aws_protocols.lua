-- SPDX-License-Identifier: MIT
-- How each protocol of AWS tells the operation and its parameters, an answer, and an error:
--   read(service, request, body)         -> the operation's name, its parameters, and for "rest" its row
--   answer(op, result, request)          -> a response
--   fault(refusal, service, request)     -> a response
--   words                                how a wrong signature is called
local json = require "hilum.json"
local refuse = require "lib.fake.s3.refuse".refuse
local verifier = require "lib.fake.sigv4_verifier"

local function id_of(request) return ("req-%d"):format(request.number or 0) end

-- query: forms in, XML out.

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

local query = { words = { missing = "MissingAuthenticationToken", unknown = "InvalidClientTokenId", wrong = "SignatureDoesNotMatch" } }

function query.read(service, request, body)
  local params = unflatten(body)
  if not (request.headers["content-type"] or ""):find("^application/x%-www%-form%-urlencoded") or params.Version ~= service.version then
    refuse(400, "InvalidAction", "Could not find operation")
  end
  return params.Action, params
end

function query.answer(op, result, request)
  return { headers = { ["Content-Type"] = "text/xml" }, body = ("<%sResponse><%sResult>%s</%sResult><ResponseMetadata>"
    .. "<RequestId>%s</RequestId></ResponseMetadata></%sResponse>"):format(op, op, xml_of(result), op, id_of(request), op) }
end

function query.fault(refusal, _, request)
  return { status = refusal.status, headers = { ["Content-Type"] = "text/xml" }, body = ("<ErrorResponse><Error><Type>Sender</Type>"
    .. "<Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>"):format(refusal.code,
    xml_of(refusal.message), id_of(request)) }
end

-- json: the operation is a header.

local MODERN = { missing = "MissingAuthenticationTokenException", unknown = "UnrecognizedClientException",
  wrong = "InvalidSignatureException" }

local json_rpc = { words = MODERN }

function json_rpc.read(service, request, body)
  local target, op = (request.headers["x-amz-target"] or ""):match("^(.*)%.(%w+)$")
  if target ~= service.target or request.headers["content-type"] ~= "application/x-amz-json-" .. service.version then
    refuse(400, "UnknownOperationException", "")
  end
  return op, json.decode(body) or refuse(400, "SerializationException", "The body is no JSON")
end

function json_rpc.answer(_, result, request)
  return { headers = { ["Content-Type"] = "application/x-amz-json", ["x-amzn-RequestId"] = id_of(request) }, body = json.encode(result) }
end

function json_rpc.fault(refusal, _, request)
  return { status = refusal.status, headers = { ["x-amzn-RequestId"] = id_of(request) },
    body = json.encode { __type = "com.amazonaws#" .. refusal.code, message = refusal.message } }
end

-- rest: the operation is the method and the path. A service has either routes, rows { method, path = pattern with the id, if there is
-- one, as its capture, run(server, {id=, body=, size=, query=}) -> status, table or text }, or serve(request, body) -> response.

-- Where a path has more segments than an operation, an id was not encoded; this is what the gateway says then.
local UNKNOWN = '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}'
local NOWHERE = { run = function() return 200, UNKNOWN end }

local rest = { words = MODERN }

local function parameters_of(text)
  local parameters = {}
  for name, value in text:gmatch("([^&=]+)=([^&]*)") do parameters[verifier.decode(name)] = verifier.decode(value) end
  return parameters
end

local function route_of(service, request)
  for _, route in ipairs(service.routes) do
    local id = request.method == route.method and request.path:match(route.path)
    if id then return route, type(id) == "string" and verifier.decode(id) or nil end
  end
  return NOWHERE
end

local function decode_body(request, body)
  if body == "" then return nil end
  if (request.headers["content-type"] or "") ~= "application/json" then refuse(400, "ValidationException", "The body is no JSON") end
  return json.decode(body)
    or refuse(400, "ValidationException", "Malformed input request, please reformat your input and try again.")
end

function rest.read(service, request, body)
  local op = request.method .. " " .. request.path
  if not service.routes then return op end
  local route, id = route_of(service, request)
  if request.path:find(":", 1, true) then refuse(400, "ValidationException", request.path .. ": ':' is not encoded") end
  return op, { id = id, body = decode_body(request, body), size = #body, query = parameters_of(request.query) }, route
end

-- The answer of a route: text as it is, else JSON.
function rest.respond(request, status, answer)
  return { status = status, headers = { ["Content-Type"] = "application/json", ["x-amzn-RequestId"] = id_of(request) },
    body = type(answer) == "string" and answer or json.encode(answer or {}) }
end

function rest.answer(_, result) return result end

function rest.fault(refusal, service, request)
  return { status = refusal.status, headers = { ["Content-Type"] = "application/json", ["x-amzn-RequestId"] = id_of(request),
    ["x-amzn-ErrorType"] = ("%s:http://internal.amazon.com/coral/com.amazon.%s/"):format(refusal.code, service.name or "gateway") },
    body = json.encode { message = refusal.message } }
end

return { query = query, json = json_rpc, rest = rest }
