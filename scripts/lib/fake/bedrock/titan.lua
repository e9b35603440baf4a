-- SPDX-License-Identifier: MIT
-- Titan Multimodal Embeddings as the fake Bedrock has it: requests and answers are Titan's, with its limits; the model is hilum's offline
-- one, so that images find similar ones. Its vectors are not of length 1.
local hash = require "hilum.hash"
local image = require "hilum.image"
local json = require "hilum.json"
local local_model = require "lib.model.local_model"
local refuse = require "lib.fake.s3.refuse".refuse_with
local vec = require "hilum.vec"

local titan = { ID = "amazon.titan-embed-image-v1" }

local LENGTHS = { [256] = true, [384] = true, [1024] = true }
local FIELDS = { inputText = true, inputImage = true, embeddingConfig = true }
local MOST_BODY, MOST_PIXELS, MOST_TOKENS = 25000000, 2048 * 2048, 256
local NORM = 0.8

local function invalid(...) refuse(400, "ValidationException", ...) end

local made
local function base()
  made = made or local_model.base()
  return made
end

local function embed_image(towers, text)
  local bytes = hash.base64_decode(text) or invalid "Failed to decode the base64 image"
  local info = image.info { bytes = bytes }
  if not info then invalid "Unsupported image format" end
  if info.width * info.height > MOST_PIXELS then invalid "Image exceeds max pixels allowed" end
  local features = image.describe { bytes = bytes }
  if not features then invalid "The image is damaged" end
  return towers:images(features), hash.sha256(bytes)
end

-- What a fine-tuned model was never told of is as the base model has it.
local function embed_text(towers, text)
  if not text:find("%S") then invalid "expected minLength: 1, actual: 0" end
  if #text // 4 > MOST_TOKENS then invalid("Too many input tokens. Max input tokens: %d", MOST_TOKENS) end
  local row, known = towers:texts { text }
  return known[1] and row or (base():texts { text })
end

local function check(body, size)
  if size > MOST_BODY then invalid("length less than or equal to %d", MOST_BODY) end
  for name in pairs(body) do
    if not FIELDS[name] then invalid("#: extraneous key [%s] is not permitted", name) end
  end
  local length = (body.embeddingConfig or {}).outputEmbeddingLength or 1024
  if not LENGTHS[length] then invalid("#/embeddingConfig/outputEmbeddingLength: %s is not a valid enum value", length) end
  if not body.inputImage and not body.inputText then invalid "At least one of inputText and inputImage is required" end
  return length
end

-- The answer to a body of so many bytes, and the image's SHA-256. towers: of a fine-tuned model (lib/model/training), or nil.
function titan.answer(body, size, towers)
  local length = check(body, size)
  towers = towers or base()
  local picture, digest, text
  if body.inputImage then picture, digest = embed_image(towers, body.inputImage) end
  if body.inputText then text = embed_text(towers, body.inputText) end
  local row = picture and text and vec.scale(vec.add(picture, text), 0.5) or picture or text
  return { embedding = vec.scale(row:columns(1, length), NORM):row(1), inputTextTokenCount = #(body.inputText or "") // 4,
    message = json.null }, digest
end

return titan
