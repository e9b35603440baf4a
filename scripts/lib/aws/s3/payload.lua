-- SPDX-License-Identifier: MIT
-- How a body is vouched for. By its SHA-256 in the signature: always over http, and when the user wants it. Over https the connection
-- vouches for it, and a checksum that S3 compares with what arrived. A checksum goes before the body, which is read twice then, or, if
-- asked for, in a trailer behind it.
local checksum = require "lib.aws.s3.checksum"
local exchange = require "lib.aws.s3.exchange"
local http = require "hilum.http"

local payload = {}

local UNSIGNED = "UNSIGNED-PAYLOAD"

local function is_signed(client, site, algorithm)
  if client.payload then return client.payload == "signed" end
  return site.scheme == "http" or not algorithm
end

local function add_trailer(request, body, algorithm, signed)
  local headers = request.headers
  local encoding = headers["content-encoding"]
  headers["content-encoding"] = encoding and encoding .. ",aws-chunked" or "aws-chunked"
  headers["x-amz-decoded-content-length"] = ("%d"):format(type(body) == "string" and #body or body:size())
  headers["x-amz-trailer"] = checksum.HEADERS[algorithm]
  request.payload = signed and "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" or "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
  request.frame = function(chunks) return http.chunked(body, { checksum = algorithm, chunks = chunks }) end
end

-- The digests that a body is sent with, computed now.
local function compute(body, algorithm, signed)
  local wanted = { algorithm }
  if signed and algorithm ~= "sha256" then wanted[#wanted + 1] = "sha256" end
  if #wanted == 0 then return {} end
  return http.digest(body, wanted)
end

-- Adds a body to a request, and what vouches for it. options: checksum, an algorithm or false; trailer. Returns the digests
-- ({} with a trailer), or nil and an error when the body cannot be read.
function payload.add(client, request, body, options)
  local site, err = exchange.site_of(client, request.place.bucket)
  if not site then return nil, err end
  local algorithm = checksum.choose(client, options)
  local signed = is_signed(client, site, algorithm)
  if options.trailer and algorithm then
    add_trailer(request, body, algorithm, signed)
    return {}
  end
  local digests
  digests, err = compute(body, algorithm, signed)
  if not digests then return nil, err end
  request.body, request.payload = body, signed and digests.sha256 or UNSIGNED
  if algorithm then request.headers[checksum.HEADERS[algorithm]] = checksum.value(algorithm, digests) end
  return digests
end

-- The same for a small document of ours, which S3 takes with a Content-MD5 only.
function payload.add_document(request, text)
  local hash = require "hilum.hash"
  request.body, request.payload = text, hash.sha256(text)
  request.headers = request.headers or {}
  request.headers["content-md5"] = checksum.of_hex(hash.md5(text))
  return request
end

return payload
