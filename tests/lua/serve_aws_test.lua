-- SPDX-License-Identifier: MIT
-- The fake AWS behind hilum's own httpd, as `hilum serve-aws` serves it: nothing of a request is lost on the way.
local t = require "t"
local aws_server = require "lib.fake.aws.server"
local collections = require "lib.fake.aws.collections"
local fs = require "hilum.fs"
local listen = require "lib.fake.listen"
local s3_client = require "s3_client"
local s3_server = require "lib.fake.s3.server"

local function serve()
  local fake = aws_server.new { s3 = s3_server.new() }
  fake.s3:create_bucket "bucket"
  local server = assert(listen(fake.handler, { port = 0 }))
  local client = s3_client.open { url = server:url(), access_key = "hilumtest", secret_key = "hilumsecret" }
  return server, client, fake
end

t.test("keys that are hard to write arrive as they were signed, and HEAD says how large they are", function()
  local opened, client, fake = serve()
  local server <close> = opened -- luacheck: ignore
  for i, key in ipairs(s3_client.KEYS) do
    assert(client:put({ bucket = "bucket", key = key }, ("x"):rep(i)))
    t.eq(assert(client:head { bucket = "bucket", key = key }).size, i)
    t.eq(#assert(client:get { bucket = "bucket", key = key }).body, i)
    t.ok(fake.s3.buckets.bucket.objects[key], key)
  end
  local count = 0
  for _ in client:list "s3://bucket/" do count = count + 1 end
  t.eq(count, #s3_client.KEYS)
end)

t.test("a large object goes up in parts and comes back in ranges", function()
  local opened, client, fake = serve()
  local server <close> = opened -- luacheck: ignore
  local folder = t.tmp()
  local data = ("0123456789abcdef"):rep(33 << 16)
  assert(fs.write(fs.join(folder, "up"), data))
  assert(client:upload(fs.join(folder, "up"), "s3://bucket/large"))
  local large = fake.s3.buckets.bucket.objects.large
  t.ok(large.data == data)
  t.match(large.etag, "%-%d+\"$", "it came in parts")
  assert(client:download("s3://bucket/large", fs.join(folder, "down")))
  t.ok(fs.read(fs.join(folder, "down")) == data)
  t.eq(assert(client:get("s3://bucket/large", { range = { -16 } })).body, "0123456789abcdef")
end)

t.test("a collection is below its endpoint, and where it is the only one at every path", function()
  local opened, _, fake = serve()
  local server <close> = opened
  fake.url = server:url()
  collections.add(fake, "images")
  local function ask(url, method, path, body)
    local session = assert(require "lib.aws.session".open { endpoint = url, region = "us-east-1", getenv = function() end,
      credentials = { access_key = "hilumtest", secret_key = "hilumsecret" } })
    return require "lib.aws.call".client { session = session, service = "opensearchserverless", protocol = "rest-json" }:call {
      op = "Data", method = method, path = path, body = body }
  end
  local place = fake.collections.images.shown.collectionEndpoint
  t.ok(assert(ask(place, "PUT", "/xrays")).acknowledged)
  t.eq(assert(ask(server:url(), "GET", "/_cat/indices"))[1].index, "xrays")
  collections.add(fake, "others")
  t.fails("auth", "403", ask(server:url(), "GET", "/_cat/indices"))
  t.eq(#assert(ask(place, "GET", "/_cat/indices")), 1)
end)

t.test("what is wrong is told as AWS tells it", function()
  local opened, client = serve()
  local server <close> = opened -- luacheck: ignore
  t.fails("http", "NoSuchKey", client:get "s3://bucket/gone")
  t.fails("http", "404", client:head "s3://bucket/gone")
  t.fails("auth", "InvalidAccessKeyId", s3_client.open({ url = server:url(), access_key = "nobody", secret_key = "x" }):get "s3://bucket/x")
end)
