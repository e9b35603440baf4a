-- SPDX-License-Identifier: MIT
-- Service Quotas: server.quotas[service] is a list of {QuotaCode, QuotaName, Value, Adjustable, own = false for those with AWS's default
-- only}; lists come in pages of one. Without server.quotas it is what an account has that may use Titan.
local json = require "hilum.json"
local refuse = require "lib.fake.s3.refuse".refuse

local MODEL = " for Amazon Titan Multimodal Embeddings G1"

local function row(code, name, value) return { QuotaCode = code, QuotaName = name, Value = value, Adjustable = true } end

local function usual()
  return { bedrock = {
    row("L-0406044C", "(Model customization) Scheduled customization jobs", 2),
    row("L-BB313AA3", "(Model customization) Sum of training and validation records" .. MODEL .. " Fine-tuning job", 500000),
    row("L-BE77399C", "Model units no-commitment Provisioned Throughputs across custom models", 2),
    row("L-32F732DE", "Model units per provisioned model" .. MODEL, 2),
    row("L-DF0E34D4", "On-demand model inference requests per minute" .. MODEL, 2000),
    row("L-ABC24664", "On-demand model inference tokens per minute" .. MODEL, 300000),
    row("L-1A69C08F", "Minimum number of records per batch inference job" .. MODEL, 100),
    row("L-3BD2251E", "Records per batch inference job" .. MODEL, 50000),
    row("L-447BB329", "Batch inference input file size (in GB)" .. MODEL, 1),
    row("L-4C584163", "Batch inference job size (in GB)" .. MODEL, 5),
  } }
end

return function(server)
  server.quotas = server.quotas or usual()

  local function shown(params, quota)
    return quota and { ServiceCode = params.ServiceCode, QuotaCode = quota.QuotaCode, QuotaName = quota.QuotaName, Value = quota.Value,
      Adjustable = quota.Adjustable }
  end

  local function find(params, any)
    for _, quota in ipairs(server.quotas[params.ServiceCode] or {}) do
      if quota.QuotaCode == params.QuotaCode and (any or quota.own ~= false) then return { Quota = shown(params, quota) } end
    end
    refuse(400, "NoSuchResourceException", "The request failed because the specified quota does not exist.")
  end

  return { name = "servicequotas", protocol = "json", version = "1.1", target = "ServiceQuotasV20190624", operations = {
    GetServiceQuota = function(params) return find(params, false) end,
    GetAWSDefaultServiceQuota = function(params) return find(params, true) end,
    ListServiceQuotas = function(params)
      local all = server.quotas[params.ServiceCode] or refuse(400, "NoSuchResourceException", "There is no such service.")
      local at = tonumber(params.NextToken) or 1
      return { Quotas = json.array { shown(params, all[at]) }, NextToken = all[at + 1] and tostring(at + 1) or nil }
    end,
  } }
end
