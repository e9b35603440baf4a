-- SPDX-License-Identifier: MIT
-- The batch jobs of a project, as they are remembered in cache/batch/NAME.json, so that a run that was killed, or that did not wait, is
-- gone on with by the next one:
--   name, of        the job's name, and the cache (lib/model/kept) that it makes rows for
--   place           the prefix on S3 that has its input/ and output/
--   phase           "uploading": perhaps some of its input is there; "ready": all of it is; "submitted": Bedrock has it; "read": it is
--                   over, and its rows are in the cache
--   request, arn    CreateModelInvocationJob's
--   estimate        what it would cost (lib/cost)
--   records         of "ready" and "submitted": the entry (lib/memory) of each record
--   status, failed  of "read": how it ended, and the entries that have no row, each with the message that came instead
--   deleted         nothing of it is on S3 any more
local fs = require "hilum.fs"
local json = require "hilum.json"

local jobs = {}

local FORMAT = 1

local Job = {}
Job.__index = Job

-- Writes the job down as it is now.
function Job:save()
  local fields = { format = FORMAT }
  for name, value in pairs(self) do if name ~= "path" then fields[name] = value end end
  assert(fs.mkdir(fs.dir(self.path)))
  assert(json.write(self.path, fields))
end

function jobs.new(folder, name, of, place)
  return setmetatable({ path = fs.join(folder, name .. ".json"), name = name, of = of, place = place, phase = "uploading" }, Job)
end

-- The jobs of a cache, or all, by name in order. folder: need not be there.
function jobs.all(folder, of)
  local list = {}
  for _, file in ipairs(fs.stat(folder) and fs.list(folder) or {}) do
    local path = fs.join(folder, file)
    local found = file:find("%.json$") and assert(json.read(path))
    if found and found.format == FORMAT and (not of or found.of == of) then
      found.path, found.format = path, nil
      list[#list + 1] = setmetatable(found, Job)
    end
  end
  return list
end

function jobs.find(list, name)
  for _, job in ipairs(list) do if job.name == name then return job end end
end

-- What tells an image, as it was, from another.
function jobs.key(entry) return ("%s\0%s\0%.17g\0%s"):format(entry.file, entry.size, entry.mtime or 0, entry.terms or "") end

-- The names of the jobs that are not over, by the keys of what they are about. A job that is ready may have been made already.
function jobs.going(list)
  local going = {}
  for _, job in ipairs(list) do
    local is_going = job.phase == "submitted" or job.phase == "ready"
    for _, entry in ipairs(is_going and job.records or {}) do going[jobs.key(entry)] = job.name end
  end
  return going
end

return jobs
