-- SPDX-License-Identifier: MIT
-- What of a project's throughput stands now: AWS is asked, once for each that is recorded. Without any nobody is asked.
local dates = require "lib.dates"
local place = require "lib.deploy.place"
local records = require "lib.deploy.records"
local throughput = require "lib.deploy.throughput"

local standing = {}

local function ask(record)
  local client, err = require "lib.aws.glance"(record)
  if not client then return nil, err end
  return throughput.find_recorded(client, record)
end

local function describe(record, found, project)
  return ("%s, %s of %s; %s"):format(found.status, require "lib.plural"(found.modelUnits, "model unit"),
    record.model_name or found.modelArn, place.bill(record, project))
end

-- {name, state: AWS's, "Gone", "Unfinished" or "Unknown"; stands: false if it certainly does not; text}
local function look(record, project)
  local found, err = ask(record)
  if found then
    return { name = record.name, state = found.status, stands = true, arn = found.provisionedModelArn, expires = record.expires,
      text = describe(record, found, project) }
  end
  if found == nil then
    return { name = record.name, state = "Unknown", stands = true, arn = record.arn,
      text = ("could not be asked (%s); unless it was deleted, it %s"):format(err.message, place.bill(record, project)) }
  end
  if record.arn then return { name = record.name, state = "Gone", stands = false, text = "does not stand any more" } end
  return { name = record.name, state = "Unfinished", stands = false,
    text = ("its order was not finished, and nothing stands; `%s` forgets it"):format(place.ending(record, project)) }
end

-- When it deletes itself, its end is known.
local function forget(record, ctx)
  require "lib.deploy.charge"(record, record.made and dates.read(record.made), record.expires and dates.read(record.expires), ctx)
  records.remove(ctx.project, record.name)
end

-- A list of them. What has gone is told once, and then not recorded any more.
function standing.list(ctx)
  local list = require "hilum.json".array()
  for i, record in ipairs(records.list(ctx.project)) do
    list[i] = look(record, ctx.project)
    if list[i].state == "Gone" then forget(record, ctx) end
  end
  return list
end

-- A line for each, red while it bills.
function standing.lines(list)
  local term, lines = require "hilum.term", {}
  for i, one in ipairs(list) do
    local line = ("throughput %s: %s"):format(one.name, one.text)
    lines[i] = one.stands and term.color(line, "red", "stdout") or line
  end
  return lines
end

return standing
