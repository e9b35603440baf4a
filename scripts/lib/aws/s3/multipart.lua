-- SPDX-License-Identifier: MIT
-- An upload in parts: begun, filled part by part, several at once and in any order, and completed, which alone makes the object. Parts that
-- are never completed cost money, so that an upload that is left behind is aborted.
local checksum = require "lib.aws.s3.checksum"
local content_type = require "lib.aws.s3.content_type"
local errors = require "lib.aws.s3.errors"
local exchange = require "lib.aws.s3.exchange"
local hash = require "hilum.hash"
local list = require "lib.aws.s3.list"
local object = require "lib.aws.s3.object"
local options_of = require "lib.aws.s3.options"
local payload = require "lib.aws.s3.payload"

local multipart = {}

local PART = 16 << 20
local PARTS = 10000
local PATIENCE = 600 -- seconds that S3 may take to put the parts together
local KNOWN = options_of.set "checksum trailer progress at_once resume"
local OF_COMPLETION = { "if-match", "if-none-match" }

-- The size of all parts but the last, for an object of that many bytes. The same for the same size, so that another run can go on.
function multipart.part_size(size)
  local part = PART
  while (size + part - 1) // part > PARTS do part = part * 2 end
  return part
end

---@class hilum.s3.Part
---@field number integer  from 1
---@field size integer
---@field etag string
---@field checksum? string  base64

---@class hilum.s3.Upload
---@field id string
---@field place hilum.s3.Place
---@field parts table<integer, hilum.s3.Part>  by number
local Upload = {}
Upload.__index = Upload

-- The headers that begin an upload, and the conditions, which are for its completion.
local function split_headers(place, options)
  local headers, conditions = options_of.headers(options, KNOWN), {}
  for _, name in ipairs(OF_COMPLETION) do headers[name], conditions[name] = nil, headers[name] end
  headers["content-type"] = headers["content-type"] or content_type(place.key)
  return headers, conditions
end

local function new(client, place, id, conditions, options)
  return setmetatable({ client = client, place = place, id = id, algorithm = checksum.choose(client, options), parts = {},
    trailer = options.trailer, conditions = conditions, keep = options.resume, progress = options.progress }, Upload)
end

-- An upload that was begun before, with the same options.
function multipart.open(client, place, id, options)
  local _, conditions = split_headers(place, options)
  return new(client, place, id, conditions, options)
end

local function checksum_type(algorithm) return checksum.is_joinable(algorithm) and "FULL_OBJECT" or "COMPOSITE" end

local STANDARD = "STANDARD"

-- Can an upload {checksum, checksum_type, storage_class} of list.uploads be continued as if it had been begun with these options?
function multipart.fits(entry, client, options)
  local algorithm = checksum.choose(client, options)
  if (entry.storage_class or STANDARD) ~= (options.storage_class or STANDARD) then return false end
  if entry.checksum and entry.checksum ~= algorithm then return false end
  return not entry.checksum_type or not algorithm or entry.checksum_type == checksum_type(algorithm)
end

-- Begins an upload. options: as for put.
function multipart.create(client, place, options)
  local headers, conditions = split_headers(place, options)
  local algorithm = checksum.choose(client, options)
  if algorithm then
    headers["x-amz-checksum-algorithm"], headers["x-amz-checksum-type"] = algorithm:upper(), checksum_type(algorithm)
  end
  local request = { op = "s3.upload", action = "s3:PutObject", place = place, method = "POST", query = "uploads", headers = headers }
  request.read = function(response) return list.document(request, response) end
  local document, err = exchange.run(client, request)
  if not document then return nil, err end
  return new(client, place, document.UploadId, conditions, options)
end

local function part_query(self, number) return exchange.query { { "partNumber", number }, { "uploadId", self.id } } end

