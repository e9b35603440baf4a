-- SPDX-License-Identifier: MIT
-- What the workflows made, and destroy must not leave to bill on nor take away unasked: jobs, throughput, the schedules that end it, custom
-- models, indexes, the bucket's content. Each kind is {name, flag, question, items = {{id, text}…}, delete(item), done, after}; a kind
-- without items is left out. done: what was done to those of it, where that is not "deleted"; after: the kind that must go for it to go.
local call = require "lib.aws.call"
local caught = require "lib.caught"
local dates = require "lib.dates"
local throughput = require "lib.deploy.throughput"

local leftovers = {}

-- The items of a list whose iterator raises; nil and an error.
local function collect(iterate)
  return caught(function()
    local items = {}
    for item in iterate() do items[#items + 1] = item end
    return items
  end)
end

-- Was the model trained by a job with the role that hilum made? A job that is not known any more tells nothing.
local function is_ours(env, summary)
  local model, err = env.bedrock:get_custom_model(summary.modelArn)
  if not model then return nil, err end
  local job
  job, err = env.bedrock:get_customization_job(model.jobArn)
  if err and err.code ~= "ResourceNotFoundException" then return nil, err end
  return job ~= nil and job.roleArn == env:role_arn "bedrock-role"
end

local function our_models(env)
  local summaries, err = collect(function() return env.bedrock:list_custom_models {} end)
  if not summaries then return nil, err end
  local ours = {}
  for _, summary in ipairs(summaries) do
    local is
    is, err = is_ours(env, summary)
    if is == nil then return nil, err end
    if is then ours[#ours + 1] = summary end
  end
  return ours
end

local function models_kind(env, models)
  local items = {}
  for i, model in ipairs(models) do items[i] = { id = model.modelArn, text = model.modelName } end
  return { name = "custom models", flag = "delete_models", items = items, after = "throughput",
    question = "delete these custom models, which only another paid training brings back",
    delete = function(item)
      local done, err = env.bedrock:delete_custom_model(item.id)
      if not done and err.code == "ResourceNotFoundException" then return true end -- the answer before was lost
      return done, err
    end }
end

local function throughput_kind(env, models)
  local by_arn, items = {}, {}
  for _, model in ipairs(models) do by_arn[model.modelArn] = true end
  local all, err = throughput.list(env.bedrock)
  if not all then return nil, err end
  for _, one in ipairs(all) do
    if by_arn[one.modelArn] then
      items[#items + 1] = { id = one.provisionedModelArn, text = ("%s (%s; bills by the hour until deleted)"):format(
        one.provisionedModelName, one.status) }
    end
  end
  return { name = "throughput", flag = "delete_throughput", items = items, question = "delete this provisioned throughput",
    delete = function(item)
      return throughput.delete(env.bedrock, item.id, function() env.session.sleep(env.settings.poll) end)
    end }
end

-- The schedules that use the role which is made for them.
local function our_schedules(env)
  return caught(function()
    local items = {}
    for _, name in ipairs(env.scheduler:names(env.settings.prefix .. "-")) do
      local schedule, err = env.scheduler:get(name)
      if schedule == nil then error(err, 0) end
      if schedule and schedule.role == env:role_arn "expiry-role" then
        items[#items + 1] = { id = name, text = ("%s (deletes %s at %s)"):format(name, schedule.input.ProvisionedModelId or "?",
          schedule.at and dates.write(schedule.at) or "its time") }
      end
    end
    return items
  end)
end

-- One may be what ends throughput that stays. They need the role: while it is not known whether there are any, they are taken to be there.
local function schedules_kind(env)
  local items, err = our_schedules(env)
  return { name = "schedules", flag = "delete_schedules", after = "throughput", question = "delete these schedules, which end throughput",
    items = items or { { id = "*", text = ("whatever is called %s-*; it cannot be seen (%s)"):format(env.settings.prefix, err.message) } },
    delete = function(item) return not items or env.scheduler:delete(item.id) end }
end

local function search_client(env, collection)
  return call.client { session = env.session, service = "opensearchserverless", protocol = "rest-json",
    endpoint = collection.collectionEndpoint }
end

-- The indexes go with their collection. From outside of a closed network they cannot be seen.
local function indexes_kind(env, may_go)
  local kind = { name = "indexes", flag = "delete_indexes", question = "delete these indexes with their collection", items = {},
    delete = function() return true end }
  local collection = env.found.collection
  if not collection or not may_go or not collection.collectionEndpoint then return kind end
  local indexes, err = search_client(env, collection):call { op = "CatIndices", path = "/_cat/indices", query = { format = "json" } }
  if not indexes then
    kind.items[1] = { id = "*", text = ("whatever is in %s; it cannot be seen from here (%s)"):format(env.names.collection, err.message) }
    return kind
  end
  for i, index in ipairs(indexes) do
    kind.items[i] = { id = index.index, text = ("%s (%s documents)"):format(index.index, index["docs.count"] or "?") }
  end
  return kind
end

-- may_go: is the collection hilum's? tell(format, …) says what could not be looked for. Returns a list of kinds.
function leftovers.find(env, may_go, tell)
  local models, err = our_models(env)
  local units, jobs
  if models then units, err = throughput_kind(env, models) end
  if units then jobs, err = require "lib.provision.jobs"(env) end
  if err then tell("Bedrock could not be asked for jobs, throughput and custom models, which may bill on: %s", err.message) end
  local kinds = {}
  for _, kind in ipairs { jobs or false, units or false, schedules_kind(env), models and models_kind(env, models) or false,
    indexes_kind(env, may_go) } do
    if kind and #kind.items > 0 then kinds[#kinds + 1] = kind end
  end
  return kinds
end

return leftovers
