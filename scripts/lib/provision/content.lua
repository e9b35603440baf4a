-- SPDX-License-Identifier: MIT
-- What is in the bucket besides hilum's own record.
local caught = require "lib.caught"
local host = require "hilum.host"
local state = require "lib.provision.state"

local content = {}

local TOGETHER = 1000 -- S3's limit for a request

-- {objects, bytes}
function content.measure(env)
  return caught(function()
    local sum = { objects = 0, bytes = 0 }
    for object in env.s3:list("s3://" .. env.names.bucket) do
      if object.key ~= state.KEY then sum.objects, sum.bytes = sum.objects + 1, sum.bytes + object.size end
    end
    return sum
  end)
end

local function abort_uploads(env)
  return caught(function()
    for upload in env.s3:uploads("s3://" .. env.names.bucket) do
      assert(env.s3:abort({ bucket = env.names.bucket, key = upload.key }, upload.id))
    end
    return true
  end)
end

local function delete_keys(env, keys)
  local _, errors = env.s3:delete_many(env.names.bucket, keys)
  local _, err = next(errors or {})
  if err then return nil, err end
  return true
end

local function keys_of(env)
  return caught(function()
    local keys = {}
    for object in env.s3:list("s3://" .. env.names.bucket) do
      if object.key ~= state.KEY then keys[#keys + 1] = object.key end
    end
    return keys
  end)
end

-- Deletes it all, and the uploads that were never finished.
function content.delete(env)
  local keys, err = keys_of(env)
  if not keys then return nil, err end
  for from = 1, #keys, TOGETHER do
    local done, why = delete_keys(env, table.move(keys, from, math.min(from + TOGETHER - 1, #keys), 1, {}))
    if not done then return nil, why end
  end
  local left
  left, err = content.measure(env)
  if not left then return nil, err end
  if left.objects > 0 then
    return nil, host.error("http", ("s3://%s: %d objects are left; something still writes to it"):format(env.names.bucket, left.objects))
  end
  return abort_uploads(env)
end

return content
