-- SPDX-License-Identifier: MIT
-- The fine-tuning jobs that this project has ordered from Bedrock, and the models that came of them: as run.jsonl has it, and of a job
-- whose end is not noted there as AWS has it.
local ledger = require "lib.cost.ledger"

local ordered = {}

local UNKNOWN, GOING = "Unknown", { InProgress = true, Stopping = true }

-- What a job's model is called. The name of the job is made of it, where nobody chose another.
local function model_name(what)
  return what.model_name or what.job:gsub("%-%x%x%x%x%x%x%x%x$", "")
end

local function ask(line)
  local client, err = require "lib.aws.glance" { region = line.region }
  if not client then return nil, err end
  return client:get_customization_job(line.what.arn)
end

-- AWS's word about a job that is not known to have ended.
local function look(one, line)
  local found, err = ask(line)
  if not found then
    one.status, one.why = UNKNOWN, err.message
    return
  end
  one.status, one.model, one.at, one.why = found.status, found.outputModelArn, found.endTime or one.at, found.failureMessage
end

-- {name (of the model), job, arn, status, model (its ARN, when it is there), at, why}
local function job_of(line, project)
  local what, over = line.what, ledger.find(project, "actual", line.what.arn)
  local one = { name = model_name(what), job = what.job, arn = what.arn, at = over and over.at or line.at }
  if over then one.status, one.model = over.what.status, over.what.model else look(one, line) end
  if one.model and ledger.find(project, "deleted", one.model) then one.status, one.model = "Deleted", nil end
  return one
end

-- The name of a custom model that a job of the project made, or nil.
function ordered.name_of(project, arn)
  for _, line in ipairs(ledger.lines(project)) do
    local before = line.step == "finetune" and line.what.model == arn and ledger.find(project, "submitted", line.what.arn)
    if before then return model_name(before.what) end
  end
end

-- Whether a job goes on, or may.
function ordered.is_going(one) return GOING[one.status] or one.status == UNKNOWN end

-- All of them, the oldest first.
function ordered.list(project)
  local list = require "hilum.json".array()
  for _, line in ipairs(ledger.lines(project)) do
    if line.ledger == "submitted" and line.step == "finetune" then list[#list + 1] = job_of(line, project) end
  end
  return list
end

-- Notes that a custom model is no longer there, whoever trained it.
function ordered.forget(project, arn, name)
  if #ledger.lines(project) > 0 then ledger.add(project, "deleted", "finetune", { arn = arn, name = name }, {}) end
end

-- A line for each that goes on, cannot be asked, or came to nothing last.
function ordered.lines(list)
  local lines = {}
  for i, one in ipairs(list) do
    local why = one.why and (" (%s)"):format(one.why) or ""
    if ordered.is_going(one) or i == #list and not one.model and one.status ~= "Deleted" then
      lines[#lines + 1] = ("fine-tuning job %s: %s%s; `hilum finetune status %s` tells more"):format(one.job, one.status, why, one.job)
    end
  end
  return lines
end

return ordered
