-- SPDX-License-Identifier: MIT
-- The client of S3 and of what speaks as S3 does. Objects are named by URIs, s3://bucket/key, whose key is taken byte for byte, or by
-- tables {bucket, key}. Every method waits; many go on at once when each is in a task:
--
--   local client = assert(s3.open { session = assert(session.open {}) })
--   local results, errors = task.map(names, { at_once = 32 }, function(name) return client:upload(name, "s3://bucket/" .. name) end)
--
-- Failures of S3 and of the network are nil and an error {kind, code = as S3 calls it, status, message, retryable, request_id}, after as
-- many attempts as the session's retry policy has. Mistakes, such as an unknown option, raise.
local uri = require "lib.aws.s3.uri"

local s3 = {}

---@class hilum.s3.Client
local Client = {}
Client.__index = Client

local SETTINGS = { session = true, payload = true, checksum = true }
local PAYLOADS = { signed = true, unsigned = true }

local function check_settings(settings)
  for name in pairs(settings) do
    if not SETTINGS[name] then error(("unknown option '%s'"):format(tostring(name)), 3) end
  end
  if type(settings.session) ~= "table" then error("option 'session' is missing", 3) end
  if settings.payload and not PAYLOADS[settings.payload] then error("option 'payload': signed or unsigned expected", 3) end
end

-- A client.
--   session   who asks, where, and how often (lib.aws.session)
--   payload   "signed": bodies are vouched for by their SHA-256; "unsigned": by the connection and a checksum. Default: signed over http
--             or with payload_signing_enabled, unsigned over https.
--   checksum  "crc64nvme" (default), "crc32c", "crc32", "sha256", or false: of what is sent. request_checksum_calculation = when_required
--             makes false the default, and response_checksum_validation = when_required turns the check of what arrives off.
---@param settings {session: table, payload?: "signed"|"unsigned", checksum?: string|false}
---@return hilum.s3.Client
function s3.open(settings)
  check_settings(settings)
  local session, config = settings.session, settings.session.config
  local default = config.request_checksum_calculation ~= "when_required" and "crc64nvme"
  local sum = require "lib.aws.s3.checksum".choose({ checksum = default }, settings)
  return setmetatable({ session = session, checksum = sum, verify = config.response_checksum_validation ~= "when_required",
    payload = settings.payload or config.payload_signing_enabled and "signed" or nil, regions = {}, sites = {} }, Client)
end

s3.parse = uri.parse

local place_of = uri.parse_object

---@class hilum.s3.Stored
---@field etag string     without quotes; the MD5 of the content if it went up in one request, unencrypted or with AES256
---@field version? string

---@class hilum.s3.Object
---@field size integer          bytes
---@field etag string
---@field mtime integer         seconds since 1970
---@field content_type? string
---@field metadata table<string, string>
---@field version? string
---@field storage_class? string  nil: STANDARD
---@field sse? string
---@field checksum? {algorithm: string, value: string}
---@field body? string          of get into memory
---@field range? string         "bytes 0-99/1234", of a range

-- Stores a string or a Body of hilum.http, up to 5 GiB (API: PutObject).
---@param text string|hilum.s3.Place
---@param body string|hilum.http.Body
---@param options? hilum.s3.PutOptions
---@return hilum.s3.Stored? stored
---@return hilum.Error? err  code "PreconditionFailed" when a condition does not hold
function Client:put(text, body, options)
  local place, err = place_of(text)
  if not place then return nil, err end
  return require "lib.aws.s3.object".put(self, place, body, options or {})
end

-- Reads an object or a range of it (API: GetObject). options:
--   range    {first, last}: bytes from 0 on, both included; {first}; {-n}: the last n
--   to       a path, which appears when all is there and checked; or a pipe (task.pipe), whose content cannot be checked
--   limit    bytes that go into memory (64 MiB)
--   version, if_match, if_none_match (then an unchanged object is an error of status 304)
--   verify   false: the object's checksum is not compared
---@param text string|hilum.s3.Place
---@param options? table
---@return hilum.s3.Object? object  with body, unless `to` was given
---@return hilum.Error? err  code "ChecksumMismatch" (kind "integrity") when what came is not what S3 has
function Client:get(text, options)
  local place, err = place_of(text)
  if not place then return nil, err end
  return require "lib.aws.s3.get"(self, place, options or {})
end

-- What is known of an object (API: HeadObject). options: version, if_match, if_none_match.
---@param text string|hilum.s3.Place
---@param options? table
---@return hilum.s3.Object? object
---@return hilum.Error? err  code "NoSuchKey", status 404
function Client:head(text, options)
  local place, err = place_of(text)
  if not place then return nil, err end
  return require "lib.aws.s3.object".head(self, place, options or {})
end

-- For `for object in client:list(uri) do`: all objects whose keys begin with that of the URI, in the order of their bytes, however many;
-- the next thousand is fetched meanwhile (API: ListObjectsV2). A failure raises its error. options:
--   delimiter    "/": keys that go on behind the next "/" are given once each, as {prefix = …}
--   start_after  a key
--   page         objects a request, up to 1000
---@param text string|hilum.s3.Place
---@param options? table
---@return fun(): {key: string, size: integer, etag: string, mtime: integer, storage_class?: string, prefix?: string}?
function Client:list(text, options)
  local place, err = uri.parse(text)
  if not place then error(err, 0) end
  return require "lib.aws.s3.list".objects(self, place, options or {})
end

