-- SPDX-License-Identifier: MIT
-- The objects of S3 as a service of AWS uses them: of the S3 that is in memory too, or of another one.
--   read(uri) -> data, or nil and an error of S3; write(uri, data); list(uri) -> URIs of what begins so, in order
local objects = {}

local function parse(uri) return uri:match("^s3://([^/]+)/?(.*)$") end

-- s3: a server of s3.server.
function objects.in_memory(s3)
  local found = {}

  function found.read(uri)
    local name, key = parse(uri)
    local bucket = s3.buckets[name]
    if not bucket then return nil, "NoSuchBucket: The specified bucket does not exist" end
    local object = bucket.objects[key]
    if not object then return nil, "NoSuchKey: The specified key does not exist." end
    return object.data
  end

  function found.write(uri, data)
    local name, key = parse(uri)
    require "lib.fake.s3.objects".store(s3, assert(s3.buckets[name], "NoSuchBucket"), key, { data = data, sums = {},
      metadata = { ["content-type"] = "binary/octet-stream" } })
  end

  function found.list(uri)
    local name, prefix = parse(uri)
    local uris = {}
    for key in pairs((s3.buckets[name] or { objects = {} }).objects) do
      if key:sub(1, #prefix) == prefix then uris[#uris + 1] = ("s3://%s/%s"):format(name, key) end
    end
    table.sort(uris)
    return uris
  end

  return found
end

-- client: of lib/aws/s3.
function objects.of_client(client)
  local found = {}

  function found.read(uri)
    local object, err = client:get(uri)
    if not object then return nil, err.message end
    return object.body
  end

  function found.write(uri, data) assert(client:put(uri, data)) end

  function found.list(uri)
    local name, uris = parse(uri), {}
    if not client:bucket(name) then return uris end
    for object in client:list(uri) do uris[#uris + 1] = ("s3://%s/%s"):format(name, object.key) end
    return uris
  end

  return found
end

return objects
