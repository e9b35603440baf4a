-- SPDX-License-Identifier: MIT
-- Service Quotas: server.quotas[service] is a list of {QuotaCode, QuotaName, Value, Adjustable, own = false for those with AWS's default
-- only}; lists come in pages of one.
local refuse = require "lib.fake.s3.refuse".refuse

return function(server)
  server.quotas = server.quotas or {}

  local function find(params, any)
    for _, quota in ipairs(server.quotas[params.ServiceCode] or {}) do
      if quota.QuotaCode == params.QuotaCode and (any or quota.own ~= false) then return { Quota = quota } end
    end
    refuse(400, "NoSuchResourceException", "The request failed because the specified quota does not exist.")
  end

  return { name = "servicequotas", protocol = "json", version = "1.1", target = "ServiceQuotasV20190624", operations = {
    GetServiceQuota = function(params) return find(params, false) end,
    GetAWSDefaultServiceQuota = function(params) return find(params, true) end,
    ListServiceQuotas = function(params)
      local all = server.quotas[params.ServiceCode] or refuse(400, "NoSuchResourceException", "There is no such service.")
      local at = tonumber(params.NextToken) or 1
      return { Quotas = { all[at] }, NextToken = all[at + 1] and tostring(at + 1) or nil }
    end,
  } }
end
