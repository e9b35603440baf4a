-- SPDX-License-Identifier: MIT
-- The bucket for images, records, and what jobs write. Its name has the account's number in it, since the names of all customers share one
-- space. It is empty when it is new, so that an empty one of that name is taken for ours.
local access = require "lib.aws.s3.access"
local caught = require "lib.caught"

-- Nothing in it, or nothing but what is hilum's own.
local function is_empty(env, bucket)
  return caught(function()
    for object in env.s3:list("s3://" .. bucket, { page = 2 }) do
      if object.key ~= require "lib.provision.state".KEY then return false end
    end
    return true
  end)
end

local function read(env)
  local name = env.names.bucket
  local bucket, err = env.s3:bucket(name)
  if err and err.status == 404 then return false end
  if err and err.status == 403 then err.message = err.message .. "; or it is somebody else's: choose another --bucket or --prefix" end
  if not bucket then return nil, err end
  local found = { region = bucket.region, arn = env:arn("s3", "", "", name) }
  found.empty, err = is_empty(env, name)
  if err then return nil, err end
  if env.settings.block_public then
    found.public_access_blocked, err = access.is_blocked(env.s3, name)
    if err then return nil, err end
  end
  return found
end

local function block(env)
  if not env.settings.block_public then return true end
  return access.block(env.s3, env.names.bucket)
end

local function create(env)
  local made, err = env.s3:create_bucket(env.names.bucket, { public = true }) -- it is closed in the next step, if it is to be
  if not made then return nil, err end
  return block(env)
end

local TERRAFORM = [[
resource "aws_s3_bucket" "bucket" {
  bucket = %q
}
]]

local BLOCKED = [[

resource "aws_s3_bucket_public_access_block" "bucket" {
  bucket                  = aws_s3_bucket.bucket.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}
]]

return {
  name = "bucket", kind = "S3 bucket", fixed = { region = true },
  wanted = function(env) return { region = env.region, public_access_blocked = env.settings.block_public or nil } end,
  read = read,
  create = create,
  update = block,
  delete = function(env) return env.s3:delete_bucket(env.names.bucket) end,
  costs = function() return { { price = "s3-gb-month", count = 1, what = "each GB in it" } } end,
  terraform = function(env) return TERRAFORM:format(env.names.bucket) .. (env.settings.block_public and BLOCKED or "") end,
}
