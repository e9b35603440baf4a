-- SPDX-License-Identifier: MIT
-- How Cohere's Embed v4 is spoken to on Bedrock (user guide: "Cohere Embed v4"). An adapter, as lib/model/titan. It tells what is searched
-- from what is asked: images are taken for the one, texts alone for the other, unless they are stored.
local cohere = {}

cohere.lengths = { 256, 512, 1024, 1536 }
cohere.limits = { body = 5000000, pixels = 2458624 } -- the model itself scales down to these pixels; the body is what v3 has for an image
cohere.together = true
cohere.prices = { image = "cohere-image", text = "cohere-text" }

function cohere.data_uri(question) return ("data:image/%s;base64,%s"):format(question.format, question.image) end

function cohere.text_type(question) return question.stored and "search_document" or "search_query" end

function cohere.request(question)
  local parts = {}
  if question.text then parts[#parts + 1] = { type = "text", text = question.text } end
  if question.image then
    parts[#parts + 1] = { type = "image_url", image_url = cohere.data_uri(question) }
  end
  return { input_type = question.image and "search_document" or cohere.text_type(question), inputs = { { content = parts } },
    embedding_types = { "float" }, output_dimension = question.length }
end

-- By type, or a list where only one was asked for.
function cohere.vector(answer)
  local found = type(answer.embeddings) == "table" and answer.embeddings or {}
  local list = found.float or found
  if not list[1] then return nil, type(answer.message) == "string" and answer.message or nil end
  return list[1]
end

return cohere
