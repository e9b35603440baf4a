-- SPDX-License-Identifier: MIT
-- The input of a batch job: records {"recordId":…,"modelInput":…} a line, in files that are not larger than Bedrock takes them. Each file
-- is written here and sent; what is on S3 already, from a run that was killed, is not sent again.
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local json = require "hilum.json"
local plural = require "lib.plural"
local task = require "hilum.task"

local parts = {}

local AT_ONCE = 16 -- images that are read, and held in memory

-- Eleven letters and digits, as Bedrock has them: the number of the record.
function parts.record_id(number) return ("R%010d"):format(number) end
function parts.record_number(id) return type(id) == "string" and math.tointeger(tonumber(id:match("^R(%d+)$"))) or nil end

local Writer = {}
Writer.__index = Writer

local function new_writer(client, job, limits, say)
  return setmetatable({ client = client, job = job, limits = limits, say = say, path = job.path:gsub("%.json$", "") .. ".part", number = 0,
    size = 0, records = 0, total = 0 }, Writer)
end

-- Sends the file, unless the same is there.
local function send(self, uri)
  local sum = assert(hash.sha256_file(self.path))
  local there = self.client:head(uri)
  if there and there.size == self.size and there.metadata.sha256 == sum then return end
  assert(self.client:upload(self.path, uri, { metadata = { sha256 = sum } }))
end

function Writer:flush()
  if not self.file then return end
  assert(self.file:close())
  self.file, self.number = nil, self.number + 1
  local uri = ("%sinput/part-%05d.jsonl"):format(self.job.place, self.number)
  send(self, uri)
  self.say("%s: %s, %.1f MB", uri, plural(self.records, "record"), self.size / 1e6)
  assert(fs.remove(self.path))
  self.size, self.records = 0, 0
end

-- Adds a line; false: the job would get too large.
function Writer:add(line)
  if self.total + #line > self.limits.job_bytes then return false end
  if self.size + #line > self.limits.file_bytes then self:flush() end
  self.file = self.file or assert(io.open(self.path, "wb"))
  assert(self.file:write(line))
  self.size, self.total, self.records = self.size + #line, self.total + #line, self.records + 1
  return true
end

-- The questions of some places: {question =} or {err =}.
local function questions_of(places, first, question)
  local some = table.move(places, first, math.min(first + AT_ONCE - 1, #places), 1, {})
  return some, (task.map(some, { at_once = AT_ONCE }, function(place)
    local asked, err = question(place)
    return { question = asked, err = err }
  end))
end

-- Makes a job's input of as many of these places as it may have. model: lib/model/bedrock's; question(place): of it; settings: client,
-- limits, say. Returns the places that became its records, in order, the errors of those that cannot be read, by place, and how many of
-- the places were gone through.
function parts.make(model, job, places, question, settings)
  local writer, taken, errors = new_writer(settings.client, job, settings.limits, settings.say), {}, {}
  for first = 1, #places, AT_ONCE do
    local some, asked = questions_of(places, first, question)
    for i, place in ipairs(some) do
      if asked[i].question then
        local record = { recordId = parts.record_id(#taken + 1), modelInput = model:body(asked[i].question) }
        if not writer:add(json.encode(record, { order = { "recordId" } }) .. "\n") then
          writer:flush()
          return taken, errors, first + i - 2
        end
        taken[#taken + 1] = place
      else
        errors[place] = asked[i].err
      end
    end
  end
  writer:flush()
  return taken, errors, #places
end

return parts
