-- SPDX-License-Identifier: MIT
-- Taking down what hilum made, and nothing else. What bills or cannot be brought back has a question of its own.
local content = require "lib.provision.content"
local leftovers = require "lib.provision.leftovers"
local plan = require "lib.provision.plan"
local walk = require "lib.provision.walk"

local destroy = {}

-- What goes with a collection that is spared.
local OF_COLLECTION = { collection = true, group = true, encryption = true, network = true, data = true }

-- The bucket's content as a kind of leftovers; false: it is empty.
local function data_kind(env)
  local sum, err = content.measure(env)
  if not sum then return nil, err end
  if sum.objects == 0 then return false end
  return { name = "data", flag = "delete_data", after = "jobs",
    items = { { id = "*", text = ("%d objects, %d bytes in s3://%s"):format(sum.objects, sum.bytes, env.names.bucket) } },
    question = "delete them all: images, records, and the outputs of batch jobs, which echo the images",
    delete = function() return content.delete(env) end }
end

-- What there is to take down: {steps: what is ours, last made first; others: what is not; kinds: what needs a question of its own}
function destroy.survey(env, state, tell)
  local steps, err = plan.steps(env, state)
  if not steps then return nil, err end
  local survey, ours = { steps = {}, others = {} }, {}
  for i = #steps, 1, -1 do
    local step = steps[i]
    if step.found then table.insert(step.ours and survey.steps or survey.others, step) end
    ours[step.resource.name] = step.ours
  end
  survey.kinds = leftovers.find(env, ours.collection, tell)
  local data = false
  if ours.bucket then data, err = data_kind(env) end
  if data == nil then return nil, err end
  if data then table.insert(survey.kinds, data) end
  return survey
end

local function delete_kind(kind, tell)
  for _, item in ipairs(kind.items) do
    local done, err = kind.delete(item)
    if not done then return nil, err end
    tell("%s: %s %s", kind.name, kind.done or "deleted", item.text)
  end
  return true
end

-- Is a resource spared, since something in it or of it was not to be deleted? declined: names of kinds; spared: steps so far, of which the
-- bucket, the last, has the record.
local function why_spared(resource, declined, spared)
  if declined.indexes and OF_COLLECTION[resource.name] then return "its indexes stay" end
  if declined.schedules and resource.name == "expiry-role" then return "the schedules need it" end
  if declined.jobs and resource.name == "bedrock-role" then return "the jobs need it" end
  if declined.jobs and resource.name == "bucket" then return "the jobs write to it" end
  if resource.name ~= "bucket" then return nil end
  if declined.data then return "its content stays" end
  return #spared > 0 and "the record of what stays is in it" or nil
end

-- The record goes with the bucket, and just before it.
local function take(env, state, step, tell)
  if step.resource.name ~= "bucket" then return walk.take_away(env, state, step, tell) end
  local done, err = state:remove()
  if not done then return nil, err end
  return walk.take_away(env, state, step, tell)
end

-- In somebody else's bucket the record goes when nothing is recorded any more.
local function clean_up(state)
  if not state.stored or next(state.resources) then return true end
  return state:remove()
end

-- accepted: {[name of a kind] = true} for what may go. Returns {deleted, spared}, lists of steps and their reasons.
function destroy.run(env, state, survey, accepted, tell)
  local declined, result = {}, { deleted = {}, spared = {} }
  for _, kind in ipairs(survey.kinds) do
    if accepted[kind.name] then
      local done, err = delete_kind(kind, tell)
      if not done then return nil, err end
    else
      declined[kind.name] = true
    end
  end
  for _, step in ipairs(survey.steps) do
    step.why = why_spared(step.resource, declined, result.spared)
    table.insert(step.why and result.spared or result.deleted, step)
    if not step.why then
      local done, err = take(env, state, step, tell)
      if not done then return nil, err end
    end
  end
  local done, err = clean_up(state)
  if not done then return nil, err end
  return result
end

return destroy
