-- SPDX-License-Identifier: MIT
-- InvokeModel of the fake Bedrock, with Titan Multimodal Embeddings: its model is hilum's base model, so that images find similar ones; its
-- vectors are not of length 1. Limits are Bedrock's.
local base64 = require "lib.base64"
local hash = require "hilum.hash"
local image = require "hilum.image"
local local_model = require "lib.model.local_model"
local task = require "hilum.task"
local vec = require "hilum.vec"

local LENGTHS = { [256] = true, [384] = true, [1024] = true }
local FIELDS = { inputText = true, inputImage = true, embeddingConfig = true }
local MOST_BODY, MOST_PIXELS, MOST_TOKENS = 25000000, 2048 * 2048, 256
local NORM = 0.8

local function refuse(...) require "lib.fake.bedrock.server".refuse(...) end

local function invalid(...) refuse(400, "ValidationException", ...) end

local towers
local function base()
  towers = towers or local_model.base()
  return towers
end

local function embed_image(text, length)
  if text:find("[^%w+/=]") or #text % 4 ~= 0 then invalid "Failed to decode the base64 image" end
  local bytes = base64.decode(text)
  local info = image.info { bytes = bytes }
  if not info then invalid "Unsupported image format" end
  if info.width * info.height > MOST_PIXELS then invalid "Image exceeds max pixels allowed" end
  local features = image.describe { bytes = bytes }
  if not features then invalid "The image is damaged" end
  return base():images(features):columns(1, length), hash.sha256(bytes)
end

local function embed_text(text, length)
  if not text:find("%S") then invalid "expected minLength: 1, actual: 0" end
  if #text // 4 > MOST_TOKENS then invalid("Too many input tokens. Max input tokens: %d", MOST_TOKENS) end
  return (base():texts { text }):columns(1, length)
end

local function numbers(body)
  local length = (body.embeddingConfig or {}).outputEmbeddingLength or 1024
  if not LENGTHS[length] then invalid("#/embeddingConfig/outputEmbeddingLength: %s is not a valid enum value", length) end
  local picture, digest, text
  if body.inputImage then picture, digest = embed_image(body.inputImage, length) end
  if body.inputText then text = embed_text(body.inputText, length) end
  if not picture and not text then invalid "At least one of inputText and inputImage is required" end
  local row = picture and text and vec.scale(vec.add(picture, text), 0.5) or picture or text
  return vec.scale(row, NORM):row(1), digest
end

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

local function model_of(server, id)
  if id:find("^amazon%.titan%-embed%-image%-v1") then return end
  local throughput = server.throughputs[id]
  if not throughput then refuse(404, "ResourceNotFoundException", "Could not resolve the foundation model from %s", id) end
  if throughput.status ~= "InService" then refuse(429, "ModelNotReadyException", "The model is not ready for inference.") end
end

local function invoke(server, request)
  local fault = table.remove(server.faults, 1)
  if fault and fault.body then return fault.status, fault.body end
  if fault then refuse(fault[1], fault[2], fault[3] or "a fault") end
  throttle(server)
  model_of(server, request.id)
  if request.size > MOST_BODY then invalid("length less than or equal to %d", MOST_BODY) end
  for name in pairs(request.body) do
    if not FIELDS[name] then invalid("#: extraneous key [%s] is not permitted", name) end
  end
  local embedding, digest = numbers(request.body)
  table.insert(server.calls, { model = request.id, image = digest, text = request.body.inputText, length = #embedding })
  if server.latency then task.sleep(server.latency) end
  return 200, { embedding = embedding, inputTextTokenCount = #(request.body.inputText or "") // 4, message = require "hilum.json".null }
end

return { { method = "POST", path = "^/model/([^/]+)/invoke$", run = function(server, request)
  server.running = server.running + 1
  server.most_running = math.max(server.most_running, server.running)
  local _ <close> = setmetatable({}, { __close = function() server.running = server.running - 1 end })
  return invoke(server, request)
end } }
