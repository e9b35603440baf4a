-- SPDX-License-Identifier: MIT
-- What Bedrock takes to fine-tune Titan Multimodal Embeddings G1 (user guide: "Prepare data for fine-tuning image models", "Titan
-- Multimodal Embeddings G1 hyperparameters"). Where its pages disagree the wider bound refuses and the narrower one warns.
local titan = {}

titan.limits = {
  min_records = 1000, max_records = 500000,
  min_validation = 8, max_validation = 50000,
  max_image_bytes = 5 * 1024 * 1024,
  min_side = 128, max_side = 4096,
  max_pixels = 12582912,
  max_aspect = 4,
  max_caption = 2560,
}

-- The narrower readings: 5 MB of 10^6 bytes, 12,528,912 pixels, 128 tokens of about four characters.
local CAUTIOUS = { image_bytes = 5000000, pixels = 12528912, tokens = 128, characters_per_token = 4 }

local function finding(code, format, ...) return { code = code, message = format:format(...) } end

-- The options of image.check that these limits amount to.
function titan.image_limits(limits)
  return { bytes = limits.max_image_bytes, min_side = limits.min_side, max_side = limits.max_side, pixels = limits.max_pixels,
    aspect = limits.max_aspect }
end

-- What may be wrong with an image that image.check has passed: an array of {code=, message=}.
function titan.doubts(report)
  local doubts, pixels = {}, (report.width or 0) * (report.height or 0)
  if report.bytes > CAUTIOUS.image_bytes then
    doubts[#doubts + 1] = finding("bytes", "%d bytes are more than %d, which Bedrock's '5 MB' may mean", report.bytes,
      CAUTIOUS.image_bytes)
  end
  if pixels > CAUTIOUS.pixels then
    doubts[#doubts + 1] = finding("pixels", "%d pixels are more than %d, the bound on one of Bedrock's pages", pixels, CAUTIOUS.pixels)
  end
  return doubts
end

-- What is wrong with a caption, and what may be.
function titan.judge_caption(caption, limits)
  if type(caption) ~= "string" or not caption:find("%S") then return { finding("caption", "the caption is empty") }, {} end
  local length = utf8.len(caption)
  if not length then return { finding("utf-8", "the caption is not UTF-8") }, {} end
  if length > limits.max_caption then
    return { finding("caption", "the caption has %d characters, more than %d", length, limits.max_caption) }, {}
  end
  local tokens = math.ceil(length / CAUTIOUS.characters_per_token)
  if tokens <= CAUTIOUS.tokens then return {}, {} end
  return {}, { finding("caption", "the caption has about %d tokens; one of Bedrock's pages allows %d", tokens, CAUTIOUS.tokens) }
end

-- A whole file of `count` lines; which is "training" or "validation". Whose files are not for Bedrock can have other limits.
function titan.judge_count(which, count, least, most)
  local option = which == "training" and "records" or which
  if count < least then return finding("records", "%d %s records are fewer than %d (--min-%s)", count, which, least, option) end
  if count > most then return finding("records", "%d %s records are more than %d (--max-%s)", count, which, most, option) end
end

-- The line that Bedrock reads.
function titan.line(image_ref, caption)
  return require "hilum.json".encode({ ["image-ref"] = image_ref, caption = caption }, { order = { "image-ref", "caption" } })
end

return titan