-- Deletes an object; fine if there is none (API: DeleteObject). options: version, if_match.
---@param text string|hilum.s3.Place
---@param options? table
---@return true? done
---@return hilum.Error? err
function Client:delete(text, options)
  local place, err = place_of(text)
  if not place then return nil, err end
  return require "lib.aws.s3.object".delete(self, place, options or {})
end

-- Deletes any number of objects of a bucket, 1,000 a request (API: DeleteObjects).
---@param bucket string
---@param keys string[]
---@return integer deleted
---@return table<integer, hilum.Error>? errors  by index into keys; nil when there were none
function Client:delete_many(bucket, keys) return require "lib.aws.s3.delete"(self, bucket, keys) end

-- Copies an object within S3, with what is said about it, in parts beyond 5 GiB (API: CopyObject, UploadPartCopy). options: as for put,
-- of which metadata or content_type replace all that the old object has; version: of the old object; size: of it, if known, which
-- saves a request; at_once.
---@param from string|hilum.s3.Place
---@param to string|hilum.s3.Place
---@param options? table
---@return hilum.s3.Stored? stored
---@return hilum.Error? err
function Client:copy(from, to, options)
  local source, err = place_of(from)
  if not source then return nil, err end
  local target
  target, err = place_of(to)
  if not target then return nil, err end
  return require "lib.aws.s3.copy"(self, source, target, options or {})
end

-- Stores a file, from 32 MiB on in parts (API: PutObject, CreateMultipartUpload). A URI that ends in a slash gets the file's name. options:
-- as for put, and
--   at_once  parts that are sent at the same time (8)
--   resume   true: goes on with what an earlier run left of this object, and leaves what it sent itself if it fails. Otherwise a failure,
--            Ctrl-C included, leaves nothing.
---@param path string
---@param text string|hilum.s3.Place
---@param options? table
---@return hilum.s3.Stored? stored
---@return hilum.Error? err  code "FILE_CHANGED" for a file that was written to meanwhile
function Client:upload(path, text, options)
  local place, err = uri.parse(text)
  if place then place, err = uri.parse_object(uri.join(place, require "hilum.fs".base(path))) end
  if not place then return nil, err end
  return require "lib.aws.s3.upload"(self, path, place, options or {})
end

-- Fetches an object into a file, from 32 MiB on in ranges. The file appears under its name when all is there and checked. options:
--   size     of the object, if known (from list): saves a request for small ones
--   at_once  ranges that are fetched at the same time (8)
--   sync     false: does not wait for the disk (see File:commit of hilum.fs), which takes longer than the transfer of a small object
--   version, verify, progress: as for get
---@param text string|hilum.s3.Place
---@param path string
---@param options? table
---@return hilum.s3.Object? object
---@return hilum.Error? err
function Client:download(text, path, options)
  local place, err = place_of(text)
  if not place then return nil, err end
  return require "lib.aws.s3.download"(self, place, path, options or {})
end

-- For `for upload in client:uploads(uri) do`: uploads below a URI that were begun but neither completed nor aborted; their parts cost
-- money (API: ListMultipartUploads). A failure raises its error.
---@param text string|hilum.s3.Place
---@return fun(): {key: string, id: string, started: integer?, checksum: string?}?
function Client:uploads(text)
  local place, err = uri.parse(text)
  if not place then error(err, 0) end
  return require "lib.aws.s3.list".uploads(self, place)
end

-- Gives up an upload that was begun (API: AbortMultipartUpload). Fine when it is not there any more.
---@param text string|hilum.s3.Place
---@param id string
---@return true? done
---@return hilum.Error? err
function Client:abort(text, id)
  local place, err = place_of(text)
  if not place then return nil, err end
  return require "lib.aws.s3.multipart".abort(self, place, id)
end

-- A URL with which anybody may do one thing until it expires, or until the credentials do. options: method ("GET"), expires (seconds, 3600;
-- at most 604800), version, headers (they have to be sent with it).
---@param text string|hilum.s3.Place
---@param options? {method?: string, expires?: integer, version?: string, headers?: table<string, string>}
---@return string? url
---@return hilum.Error? err
function Client:presign(text, options)
  local place, err = uri.parse(text)
  if not place then return nil, err end
  return require "lib.aws.s3.presign"(self, place, options or {})
end

-- Makes a bucket in the session's region; fine when it is yours already (API: CreateBucket, PutPublicAccessBlock). On AWS all public
-- access to it is blocked, unless options.public is true; on other servers only if it is false.
---@param name string
---@param options? {public?: boolean}
---@return {created: boolean}? bucket
---@return hilum.Error? err  code "BucketAlreadyExists" when it is somebody else's
function Client:create_bucket(name, options)
  local place, err = uri.parse("s3://" .. name)
  if not place then return nil, err end
  return require "lib.aws.s3.bucket".create(self, place, options or {})
end

-- Removes an empty bucket (API: DeleteBucket).
---@param name string
---@return true? done
---@return hilum.Error? err  code "BucketNotEmpty"
function Client:delete_bucket(name)
  local place, err = uri.parse("s3://" .. name)
  if not place then return nil, err end
  return require "lib.aws.s3.bucket".delete(self, place)
end

-- What is known of a bucket: {region} (API: HeadBucket).
---@param name string
---@return {region: string}? bucket
---@return hilum.Error? err  code "NoSuchBucket"
function Client:bucket(name)
  local place, err = uri.parse("s3://" .. name)
  if not place then return nil, err end
  return require "lib.aws.s3.bucket".head(self, place)
end

-- The buckets of the account (API: ListBuckets).
---@return {name: string, created: integer}[]? buckets
---@return hilum.Error? err
function Client:buckets() return require "lib.aws.s3.bucket".all(self) end

return s3
