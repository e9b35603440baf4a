-- SPDX-License-Identifier: MIT
-- Buckets: made closed to the public, removed, listed.
local dates = require "lib.dates"
local exchange = require "lib.aws.s3.exchange"
local list = require "lib.aws.s3.list"
local options_of = require "lib.aws.s3.options"
local payload = require "lib.aws.s3.payload"

local bucket = {}

local XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
local CREATE = options_of.set "public"
-- The one region that must not be named.
local UNNAMED = "us-east-1"
local BLOCK = ("<PublicAccessBlockConfiguration %s><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"
  .. "<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets>"
  .. "</PublicAccessBlockConfiguration>"):format(XMLNS)

local function create_request(place, region)
  local request = { op = "s3.create_bucket", action = "s3:CreateBucket", place = place, method = "PUT" }
  if not region then return request end
  return payload.add_document(request, ("<CreateBucketConfiguration %s><LocationConstraint>%s</LocationConstraint>"
    .. "</CreateBucketConfiguration>"):format(XMLNS, region))
end

-- Other servers have names of their own for their places, and one that they take when none is named; some want AWS's all the same.
local function send_create(client, place)
  local site, err = exchange.site_of(client, place.bucket)
  if not site then return nil, err end
  local region = site.region ~= UNNAMED and site.region or nil
  local response
  response, err = exchange.run(client, create_request(place, not site.overridden and region or nil))
  if response or not site.overridden or not region or err.code ~= "IllegalLocationConstraintException" then return response, err end
  return exchange.run(client, create_request(place, region))
end

-- AWS is told in any case. Elsewhere a new bucket is closed anyway, and Ceph 16 takes no objects any more once it is told.
local function wants_block(client, place, options)
  if options.public == nil then return not exchange.site_of(client, place.bucket).overridden end
  return not options.public
end

local function block_public(client, place)
  return exchange.run(client, payload.add_document({ op = "s3.create_bucket", action = "s3:PutBucketPublicAccessBlock", place = place,
    method = "PUT", query = "publicAccessBlock" }, BLOCK))
end

-- See Client:create_bucket.
function bucket.create(client, place, options)
  options_of.check(options, CREATE)
  local response, err = send_create(client, place)
  local owned = err and err.code == "BucketAlreadyOwnedByYou"
  if not response and not owned then return nil, err end
  if not wants_block(client, place, options) then return { created = not owned } end
  response, err = block_public(client, place)
  if not response then return nil, err end
  return { created = not owned }
end

function bucket.delete(client, place)
  local response, err = exchange.run(client, { op = "s3.delete_bucket", action = "s3:DeleteBucket", place = place, method = "DELETE" })
  if not response then return nil, err end
  client.regions[place.bucket], client.sites[place.bucket] = nil, nil
  return true
end

-- See Client:bucket.
function bucket.head(client, place)
  local request = { op = "s3.bucket", action = "s3:ListBucket", place = place, method = "HEAD" }
  request.read = function(response)
    return { region = response.headers["x-amz-bucket-region"] or exchange.site_of(client, place.bucket).region }
  end
  return exchange.run(client, request)
end

-- See Client:buckets.
function bucket.all(client)
  local request = { op = "s3.buckets", action = "s3:ListAllMyBuckets", place = { bucket = "", key = "" }, method = "GET" }
  request.read = function(response)
    local document, err = list.document(request, response, { "Bucket" })
    if not document then return nil, err end
    local buckets = {}
    for i, entry in ipairs(document.Buckets and document.Buckets.Bucket or {}) do
      buckets[i] = { name = entry.Name, created = dates.read(entry.CreationDate or "") }
    end
    return buckets
  end
  return exchange.run(client, request)
end

return bucket
