-- SPDX-License-Identifier: MIT
-- For the tests of throughput: the fake AWS with all that `hilum deploy` talks to, one custom model, "cxr", in it, and a project.
local fs = require "hilum.fs"
local home = require "bedrock_home"
local json = require "hilum.json"
local t = require "t"

local deploy_home = { SERVICES = { "sts", "iam", "bedrock", "scheduler", "quotas" } }

-- A custom model of the account: its ARN.
function deploy_home.model(aws, name)
  local arn = aws:arn(("custom-model/amazon.titan-embed-image-v1:0/%012d"):format(#aws.models + 1))
  table.insert(aws.models, { arn = arn, name = name, job = aws:arn("model-customization-job/amazon.titan-embed-image-v1:0/" .. name) })
  return arn
end

-- Runs f(aws, h). h.run(words…): exit status, stdout, stderr of `hilum WORDS` in h.folder against h.url; h.run_after(Lua, words…): the
-- same after some Lua. aws.fails: {pattern of "METHOD path" = what aws.fault returns}.
function deploy_home.with(f)
  home.with({ services = deploy_home.SERVICES }, function(aws, url)
    deploy_home.model(aws, "cxr")
    aws.fails = {}
    function aws.fault(call)
      for pattern, fault in pairs(aws.fails) do
        if call.op:find(pattern) then return fault end
      end
    end
    local h = { folder = t.tmp(), url = url }
    function h.run(...) return home.run(h.folder, h.url, { ... }) end
    function h.run_after(chunk, ...) return home.run(h.folder, h.url, { ... }, chunk) end
    f(aws, h)
  end)
end

-- The record of a throughput in the project, or nil.
function deploy_home.record(h, name)
  local text = fs.read(fs.join(h.folder, "deployments", name .. ".json"))
  return text and json.decode(text)
end

-- The only throughput there is.
function deploy_home.only(aws)
  local arn, one = next(aws.throughputs)
  t.eq(arn and next(aws.throughputs, arn), nil, "more than one")
  return one
end

return deploy_home
