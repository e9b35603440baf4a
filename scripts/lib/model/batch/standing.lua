-- SPDX-License-Identifier: MIT
-- The batch jobs of a project that are not over, or whose images are still on S3, by what was written down; AWS is not asked.
local fs = require "hilum.fs"
local jobs = require "lib.model.batch.jobs"
local plural = require "lib.plural"

local standing = {}

local function text_of(job)
  if job.phase == "submitted" or job.phase == "ready" then
    return ("is not over, with %s: `hilum embed --batch` as before goes on with it, `hilum embed stop %s` ends it"):format(
      plural(#job.records, "image"), job.name)
  end
  return "is over, but its images are still on S3: `hilum embed --batch --delete-data` as before removes them"
end

-- {name, place, phase, text} of each.
function standing.list(project)
  local list = require "hilum.json".array()
  for _, job in ipairs(jobs.all(fs.join(project:path("cache"), "batch"))) do
    if not job.deleted then list[#list + 1] = { name = job.name, place = job.place, phase = job.phase, text = text_of(job) } end
  end
  return list
end

function standing.lines(list)
  local lines = {}
  for i, job in ipairs(list) do lines[i] = ("batch job %s (%s) %s"):format(job.name, job.place, job.text) end
  return lines
end

return standing
