-- SPDX-License-Identifier: MIT
-- What callers may ask for, as the headers that ask S3 for it. Unknown options are mistakes of the caller, and raise.
local options = {}

---@class hilum.s3.PutOptions
---@field content_type? string         default: by the end of the key
---@field content_encoding? string
---@field content_disposition? string
---@field content_language? string
---@field cache_control? string
---@field metadata? table<string, string>  x-amz-meta-…: at most 2 KB of ASCII; names come back in lower case
---@field storage_class? string        "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR" …
---@field sse? string                  "AES256", "aws:kms", "aws:kms:dsse"
---@field kms_key? string              with aws:kms: id or ARN; default: the account's own key for S3
---@field bucket_key? boolean          with aws:kms: fewer calls of KMS
---@field acl? string                  buckets made since 2023 refuse all but "bucket-owner-full-control"
---@field tagging? string              "name=value&name=value", encoded
---@field if_match? string             only if the object there has this ETag
---@field if_none_match? string        "*": only if there is no such object
---@field owner? string                the account that has to own the bucket
---@field request_payer? string        "requester", where the owner wants that
---@field checksum? string             "crc64nvme", "crc32c", "crc32", "sha256"; default: the client's
---@field trailer? boolean             the checksum goes behind the body, which is then read only once (not on Ceph, over https)
---@field progress? hilum.term.Progress  in bytes

local HEADERS = {
  acl = "x-amz-acl", bucket_key = "x-amz-server-side-encryption-bucket-key-enabled", cache_control = "cache-control",
  content_disposition = "content-disposition", content_encoding = "content-encoding", content_language = "content-language",
  content_type = "content-type", if_match = "if-match", if_none_match = "if-none-match",
  kms_key = "x-amz-server-side-encryption-aws-kms-key-id", owner = "x-amz-expected-bucket-owner", sse = "x-amz-server-side-encryption",
  storage_class = "x-amz-storage-class", tagging = "x-amz-tagging", metadata_directive = "x-amz-metadata-directive",
  request_payer = "x-amz-request-payer",
}

-- S3 shows ETags in quotes; here they go without, but for "*".
local QUOTED = { if_match = true, if_none_match = true }

local function add_metadata(headers, metadata)
  for name, value in pairs(metadata) do
    if not name:find("^[%w!#$%%&'*+.^_`|~-]+$") then error(("option 'metadata': '%s' is no name of a header"):format(name), 0) end
    if type(value) ~= "string" or value:find("[^ -~]") then
      error(("option 'metadata': the value of '%s' is not ASCII text"):format(name), 0)
    end
    headers["x-amz-meta-" .. name:lower()] = value
  end
end

local function text_of(name, value)
  if QUOTED[name] and value ~= "*" then return '"' .. value .. '"' end
  return tostring(value)
end

-- The headers for the options that are headers; of the others only those in `known` are fine.
function options.headers(given, known)
  local headers = {}
  for name, value in pairs(given) do
    local header = HEADERS[name]
    if header then
      headers[header] = text_of(name, value)
    elseif name == "metadata" then
      add_metadata(headers, value)
    elseif not known[name] then
      error(("unknown option '%s'"):format(tostring(name)), 0)
    end
  end
  return headers
end

-- Raises unless all options are in `known`.
function options.check(given, known)
  for name in pairs(given) do
    if not known[name] then error(("unknown option '%s'"):format(tostring(name)), 0) end
  end
end

function options.set(words)
  local known = {}
  for word in words:gmatch("%S+") do known[word] = true end
  return known
end

return options
