-- SPDX-License-Identifier: MIT
-- The group that makes its collection one of the newer generation, which costs nothing while nobody asks, and caps what it may cost.
local function limits(env)
  return { maxIndexingCapacityInOCU = env.settings.max_ocu, maxSearchCapacityInOCU = env.settings.max_ocu }
end

-- Of the limits, those that hilum sets; the service adds others.
local function read(env)
  local found, err = env.aoss:group(env.names.group)
  if not found then return found, err end
  local told = found.capacityLimits or {}
  found.capacityLimits = { maxIndexingCapacityInOCU = told.maxIndexingCapacityInOCU, maxSearchCapacityInOCU = told.maxSearchCapacityInOCU }
  return found
end

local function wanted(env)
  if env.settings.generation ~= "nextgen" then return nil end
  return { generation = "NEXTGEN", standbyReplicas = env:replicas(), capacityLimits = limits(env) }
end

local TERRAFORM = [[
# Needs a version of the provider that knows collection groups.
resource "aws_opensearchserverless_collection_group" "group" {
  name             = %q
  generation       = "NEXTGEN"
  standby_replicas = %q

  capacity_limits {
    max_indexing_capacity_in_ocu = %d
    max_search_capacity_in_ocu   = %d
  }
}
]]

return {
  name = "group", kind = "collection group", fixed = { generation = true, standbyReplicas = true },
  pending = { CREATING = true, UPDATING = true, DELETING = true }, failed = { FAILED = true },
  wanted = wanted,
  read = read,
  create = function(env, want)
    return env.aoss:create_group { name = env.names.group, generation = want.generation, standbyReplicas = want.standbyReplicas,
      capacityLimits = want.capacityLimits, tags = { { key = "hilum", value = env.settings.prefix } } }
  end,
  update = function(env, want, found) return env.aoss:update_group { id = found.id, capacityLimits = want.capacityLimits } end,
  delete = function(env, found) return env.aoss:delete_group(found.id) end,
  costs = function(env)
    local units = 2 * env.settings.max_ocu
    return { { price = "ocu-hour-of-use", count = units, what = ("%d OCU at most; nothing while idle"):format(units), in_use = true } }
  end,
  terraform = function(env, want)
    return TERRAFORM:format(env.names.group, want.standbyReplicas, env.settings.max_ocu, env.settings.max_ocu)
  end,
}
