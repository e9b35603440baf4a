-- SPDX-License-Identifier: MIT
-- Which custom model is meant: by its name or ARN, by the job that trains it, or the one that this project trained last.
local bedrock = require "lib.aws.bedrock"
local host = require "hilum.host"

local models = {}

local function fail(format, ...) return nil, host.error("usage", format:format(...)) end

local function is_missing(err) return err.code == "ResourceNotFoundException" end

local function of_model(found) return { arn = found.modelArn, name = found.modelName, status = found.modelStatus } end

local function of_job(client, id)
  local job, err = client:get_customization_job(id)
  if err and is_missing(err) then
    return fail("there is no custom model and no job '%s' in this region; %s", id,
      bedrock.elsewhere(id, client:region()) or "`hilum finetune list` shows the jobs")
  end
  if not job then return nil, err end
  if not job.outputModelArn then
    local name = job.jobName
    return fail("the job %s is %s and has made no model; `hilum finetune status %s --watch` follows it", name, job.status, name)
  end
  return { arn = job.outputModelArn, name = job.outputModelName }
end

-- {arn, name, status} of what is meant, or nil and an error.
function models.find(client, id)
  if id:find(":model-customization-job/", 1, true) then return of_job(client, id) end
  local found, err = client:get_custom_model(id)
  if found then return of_model(found) end
  if not is_missing(err) or id:find("^arn:") then return nil, err end
  return of_job(client, id)
end

-- The same, of a model that can be deployed.
function models.deployable(client, id)
  local model, err = models.find(client, id)
  if model and model.status and model.status ~= "Active" then
    return fail("the model %s is %s; only an Active one can be deployed", model.name, model.status)
  end
  return model, err
end

-- The last job that the project submitted, or nil.
function models.last_job(project)
  local last
  for _, line in ipairs(require "lib.cost.ledger".lines(project)) do
    if line.ledger == "submitted" and line.step == "finetune" then last = line.what.arn or line.what.job end
  end
  return last
end

return models
