-- SPDX-License-Identifier: MIT
-- The whole workflow on AWS, step by step, as a user types it, against the fake one; for chain_test.lua.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local aws_server = require "lib.fake.aws.server"
local fs = require "hilum.fs"
local http_server = require "http_server"
local json = require "hilum.json"
local s3_server = require "lib.fake.s3.server"
local task = require "hilum.task"

local chain = { PICTURES = 241 }

local TITAN = "bedrock:amazon.titan-embed-image-v1"
local COUNT, SIZE, LEAST, EPOCHS = 240, 128, 100, 10
local ROLE = "arn:aws:iam::123456789012:role/hilum-bedrock"

-- A clock that goes a hundred times as fast.
local HASTE = [[local task = require "hilum.task" local sleep, now = task.sleep, task.now
  task.sleep, task.now = function(seconds) sleep(seconds / 100) end, function() return now() * 100 end]]

local Walk = {}
Walk.__index = Walk

-- An account, and a project of its own. settings: ceph (of servers.ceph: that is the S3).
function chain.open(settings)
  local ceph = settings.ceph
  local fake = aws_server.new { s3 = s3_server.new(), limits = { min_records = LEAST },
    objects = ceph and require "lib.fake.objects".of_client(require "s3_client".open(ceph)) }
  local keys = ceph or { access_key = "hilumtest", secret_key = "hilumsecret" }
  fake.credentials[keys.access_key] = keys.secret_key
  local server = http_server.start({}, fake.handler)
  fake.url = server.url
  local walk = setmetatable({ fake = fake, server = server, folder = t.tmp(), keys = keys, s3_url = (ceph or server).url,
    bucket = ceph and ceph.bucket_name() or "hilum-123456789012" }, Walk)
  assert(fs.write(fs.join(walk.folder, "project.lua"), 'return { defaults = { images = "phantoms/images" } }\n'))
  return walk
end

function Walk:close() self.server:close() end
Walk.__close = Walk.close

-- `hilum WORDS`, which has to end well; its result.
function Walk:hilum(...)
  local words = { "env", "-u", "AWS_PROFILE", "-u", "AWS_SESSION_TOKEN", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=" .. self.keys.access_key,
    "AWS_SECRET_ACCESS_KEY=" .. self.keys.secret_key, "AWS_ENDPOINT_URL=" .. self.server.url, "AWS_ENDPOINT_URL_S3=" .. self.s3_url,
    "sh", "-c", 'cd "$0" && exec "$@" 2>stderr', self.folder, t.hilum, "-e", HASTE,
    ... }
  words[#words + 1] = "--json"
  local result = assert(task.command(words, { limit = 16 << 20 }))
  t.ok(result.status == 0, ("%s\n%s%s"):format(table.concat({ ... }, " "), fs.read(fs.join(self.folder, "stderr")), result.output))
  return (assert(json.decode(result.output)))
end

function Walk:uri(name) return ("s3://%s/%s"):format(self.bucket, name) end

-- The steps.

function Walk:provision(...)
  local made = self:hilum("provision", "apply", "--public", "--yes", "--poll", "1ms", "--bucket", self.bucket, ...)
  self.collection = made.endpoint .. "/"
end

function Walk:prepare()
  self:hilum("phantom", "--count", tostring(COUNT), "--size", tostring(SIZE))
  self:hilum("labels", "phantoms/labels.csv", "phantoms/Data_Entry.csv")
  self:hilum "split"
  self:hilum("prepare", "--prefix", self:uri "images/", "--min-records", tostring(LEAST))
  local sent = self:hilum("upload", "phantoms/images", self:uri "images/")
  self:hilum("upload", "train.jsonl", "validation.jsonl", self:uri "")
  return sent
end

-- The records are fewer than AWS takes, which `hilum ready` sees.
function Walk:finetune()
  return self:hilum("finetune", "--model", "bedrock", "--name", "cxr", "--role", ROLE, "--train", self:uri "train.jsonl",
    "--validation", self:uri "validation.jsonl", "--output", self:uri "jobs/", "--epochs", tostring(EPOCHS), "--watch", "--poll", "1ms",
    "--yes", "--anyway")
end

function Walk:deploy() return self:hilum("deploy", "cxr", "--for", "2h", "--poll", "1ms", "--yes") end

function Walk:embed()
  return self:hilum("embed", "--model", TITAN, "--model", "bedrock:cxr", "--length", "256", "--yes")
end

-- In a folder, and in the collection.
function Walk:index()
  self:hilum "index"
  return self:hilum("index", "bedrock:cxr", "--out", self.collection, "--poll", "1ms")
end

-- How much of the exact answers the collection finds.
function Walk:recall() return self:hilum("index", "bedrock:cxr", "--out", self.collection, "--compare", "--queries", "20") end

-- place: "index" or the collection.
function Walk:query(place, text) return self:hilum("query", "--index", place, "--text", text, "--model", "bedrock:cxr", "-k", "5") end

function Walk:evaluate() return self:hilum("evaluate", "--base", TITAN, "--model", "bedrock:cxr", "--resamples", "20") end

function Walk:take_down()
  self:hilum("deploy", "cxr", "--delete", "--yes")
  self:hilum("provision", "destroy", "--yes", "--poll", "1ms", "--bucket", self.bucket, "--delete-data", "--delete-models",
    "--delete-indexes")
end

return chain
