-- SPDX-License-Identifier: MIT
-- The S3 client against Ceph, over http and https: another reading of what S3 is, which ignores checksums and says little.
local t = require "t"
local s3_client = require "s3_client"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local servers = require "servers"
local task = require "hilum.task"

local function listed(client, uri, options)
  local keys = {}
  for object in client:list(uri, options) do keys[#keys + 1] = object.key or object.prefix end
  return keys
end

-- Another's client of S3, as a program in Python that gets it as `s3` and the bucket as `bucket`. Nil: there is none.
local function boto(ceph, bucket, program)
  local path = t.tmp() .. "/program.py"
  assert(fs.write(path, ([[
import boto3, botocore.config
s3 = boto3.client("s3", endpoint_url=%q, verify=%s, config=botocore.config.Config(s3={"addressing_style": "path"}))
bucket = %q
%s]]):format(ceph.url, ceph.ca and ("%q"):format(ceph.ca) or "None", bucket, program)))
  local status, out, err = t.run(("%s /usr/bin/python3 %s"):format(ceph:environment(), path))
  assert(status == 0, err)
  return out
end

local has_boto = t.run("/usr/bin/python3 -c 'import boto3'") == 0

local function check(name, ceph)
  local function new_bucket()
    local client, bucket = s3_client.open(ceph), ceph.bucket_name()
    t.eq(assert(client:create_bucket(bucket)).created, true)
    return client, bucket
  end

  local function empty(client, bucket)
    local _, errors = client:delete_many(bucket, listed(client, "s3://" .. bucket))
    t.eq(errors, nil)
    t.ok(client:delete_bucket(bucket))
  end

  t.test(name .. ": keys of all kinds", function()
    local client, bucket = new_bucket()
    for _, key in ipairs(s3_client.KEYS) do
      assert(client:put({ bucket = bucket, key = key }, "of " .. key))
      t.eq(assert(client:get({ bucket = bucket, key = key })).body, "of " .. key)
    end
    local sorted = table.move(s3_client.KEYS, 1, #s3_client.KEYS, 1, {})
    table.sort(sorted)
    t.eq(listed(client, "s3://" .. bucket, { page = 7 }), sorted)
    t.eq(listed(client, ("s3://%s/a"):format(bucket), { delimiter = "/" }), { "a b", "a/", "at@" })
    empty(client, bucket)
  end)

  t.test(name .. ": errors, conditions, copies, links", function()
    local client, bucket = new_bucket()
    local place = ("s3://%s/a"):format(bucket)
    t.fails("http", "NoSuchKey", client:get(place))
    t.fails("http", "NoSuchKey", client:head(place))
    t.fails("http", "NoSuchBucket", client:get("s3://no-such-bucket-here/a"))
    assert(client:put(place, "hello", { if_none_match = "*", metadata = { a = "1" }, content_type = "image/png" }))
    t.fails("http", "PreconditionFailed", client:put(place, "hello", { if_none_match = "*" }))
    t.eq(assert(client:copy(place, place .. "/copy")).etag, hash.md5("hello"))
    local head = assert(client:head(place .. "/copy"))
    t.eq({ head.metadata.a, head.content_type, head.size }, { "1", "image/png", 5 })
    t.eq(client:get(place, { range = { 1, 2 } }).body, "el")
    t.fails("http", "BucketNotEmpty", client:delete_bucket(bucket))
    local wrong = s3_client.open { url = ceph.url, ca = ceph.ca, access_key = ceph.access_key, secret_key = "wrong" }
    t.fails("auth", "SignatureDoesNotMatch", wrong:get(place))
    wrong = s3_client.open { url = ceph.url, ca = ceph.ca, access_key = "nobody", secret_key = "wrong" }
    t.fails("auth", "InvalidAccessKeyId", wrong:get(place))
    local http = require "hilum.http"
    t.eq(http.request { url = assert(client:presign(place)), ca = ceph.ca }.body, "hello")
    t.ok(client:delete(place))
    t.ok(client:delete(place))
    empty(client, bucket)
  end)

  t.test(name .. ": files go up and come back as they are", function()
    local client, bucket = new_bucket()
    local folder = t.tmp()
    for i, size in ipairs { 0, 1, 70000, 40 << 20 } do
      local path, place = folder .. "/" .. i, ("s3://%s/%d"):format(bucket, i)
      assert(fs.write(path, ("%d 23456\n"):format(i):rep(size // 8 + 1):sub(1, size)))
      assert(client:upload(path, place))
      assert(client:download(place, folder .. "/back"))
      t.eq(hash.sha256_file(folder .. "/back"), hash.sha256_file(path))
      t.eq(assert(client:head(place)).size, size)
    end
    for upload in client:uploads("s3://" .. bucket) do error("a leftover: " .. upload.key) end
    empty(client, bucket)
  end)

  t.test(name .. ": an upload that was cut off goes on", function()
    local client, bucket = new_bucket()
    local path, place = t.tmp() .. "/big", ("s3://%s/big"):format(bucket)
    assert(fs.write(path, ("0123456789abcdef"):rep(3 << 20)))
    local request, sent = client.session.request or require "hilum.http".request, 0
    client.session.request = function(what)
      if not what.url:find("partNumber=") then return request(what) end
      sent = sent + 1
      if what.url:find("partNumber=2&") and sent <= 3 then error("killed") end
      return request(what)
    end
    t.raises("killed", client.upload, client, path, place, { resume = true, at_once = 1 })
    sent = 10
    assert(client:upload(path, place, { resume = true, at_once = 1 }))
    t.eq(sent, 12)
    assert(client:download(place, path .. "2"))
    t.eq(hash.sha256_file(path .. "2"), hash.sha256_file(path))
    empty(client, bucket)
  end)

  t.test(name .. ": two thousand are listed and deleted", function()
    local client, bucket = new_bucket()
    local keys = {}
    for i = 1, 2010 do keys[i] = ("%04d"):format(i) end
    local _, errors = task.map(keys, function(key) return client:put(("s3://%s/%s"):format(bucket, key), key) end)
    t.eq(errors, nil)
    t.eq(listed(client, "s3://" .. bucket), keys)
    t.eq(client:delete_many(bucket, keys), #keys)
    t.eq(listed(client, "s3://" .. bucket), {})
    t.ok(client:delete_bucket(bucket))
  end)

  if not has_boto then return t.skip(name .. ": boto3 reads what we store, and we what it stores", "boto3 is not installed") end

  t.test(name .. ": boto3 reads what we store, and we what it stores", function()
    local client, bucket = new_bucket()
    local folder = t.tmp()
    for i, key in ipairs(s3_client.KEYS) do
      assert(fs.write(("%s/%d"):format(folder, i), key))
      assert(client:put({ bucket = bucket, key = key }, "ours " .. key, { metadata = { i = tostring(i) } }))
    end
    boto(ceph, bucket, ([[
for i in range(1, %d):
    key = open("%s/%%d" %% i, newline="").read()
    got = s3.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == b"ours " + key.encode() and got["Metadata"] == {"i": str(i)}, key
    s3.put_object(Bucket=bucket, Key=key, Body=b"theirs " + key.encode(), Metadata={"j": str(i)})
]]):format(#s3_client.KEYS + 1, folder))
    for i, key in ipairs(s3_client.KEYS) do
      local got = assert(client:get({ bucket = bucket, key = key }))
      t.eq({ got.body, got.metadata.j }, { "theirs " .. key, tostring(i) })
    end
    empty(client, bucket)
  end)
end

for _, tls in ipairs { false, true } do
  local name = tls and "Ceph over https" or "Ceph over http"
  local ceph <close> = servers.ceph { tls = tls }
  if ceph then check(name, ceph) else t.skip(name, "Ceph is not installed") end
end
