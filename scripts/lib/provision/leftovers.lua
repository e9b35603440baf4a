-- SPDX-License-Identifier: MIT
-- What the workflows made, and destroy must not leave to bill on nor take away unasked: throughput, custom models, indexes, the bucket's
-- content. Each kind is {name, flag, question, items = {{id, text}…}, delete(item), after}; a kind without items is left out.
-- after: the kind that must go for it to go.
local call = require "lib.aws.call"
local caught = require "lib.caught"

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
    delete = function(item) return env.bedrock:delete_custom_model(item.id) end }
end

-- Its model cannot be deleted before it is gone.
local function delete_throughput(env, item)
  local done, err = env.bedrock:delete_throughput(item.id)
  while done do
    done, err = env.bedrock:get_throughput(item.id)
    if done then env.session.sleep(env.settings.poll) end
  end
  if err.code ~= "ResourceNotFoundException" then return nil, err end
  return true
end

local function throughput_kind(env, models)
  local by_arn, items = {}, {}
  for _, model in ipairs(models) do by_arn[model.modelArn] = true end
  local all, err = collect(function() return env.bedrock:list_throughputs {} end)
  if not all then return nil, err end
  for _, one in ipairs(all) do
    if by_arn[one.modelArn] then
      items[#items + 1] = { id = one.provisionedModelArn, text = ("%s (%s; bills by the hour until deleted)"):format(
        one.provisionedModelName, one.status) }
    end
  end
  return { name = "throughput", flag = "delete_throughput", items = items, question = "delete this provisioned throughput",
    delete = function(item) return delete_throughput(env, item) end }
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
  local throughput
  if models then throughput, err = throughput_kind(env, models) end
  if err then tell("Bedrock could not be asked for throughput and custom models, which may bill on: %s", err.message) end
  local kinds = {}
  for _, kind in ipairs { throughput or false, models and models_kind(env, models) or false, indexes_kind(env, may_go) } do
    if kind and #kind.items > 0 then kinds[#kinds + 1] = kind end
  end
  return kinds
end

return leftovers
