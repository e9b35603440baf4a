-- SPDX-License-Identifier: MIT
-- Where Bedrock offers what for Titan Multimodal Embeddings, and by which codes Service Quotas knows its quotas (Bedrock user guide, as of
-- 2026: "Supported regions" of model customization, provisioned throughput and batch inference). A region that is new to Bedrock is not
-- here yet; --anyway goes past it.
local titan = {}

local function set(words)
  local regions = {}
  for word in words:gmatch("%S+") do regions[word] = true end
  return regions
end

titan.REGIONS = {
  finetune = set "us-east-1 us-west-2",
  deploy = set "ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-west-2",
  batch = set [[us-east-1 us-west-2 ap-northeast-2 ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 eu-west-2 eu-west-3
    sa-east-1]],
  ["batch with a custom model"] = set "us-east-1 us-west-2",
}

titan.QUOTAS = {
  jobs = { code = "L-0406044C", what = "fine-tuning jobs at a time" },
  records = { code = "L-BB313AA3", what = "records of a fine-tuning job" },
  units = { code = "L-BE77399C", what = "model units without commitment for custom models" },
  units_of_model = { code = "L-32F732DE", what = "model units of one throughput of this model" },
  requests = { code = "L-DF0E34D4", what = "requests a minute" },
  tokens = { code = "L-ABC24664", what = "tokens a minute" },
  batch_least = { code = "L-1A69C08F", what = "least records of a batch job" },
  batch_most = { code = "L-3BD2251E", what = "most records of a batch job" },
  batch_file = { code = "L-447BB329", what = "GB of a file of a batch job" },
  batch_job = { code = "L-4C584163", what = "GB of a batch job" },
}

-- Is it Titan's, by the id of a foundation model?
function titan.is(id) return id ~= nil and id:find("amazon.titan-embed-image-v1", 1, true) ~= nil end

return titan