-- Sends one part. body: a string or a Body of at least 5 MiB, but for the last part.
---@return hilum.s3.Part? part
---@return hilum.Error? err
function Upload:put(number, body)
  local request = { op = "s3.upload", action = "s3:PutObject", place = self.place, method = "PUT", query = part_query(self, number),
    headers = {}, progress = self.progress }
  local digests, err = payload.add(self.client, request, body, { checksum = self.algorithm or false, trailer = self.trailer })
  if not digests then return nil, err end
  request.read = function(response)
    if response.headers.etag then return response end
    return nil, errors.new(request, "parse", "part %d was stored without an ETag; is this S3?", number)
  end
  local response
  response, err = exchange.run(self.client, request)
  if not response then return nil, err end
  local sum = self.algorithm and (digests[self.algorithm] and checksum.value(self.algorithm, digests)
    or response.headers[checksum.HEADERS[self.algorithm]])
  return self:note(number, type(body) == "string" and #body or body:size(), response.headers.etag, sum)
end

-- Makes a part of a piece of another object. source: as in x-amz-copy-source; first, last: its bytes.
function Upload:copy(number, source, first, last)
  local request = { op = "s3.copy", action = "s3:PutObject", place = self.place, method = "PUT", query = part_query(self, number),
    is_late = true, patience = PATIENCE,
    headers = { ["x-amz-copy-source"] = source, ["x-amz-copy-source-range"] = ("bytes=%d-%d"):format(first, last) } }
  request.read = function(response) return list.document(request, response) end
  local document, err = exchange.run(self.client, request)
  if not document then return nil, err end
  return self:note(number, last - first + 1, document.ETag, self.algorithm and document[list.CHECKSUM_FIELDS[self.algorithm]])
end

-- Takes a part as sent.
function Upload:note(number, size, etag, sum)
  self.parts[number] = { number = number, size = size, etag = object.etag(etag), checksum = sum }
  return self.parts[number]
end

local function sizes(self)
  local sum = 0
  for _, part in ipairs(self.parts) do sum = sum + part.size end
  return sum
end

local function has_checksums(self)
  for _, part in ipairs(self.parts) do
    if not part.checksum then return false end
  end
  return self.algorithm ~= nil
end

local function write_parts(self, summed)
  local field = summed and list.CHECKSUM_FIELDS[self.algorithm]
  local lines = { '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' }
  for i, part in ipairs(self.parts) do
    local sum = field and ("<%s>%s</%s>"):format(field, part.checksum, field) or ""
    lines[i + 1] = ('<Part><PartNumber>%d</PartNumber><ETag>"%s"</ETag>%s</Part>'):format(i, part.etag, sum)
  end
  lines[#lines + 1] = "</CompleteMultipartUpload>"
  return table.concat(lines)
end

-- The ETag that S3 gives to these parts; nil when theirs are no MD5s.
local function expected_etag(self)
  local sums = {}
  for i, part in ipairs(self.parts) do
    if #part.etag ~= 32 or part.etag:find("%X") then return nil end
    sums[i] = part.etag:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
  end
  return ("%s-%d"):format(hash.md5(table.concat(sums)), #self.parts)
end

-- Was it completed by a request whose answer got lost?
local function is_there(self)
  local found = object.head(self.client, self.place, {})
  local wanted = expected_etag(self)
  return found and wanted and found.etag == wanted and found
end

local function completion(self)
  local summed = has_checksums(self)
  local body = write_parts(self, summed)
  local headers = { ["content-type"] = "application/xml", ["x-amz-mp-object-size"] = ("%d"):format(sizes(self)) }
  for name, value in pairs(self.conditions) do headers[name] = value end
  if summed then headers["x-amz-checksum-type"] = checksum_type(self.algorithm) end
  if summed and checksum.is_joinable(self.algorithm) then
    headers[checksum.HEADERS[self.algorithm]] = checksum.join(self.algorithm, self.parts)
  end
  return { op = "s3.upload", action = "s3:PutObject", place = self.place, method = "POST", headers = headers,
    query = exchange.query { { "uploadId", self.id } }, body = body, payload = hash.sha256(body), is_late = true, patience = PATIENCE }
end

-- Makes the object of parts 1 to the last. Returns {etag, version}, or nil and an error; the upload is there still then.
function Upload:complete()
  local request = completion(self)
  request.read = function(response)
    local document, err = list.document(request, response)
    if not document then return nil, err end
    local etag = object.etag(document.ETag)
    return { etag = etag ~= "" and etag or expected_etag(self), version = response.headers["x-amz-version-id"] }
  end
  local done, err = exchange.run(self.client, request)
  if not done and err.code == "NoSuchUpload" then done = is_there(self) end
  if not done then return nil, err end
  self.id = nil
  return { etag = done.etag, version = done.version }
end

-- Gives the upload and its parts up. Fine when it is not there any more.
function multipart.abort(client, place, id)
  local response, err = exchange.run(client, { op = "s3.abort", action = "s3:AbortMultipartUpload", place = place, method = "DELETE",
    query = exchange.query { { "uploadId", id } } })
  if response or err.code == "NoSuchUpload" then return true end
  return nil, err
end

function Upload:abort()
  local id = self.id
  self.id = nil
  if not id then return true end
  return multipart.abort(self.client, self.place, id)
end

-- Left behind, it is aborted, unless the next run shall go on with what is there.
function Upload:__close()
  if not self.keep or not next(self.parts) then self:abort() end
end

return multipart
