-- SPDX-License-Identifier: MIT
-- What is in a bucket: objects (ListObjectsV2), uploads that were not completed, and their parts. Keys come percent-encoded, because XML
-- cannot carry all of their bytes.
local dates = require "lib.dates"
local errors = require "lib.aws.s3.errors"
local exchange = require "lib.aws.s3.exchange"
local object = require "lib.aws.s3.object"
local options_of = require "lib.aws.s3.options"
local pages = require "lib.aws.s3.pages"
local xml = require "hilum.xml"

local list = {}

local OBJECTS = options_of.set "delimiter start_after page"

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- The document of an answer, or an error that is worth another attempt: a document that broke off. lists: the elements that may be there
-- any number of times, which are arrays then.
function list.document(request, response, lists)
  local document, name = xml.parse(response.body:match("^%s*(.*)"), { lists = lists })
  local fits = document and (name:find("Result$") or name:find("Response$"))
  if fits and type(document) == "table" then return document end
  if fits and document == "" then return {} end
  local broken = errors.new(request, "parse", "the answer is not the document that S3 sends: %s",
    document and ("a <%s>"):format(name) or name.message)
  broken.retryable = true
  return nil, broken
end

local function by_key(a, b) return (a.key or a.prefix) < (b.key or b.prefix) end

local function read_objects(request, response)
  local document, err = list.document(request, response, { "Contents", "CommonPrefixes" })
  if not document then return nil, err end
  local encoded = document.EncodingType == "url"
  local page = { next = document.IsTruncated == "true" and document.NextContinuationToken or nil }
  for i, entry in ipairs(document.Contents or {}) do
    page[i] = { key = encoded and decode(entry.Key) or entry.Key, size = math.tointeger(entry.Size), etag = object.etag(entry.ETag),
      mtime = dates.read(entry.LastModified), storage_class = entry.StorageClass }
  end
  for _, entry in ipairs(document.CommonPrefixes or {}) do
    page[#page + 1] = { prefix = encoded and decode(entry.Prefix) or entry.Prefix }
  end
  if document.CommonPrefixes then table.sort(page, by_key) end
  return page
end

local function objects_request(place, options, marker)
  local request = { op = "s3.list", action = "s3:ListBucket", place = { bucket = place.bucket, key = "" }, method = "GET" }
  local query = { { "encoding-type", "url" }, { "list-type", 2 }, { "max-keys", options.page or 1000 }, { "prefix", place.key } }
  if options.delimiter then query[#query + 1] = { "delimiter", options.delimiter } end
  if options.start_after then query[#query + 1] = { "start-after", options.start_after } end
  if marker then query[#query + 1] = { "continuation-token", marker } end
  request.query = exchange.query(query)
  request.read = function(response) return read_objects(request, response) end
  return request
end

function list.objects(client, place, options)
  options_of.check(options, OBJECTS)
  return pages(function(marker) return exchange.run(client, objects_request(place, options, marker)) end)
end

-- Ceph encodes the keys of uploads, but not the marker of the next page, and says of neither that it does.
local function looks_encoded(text) return text:find("%%%x%x") and not text:gsub("%%%x%x", ""):find("[^%w/._~-]") end

local function read_uploads(request, response)
  local document, err = list.document(request, response, { "Upload" })
  if not document then return nil, err end
  local encoded = document.EncodingType == "url"
  local page = {}
  local function text_of(text) return encoded and decode(text) or text end
  for i, entry in ipairs(document.Upload or {}) do
    local key = (encoded or looks_encoded(entry.Key)) and decode(entry.Key) or entry.Key
    page[i] = { key = key, id = entry.UploadId, started = dates.read(entry.Initiated or ""),
      checksum = entry.ChecksumAlgorithm and entry.ChecksumAlgorithm:lower(), checksum_type = entry.ChecksumType,
      storage_class = entry.StorageClass }
  end
  if document.IsTruncated == "true" then page.next = { text_of(document.NextKeyMarker), document.NextUploadIdMarker } end
  return page
end

local function upload_pages(client, place)
  return function(marker)
    local query = { { "encoding-type", "url" }, { "prefix", place.key }, { "uploads" } }
    if marker then
      query[#query + 1] = { "key-marker", marker[1] }
      query[#query + 1] = { "upload-id-marker", marker[2] }
    end
    local request = { op = "s3.uploads", action = "s3:ListBucketMultipartUploads", place = { bucket = place.bucket, key = "" },
      method = "GET", query = exchange.query(query) }
    request.read = function(response) return read_uploads(request, response) end
    return exchange.run(client, request)
  end
end

function list.uploads(client, place) return pages(upload_pages(client, place)) end

-- All that pages have, or nil and an error.
local function collect(fetch)
  local all, marker = {}, nil
  repeat
    local page, err = fetch(marker)
    if not page then return nil, err end
    table.move(page, 1, #page, #all + 1, all)
    marker = page.next
  until not marker
  return all
end

-- The uploads to one key, as an array.
function list.uploads_to(client, place)
  local all, err = collect(upload_pages(client, place))
  if not all then return nil, err end
  local same = {}
  for _, entry in ipairs(all) do
    if entry.key == place.key then same[#same + 1] = entry end
  end
  return same
end

local CHECKSUM_FIELDS = { crc64nvme = "ChecksumCRC64NVME", crc32c = "ChecksumCRC32C", crc32 = "ChecksumCRC32", sha256 = "ChecksumSHA256" }
list.CHECKSUM_FIELDS = CHECKSUM_FIELDS

local function read_parts(request, response, algorithm)
  local document, err = list.document(request, response, { "Part" })
  if not document then return nil, err end
  local page = { next = document.IsTruncated == "true" and document.NextPartNumberMarker or nil }
  for i, entry in ipairs(document.Part or {}) do
    page[i] = { number = math.tointeger(entry.PartNumber), size = math.tointeger(entry.Size), etag = object.etag(entry.ETag),
      checksum = algorithm and entry[CHECKSUM_FIELDS[algorithm]] }
  end
  return page
end

-- The parts {number, size, etag, checksum} of an upload, as an array.
function list.parts(client, place, id, algorithm)
  return collect(function(marker)
    local query = { { "uploadId", id } }
    if marker then table.insert(query, 1, { "part-number-marker", marker }) end
    local request = { op = "s3.parts", action = "s3:ListMultipartUploadParts", place = place, method = "GET",
      query = exchange.query(query) }
    request.read = function(response) return read_parts(request, response, algorithm) end
    return exchange.run(client, request)
  end)
end

return list
