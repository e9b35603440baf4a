-- SPDX-License-Identifier: MIT
-- Ends a batch job on Bedrock before its time. What it has answered is taken by the next run that follows it.
local fs = require "hilum.fs"
local host = require "hilum.host"
local jobs = require "lib.model.batch.jobs"

local function fail(format, ...) error(host.error("usage", format:format(...)), 0) end

-- The ARN of a job of the project by its name, or of any.
local function arn_of(id, project)
  if id:find("^arn:") then return id end
  local job = jobs.find(jobs.all(fs.join(project:path("cache"), "batch")), id)
  if not job then fail("this project has no batch job '%s'; `hilum status` shows those that are not over, and an ARN means any", id) end
  if job.phase == "read" then fail("the batch job %s is over: %s", id, job.status) end
  if not job.arn then fail("Bedrock does not have the batch job %s yet; nothing of it is charged", id) end
  return job.arn
end

return function(opt, ctx)
  local arn = arn_of(opt.id, ctx.project)
  local session = assert(require "lib.aws.session".open {})
  assert(require "lib.aws.bedrock".client(session, arn:match("^arn:[^:]*:bedrock:([^:]+):")):stop_batch_job(arn))
  ctx.say("%s is being stopped; what was answered until now is charged, and `hilum embed --batch` as before takes it", opt.id)
  return { job = opt.id, arn = arn }
end
