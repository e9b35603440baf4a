-- SPDX-License-Identifier: MIT
-- s3://bucket/key. The key is everything behind the bucket's slash, byte for byte: S3 takes ".", "..", "//", spaces and line breaks as
-- they are, and so do we.
local host = require "hilum.host"

local uri = {}

local KEY_BYTES = 1024
local SHOWN = 200

---@class hilum.s3.Place
---@field bucket string
---@field key string  "" for the bucket itself

local function is_bucket(name) return #name >= 3 and #name <= 255 and not name:find("[^%w._-]") end

-- A place from a URI, or from a table {bucket, key}, as options of type s3uri are. Returns nil and an error of kind "usage" otherwise.
---@param text string|hilum.s3.Place
---@return hilum.s3.Place? place
---@return hilum.Error? err
function uri.parse(text)
  if type(text) == "table" then return text end
  local bucket, key = text:match("^s3://([^/]+)/?(.*)$")
  if not bucket then return nil, host.error("usage", text .. ": must look like s3://bucket/key") end
  if not is_bucket(bucket) then return nil, host.error("usage", text .. ": no bucket has such a name") end
  if #key > KEY_BYTES then
    return nil, host.error("usage", ("%s…: the key is longer than %d bytes"):format(text:sub(1, SHOWN), KEY_BYTES))
  end
  return { bucket = bucket, key = key }
end

-- The same with a key in it.
function uri.parse_object(text)
  local place, err = uri.parse(text)
  if place and place.key == "" then return nil, host.error("usage", uri.show(place) .. ": names a bucket, not an object in it") end
  return place, err
end

-- Where an object goes that was told to go to a place: below it under `name` when the place is a bucket or ends in a slash.
function uri.join(place, name)
  if place.key ~= "" and place.key:sub(-1) ~= "/" then return place end
  return { bucket = place.bucket, key = place.key .. name }
end

-- For messages: one line, however strange or long the key.
function uri.show(place)
  if place.bucket == "" then return "s3://" end
  local key = place.key:gsub("[%c\\]", function(byte) return ("\\x%02x"):format(byte:byte()) end)
  if #key > SHOWN then key = key:sub(1, SHOWN) .. "…" end
  return ("s3://%s/%s"):format(place.bucket, key)
end

return uri
