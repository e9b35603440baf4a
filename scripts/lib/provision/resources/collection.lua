-- SPDX-License-Identifier: MIT
-- The collection for the vectors. What is asked of it is read from what it says of itself; its host follows no rule.
local function wanted(env)
  local is_next = env.settings.generation == "nextgen"
  return { type = "VECTORSEARCH", collectionGroupName = is_next and env.names.group or nil,
    standbyReplicas = env.settings.standby and "ENABLED" or "DISABLED" }
end

-- A group's replicas are its collections' too, and only the group says them.
local function create(env, want)
  local made, err = env.aoss:create_collection { name = env.names.collection, type = want.type,
    collectionGroupName = want.collectionGroupName, standbyReplicas = want.standbyReplicas, description = "hilum: " .. env.settings.prefix,
    tags = { { key = "hilum", value = env.settings.prefix } } }
  if not made then return nil, err end
  return true
end

local TERRAFORM = [[
resource "aws_opensearchserverless_collection" "collection" {
  name             = %q
  type             = "VECTORSEARCH"
  standby_replicas = %q%s
  tags             = { hilum = %q }
  depends_on       = [aws_opensearchserverless_security_policy.encryption]
}
]]

return {
  name = "collection", kind = "vector collection", fixed = { type = true, collectionGroupName = true, standbyReplicas = true },
  pending = { CREATING = true, UPDATING = true, DELETING = true }, failed = { FAILED = true, UPDATE_FAILED = true },
  wanted = wanted,
  read = function(env) return env.aoss:collection(env.names.collection) end,
  create = create,
  delete = function(env, found) return env.aoss:delete_collection(found.id) end,
  costs = function(env)
    if env.settings.generation == "nextgen" then return nil end
    return env.settings.standby and "2 OCU at least, used or not: about 350 USD a month" or
      "1 OCU at least, used or not: about 175 USD a month"
  end,
  terraform = function(env, want)
    local group = want.collectionGroupName and "\n  collection_group_name = aws_opensearchserverless_collection_group.group.name" or ""
    return TERRAFORM:format(env.names.collection, want.standbyReplicas, group, env.settings.prefix)
  end,
}
