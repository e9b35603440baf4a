-- SPDX-License-Identifier: MIT
-- Vectors by batch inference on Bedrock: what is not in the cache goes to S3 as one job or several, Bedrock answers in its own time, and
-- the answers go to the cache. Every step is written down (lib/model/batch/jobs), so that a run that was killed anywhere, or that did not
-- wait, is gone on with by the next one, and nothing is ordered twice.
local answers = require "lib.model.batch.answers"
local fs = require "hilum.fs"
local jobs = require "lib.model.batch.jobs"
local parts = require "lib.model.batch.parts"
local request = require "lib.model.batch.request"
local task = require "hilum.task"

-- How long a role that was just made may take to be known, how often to ask meanwhile, and how often to look at a job: seconds.
local batch = { patience = 60, ask_every = 5, look_every = 60 }

local ENDED = { Completed = true, PartiallyCompleted = true, Failed = true, Stopped = true, Expired = true }

local Run = {}
Run.__index = Run

-- Files of a run that was killed.
local function sweep(folder)
  for _, name in ipairs(fs.stat(folder) and fs.list(folder) or {}) do
    if name:find("%.part$") or name:find("%.out$") then assert(fs.remove(fs.join(folder, name))) end
  end
end

local function new_run(model, cache, kept, entries, job, settings)
  local session = model:aws()
  local folder = fs.join(cache.folder, "batch")
  sweep(folder)
  return setmetatable({ model = model, kept = kept, entries = entries, question = job.question, texts = job.texts, settings = settings,
    say = settings.ctx.say, folder = folder, of = cache.name, jobs = jobs.all(folder, cache.name), failures = {},
    client = require "lib.aws.bedrock".client(session, model:region()), objects = require "lib.aws.s3".open { session = session } }, Run)
end

-- What is to be done.

-- The keys of what Bedrock has, and of what failed before, with the message.
function Run:known()
  local going, failed = {}, {}
  for _, job in ipairs(self.jobs) do
    if job.phase == "submitted" then
      for _, entry in ipairs(job.records) do going[jobs.key(entry)] = true end
    end
    for _, entry in ipairs(job.failed or {}) do failed[jobs.key(entry)] = entry.message end
  end
  return going, failed
end

