-- SPDX-License-Identifier: MIT
-- What is done to single objects.
local checksums = require "lib.fake.s3.checksums"
local hash = require "hilum.hash"
local ranged = require "lib.fake.ranged"
local refuse = require "lib.fake.s3.refuse".refuse
local verifier = require "lib.fake.sigv4_verifier"
local xml = require "lib.fake.s3.xml"

local objects = {}

local KEPT = { "cache-control", "content-disposition", "content-language", "content-type", "expires", "x-amz-storage-class",
  "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id" }

-- The headers of a request that become an object's.
function objects.metadata(headers)
  local kept = { ["content-type"] = "binary/octet-stream" }
  for _, name in ipairs(KEPT) do kept[name] = headers[name] or kept[name] end
  for name, value in pairs(headers) do if name:find("^x%-amz%-meta%-") then kept[name] = value end end
  local encoding = (headers["content-encoding"] or ""):gsub("aws%-chunked", ""):gsub("^[ ,]+", ""):gsub("[ ,]+$", "")
  if encoding ~= "" then kept["content-encoding"] = encoding end
  return kept
end

-- Stores data under a key; sums: checksums that came with it. S3 makes a CRC-64 of its own where none did.
function objects.store(server, bucket, key, object)
  object.mtime = server:now()
  object.etag = object.etag or '"' .. hash.md5(object.data) .. '"'
  if not next(object.sums) then object.sums = { crc64nvme = checksums.of("crc64nvme", object.data) } end
  if not bucket.objects[key] then bucket.sorted = nil end
  bucket.objects[key] = object
  return object
end

local function quoted(etag) return etag and (etag:find('^"') and etag or '"' .. etag .. '"') end

-- Conditions of a write.
function objects.check_conditions(request)
  local there, headers = request.bucket.objects[request.key], request.headers
  if headers["if-none-match"] == "*" and there then
    refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { Condition = "If-None-Match" })
  end
  local wanted = quoted(headers["if-match"])
  if wanted and not there then refuse(404, "NoSuchKey", "The specified key does not exist.", { Key = request.key }) end
  if wanted and wanted ~= there.etag then
    refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { Condition = "If-Match" })
  end
end

local function find(request)
  local object = request.bucket.objects[request.key]
  if not object then refuse(404, "NoSuchKey", "The specified key does not exist.", { Key = request.key }) end
  return object
end

-- Headers that say what an object's checksums are.
function objects.sum_headers(object, headers)
  for algorithm, value in pairs(object.sums) do headers["x-amz-checksum-" .. algorithm] = value end
  headers["x-amz-checksum-type"] = object.composite and "COMPOSITE" or "FULL_OBJECT"
  return headers
end

local function headers_of(object, request)
  local headers = { ETag = object.etag, ["Last-Modified"] = os.date("!%a, %d %b %Y %H:%M:%S GMT", object.mtime) }
  for name, value in pairs(object.metadata) do headers[name] = value end
  if request.headers["x-amz-checksum-mode"] == "ENABLED" then objects.sum_headers(object, headers) end
  return headers
end

local function get(_, request)
  local object, headers = find(request), request.headers
  if headers["if-match"] and quoted(headers["if-match"]) ~= object.etag then
    refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
  end
  if quoted(headers["if-none-match"]) == object.etag then return { status = 304, headers = { ETag = object.etag } } end
  local response = ranged(request, object.data, headers_of(object, request))
  if response.status == 416 then
    refuse(416, "InvalidRange", "The requested range is not satisfiable", { ActualObjectSize = #object.data })
  end
  return response
end

local function put(server, request, data, sums)
  objects.check_conditions(request)
  local object = objects.store(server, request.bucket, request.key, { data = data, sums = sums,
    metadata = objects.metadata(request.headers) })
  return { headers = objects.sum_headers(object, { ETag = object.etag }) }
end

-- The object that a copy is made of.
function objects.source(server, request)
  local name, key = request.headers["x-amz-copy-source"]:match("^/?([^/]+)/([^?]+)")
  local bucket = server.buckets[name or ""] or refuse(404, "NoSuchBucket", "The specified bucket does not exist", { BucketName = name })
  return bucket.objects[verifier.decode(key)] or refuse(404, "NoSuchKey", "The specified key does not exist.", { Key = key })
end

local function copy(server, request)
  local source = objects.source(server, request)
  local replaces = request.headers["x-amz-metadata-directive"] == "REPLACE"
  local object = objects.store(server, request.bucket, request.key, { data = source.data, sums = source.sums,
    metadata = replaces and objects.metadata(request.headers) or source.metadata })
  return { body = xml.document("CopyObjectResult", { xml.text("ETag", object.etag),
    xml.text("LastModified", os.date("!%Y-%m-%dT%H:%M:%S.000Z", object.mtime)) }) }
end

local function remove(bucket, key)
  if bucket.objects[key] then bucket.sorted = nil end
  bucket.objects[key] = nil
end

local function delete(_, request)
  objects.check_conditions(request)
  remove(request.bucket, request.key)
  return { status = 204 }
end

local function delete_many(server, request, body, sums, md5)
  if not next(sums) and not md5 then refuse(400, "InvalidRequest", "Missing required header for this request: Content-MD5") end
  local quiet, parts, count = xml.find(body, "Quiet") == "true", {}, 0
  for inside in xml.each(body, "Object") do
    local key = xml.find(inside, "Key")
    count = count + 1
    if server.undeletable and key:find(server.undeletable) then
      parts[count] = xml.tag("Error", { xml.text("Key", key), xml.text("Code", "AccessDenied"), xml.text("Message", "Access Denied") })
    else
      remove(request.bucket, key)
      parts[count] = quiet and "" or xml.tag("Deleted", { xml.text("Key", key) })
    end
  end
  if count == 0 or count > 1000 then refuse(400, "MalformedXML", "The XML you provided was not well-formed") end
  return { body = xml.document("DeleteResult", parts) }
end

objects.operations = {
  ["GET object"] = get,
  ["HEAD object"] = get,
  ["PUT object"] = function(server, request, ...)
    return (request.headers["x-amz-copy-source"] and copy or put)(server, request, ...)
  end,
  ["DELETE object"] = delete,
  ["POST bucket?delete"] = delete_many,
}

return objects
