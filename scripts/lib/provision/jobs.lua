-- SPDX-License-Identifier: MIT
-- The jobs on Bedrock that have hilum's role and are not over. Without the role they fail, and what they did is charged all the same; left
-- alone, one makes a custom model that is charged by the month.
local caught = require "lib.caught"

local GOING = { InProgress = true, Submitted = true, Validating = true, Scheduled = true }

-- All of them, as Bedrock has them: {fine-tuning, batch}.
local function all(bedrock)
  return caught(function()
    local trainings, batches = {}, {}
    for summary in bedrock:list_customization_jobs { statusEquals = "InProgress" } do
      trainings[#trainings + 1] = assert(bedrock:get_customization_job(summary.jobArn))
    end
    for job in bedrock:list_batch_jobs {} do batches[#batches + 1] = job end
    return { trainings, batches }
  end)
end

local KINDS = { { "fine-tuning", stop = "stop_customization_job" }, { "batch", stop = "stop_batch_job" } }

-- What has ended meanwhile needs no stopping.
local function stop(bedrock, item)
  local done, err = bedrock[item.stop](bedrock, item.id)
  if done or err.code == "ConflictException" then return true end
  return nil, err
end

-- As a kind of lib/provision/leftovers; or nil and an error.
return function(env)
  local found, err = all(env.bedrock)
  if not found then return nil, err end
  local items, role = {}, env:role_arn "bedrock-role"
  for i, kind in ipairs(KINDS) do
    for _, job in ipairs(found[i]) do
      if job.roleArn == role and GOING[job.status] then
        items[#items + 1] = { id = job.jobArn, text = ("%s (%s, %s)"):format(job.jobName, kind[1], job.status), stop = kind.stop }
      end
    end
  end
  return { name = "jobs", flag = "stop_jobs", items = items, done = "stopped", delete = function(item) return stop(env.bedrock, item) end,
    question = "stop these jobs; what they did until now is charged" }
end
