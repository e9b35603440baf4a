-- SPDX-License-Identifier: MIT
-- How Amazon Titan Multimodal Embeddings G1 is spoken to (user guide: "Amazon Titan Multimodal Embeddings G1", request and response).
-- An adapter: what lib/model/bedrock needs to know of a kind of model.
--   lengths            of the vectors it can give
--   limits             body: bytes of a request; pixels: of an image
--   together           an image and a text can be one request
--   picture            the key that an image has in a request, if it is base64 alone
--   prices             the keys in lib/cost/prices: image, text, batch_image, batch_text
--   request(question)  the body for {image = base64, format = "png" or "jpeg", text =, length =, stored =}, image or text or both; stored:
--                      a text alone that will be searched, and does not ask
--   vector(answer)     the numbers; nil and what the model said instead
local titan = {}

titan.lengths = { 256, 384, 1024 }
titan.limits = { body = 25000000, pixels = 2048 * 2048 }
titan.together = true
titan.picture = "inputImage"
titan.prices = { image = "titan-image", text = "titan-text", batch_image = "titan-image-batch", batch_text = "titan-text-batch" }

function titan.request(question)
  return { inputImage = question.image, inputText = question.text, embeddingConfig = { outputEmbeddingLength = question.length } }
end

function titan.vector(answer)
  if type(answer.message) == "string" and answer.message ~= "" then return nil, answer.message end
  return answer.embedding
end

return titan
