-- SPDX-License-Identifier: MIT
-- Following batch jobs to their end, and taking what came of them.
local answers = require "lib.model.batch.answers"
local cost = require "lib.cost"
local plural = require "lib.plural"
local task = require "hilum.task"

local follow = {}

local ENDED = { Completed = true, PartiallyCompleted = true, Failed = true, Stopped = true, Expired = true }

local function step_of(found)
  local total = found.totalRecordCount
  if not total or total == 0 then return found.status end
  return ("%s, %d of %d"):format(found.status, found.processedRecordCount or 0, total)
end

-- The job when it is over; nil when it is not and nobody waits.
local function wait(run, job)
  local before
  while true do
    local found = assert(run.client:get_batch_job(job.arn))
    if ENDED[found.status] then return found end
    local step = step_of(found)
    if step ~= before then run.say("%s: %s", job.name, step) end
    before = step
    if not run.settings.watch then return nil end
    task.sleep(run.settings.poll)
  end
end

local function tell(run, job, found, read)
  run.say("%s: %s%s; %s, %s failed, %d without an answer", job.name, found.status, found.message and (" (%s)"):format(found.message) or "",
    plural(read.answered, "vector"), plural(#read.failed, "record"), #job.records - read.answered - #read.failed)
  local counts = read.counts
  if counts and counts.successRecordCount and counts.successRecordCount ~= read.answered then
    run.settings.ctx.warn("%s: its manifest counts %d answers, its files have %d", job.name, counts.successRecordCount, read.answered)
  end
end

-- What is charged: for the records that were answered.
local function settle(run, job, found, read)
  local items = {}
  for i, item in ipairs(job.estimate.items) do
    items[i] = { price = item.price, what = plural(read.answered, "answer"), count = item.count * read.answered / #job.records }
  end
  cost.actual({ arn = job.arn, job = job.name, status = found.status }, items, run.settings.ctx)
end

-- Takes what came of a job that is over.
local function collect(run, job, found)
  local read = answers.read(run.objects, run.model, run.kept, job)
  tell(run, job, found, read)
  for _, entry in ipairs(read.failed) do run.failures[entry.file] = answers.error(entry, entry.message) end
  if found.status == "Failed" then run.failed = ("%s failed: %s"):format(job.name, found.message or "Bedrock does not say why") end
  settle(run, job, found, read)
  job.phase, job.status, job.failed, job.counts, job.records = "read", found.status, read.failed, read.counts, nil
  job:save()
end

-- All that Bedrock has. False: one of them is not over.
function follow.all(run)
  local all = true
  for _, job in ipairs(run.jobs) do
    local found = job.phase == "submitted" and wait(run, job)
    if found then collect(run, job, found) elseif job.phase == "submitted" then all = false end
  end
  return all
end

return follow
