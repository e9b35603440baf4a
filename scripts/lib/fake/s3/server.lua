-- SPDX-License-Identifier: MIT
-- S3 in memory, as strict as the real one about signatures, hashes and checksums, and in the words it uses. A handler of http_server:
--   local s3 = s3_server.new {}
--   local server <close> = http_server.start({}, s3.handler)
-- Tests look into s3.buckets[name].objects[key] ({data=, etag=, metadata=, sums=}) and s3.log ({operation=, status=, code=, path=…}).
local authorize = require "lib.fake.s3.authorize"
local read_payload = require "lib.fake.s3.payload"
local refusals = require "lib.fake.s3.refuse"
local verifier = require "lib.fake.sigv4_verifier"
local xml = require "lib.fake.s3.xml"

local Server = {}
Server.__index = Server

local operations = {}
for _, name in ipairs { "objects", "buckets", "multipart" } do
  for key, operation in pairs(require("lib.fake.s3." .. name).operations) do operations[key] = operation end
end

local SUBRESOURCES = { "uploads", "partNumber", "uploadId", "delete", "location", "publicAccessBlock", "encryption", "list-type", "acl",
  "policy", "tagging", "versioning" }

-- Seconds since 1970 on the server's clock.
function Server:now() return os.time() + self.skew end

function Server:create_bucket(name, region)
  self.buckets[name] = { name = name, region = region or self.region, created = self:now(), objects = {}, uploads = {} }
  return self.buckets[name]
end

local function parameters_of(query)
  local parameters = {}
  for piece in query:gmatch("[^&]+") do
    local name, value = piece:match("^([^=]*)=?(.*)$")
    parameters[verifier.decode(name)] = verifier.decode(value)
  end
  return parameters
end

-- What the request is about, by its path, or for bucket.localhost by the host; its operation: "PUT object", "GET bucket?list-type" …
function Server:operation(request)
  if request.operation then return request.operation end
  request.s3, request.parameters = self, parameters_of(request.query)
  local name, key = request.path:match("^/([^/]*)/?(.*)$")
  local virtual = (request.headers.host or ""):match("^(.+)%.localhost[:%d]*$")
  if virtual then name, key = virtual, request.path:sub(2) end
  request.bucket_name, request.key = name ~= "" and verifier.decode(name) or nil, key ~= "" and verifier.decode(key) or nil
  request.bucket = self.buckets[request.bucket_name]
  local operation = request.method .. (request.key and " object" or request.bucket_name and " bucket" or " service")
  for _, sub in ipairs(SUBRESOURCES) do
    if request.parameters[sub] then
      operation = operation .. "?" .. sub
      break
    end
  end
  request.operation = operation
  return operation
end

local function run(server, request)
  local proof = authorize(server, request)
  local operation = operations[request.operation]
  if not operation then refusals.refuse(501, "NotImplemented", request.operation .. " is not part of this server") end
  if request.bucket_name and not request.bucket and request.operation ~= "PUT bucket" then
    refusals.refuse(404, "NoSuchBucket", "The specified bucket does not exist", { BucketName = request.bucket_name })
  end
  if request.key and #request.key > 1024 then refusals.refuse(400, "KeyTooLongError", "Your key is too long") end
  return operation(server, request, read_payload(request, proof))
end

-- The answer that is an error. Those to HEAD have no body, only the region.
function Server.error_response(request, refusal)
  local parts = { xml.text("Code", refusal.code), xml.text("Message", refusal.message) }
  for name, value in pairs(refusal.fields or {}) do parts[#parts + 1] = xml.text(name, value) end
  parts[#parts + 1] = xml.text("RequestId", ("R%07d"):format(request.number))
  local response = { status = refusal.status, headers = { ["Content-Type"] = "application/xml" }, code = refusal.code,
    body = '<?xml version="1.0" encoding="UTF-8"?>\n' .. xml.tag("Error", parts) }
  if request.bucket then response.headers["x-amz-bucket-region"] = request.bucket.region end
  return response
end

-- Serves one request. Nothing but answering is left to do.
function Server:answer(request)
  self:operation(request)
  local ok, response = pcall(run, self, request)
  if not ok then
    if not refusals.is_refusal(response) then error(response, 0) end
    response = Server.error_response(request, response)
  end
  response.headers = response.headers or {}
  response.headers.Date = os.date("!%a, %d %b %Y %H:%M:%S GMT", self:now())
  response.headers["x-amz-request-id"] = ("R%07d"):format(request.number)
  return response
end

function Server:write_log(request, response)
  self.log[#self.log + 1] = { number = request.number, connection = request.connection_number, operation = self:operation(request),
    path = request.path, status = response and (response.status or 200), code = response and response.code, fault = request.fault }
end

-- options: region ("us-east-1"), skew (seconds that its clock is ahead), redirect ("301"; else 400) for who signs for the wrong region,
-- smallest_part (5 MiB), undeletable (a pattern of keys); the credentials are hilumtest and hilumsecret, and more may be added to
-- .credentials[access key] = {secret_key=, token=, expired=}.
local function new(options)
  local server = setmetatable({ region = "us-east-1", skew = 0, smallest_part = 5 << 20, buckets = {}, log = {},
    credentials = { hilumtest = { secret_key = "hilumsecret" } } }, Server)
  for name, value in pairs(options or {}) do server[name] = value end
  server.handler = function(request)
    local response = server:answer(request)
    server:write_log(request, response)
    return response
  end
  return server
end

return { new = new }
