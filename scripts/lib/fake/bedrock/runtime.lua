-- SPDX-License-Identifier: MIT
-- InvokeModel of the fake Bedrock: of Titan itself, or of a model that was made of it, by the ARN of its throughput.
local refuse = require "lib.fake.s3.refuse".refuse_with
local task = require "hilum.task"
local titan = require "lib.fake.bedrock.titan"

-- The account's rate: so many calls a second, a second's worth at once.
local function throttle(server)
  if not server.rate then return end
  local now = task.now()
  server.spent = math.max(0, server.spent - (now - server.filled_at) * server.rate)
  server.filled_at = now
  if server.spent + 1 > math.max(server.rate, 1) then
    server.throttled = (server.throttled or 0) + 1
    refuse(429, "ThrottlingException", "Too many requests, please wait before trying again.")
  end
  server.spent = server.spent + 1
end

local function throughput_of(server, id)
  for arn, one in pairs(server.throughputs) do
    if arn == id or one.provisionedModelName == id then return one end
  end
  refuse(404, "ResourceNotFoundException", "Could not resolve the foundation model from %s", id)
end

-- What a model learned, or nil for the base model.
local function towers_of(server, id)
  if id:find(titan.ID, 1, true) == 1 then return nil end
  local throughput = throughput_of(server, id)
  if throughput.status ~= "InService" then refuse(429, "ModelNotReadyException", "The model is not ready for inference.") end
  for _, model in ipairs(server.models) do
    if model.arn == throughput.modelArn then return model.towers end
  end
end

local function invoke(server, request)
  throttle(server)
  local answer, digest = titan.answer(request.body, request.size, towers_of(server, request.id))
  table.insert(server.calls, { model = request.id, image = digest, text = request.body.inputText, length = #answer.embedding })
  if server.latency then task.sleep(server.latency) end
  return 200, answer
end

return { { method = "POST", path = "^/model/([^/]+)/invoke$", run = function(server, request)
  server.running = server.running + 1
  server.most_running = math.max(server.most_running, server.running)
  local _ <close> = setmetatable({}, { __close = function() server.running = server.running - 1 end })
  return invoke(server, request)
end } }
