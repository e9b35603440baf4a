-- SPDX-License-Identifier: MIT
-- Ordering batch jobs: asks whether they may be paid for, sends their input to S3, and creates them, each once.
local cost = require "lib.cost"
local fs = require "hilum.fs"
local jobs = require "lib.model.batch.jobs"
local parts = require "lib.model.batch.parts"
local plural = require "lib.plural"
local request = require "lib.model.batch.request"

-- How long a role that was just made may take to be known, and how often to ask meanwhile: seconds.
local order = { patience = 60, ask_every = 5 }

-- What it costs.

local function tokens_of(texts, places)
  local characters = 0
  for _, place in ipairs(texts and places or {}) do characters = characters + (utf8.len(texts[place]) or #texts[place]) end
  return (characters + 3) // 4
end

local function estimate(run, places)
  local prices, tokens = run.model.adapter.prices, tokens_of(run.texts, places)
  local items = { { price = prices.batch_image or prices.image, count = #places, what = plural(#places, "image") } }
  if tokens > 0 then
    items[2] = { price = prices.batch_text or prices.text, count = tokens / 1000, what = ("about %d tokens of text"):format(tokens) }
  end
  return cost.estimate({ step = "batch", region = run.region, items = items }, run.settings.ctx)
end

-- The job for some places.

-- The same as before a run was killed, but not one that is over.
local function job_for(run, places)
  local content, by_name, attempt = { run.model:batch_id(), run.of, run.settings.work }, {}, 0
  for _, place in ipairs(places) do content[#content + 1] = jobs.key(run.entries[place]) end
  for _, job in ipairs(run.jobs) do by_name[job.name] = job end
  local text = table.concat(content, "\n")
  local name = request.name(text, attempt)
  while by_name[name] and by_name[name].phase == "read" do
    attempt = attempt + 1
    name = request.name(text, attempt)
  end
  return by_name[name] or jobs.new(run.folder, name, run.of, run.settings.work .. name .. "/")
end

local function too_few(run, count)
  return ("%s fewer than Bedrock takes in a batch job (%d): embed without --batch"):format(plural(count, "image is", "images are"),
    run.limits.min_records)
end

-- Looks whether the job could succeed, how much of it Bedrock takes, and whether it may be paid for.
local function pass_gates(run, places)
  local settings = run.settings
  local wanted = request.make(run.model, job_for(run, places), settings)
  local known = require "lib.ready".gate("batch", wanted, run.model:aws(), settings.opt, settings.ctx)
  run.limits = request.limits(settings.limits, known.limits)
  if #places < run.limits.min_records then settings.ctx.fail("%s", too_few(run, #places)) end
  cost.gate(estimate(run, places), settings.opt, settings.ctx)
end

-- How many records each job gets, so that none is left with a few.
local function share(run, places)
  local limits, bytes = run.limits, 0
  for _, place in ipairs(places) do bytes = bytes + (run.entries[place].size or 0) * 4 // 3 end
  return math.ceil(#places / math.max(math.ceil(#places / limits.records), math.ceil(bytes / limits.job_bytes)))
end

-- Sends the input of a job. Returns the places that are its records, and how many of all were gone through.
local function upload(run, job, places)
  job:save()
  local taken, errors, count = parts.make(run.model, job, places, run.question, { client = run.objects, limits = run.limits,
    say = run.say })
  for place, err in pairs(errors) do run.failures[run.entries[place].file] = err end
  job.records = {}
  for i, place in ipairs(taken) do job.records[i] = run.entries[place] end
  return taken, count
end

-- Removes what is on S3 of a job. Returns how many objects that was.
function order.delete_data(run, job)
  local bucket, keys = job.place:match("^s3://([^/]+)"), {}
  for object in run.objects:list(job.place) do keys[#keys + 1] = object.key end
  local _, errors = run.objects:delete_many(bucket, keys)
  if errors then error(select(2, next(errors)), 0) end
  return #keys
end

-- Creating it.

-- A job of this name, after Bedrock said that there is one.
local function find(run, name)
  for summary in run.client:list_batch_jobs { nameContains = name } do
    if summary.jobName == name then return summary.jobArn end
  end
end

-- What Bedrock refused is not there; of what went wrong otherwise that is not known, and the next run asks for it again.
local function give_up(job, err)
  if err.status and err.status < 500 then
    job.phase = "uploading"
    job:save()
  end
  error(err, 0)
end

-- In the ledger, once.
local function note(run, job)
  local ctx = run.settings.ctx
  if require "lib.cost.ledger".find(ctx.project, "submitted", job.arn) then return end
  cost.submitted(job.estimate, { arn = job.arn, job = job.name, records = #job.records }, ctx)
end

-- A job whose input is on S3.
local function submit(run, job)
  local made, err = require "lib.aws.new_role".wait(function() return run.client:create_batch_job(job.request) end, order.patience,
    order.ask_every, run.say)
  job.arn = made and made.jobArn or err.code == "ConflictException" and find(run, job.name) or give_up(job, err)
  note(run, job)
  job.phase = "submitted"
  job:save()
  run.say("%s is begun with %s, which are in %s and will be in the answers there; when this run ends, the job does not", job.name,
    plural(#job.records, "image"), job.place)
end

-- Creates the jobs that a run was about to create when it ended, and perhaps did: with the same token that is no second one.
function order.resume(run)
  for _, job in ipairs(run.jobs) do
    if job.phase == "ready" then submit(run, job) end
  end
end

local function refuse(run, job)
  order.delete_data(run, job)
  assert(fs.remove(job.path))
  run.settings.ctx.fail("%s", too_few(run, #job.records))
end

-- One job for as many of these places as it may have. Returns how many were gone through.
local function order_one(run, places)
  local job = job_for(run, places)
  local taken, count = upload(run, job, places)
  if #taken < run.limits.min_records then refuse(run, job) end
  job.request, job.estimate, job.phase = request.make(run.model, job, run.settings), estimate(run, taken), "ready"
  job:save()
  submit(run, job)
  if not jobs.find(run.jobs, job.name) then run.jobs[#run.jobs + 1] = job end
  return count
end

-- Orders these places, as one job or as many as are needed.
function order.new(run, places)
  pass_gates(run, places)
  local size, at = share(run, places), 1
  while #places - at + 1 >= run.limits.min_records do
    at = at + order_one(run, table.move(places, at, math.min(at + size - 1, #places), 1, {}))
  end
  if at <= #places then run.say("%s", too_few(run, #places - at + 1)) end
end

return order
