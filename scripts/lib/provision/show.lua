-- SPDX-License-Identifier: MIT
-- What is planned, stands or goes, as tables for people and for programs.
local json = require "hilum.json"
local term = require "hilum.term"

local show = {}

local MARKS = { create = "+ create", change = "~ change", delete = "- delete", keep = "  keep", blocked = "! blocked" }
local COLORS = { create = "green", change = "yellow", delete = "red", blocked = "red" }

-- What the things of some steps cost: items of lib/cost, of a month, and of an hour in which they are used. actions: {create = true, …}.
function show.costs(env, steps, actions)
  local monthly, hourly = {}, {}
  for _, step in ipairs(steps) do
    for _, item in ipairs(actions[step.action] and step.resource.costs and step.resource.costs(env) or {}) do
      item.what = ("%s %s: %s"):format(step.resource.kind, step.id, item.what)
      table.insert(item.in_use and hourly or monthly, item)
    end
  end
  return monthly, hourly
end

-- The steps as plain records, and how many there are of each action.
function show.records(steps)
  local records, counts = json.array(), {}
  for _, step in ipairs(steps) do
    if step.action ~= "ignore" then
      records[#records + 1] = { action = step.action, what = step.resource.kind, name = step.id, why = step.why }
      counts[step.action] = (counts[step.action] or 0) + 1
    end
  end
  return records, counts
end

function show.plan(records)
  local rows, columns = {}, { "action", "what", "name" }
  for i, record in ipairs(records) do
    rows[i] = { action = MARKS[record.action], what = record.what, name = record.name, why = record.why }
    if record.why then columns[4] = "why" end
  end
  local text = term.table(rows, columns)
  return (text:gsub("[^\n]+", function(line)
    local color = COLORS[line:match("^. (%l+)")]
    return color and term.color(line, color, "stdout") or nil
  end))
end

-- What other workflows want to know: {bucket, output (where jobs may write), role, collection, endpoint, notebook}; nothing of what is not
-- there.
function show.outputs(env)
  local outputs = { account = env.account, region = env.region, prefix = env.settings.prefix }
  if env.found.bucket then outputs.bucket = "s3://" .. env.names.bucket end
  if env.found.bucket then outputs.output = outputs.bucket .. "/" .. env.settings.output end
  outputs.role = env:known("bedrock-role", "arn")
  outputs.collection, outputs.endpoint = env:known("collection", "name"), env:known("collection", "collectionEndpoint")
  outputs.notebook = env:known("notebook", "Url")
  return outputs
end

-- Is the collection open to the internet now?
function show.is_public(env)
  local rule = (env:known("network", "policy") or {})[1]
  return rule ~= nil and rule.AllowFromPublic == true
end

-- The items of destroy's questions, a line each.
function show.items(kind)
  local lines = { kind.name .. ":" }
  for i, item in ipairs(kind.items) do lines[i + 1] = "  " .. item.text end
  return table.concat(lines, "\n")
end

return show
