-- SPDX-License-Identifier: MIT
-- Amazon Bedrock's runtime: InvokeModel.
--     local client = runtime.client(session, { policy = retry.new { mode = "adaptive" } })
--     local answer, err = client:invoke("amazon.titan-embed-image-v1", { inputText = "Effusion" })
-- A model that took too long (408), one that failed (424) and any "too much" (429) are tried again, which the SDKs do not do.
local host = require "hilum.host"

local runtime = {}

local RETRIED = { [408] = "timeout", [424] = "transient", [429] = "throttled" }

-- What kind of failure an error of InvokeModel is, as lib/retry says it.
function runtime.classify(policy, err) return RETRIED[err.status] or policy:classify(err) end

local Client = {}
Client.__index = Client

-- A policy that goes by runtime.classify and tells `watch` of every attempt: watch(throttled).
local function watchful(policy, watch)
  local function classify(err) return runtime.classify(policy, err) end
  return { run = function(_, attempt)
    return policy:run(function(n)
      local result, err = attempt(n)
      if watch then watch(err ~= nil and classify(err) == "throttled") end
      return result, err
    end, classify)
  end }
end

-- settings: policy (lib/retry; default: the session's), watch (called after every attempt with whether it was throttled), region.
function runtime.client(session, settings)
  settings = settings or {}
  return setmetatable({ call = require "lib.aws.call".client { session = session, service = "bedrock-runtime", protocol = "rest-json",
    region = settings.region, retry = watchful(settings.policy or session.retry, settings.watch) } }, Client)
end

-- Errors that come with status 200: of the gateway, which did not find the operation, in a body of its own.
local function hidden_error(answer, model)
  local output = type(answer.Output) == "table" and answer.Output
  local code = output and type(output.__type) == "string" and output.__type:gsub("^.*#", "")
  if not code then return nil end
  local err = host.error("http", ("%s (HTTP 200); is %s a model's id or ARN?"):format(code, model))
  err.op, err.code, err.status = "bedrock-runtime.InvokeModel", code, 200
  return err
end

-- model: an id, or the ARN of provisioned throughput. body: what the model takes, as a table. The model's answer, nil, and the response;
-- or nil and an error. What the answer itself says of a failure is for whoever knows the model.
function Client:invoke(model, body)
  local answer, err, response = self.call:call { op = "InvokeModel", method = "POST", path = require "lib.aws.call".path("/model/{}/invoke",
    model), headers = { Accept = "application/json" }, body = body }
  err = err or type(answer) == "table" and hidden_error(answer, model) or nil
  if err then return nil, err end
  return answer, nil, response
end

return runtime
