-- SPDX-License-Identifier: MIT
-- The collection for the vectors. What is asked of it is read from what it says of itself; its host follows no rule.
local NO_GROUP = ""
local HOURS_A_MONTH = 730

local function wanted(env)
  local is_next = env.settings.generation == "nextgen"
  return { type = "VECTORSEARCH", collectionGroupName = is_next and env.names.group or NO_GROUP, standbyReplicas = env:replicas() }
end

local function read(env)
  local found, err = env.aoss:collection(env.names.collection)
  if not found then return found, err end
  found.collectionGroupName = found.collectionGroupName or NO_GROUP
  return found
end

local function create(env, want)
  local group = want.collectionGroupName
  local made, err = env.aoss:create_collection { name = env.names.collection, type = want.type,
    collectionGroupName = group ~= NO_GROUP and group or nil, standbyReplicas = want.standbyReplicas,
    description = "hilum: " .. env.settings.prefix, tags = { { key = "hilum", value = env.settings.prefix } } }
  if not made then return nil, err end
  return true
end

local IN_GROUP = "\n\n  collection_group_name = aws_opensearchserverless_collection_group.group.name"

local TERRAFORM = [[
resource "aws_opensearchserverless_collection" "collection" {
  name             = %q
  type             = "VECTORSEARCH"
  standby_replicas = %q
  tags             = { hilum = %q }
  depends_on       = [aws_opensearchserverless_security_policy.encryption]%s
}
]]

return {
  name = "collection", kind = "vector collection", fixed = { type = true, collectionGroupName = true, standbyReplicas = true },
  pending = { CREATING = true, UPDATING = true, DELETING = true }, failed = { FAILED = true, UPDATE_FAILED = true },
  wanted = wanted,
  read = read,
  create = create,
  delete = function(env, found) return env.aoss:delete_collection(found.id) end,
  costs = function(env)
    if env.settings.generation == "nextgen" then return nil end
    local units = env:replicas() == "ENABLED" and 2 or 1
    return { { price = "ocu-hour", count = units * HOURS_A_MONTH, what = ("%d OCU at least, used or not"):format(units) } }
  end,
  terraform = function(env, want)
    local group = want.collectionGroupName ~= NO_GROUP and IN_GROUP or ""
    return TERRAFORM:format(env.names.collection, want.standbyReplicas, env.settings.prefix, group)
  end,
}
