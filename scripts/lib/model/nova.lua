-- SPDX-License-Identifier: MIT
-- How Amazon Nova Multimodal Embeddings is spoken to (Nova's user guide: "Complete embeddings request and response schema"). An adapter, as
-- lib/model/titan. One request is of an image or of a text. Images, and texts that are stored with them, are embedded as what is searched;
-- other texts as questions to images.
local nova = {}

nova.lengths = { 256, 384, 1024, 3072 }
nova.limits = { body = 25000000, pixels = 2048 * 2048 } -- of the body InvokeModel's; of pixels none is told, and Titan's is taken
nova.together = false
nova.prices = { image = "nova-image", text = "nova-text" }

function nova.request(question)
  local searched = question.image or question.stored
  local params = { embeddingPurpose = searched and "GENERIC_INDEX" or "IMAGE_RETRIEVAL", embeddingDimension = question.length }
  if question.image then params.image = { format = question.format, source = { bytes = question.image } }
  else params.text = { truncationMode = "END", value = question.text } end
  return { schemaVersion = "nova-multimodal-embed-v1", taskType = "SINGLE_EMBEDDING", singleEmbeddingParams = params }
end

function nova.vector(answer)
  local first = type(answer.embeddings) == "table" and answer.embeddings[1]
  if type(first) ~= "table" then return nil, type(answer.message) == "string" and answer.message or nil end
  return first.embedding
end

return nova
