-- SPDX-License-Identifier: MIT
-- Buckets: made, configured, listed.
local refuse = require "lib.fake.s3.refuse".refuse
local verifier = require "lib.fake.sigv4_verifier"
local xml = require "lib.fake.s3.xml"

local function date(seconds) return os.date("!%Y-%m-%dT%H:%M:%S.000Z", seconds) end

local function create(server, request, body)
  local region = xml.find(body, "LocationConstraint") or "us-east-1"
  if region ~= server.region then
    refuse(400, "IllegalLocationConstraintException",
      ("The %s location constraint is incompatible for the region specific endpoint"):format(region))
  end
  if request.bucket then
    if region == "us-east-1" then return { headers = { Location = "/" .. request.bucket_name } } end
    refuse(409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
  end
  server:create_bucket(request.bucket_name, region)
  return { headers = { Location = "/" .. request.bucket_name } }
end

local function delete(server, request)
  if next(request.bucket.objects) then refuse(409, "BucketNotEmpty", "The bucket you tried to delete is not empty") end
  server.buckets[request.bucket_name] = nil
  return { status = 204 }
end

-- A setting of a bucket that S3 takes with a checksum only.
local function set(name)
  return function(_, request, body, sums, md5)
    if not next(sums) and not md5 then refuse(400, "InvalidRequest", "Missing required header for this request: Content-MD5") end
    request.bucket[name] = body
    return {}
  end
end

local function get(name)
  return function(_, request)
    local body = request.bucket[name] or refuse(404, "NoSuchConfiguration", "The configuration was not found")
    return { body = body }
  end
end

local function sorted_keys(bucket)
  if not bucket.sorted then
    bucket.sorted = {}
    for key in pairs(bucket.objects) do bucket.sorted[#bucket.sorted + 1] = key end
    table.sort(bucket.sorted)
  end
  return bucket.sorted
end

-- The index of the first key behind `after`.
local function first_behind(keys, after)
  local low, high = 1, #keys + 1
  while low < high do
    local middle = (low + high) // 2
    if keys[middle] > after then high = middle else low = middle + 1 end
  end
  return low
end

-- The page of a listing: entries {key=} or {prefix=}, and what to go on behind.
local function page_of(bucket, prefix, delimiter, after, most)
  local keys, entries, last = sorted_keys(bucket), {}, nil
  for i = first_behind(keys, after), #keys do
    local key = keys[i]
    if key:sub(1, #prefix) == prefix then
      local cut = delimiter ~= "" and key:find(delimiter, #prefix + 1, true)
      local common = cut and key:sub(1, cut + #delimiter - 1)
      if not common or common ~= last and after:sub(1, #common) ~= common then
        if #entries == most then return entries, last end
        entries[#entries + 1] = common and { prefix = common } or { key = key }
      end
      last = common or key
    elseif key > prefix then
      break
    end
  end
  return entries, nil
end

local function hex(text) return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function unhex(text) return (text:gsub("%x%x", function(x) return string.char(tonumber(x, 16)) end)) end

local function list(_, request)
  local asked = request.parameters
  local prefix, token = asked.prefix or "", asked["continuation-token"]
  local most = math.min(tonumber(asked["max-keys"]) or 1000, 1000)
  local entries, last = page_of(request.bucket, prefix, asked.delimiter or "", token and unhex(token) or asked["start-after"] or "", most)
  local function encode(s) return asked["encoding-type"] == "url" and verifier.encode(s, "/"):gsub("%%20", "+") or s end
  local parts = { xml.text("Name", request.bucket_name), xml.text("Prefix", (encode(prefix))), xml.text("MaxKeys", most),
    xml.text("KeyCount", #entries), xml.text("IsTruncated", last ~= nil), xml.text("EncodingType", asked["encoding-type"]),
    xml.text("NextContinuationToken", last and hex(last)) }
  for _, entry in ipairs(entries) do
    if entry.prefix then
      parts[#parts + 1] = xml.tag("CommonPrefixes", { xml.text("Prefix", (encode(entry.prefix))) })
    else
      local object = request.bucket.objects[entry.key]
      parts[#parts + 1] = xml.tag("Contents", { xml.text("Key", (encode(entry.key))), xml.text("LastModified", date(object.mtime)),
        xml.text("ETag", object.etag), xml.text("Size", #object.data), xml.text("StorageClass", "STANDARD") })
    end
  end
  return { body = xml.document("ListBucketResult", parts), headers = { ["Content-Type"] = "application/xml" } }
end

local function list_buckets(server)
  local names, parts = {}, {}
  for name in pairs(server.buckets) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    parts[i] = xml.tag("Bucket", { xml.text("Name", name), xml.text("CreationDate", date(server.buckets[name].created)) })
  end
  return { body = xml.document("ListAllMyBucketsResult", { xml.tag("Buckets", parts) }) }
end

local function location(_, request)
  local region = request.bucket.region
  return { body = xml.document("LocationConstraint", { region ~= "us-east-1" and region or "" }) }
end

return {
  operations = {
    ["PUT bucket"] = create,
    ["DELETE bucket"] = delete,
    ["HEAD bucket"] = function(_, request) return { headers = { ["x-amz-bucket-region"] = request.bucket.region } } end,
    ["GET bucket?location"] = location,
    ["GET bucket?list-type"] = list,
    ["PUT bucket?publicAccessBlock"] = set "public_access_block",
    ["GET bucket?publicAccessBlock"] = get "public_access_block",
    ["PUT bucket?encryption"] = set "encryption",
    ["GET bucket?encryption"] = get "encryption",
    ["GET service"] = list_buckets,
  },
}
