-- SPDX-License-Identifier: MIT
-- The throughput that a project has bought: deployments/NAME.json each. It is written before anything is ordered, so that nothing can
-- stand that no file speaks of, and goes when the throughput has gone. Fields: name, region, profile, prefix, model (the custom model's
-- ARN), model_name, units, commitment, token (of the order), made (a date); arn, when it is known; schedule (its name) and expires (a
-- date), if it deletes itself; next_model, while it is being repointed.
local fs = require "hilum.fs"
local host = require "hilum.host"
local json = require "hilum.json"

local records = {}

local FORMAT = 1
local FOLDER = "deployments"

local function path_of(project, name) return fs.join(project:path(FOLDER), name .. ".json") end

local function read(path)
  local record, err = json.decode(assert(fs.read(path)))
  if type(record) ~= "table" or record.format ~= FORMAT then
    local why = err and err.message or "it was written by another version of hilum"
    error(host.error("parse", ("%s: %s; it says which throughput bills, so do not lose it"):format(path, why)), 0)
  end
  return record
end

-- The record of a name, or nil.
function records.get(project, name)
  local path = path_of(project, name)
  return fs.stat(path) and read(path) or nil
end

function records.put(project, record)
  record.format = FORMAT
  assert(fs.mkdir(project:path(FOLDER)))
  assert(fs.write(path_of(project, record.name), json.encode(record, { indent = 2 }) .. "\n"))
end

function records.remove(project, name)
  if fs.stat(path_of(project, name)) then assert(fs.remove(path_of(project, name))) end
end

-- All of them, by name.
function records.list(project)
  local list = {}
  for _, file in ipairs(fs.list(project:path(FOLDER)) or {}) do
    if file:find("%.json$") then list[#list + 1] = read(fs.join(project:path(FOLDER), file)) end
  end
  return list
end

-- The one that has this name or ARN, or whose model has it; nil if there is none.
function records.find(project, id)
  for _, field in ipairs { "name", "arn", "model_name", "model" } do
    for _, record in ipairs(records.list(project)) do
      if record[field] == id then return record end
    end
  end
end

-- The one to ask for a name or ARN; nil if there is none, and an error if it cannot be asked now.
function records.in_service(project, id)
  local record = records.find(project, id)
  if not record then return nil end
  local why = not record.arn and "was ordered, but not made" or record.next_model and "is being repointed to another model"
  if not why then return record end
  return nil, host.error("usage", ("the throughput %s %s: `hilum deploy status` tells how it stands"):format(record.name, why))
end

return records
