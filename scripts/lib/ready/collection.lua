-- SPDX-License-Identifier: MIT
-- The collection of OpenSearch Serverless that an index goes to: is it there, and does its policy name whoever asks.
local collection = {}

local PROVISION = "`hilum provision apply` makes it"

-- Is it there and active?
function collection.stands(inquiry)
  local name = inquiry.request.collection
  local found = inquiry:got("collection", inquiry:client("aoss"):collection(name))
  if found == false then return inquiry:stop("collection", ("%s is not there in %s"):format(name, inquiry.region), PROVISION) end
  if not found then return end
  if found.status ~= "ACTIVE" then
    return inquiry:stop("collection", ("%s is %s"):format(name, found.status), "`hilum provision apply` waits for it, or tells why not")
  end
  inquiry.collection = found.arn
  inquiry:ok("collection", name .. " is ACTIVE")
end

local function names_principal(policy, principal)
  for _, rule in ipairs(policy) do
    for _, one in ipairs(rule.Principal or {}) do
      if one == principal then return true end
    end
  end
  return false
end

-- Does the data policy that hilum makes for it let the caller in?
function collection.lets_in(inquiry)
  local who, prefix = inquiry:identity(), inquiry.request.collection:match("^(.*)%-images$")
  if not who or not prefix or not inquiry.collection then return end
  local found = inquiry:got("data policy", inquiry:client("aoss"):policy("data", prefix .. "-data"))
  if not found then return end
  local principal = inquiry:client("iam"):principal(who.arn)
  if names_principal(found.policy, principal) then return inquiry:ok("data policy", "names " .. principal) end
  inquiry:warn("data policy", ("%s-data does not name %s"):format(prefix, principal),
    ("`hilum provision apply --principal %s`, unless another policy names you"):format(principal))
end

return collection
