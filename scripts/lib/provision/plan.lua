-- SPDX-License-Identifier: MIT
-- What there is against what should be. Actions: create, change, keep, delete; and blocked, for what has the name of a thing of ours and is
-- not ours, or cannot be changed.
local json = require "hilum.json"

local plan = {}

local function same(a, b) return json.encode { a } == json.encode { b } end

-- The fields in which what was found is not as it should be. What cannot be changed anyway counts only if the service tells it.
local function differences(resource, wanted, found)
  local names = {}
  for name, value in pairs(wanted) do
    local is_untold = found[name] == nil and resource.fixed and resource.fixed[name]
    if not is_untold and not same(value, found[name] or false) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function fixed_of(resource, names)
  for _, name in ipairs(names) do
    if resource.fixed and resource.fixed[name] then return name end
  end
end

-- Does hilum own what was found? A bucket with nothing in it is nobody's yet.
local function is_ours(env, state, resource, found)
  return state:owns(resource.name) or found.owner == env.settings.prefix or found.empty or false
end

local function decide(env, resource, step)
  if not step.wanted then return step.ours and "delete" or "ignore" end
  local names = differences(resource, step.wanted, step.found)
  if #names == 0 then return "keep", not step.ours and "it is not hilum's, and stays when the rest goes" or nil end
  local fixed = fixed_of(resource, names)
  if fixed then
    return "blocked", ("its %s cannot be changed; `hilum provision destroy` first, or take another --prefix"):format(fixed)
  end
  if not step.ours and not env.settings.adopt then
    return "blocked", ("it is there, but not hilum's, and its %s would change; take another --prefix, or --adopt it"):format(
      table.concat(names, ", "))
  end
  return "change", table.concat(names, ", ")
end

-- Looks at one resource: {resource, action, why, found, wanted, ours}. What was found goes to env.found, where later ones look.
function plan.step(env, state, resource)
  local found, err = resource.read(env)
  if found == nil then return nil, err end
  env.found[resource.name] = found
  local step = { resource = resource, id = env.names[resource.name], found = found, wanted = resource.wanted(env) }
  if not found then
    step.action = step.wanted and "create" or "ignore"
    return step
  end
  step.ours = is_ours(env, state, resource, found)
  step.action, step.why = decide(env, resource, step)
  return step
end

-- All steps, in order.
function plan.steps(env, state)
  local steps = {}
  for i, resource in ipairs(require "lib.provision.resources") do
    local step, err = plan.step(env, state, resource)
    if not step then return nil, err end
    steps[i] = step
  end
  return steps
end

return plan
