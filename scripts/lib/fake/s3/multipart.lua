-- SPDX-License-Identifier: MIT
-- Objects that come in parts.
local checksums = require "lib.fake.s3.checksums"
local hash = require "hilum.hash"
local objects = require "lib.fake.s3.objects"
local refuse = require "lib.fake.s3.refuse".refuse
local xml = require "lib.fake.s3.xml"

local MOST_PARTS = 10000

local function find(request)
  local upload = request.bucket.uploads[request.parameters.uploadId]
  if not upload or upload.key ~= request.key then
    refuse(404, "NoSuchUpload", "The specified upload does not exist.", { UploadId = request.parameters.uploadId })
  end
  return upload
end

local function create(server, request)
  server.last_upload = (server.last_upload or 0) + 1
  local id = ("upload/%d+%s"):format(server.last_upload, hash.md5(request.key):sub(1, 8))
  local headers = request.headers
  request.bucket.uploads[id] = { id = id, key = request.key, parts = {}, metadata = objects.metadata(headers), began = server:now(),
    algorithm = headers["x-amz-checksum-algorithm"], kind = headers["x-amz-checksum-type"] }
  return { body = xml.document("InitiateMultipartUploadResult", { xml.text("Bucket", request.bucket_name), xml.text("Key", request.key),
    xml.text("UploadId", id) }) }
end

