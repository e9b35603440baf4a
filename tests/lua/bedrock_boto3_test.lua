-- SPDX-License-Identifier: MIT
-- boto3 as an independent client of the fake Bedrock: what hilum and boto3 say of it is the same.
local t = require "t"
local boto3_judge = require "boto3_judge"
local home = require "bedrock_home"
local json = require "hilum.json"
local runtime = require "lib.aws.bedrock_runtime"
local task = require "hilum.task"

local NAME = "boto3 and hilum agree about the fake"

local function python(url, arn)
  return task.command { "env", "-u", "AWS_PROFILE", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
    "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=hilumtest",
    "AWS_SECRET_ACCESS_KEY=hilumsecret", boto3_judge.python(), t.root .. "/support/boto3_bedrock.py", url, arn }
end

if not boto3_judge.python() then
  t.skip(NAME, "there is no boto3 that knows Bedrock")
else
  t.test(NAME, function()
    home.with({}, function(bedrock, url)
      local arn = bedrock:arn "provisioned-model/abcdefabcdef"
      bedrock.throughputs[arn] = { status = "InService", provisionedModelName = "mine", provisionedModelArn = arn, modelUnits = 1 }
      local result = assert(python(url, arn))
      t.eq(result.status, 0, result.output)
      local said = assert(json.decode(result.output))
      local answer = assert(runtime.client(home.session(url)):invoke("amazon.titan-embed-image-v1", { inputText = "Effusion",
        embeddingConfig = { outputEmbeddingLength = 256 } }))
      t.eq(said.text, answer.embedding)
      t.eq({ said.by_arn, said.in_service, said.lifecycle, said.jobs }, { 1024, "InService", "ACTIVE", { "boto" } })
      t.eq(said.statuses, { "InProgress", "InProgress", "InProgress", "Completed" })
      table.sort(said.names)
      t.eq(said.names, { "boto2", "mine" })
      t.eq(said.refused, { "ValidationException", "ResourceNotFoundException", "ResourceNotFoundException" })
    end)
  end)
end
