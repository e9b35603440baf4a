-- SPDX-License-Identifier: MIT
-- Does what was planned. Each resource is looked at again just before, so that an interrupted run is taken up by the next.
local host = require "hilum.host"
local plan = require "lib.provision.plan"

local walk = {}

local MOST_LOOKS = 240 -- at what is being made; with the default pause of 10 seconds 40 minutes
local MOST_WAITS_FOR_ROLE = 12
local MOST_DELETES = 5 -- stopped first, and what is deleted may be seen for some seconds more

-- What services say of a role that they do not know yet: IAM needs some seconds, sometimes a minute, to tell them.
local function is_too_new(err)
  local message = err.message:lower()
  return err.status == 400 and message:find("role") and (message:find("assume") or message:find("not exist") or message:find("trust"))
end

local function pause(env) env.session.sleep(env.settings.poll) end

local function failed(step, found)
  return nil, host.error("http", ("%s %s: %s%s"):format(step.resource.kind, step.id, found.status,
    found.failureMessage and ": " .. found.failureMessage or ""))
end

-- Waits until a resource is neither coming nor going: what is there then, or false.
local function settle(env, step, tell)
  local resource, told = step.resource, nil
  for _ = 1, MOST_LOOKS do
    local found, err = resource.read(env)
    if found == nil then return nil, err end
    env.found[resource.name] = found
    local status = found and found.status
    if not status or not resource.pending[status] then return found end
    if status ~= told then tell("%s %s: %s …", resource.kind, step.id, status) end
    told = status
    pause(env)
  end
  return nil, host.error("timeout", ("%s %s is still %s; run it again to go on waiting"):format(resource.kind, step.id, told))
end

-- Creating what another attempt has created after all is no failure.
local function create(env, step)
  local resource, made, err = step.resource, nil, nil
  for _ = 1, MOST_WAITS_FOR_ROLE do
    made, err = resource.create(env, step.wanted)
    if made or not is_too_new(err) then break end
    pause(env)
  end
  if made then return true end
  local found = resource.read(env)
  if not found then return nil, err end
  return true
end

local function create_or_change(env, step)
  if step.action == "create" then return create(env, step) end
  return step.resource.update(env, step.wanted, step.found)
end

-- Records before it does; the bucket, which has the record in it, the other way round.
local function act(env, state, step)
  local resource = step.resource
  if step.action == "blocked" then
    return nil, host.error("integrity", ("%s %s: %s"):format(resource.kind, step.id, step.why))
  end
  if step.action == "keep" then
    if step.ours then return state:record(resource.name, step.id) end
    return true
  end
  local first, second = function() return state:record(resource.name, step.id) end, function() return create_or_change(env, step) end
  if resource.name == "bucket" then first, second = second, first end
  local done, err = first()
  if not done then return nil, err end
  return second()
end

-- Brings one resource to where it should be. Returns the step that was taken.
local function bring(env, state, resource, tell, made)
  local step, err = plan.step(env, state, resource)
  if not step or step.action == "ignore" or step.action == "delete" then return step, err end
  local done, found
  done, err = act(env, state, step)
  if not done then return nil, err end
  if step.action ~= "keep" then made(step) end
  found, err = settle(env, step, tell)
  if found == nil then return nil, err end
  if found and resource.failed and resource.failed[found.status] then return failed(step, found) end
  if step.action ~= "keep" then tell("%s %s: %s", resource.kind, step.id, step.action == "create" and "created" or "changed") end
  if step.action ~= "create" then return step end
  local again
  again, err = plan.step(env, state, resource) -- half of it may have been there when it was created
  if again and again.action == "change" then return bring(env, state, resource, tell, made) end
  return again and step, err
end

-- Takes one resource away, waiting until it is gone.
function walk.take_away(env, state, step, tell)
  local found, err = settle(env, step, tell)
  for _ = 1, MOST_DELETES do
    if not found then break end
    local before = found.status
    local done, why = step.resource.delete(env, found)
    found, err = settle(env, step, tell)
    if found and not done and found.status == before then return nil, why end -- else it was done, and the answer was lost
  end
  if found == nil then return nil, err end
  if found then return nil, host.error("timeout", ("%s %s is still there"):format(step.resource.kind, step.id)) end
  tell("%s %s: deleted", step.resource.kind, step.id)
  if step.resource.name == "bucket" then return true end
  return state:forget(step.resource.name)
end

-- Creates and changes, in order; then takes away what should not be there any more, in the opposite order. tell(format, …) says what
-- happens; made(step) as soon as AWS took something new or changed, before it is ready; count() after each resource. Returns the steps.
function walk.apply(env, state, tell, made, count)
  local resources, steps = require "lib.provision.resources", {}
  for i, resource in ipairs(resources) do
    local step, err = bring(env, state, resource, tell, made)
    if not step then return nil, err end
    steps[i] = step
    count()
  end
  for i = #steps, 1, -1 do
    if steps[i].action == "delete" then
      local done, err = walk.take_away(env, state, steps[i], tell)
      if not done then return nil, err end
    end
  end
  return steps
end

return walk
