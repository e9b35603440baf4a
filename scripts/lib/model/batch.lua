-- SPDX-License-Identifier: MIT
-- Vectors by batch inference on Bedrock: what is not in the cache goes to S3 as one job or several, Bedrock answers in its own time, and
-- the answers go to the cache. Every step is written down (lib/model/batch/jobs), so that a run that was killed anywhere, or that did not
-- wait, is gone on with by the next one, and nothing is ordered twice.
local answers = require "lib.model.batch.answers"
local follow = require "lib.model.batch.follow"
local fs = require "hilum.fs"
local jobs = require "lib.model.batch.jobs"
local order = require "lib.model.batch.order"
local plural = require "lib.plural"

local batch = {}

-- Where the jobs of a cache are written down.
function batch.folder(cache) return fs.join(cache.folder, "batch") end

-- Raises when one of these places is in a job that is not over: asked for by itself, it would be paid for twice.
function batch.refuse_going(cache, entries, places)
  local going = jobs.going(jobs.all(batch.folder(cache), cache.name))
  for _, place in ipairs(next(going) and places or {}) do
    local name = going[jobs.key(entries[place])]
    if name then
      error(require "hilum.host".error("usage", ("%s is in the batch job %s, which is not over: the same with --batch goes on with it")
        :format(entries[place].file, name)), 0)
    end
  end
end

-- Files of a run that was killed.
local function sweep(folder)
  for _, name in ipairs(fs.stat(folder) and fs.list(folder) or {}) do
    if name:find("%.part$") or name:find("%.out$") then assert(fs.remove(fs.join(folder, name))) end
  end
end

-- What the parts share: who is asked, for what, and what is known of it.
local function new_run(model, cache, kept, entries, job, settings)
  local session, folder = model:aws(), batch.folder(cache)
  sweep(folder)
  return { model = model, kept = kept, entries = entries, question = job.question, texts = job.texts, settings = settings,
    say = settings.ctx.say, folder = folder, of = cache.name, jobs = jobs.all(folder, cache.name), failures = {},
    region = model:region() or session.region, client = require "lib.aws.bedrock".client(session, model:region()),
    objects = require "lib.aws.s3".open { session = session } }
end

-- What failed before: the messages by the keys of entries.
local function failed_before(run)
  local failed = {}
  for _, job in ipairs(run.jobs) do
    for _, entry in ipairs(job.failed or {}) do failed[jobs.key(entry)] = entry.message end
  end
  return failed
end

-- The places that are in no job yet. What failed before is not tried again, except with retry.
local function missing(run)
  local places, going, failed = {}, jobs.going(run.jobs), failed_before(run)
  for _, place in ipairs(run.kept:missing(run.entries)) do
    local entry = run.entries[place]
    local key = jobs.key(entry)
    local message = not run.settings.retry and failed[key]
    if message then run.failures[entry.file] = answers.error(entry, message)
    elseif not going[key] then places[#places + 1] = place end
  end
  return places
end

local function delete(run, job)
  local count = order.delete_data(run, job)
  run.say("%s: %s removed", job.place, plural(count, "object"))
  job.deleted = true
  if job.phase == "read" then job:save() else assert(fs.remove(job.path)) end
end

-- Where images are on S3 of jobs that Bedrock does not need any more, or none from now on.
local function clean(run)
  for _, job in ipairs(run.jobs) do
    local idle = job.phase ~= "submitted" and not job.deleted
    if idle and run.settings.delete_data then delete(run, job)
    elseif idle then run.say("%s still has images, as they were sent and in the answers: --delete-data removes them", job.place) end
  end
end

-- Rows for all entries that have none. settings: role, work (a prefix on S3, with its slash), limits, watch, poll (seconds), retry,
-- delete_data, what else request.make takes, and ctx and opt of the workflow that asks. Returns the errors of those that still have none by
-- their files; nil when a job is not over.
function batch.run(model, cache, kept, entries, job, settings)
  local run = new_run(model, cache, kept, entries, job, settings)
  order.resume(run)
  local places = missing(run)
  if #places > 0 then order.new(run, places) end
  local all = follow.all(run)
  clean(run)
  if run.failed then error(require "hilum.host".error("http", run.failed), 0) end
  if not all then return nil end
  for _, place in ipairs(kept:missing(entries)) do
    local entry = entries[place]
    run.failures[entry.file] = run.failures[entry.file] or answers.error(entry, "no batch job has come to it yet; run it again")
  end
  return run.failures
end

return batch
