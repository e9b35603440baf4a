-- SPDX-License-Identifier: MIT
-- How Cohere's Embed v3, English or multilingual, is spoken to on Bedrock (user guide: "Cohere Embed v3"). An adapter, as lib/model/titan.
-- One request is of an image or of a text; answers are as v4's.
local cohere = require "lib.model.cohere"

local cohere_v3 = {}

cohere_v3.lengths = { 1024 }
cohere_v3.limits = { body = 5000000, pixels = cohere.limits.pixels } -- of an image: 5 MB; of pixels none is told, and v4's are taken
cohere_v3.together = false
cohere_v3.prices = cohere.prices

function cohere_v3.request(question)
  if question.image then
    return { input_type = "image", images = { cohere.data_uri(question) }, embedding_types = { "float" } }
  end
  return { input_type = cohere.text_type(question), texts = { question.text }, truncate = "END", embedding_types = { "float" } }
end

cohere_v3.vector = cohere.vector

return cohere_v3
