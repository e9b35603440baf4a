-- SPDX-License-Identifier: MIT
-- Single objects in single requests: put, head, delete.
local checksum = require "lib.aws.s3.checksum"
local content_type = require "lib.aws.s3.content_type"
local dates = require "lib.dates"
local exchange = require "lib.aws.s3.exchange"
local options_of = require "lib.aws.s3.options"
local payload = require "lib.aws.s3.payload"

local object = {}

local PUT = options_of.set "checksum trailer progress"
local HEAD = options_of.set "version"
local DELETE = options_of.set "version"

-- What the headers of an answer say of an object.
---@return hilum.s3.Object
function object.describe(headers)
  local described = {
    size = math.tointeger(headers["content-length"]), etag = object.etag(headers.etag), content_type = headers["content-type"],
    mtime = headers["last-modified"] and dates.read(headers["last-modified"]), version = headers["x-amz-version-id"],
    storage_class = headers["x-amz-storage-class"], sse = headers["x-amz-server-side-encryption"],
    content_encoding = headers["content-encoding"], cache_control = headers["cache-control"], metadata = {},
  }
  for name, value in pairs(headers) do
    local meta = name:match("^x%-amz%-meta%-(.*)$")
    if meta then described.metadata[meta] = value end
  end
  for _, algorithm in ipairs(checksum.ALGORITHMS) do
    local value = headers[checksum.HEADERS[algorithm]]
    if value then described.checksum = { algorithm = algorithm, value = value } break end
  end
  return described
end

function object.etag(text) return text and (text:gsub('^"(.*)"$', "%1")) end

local function version_query(version) return version and exchange.query { { "versionId", version } } or nil end

local function read_put(response)
  return { etag = object.etag(response.headers.etag), version = response.headers["x-amz-version-id"] }
end

-- The object there, if it is the one that was sent: its first request succeeded, its answer got lost, and the next met a condition.
local function find_own(client, place, digests)
  local found = object.head(client, place, {})
  local expected = found and found.expected
  if not expected or not digests[expected.algorithm] or not checksum.agrees(expected, digests) then return nil end
  return { etag = found.etag, version = found.version }
end

function object.put(client, place, body, options)
  local headers = options_of.headers(options, PUT)
  headers["content-type"] = headers["content-type"] or content_type(place.key)
  local request = { op = "s3.put", action = "s3:PutObject", place = place, method = "PUT", headers = headers, read = read_put,
    progress = options.progress }
  local digests, err = payload.add(client, request, body, options)
  if not digests then return nil, err end
  local stored
  stored, err = exchange.run(client, request)
  if not stored and err.code == "PreconditionFailed" and err.attempts then stored = find_own(client, place, digests) end
  if not stored then return nil, err end
  return stored
end

function object.head(client, place, options)
  local headers = options_of.headers(options, HEAD)
  headers["x-amz-checksum-mode"] = client.verify and "ENABLED" or nil
  return exchange.run(client, { op = "s3.head", action = "s3:GetObject", place = place, method = "HEAD", headers = headers,
    query = version_query(options.version), read = function(response)
      local described = object.describe(response.headers)
      described.expected = checksum.expected(response.headers)
      return described
    end })
end

-- The size of the parts that an object of that size was uploaded in, so many of them; nil where that cannot be told: by a server that
-- knows no part numbers, or for parts of several sizes.
function object.part_size(client, place, size, parts, version)
  local first = exchange.run(client, { op = "s3.head", action = "s3:GetObject", place = place, method = "HEAD",
    query = exchange.query { { "partNumber", 1 }, version and { "versionId", version } or nil },
    read = function(response) return math.tointeger(response.headers["content-length"]) end })
  return first and first > 0 and (size + first - 1) // first == parts and first or nil
end

function object.delete(client, place, options)
  local request = { op = "s3.delete", action = "s3:DeleteObject", place = place, method = "DELETE",
    headers = options_of.headers(options, DELETE), query = version_query(options.version) }
  local response, err = exchange.run(client, request)
  return response and true, err
end

return object
