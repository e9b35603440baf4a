-- SPDX-License-Identifier: MIT
-- The four ways in which AWS services are spoken to. Each encodes a request into {method, path, query, headers, body}, decodes the
-- answer to a table, and finds what an error answer says: code, message and the request's id.
--   query      a form; XML comes back, lists in <member>                                  STS, IAM
--   json       JSON 1.0 or 1.1 with X-Amz-Target                                          OpenSearch Serverless, SageMaker, Service Quotas
--   rest-json  paths, queries and JSON                                                    Bedrock, Scheduler, SSO, OpenSearch itself
--   rest-xml   paths, queries and XML                                                     S3 and its kin
local json = require "hilum.json"
local sigv4 = require "hilum.sigv4"

local protocol = {}

-- Requests.

local function sorted(t)
  local names = {}
  for name in pairs(t) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- "a=1&b=2": names in order, lists as repeated names, all percent-encoded.
function protocol.form(values)
  local parts = {}
  for _, name in ipairs(sorted(values)) do
    local value = values[name]
    for _, one in ipairs(type(value) == "table" and value or { value }) do
      parts[#parts + 1] = sigv4.escape(name) .. "=" .. sigv4.escape(tostring(one))
    end
  end
  return table.concat(parts, "&")
end

-- { Tags = { { Key = "a" } } } to { ["Tags.member.1.Key"] = "a" }.
local function flatten(value, prefix, flat)
  if type(value) ~= "table" then
    flat[prefix] = value
    return flat
  end
  for key, inner in pairs(value) do
    local name = math.type(key) and "member." .. key or key
    flatten(inner, prefix == "" and name or prefix .. "." .. name, flat)
  end
  return flat
end

local function encode_query(client, request)
  local values = flatten(request.params or {}, "", {})
  values.Action, values.Version = request.op, client.version
  return { method = "POST", path = "/", body = protocol.form(values),
    headers = { ["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8" } }
end

local function encode_json(client, request)
  return { method = "POST", path = "/", body = json.encode(request.params or {}), headers = {
    ["Content-Type"] = "application/x-amz-json-" .. client.version, ["X-Amz-Target"] = ("%s.%s"):format(client.target, request.op) } }
end

local function encode_rest(content_type)
  return function(_, request)
    local headers, body = {}, request.body
    for name, value in pairs(request.headers or {}) do headers[name] = value end
    if type(body) == "table" then body = json.encode(body) end
    if body then headers["Content-Type"] = headers["Content-Type"] or content_type end
    return { method = request.method or "GET", path = request.path or "/", query = request.query and protocol.form(request.query),
      headers = headers, body = body }
  end
end

-- Answers: the table, or nil when it is no answer of that kind.

local function decode_json(_, _, body)
  if body == "" then return {} end
  return (json.decode(body))
end

local function parse_xml(body, lists)
  return (require "hilum.xml".parse(body, { items = { "member" }, lists = lists }))
end

local function decode_query(_, request, body)
  local root = parse_xml(body)
  if not root then return nil end
  local result = type(root) == "table" and root[request.op .. "Result"]
  return type(result) == "table" and result or {}
end

local function decode_xml(client, _, body)
  if body == "" then return {} end
  return parse_xml(body, client.lists)
end

-- Faults.

local function text(value) return type(value) == "string" and value or nil end

local function xml_fault(body, headers)
  local root = parse_xml(body)
  root = type(root) == "table" and root or {}
  local inner = type(root.Error) == "table" and root.Error or root
  return text(inner.Code), text(inner.Message), text(root.RequestId) or text(inner.RequestId) or headers["x-amzn-requestid"]
end

-- "com.amazonaws.iam#NoSuchEntity:http://…" to "NoSuchEntity"
local function bare(code) return code and code:gsub("^.*#", ""):gsub(":.*$", "") end

-- The code and the message of an OpenSearch's error: of the first cause, where the error itself says only that something failed.
function protocol.opensearch_fault(inner)
  local first = type(inner.root_cause) == "table" and inner.root_cause[1]
  local cause = type(first) == "table" and text(first.reason) and first or inner
  local message, deeper = text(cause.reason), inner.caused_by
  while type(deeper) == "table" do
    local reason = text(deeper.reason)
    if reason and message and not message:find(reason, 1, true) then message = message .. ": " .. reason end
    deeper = deeper.caused_by
  end
  return text(cause.type), message
end

local function json_fault(body, headers)
  local answer = json.decode(body)
  answer = type(answer) == "table" and answer or {}
  local inner = type(answer.error) == "table" and answer.error or {}
  local type_of_inner, reason = protocol.opensearch_fault(inner)
  local code = headers["x-amzn-errortype"] or text(answer.__type) or text(answer.code) or type_of_inner or text(answer.error)
  local message = text(answer.message) or text(answer.Message) or reason or text(answer.error_description)
  local hint = headers["x-aoss-response-hint"]
  return bare(code), hint and ("%s [%s]"):format(message or "refused", hint) or message,
    headers["x-amzn-requestid"] or headers["x-request-id"]
end

local KINDS = {
  query = { encode = encode_query, decode = decode_query, fault = xml_fault },
  json = { encode = encode_json, decode = decode_json, fault = json_fault },
  ["rest-json"] = { encode = encode_rest("application/json"), decode = decode_json, fault = json_fault },
  ["rest-xml"] = { encode = encode_rest("application/xml"), decode = decode_xml, fault = xml_fault },
}

function protocol.of(name) return KINDS[name] or error(("unknown protocol '%s'"):format(name), 3) end

return protocol