-- The places that are in no job yet. What failed before is not tried again, except with retry.
function Run:missing()
  local places, going, failed = {}, self:known()
  for _, place in ipairs(self.kept:missing(self.entries)) do
    local key = jobs.key(self.entries[place])
    local message = not self.settings.retry and failed[key]
    if message then self.failures[self.entries[place].file] = answers.error(self.entries[place], message)
    elseif not going[key] then places[#places + 1] = place end
  end
  return places
end

-- Ordering.

local function tokens_of(texts, places)
  local characters = 0
  for _, place in ipairs(texts and places or {}) do characters = characters + (utf8.len(texts[place]) or #texts[place]) end
  return characters // 4 + (characters > 0 and 1 or 0)
end

function Run:estimate(places)
  local prices, tokens = self.model.adapter.prices, tokens_of(self.texts, places)
  local items = { { price = prices.batch_image or prices.image, count = #places, what = ("%d images"):format(#places) } }
  if tokens > 0 then
    items[2] = { price = prices.batch_text or prices.text, count = tokens / 1000, what = ("about %d tokens of text"):format(tokens) }
  end
  return require "lib.cost".estimate({ step = "batch", region = self.client.call.region or self.model:aws().region, items = items },
    self.settings.ctx)
end

-- Looks whether the job could succeed, how much of it Bedrock takes, and whether it may be paid for.
function Run:gate(places)
  local settings = self.settings
  local wanted = request.make(self.model, self:new_job(places), settings)
  local known = require "lib.ready".gate("batch", wanted, self.model:aws(), settings.opt, settings.ctx)
  self.limits = request.limits(settings.limits, known.limits)
  if #places < self.limits.min_records then settings.ctx.fail("%s", self:too_few(#places)) end
  require "lib.cost".gate(self:estimate(places), settings.opt, settings.ctx)
end

-- How many records each job gets, so that none is left with a few.
function Run:share(places)
  local limits, bytes = self.limits, 0
  for _, place in ipairs(places) do bytes = bytes + (self.entries[place].size or 0) * 4 // 3 end
  return math.ceil(#places / math.max(math.ceil(#places / limits.records), math.ceil(bytes / limits.job_bytes)))
end

function Run:too_few(count)
  return ("%d images are fewer than Bedrock takes in a batch job (%d): embed them without --batch"):format(count,
    self.limits.min_records)
end

-- The job for these places, which is the same as before a run was killed, but not one that is over.
function Run:new_job(places)
  local content = { self.model:batch_id(), self.of, self.settings.work }
  for _, place in ipairs(places) do content[#content + 1] = jobs.key(self.entries[place]) end
  local text, attempt, over = table.concat(content, "\n"), 0, {}
  for _, job in ipairs(self.jobs) do over[job.name] = job.phase == "read" end
  while over[request.name(text, attempt)] do attempt = attempt + 1 end
  local name = request.name(text, attempt)
  return jobs.new(self.folder, name, self.of, self.settings.work .. name .. "/")
end

-- Sends the input of a job. Returns how many of the places were gone through.
function Run:upload(job, places)
  job:save()
  local taken, errors, count = parts.make(self.model, job, places, self.question, { client = self.objects, limits = self.limits,
    say = self.say })
  for place, err in pairs(errors) do self.failures[self.entries[place].file] = err end
  job.records = {}
  for i, place in ipairs(taken) do job.records[i] = self.entries[place] end
  return count
end

-- A job of this name, after Bedrock said that there is one.
function Run:find_job(name)
  for summary in self.client:list_batch_jobs { nameContains = name } do
    if summary.jobName == name then return summary.jobArn end
  end
end

function Run:submit(job, estimate)
  job.request, job.phase = request.make(self.model, job, self.settings), "ready"
  job:save()
  local made, err = require "lib.aws.new_role".wait(function() return self.client:create_batch_job(job.request) end, batch.patience,
    batch.ask_every, self.say)
  local arn = made and made.jobArn or err.code == "ConflictException" and self:find_job(job.name)
  if not arn then error(err, 0) end
  job.arn, job.phase = arn, "submitted"
  job:save()
  require "lib.cost".submitted(estimate, { arn = arn, job = job.name, records = #job.records }, self.settings.ctx)
  self.say("%s is begun with %d images; they are in %s, and will be in what Bedrock writes there", job.name, #job.records, job.place)
end

-- Removes what is on S3 of a job.
function Run:delete(job)
  local bucket, keys = job.place:match("^s3://([^/]+)"), {}
  for object in self.objects:list(job.place) do keys[#keys + 1] = object.key end
  if #keys == 0 then return end
  local _, errors = self.objects:delete_many(bucket, keys)
  if errors then error(select(2, next(errors)), 0) end
  self.say("%s: %d objects removed", job.place, #keys)
end

-- Orders these places as one job or as many as are needed.
function Run:order(places)
  local least, share, at = self.limits.min_records, self:share(places), 1
  while #places - at + 1 >= least do
    local some = table.move(places, at, math.min(at + share - 1, #places), 1, {})
    local job = self:new_job(some)
    local count = self:upload(job, some)
    at = at + count
    if #job.records < least then
      self:delete(job)
      assert(fs.remove(job.path))
      self.settings.ctx.fail("%s", self:too_few(#job.records))
    end
    self:submit(job, self:estimate(table.move(some, 1, #job.records, 1, {})))
    self.jobs[#self.jobs + 1] = job
  end
  if at <= #places then self.say("%s", self:too_few(#places - at + 1)) end
end

-- Following.

-- The job when it is over; nil when it is not and nobody waits.
function Run:wait(job)
  local before
  while true do
    local found = assert(self.client:get_batch_job(job.arn))
    local total, done = found.totalRecordCount, found.processedRecordCount
    local step = found.status .. (total and total > 0 and (", %d of %d"):format(done or 0, total) or "")
    if step ~= before then self.say("%s: %s", job.name, step) end
    before = step
    if ENDED[found.status] then return found end
    if not self.settings.watch then return nil end
    task.sleep(batch.look_every)
  end
end

local function tell(self, job, found, read)
  self.say("%s: %s%s; %d vectors, %d records failed, %d without an answer", job.name, found.status,
    found.message and (" (%s)"):format(found.message) or "", read.answered, #read.failed, #job.records - read.answered - #read.failed)
  local counts = read.counts
  if counts and counts.successRecordCount and counts.successRecordCount ~= read.answered then
    self.settings.ctx.warn("%s: its manifest counts %d answers, its files have %d", job.name, counts.successRecordCount, read.answered)
  end
end

-- Takes what came of a job that is over.
function Run:collect(job, found)
  local read = answers.read(self.objects, self.model, self.kept, job)
  tell(self, job, found, read)
  for _, entry in ipairs(read.failed) do self.failures[entry.file] = answers.error(entry, entry.message) end
  if found.status == "Failed" then self.failed = ("%s failed: %s"):format(job.name, found.message or "Bedrock does not say why") end
  job.phase, job.status, job.failed, job.counts, job.records = "read", found.status, read.failed, read.counts, nil
  job:save()
  local items = self:estimate({}).items
  items[1].count = read.answered
  require "lib.cost".actual({ arn = job.arn, job = job.name, status = found.status }, items, self.settings.ctx)
end

-- False: some job is not over.
function Run:follow()
  local all = true
  for _, job in ipairs(self.jobs) do
    if job.phase == "submitted" then
      local found = self:wait(job)
      if found then self:collect(job, found) else all = false end
    end
  end
  return all
end

-- Where images are on S3, or none any more.
function Run:clean()
  for _, job in ipairs(self.jobs) do
    local idle = job.phase ~= "submitted"
    if idle and not job.deleted and self.settings.delete_data then
      self:delete(job)
      job.deleted = true
      if job.phase == "read" then job:save() else assert(fs.remove(job.path)) end
    elseif idle and not job.deleted then
      self.say("%s still has images, as they were sent and in the answers: --delete-data removes them", job.place)
    end
  end
end

-- Rows for all entries that have none. settings: role, work (a prefix on S3, with its slash), limits, watch, retry, delete_data, what else
-- request.make takes, and ctx and opt of the workflow that asks. Returns the errors of those that still have none by their files; nil when
-- a job is not over.
function batch.run(model, cache, kept, entries, job, settings)
  local run = new_run(model, cache, kept, entries, job, settings)
  local places = run:missing()
  if #places > 0 then
    run:gate(places)
    run:order(places)
  end
  local all = run:follow()
  run:clean()
  if run.failed then error(require "hilum.host".error("http", run.failed), 0) end
  if not all then return nil end
  for _, place in ipairs(kept:missing(entries)) do
    local entry = entries[place]
    run.failures[entry.file] = run.failures[entry.file]
      or answers.error(entry, "the batch job ended before it came to this image; run it again")
  end
  return run.failures
end

return batch