local function put_part(request, data, sums)
  local upload, number = find(request), tonumber(request.parameters.partNumber)
  if not number or number < 1 or number > MOST_PARTS then
    refuse(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
  end
  local algorithm = upload.algorithm and upload.algorithm:lower()
  if upload.kind == "COMPOSITE" and not sums[algorithm] then
    refuse(400, "InvalidRequest", "The upload was created using a checksum, and the request has none of that type")
  end
  local part = { data = data, sums = sums, etag = '"' .. hash.md5(data) .. '"' }
  upload.parts[number] = part
  return part
end

local function upload_part(_, request, data, sums)
  local part = put_part(request, data, sums)
  return { headers = objects.sum_headers(part, { ETag = part.etag }) }
end

local function copy_part(server, request)
  local data = objects.source(server, request).data
  local first, last = (request.headers["x-amz-copy-source-range"] or ""):match("^bytes=(%d+)%-(%d+)$")
  if first and tonumber(last) >= #data then refuse(400, "InvalidArgument", "The range is not valid for the source object") end
  local part = put_part(request, first and data:sub(first + 1, last + 1) or data, {})
  return { body = xml.document("CopyPartResult", { xml.text("ETag", part.etag) }) }
end

local function check_part(number, part, said)
  local etag = xml.find(said, "ETag") or ""
  if not part or (etag:find('^"') and etag or '"' .. etag .. '"') ~= part.etag then
    refuse(400, "InvalidPart", "One or more of the specified parts could not be found.", { PartNumber = number })
  end
  for algorithm, value in pairs(part.sums) do
    local claimed = xml.find(said, "Checksum" .. algorithm:upper())
    if claimed and claimed ~= value then refuse(400, "InvalidPart", "A part's checksum does not match.", { PartNumber = number }) end
  end
end

-- The parts that the request names, in their order, each checked.
local function named_parts(server, upload, body)
  local list, before = {}, 0
  for said in xml.each(body, "Part") do
    local number = tonumber(xml.find(said, "PartNumber"))
    if not number or number <= before then refuse(400, "InvalidPartOrder", "The list of parts was not in ascending order.") end
    before = number
    check_part(number, upload.parts[number], said)
    list[#list + 1] = upload.parts[number]
  end
  if #list == 0 then refuse(400, "MalformedXML", "The XML you provided was not well-formed") end
  for i = 1, #list - 1 do
    if #list[i].data < server.smallest_part then
      refuse(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", { ProposedSize = #list[i].data })
    end
  end
  return list
end

-- The checksum of an object of parts: of all of it, or of the sums of its parts.
local function sums_of(upload, data, pieces, headers)
  local algorithm = (upload.algorithm or "crc64nvme"):lower()
  local composite = upload.algorithm and (upload.kind or (algorithm == "crc64nvme" and "FULL_OBJECT" or "COMPOSITE")) == "COMPOSITE"
  local sum = composite and checksums.composite(algorithm, pieces) or checksums.of(algorithm, data)
  local said = headers["x-amz-checksum-" .. algorithm]
  if said and said ~= sum then refuse(400, "BadDigest", ("The %s you specified did not match."):format(algorithm)) end
  return { [algorithm] = sum }, composite
end

-- S3 may need minutes: it says 200 at once, and in the end what that was worth.
local function complete(server, request, body)
  local upload = find(request)
  objects.check_conditions(request)
  local pieces, digests = {}, {}
  for i, part in ipairs(named_parts(server, upload, body)) do
    pieces[i] = part.data
    digests[i] = part.etag:sub(2, -2):gsub("%x%x", function(x) return string.char(tonumber(x, 16)) end)
  end
  local data = table.concat(pieces)
  local size = tonumber(request.headers["x-amz-mp-object-size"])
  if size and size ~= #data then refuse(400, "InvalidRequest", "The object's size does not match x-amz-mp-object-size") end
  local sums, composite = sums_of(upload, data, pieces, request.headers)
  local object = objects.store(server, request.bucket, request.key, { data = data, sums = sums, composite = composite,
    metadata = upload.metadata, etag = ('"%s-%d"'):format(hash.md5(table.concat(digests)), #pieces) })
  request.bucket.uploads[upload.id] = nil
  local parts = { xml.text("Location", request.path), xml.text("Bucket", request.bucket_name), xml.text("Key", request.key),
    xml.text("ETag", object.etag), xml.text("ChecksumType", composite and "COMPOSITE" or "FULL_OBJECT") }
  for algorithm, value in pairs(sums) do parts[#parts + 1] = xml.text("Checksum" .. algorithm:upper(), value) end
  local answer = xml.document("CompleteMultipartUploadResult", parts)
  local head = answer:match("^<%?.-%?>\n")
  return { headers = { ["Content-Type"] = "application/xml" },
    body = function(write) write(head) write("  \n") write(answer:sub(#head + 1)) end }
end

local function abort(_, request)
  request.bucket.uploads[find(request).id] = nil
  return { status = 204 }
end

local function list_parts(_, request)
  local upload, numbers = find(request), {}
  for number in pairs(upload.parts) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  local parts = { xml.text("Key", upload.key), xml.text("UploadId", upload.id), xml.text("IsTruncated", false) }
  for _, number in ipairs(numbers) do
    local part = upload.parts[number]
    parts[#parts + 1] = xml.tag("Part", { xml.text("PartNumber", number), xml.text("ETag", part.etag), xml.text("Size", #part.data) })
  end
  return { body = xml.document("ListPartsResult", parts) }
end

local function list_uploads(_, request)
  local list, prefix = {}, request.parameters.prefix or ""
  for _, upload in pairs(request.bucket.uploads) do
    if upload.key:sub(1, #prefix) == prefix then list[#list + 1] = upload end
  end
  table.sort(list, function(a, b) if a.key ~= b.key then return a.key < b.key end return a.id < b.id end)
  local parts = { xml.text("Bucket", request.bucket_name), xml.text("IsTruncated", false) }
  for _, upload in ipairs(list) do
    parts[#parts + 1] = xml.tag("Upload", { xml.text("Key", upload.key), xml.text("UploadId", upload.id),
      xml.text("Initiated", os.date("!%Y-%m-%dT%H:%M:%S.000Z", upload.began)) })
  end
  return { body = xml.document("ListMultipartUploadsResult", parts) }
end

return {
  operations = {
    ["POST object?uploads"] = create,
    ["PUT object?partNumber"] = function(server, request, ...)
      return (request.headers["x-amz-copy-source"] and copy_part or upload_part)(server, request, ...)
    end,
    ["POST object?uploadId"] = complete,
    ["DELETE object?uploadId"] = abort,
    ["GET object?uploadId"] = list_parts,
    ["GET bucket?uploads"] = list_uploads,
  },
}
