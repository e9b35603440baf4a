-- SPDX-License-Identifier: MIT
-- Models that Bedrock trained for the project, in the rows of `hilum status`. jobs: of lib/finetune/ordered. A row's `run` is the command
-- that comes next for it.
local embeddings = require "lib.embeddings"
local ordered = require "lib.finetune.ordered"

local trained = {}

local function last_model(jobs)
  local last
  for _, one in ipairs(jobs) do last = one.model and one or last end
  return last
end

local function going_on(jobs)
  for _, one in ipairs(jobs) do if ordered.is_going(one) then return one end end
end

local function names_of(jobs)
  local names = {}
  for _, one in ipairs(jobs) do if one.model then names[#names + 1] = one.name end end
  return table.concat(names, ", ")
end

-- Row "finetune": they stand beside the models that are on this machine.
function trained.show(row, jobs, project)
  local last, going = last_model(jobs), going_on(jobs)
  if last then row.contents = ("%s%s on Bedrock"):format(row.contents ~= "" and row.contents .. "; " or "", names_of(jobs)) end
  if row.state ~= "missing" then return end
  if last then
    row.file, row.made, row.state = "", last.at, "trained"
  elseif going then
    row.file, row.contents, row.state = "", going.name .. " on Bedrock", going.status
    row.run = ("hilum finetune status %s --watch"):format(going.job)
  elseif (project.config.finetune or {}).bedrock then
    row.run = "hilum finetune --model bedrock"
  end
end

-- Is anything embedded by the model with that id?
local function is_embedded(project, id)
  local folder = project:path "embeddings"
  for _, name in ipairs(embeddings.names(folder)) do
    local set = embeddings.open(folder, name)
    if set and set.info.model == id then return true end
  end
  return false
end

-- What it takes to embed by a model: throughput first; then the base beside it, for the comparison.
local function embedding_by(one, project)
  if not require "lib.deploy.records".find(project, one.model) then return ("hilum deploy %s --for 2h"):format(one.name) end
  local base = "bedrock:" .. one.model:match(":custom%-model/([^/:]+)")
  return ("hilum embed%s --model bedrock:%s"):format(is_embedded(project, base) and "" or " --model " .. base, one.name)
end

-- Row "embed": the model that was trained last is to be embedded by.
function trained.ask(row, jobs, project)
  local last = last_model(jobs)
  if not last or is_embedded(project, "bedrock:" .. last.model) then return end
  if row.state ~= "missing" then row.state = ("stale: nothing is embedded by %s yet"):format(last.name) end
  row.run = embedding_by(last, project)
end

return trained
