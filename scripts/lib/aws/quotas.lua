-- SPDX-License-Identifier: MIT
-- Service Quotas: how much of something the account may have.
local call = require "lib.aws.call"
local caught = require "lib.caught"

local quotas = {}

---@class hilum.quotas.Client
local Client = {}
Client.__index = Client

function quotas.client(session)
  return setmetatable({ call = call.client { session = session, service = "service-quotas", protocol = "json", version = "1.1",
    target = "ServiceQuotasV20190624" } }, Client)
end

local function quota(found)
  return { code = found.QuotaCode, name = found.QuotaName, value = found.Value, unit = found.Unit, adjustable = found.Adjustable }
end

-- A quota by its code, L-32F732DE: {code, name, value, adjustable, default}. Where the account has none of its own, AWS's default counts
-- (default = true); false: there is no such quota (API: GetServiceQuota, GetAWSDefaultServiceQuota).
function Client:get(service, code)
  local params = { ServiceCode = service, QuotaCode = code }
  for _, op in ipairs { "GetServiceQuota", "GetAWSDefaultServiceQuota" } do
    local result, err = self.call:call { op = op, params = params }
    if result then
      local found = quota(result.Quota)
      found.default = op ~= "GetServiceQuota"
      return found
    end
    if err.code ~= "NoSuchResourceException" then return nil, err end
  end
  return false
end

-- The quotas of a service whose names have this in them, whatever the case; all without it (API: ListServiceQuotas).
function Client:list(service, part)
  return caught(function()
    local all = {}
    for page in self.call:pages({ op = "ListServiceQuotas", params = { ServiceCode = service, MaxResults = 100 } }, "NextToken") do
      for _, found in ipairs(page.Quotas) do
        if not part or found.QuotaName:lower():find(part:lower(), 1, true) then all[#all + 1] = quota(found) end
      end
    end
    return all
  end)
end

return quotas
