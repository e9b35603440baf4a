-- SPDX-License-Identifier: MIT
-- A fake AWS where a fine-tuning job could be ordered: bucket, records, role, quotas. For the tests of what stands before an order.
local aws_fake = require "aws_fake"
local json = require "hilum.json"
local s3 = require "lib.aws.s3"

local ready_home = {}

local ACCOUNT = "123456789012"
ready_home.ROLE = ("arn:aws:iam::%s:role/hilum-bedrock"):format(ACCOUNT)
ready_home.MODEL = ("arn:aws:bedrock:us-east-1:%s:custom-model/amazon.titan-embed-image-v1:0/000000000001"):format(ACCOUNT)
ready_home.SERVICES = { "sts", "iam", "aoss", "quotas", "bedrock" }

local function policy(statements) return json.encode { Version = "2012-10-17", Statement = statements } end

-- Whom the role trusts; condition: on what, if not for this account's fine-tuning jobs.
function ready_home.trust_policy(condition)
  return policy { { Effect = "Allow", Principal = { Service = "bedrock.amazonaws.com" }, Action = "sts:AssumeRole",
    Condition = condition or { StringEquals = { ["aws:SourceAccount"] = ACCOUNT }, ArnLike = { ["aws:SourceArn"] =
      ("arn:aws:bedrock:us-east-1:%s:model-customization-job/*"):format(ACCOUNT) } } } }
end

local function role()
  local may = policy { { Effect = "Allow", Action = { "s3:ListBucket" }, Resource = { "arn:aws:s3:::lab" } },
    { Effect = "Allow", Action = { "s3:GetObject" }, Resource = { "arn:aws:s3:::lab/*" } },
    { Effect = "Allow", Action = { "s3:PutObject" }, Resource = { "arn:aws:s3:::lab/jobs/*" } } }
  return { name = "hilum-bedrock", arn = ready_home.ROLE, trust = ready_home.trust_policy(), attached = {}, tags = {}, strangeness = 0,
    policies = { hilum = may } }
end

-- Training records.
function ready_home.lines(count)
  local list = {}
  for i = 1, count do list[i] = ('{"image-ref":"s3://lab/images/%d.png","caption":"Mass"}\n'):format(i) end
  return table.concat(list)
end

-- f(fake, session, client of S3, url)
function ready_home.with(f)
  local server <close> = aws_fake.serve { services = ready_home.SERVICES }
  local session = aws_fake.session(server)
  local client = assert(s3.open { session = session })
  assert(client:create_bucket("lab", { public = true }))
  assert(client:put("s3://lab/train.jsonl", ready_home.lines(1000)))
  server.fake.roles["hilum-bedrock"] = role()
  server.fake.models[1] = { arn = ready_home.MODEL, name = "cxr" }
  f(server.fake, session, client, server.url)
end

return ready_home
