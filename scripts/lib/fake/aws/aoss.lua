-- SPDX-License-Identifier: MIT
-- OpenSearch Serverless, control side: policies are texts in requests and objects in answers; a collection takes server.steps looks to be
-- there, and to be gone; what is missing in a batch is no error. lib/fake/aws/collections is the data side. Tests look into
-- server.policies["encryption/name"], server.collections[name] (with its data: a lib/fake/opensearch), server.groups[name].
local collections = require "lib.fake.aws.collections"
local json = require "hilum.json"
local refuse = require "lib.fake.s3.refuse".refuse

local EPOCH = 1767225600000

local function check_name(name)
  if not (name or ""):find("^%l[%l%d-]+$") or #name < 3 or #name > 32 then
    refuse(400, "ValidationException", "1 validation error detected: Value at 'name' failed to satisfy constraint")
  end
end

-- The encryption document is an object, the others are arrays.
local function document(kind, text)
  if type(text) ~= "string" then refuse(400, "SerializationException", "STRING_VALUE expected") end
  local decoded = json.decode(text)
  local is_array = type(decoded) == "table" and decoded[1] ~= nil
  if type(decoded) ~= "table" or is_array == (kind == "encryption") then
    refuse(400, "ValidationException", "Policy json is invalid, error: [$: does not match the schema]")
  end
  local rule = is_array and decoded[1] or decoded
  local missing = not rule.Rules or kind == "data" and not rule.Principal or kind == "network" and rule.AllowFromPublic == nil
    or kind == "encryption" and not rule.AWSOwnedKey and not rule.KmsARN
  if kind == "network" and rule.AllowFromPublic == false and not rule.SourceVPCEs and not rule.SourceServices then missing = true end
  if missing then refuse(400, "ValidationException", "Policy json is invalid, error: [$: required key is missing]") end
  return decoded
end

return function(server)
  server.policies, server.collections, server.groups = {}, {}, {}
  local tokens, operations, versions = {}, {}, 0

  -- The same token: the same answer, and nothing done again.
  local function once(operation)
    return function(params, request)
      local token = params.clientToken
      if not token then return operation(params, request) end
      tokens[token] = tokens[token] or operation(params, request)
      return tokens[token]
    end
  end

  local function shown(policy)
    return { type = policy.type, name = policy.name, policy = policy.policy, policyVersion = policy.version, createdDate = EPOCH,
      lastModifiedDate = EPOCH, description = policy.description }
  end

  local function policy_of(params)
    server.require(params, "type", "name")
    return server.policies[params.type .. "/" .. params.name] or refuse(400, "ResourceNotFoundException",
      ("Policy with name %s and type %s is not found"):format(params.name, params.type))
  end

  local function next_version()
    versions = versions + 1
    return ("MTY4%016d"):format(versions)
  end

  local function policy_operations(family, detail, kinds)
    local function check_kind(params)
      if not kinds[params.type] then refuse(400, "ValidationException", "Value at 'type' failed to satisfy constraint") end
    end
    operations["Create" .. family] = once(function(params)
      server.require(params, "type", "name", "policy")
      check_kind(params)
      check_name(params.name)
      local key = params.type .. "/" .. params.name
      if server.policies[key] then
        refuse(400, "ConflictException", ("Policy with name %s and type %s already exists"):format(params.name, params.type))
      end
      server.policies[key] = { type = params.type, name = params.name, policy = document(params.type, params.policy),
        version = next_version(), description = params.description }
      return { [detail] = shown(server.policies[key]) }
    end)
    operations["Get" .. family] = function(params)
      check_kind(params)
      return { [detail] = shown(policy_of(params)) }
    end
    operations["Update" .. family] = once(function(params)
      server.require(params, "policyVersion")
      local policy = policy_of(params)
      if params.policyVersion ~= policy.version then refuse(400, "ConflictException", "Policy version does not match") end
      local new = document(params.type, params.policy)
      if json.encode { new } == json.encode { policy.policy } then refuse(400, "ValidationException", "No changes detected in policy") end
      policy.policy, policy.version = new, next_version()
      return { [detail] = shown(policy) }
    end)
    operations["Delete" .. family] = once(function(params)
      local policy = policy_of(params)
      server.policies[policy.type .. "/" .. policy.name] = nil
      return {}
    end)
  end
  policy_operations("SecurityPolicy", "securityPolicyDetail", { encryption = true, network = true })
  policy_operations("AccessPolicy", "accessPolicyDetail", { data = true })

  local function is_encrypted(name)
    for _, policy in pairs(server.policies) do
      local rule = policy.type == "encryption" and policy.policy.Rules[1]
      if rule and rule.Resource[1] == "collection/" .. name then return true end
    end
  end

  operations.CreateCollection = once(function(params)
    server.require(params, "name")
    check_name(params.name)
    if server.collections[params.name] then refuse(400, "ConflictException", "Collection already exists") end
    if not is_encrypted(params.name) then
      refuse(400, "ValidationException",
        ("No matching security policy of encryption type found for collection name: %s."):format(params.name))
    end
    local group = params.collectionGroupName
    if group and not server.groups[group] then refuse(400, "ResourceNotFoundException", "There is no such collection group") end
    local id = ("%020d"):format(#server.log)
    local collection = { id = id, name = params.name, status = "CREATING", type = params.type or "SEARCH", collectionGroupName = group,
      arn = ("arn:aws:aoss:%s:%s:collection/%s"):format(server.region, server.account, id), createdDate = EPOCH,
      standbyReplicas = group and server.groups[group].standbyReplicas or params.standbyReplicas or "ENABLED" }
    server.collections[params.name] = { shown = collection, looks = 0, tags = params.tags,
      data = collections.data(server, params.name, group and server.groups[group].generation) }
    return { createCollectionDetail = collection }
  end)

  -- Time goes on with each look.
  local function look_at(collection)
    local shown_now = collection.shown
    collection.looks = collection.looks + 1
    if collection.looks < server.steps then return shown_now end
    if shown_now.status == "DELETING" then
      server.collections[shown_now.name] = nil
      return nil
    end
    if shown_now.status == "CREATING" then
      shown_now.status = server.collection_fails and "FAILED" or "ACTIVE"
      shown_now.failureMessage = server.collection_fails
      shown_now.collectionEndpoint = ("%s/collections/%s"):format(server.url or "", shown_now.id)
    end
    return shown_now
  end

  function operations.BatchGetCollection(params)
    local details, errors = json.array(), json.array()
    for _, name in ipairs(params.names) do
      local collection = server.collections[name]
      local found = collection and look_at(collection)
      if found then details[#details + 1] = found else errors[#errors + 1] = { name = name, errorCode = "NOT_FOUND" } end
    end
    return { collectionDetails = details, collectionErrorDetails = errors }
  end

  operations.DeleteCollection = once(function(params)
    server.require(params, "id")
    for _, collection in pairs(server.collections) do
      if collection.shown.id == params.id then
        if collection.shown.status == "CREATING" then refuse(400, "ConflictException", "The collection is being created") end
        collection.shown.status, collection.looks = "DELETING", 0
        return { deleteCollectionDetail = { id = params.id, status = "DELETING" } }
      end
    end
    refuse(400, "ResourceNotFoundException", ("Collection with ID %s cannot be found"):format(params.id))
  end)

  operations.CreateCollectionGroup = once(function(params)
    server.require(params, "name", "standbyReplicas")
    if server.groups[params.name] then refuse(400, "ConflictException", "Collection group already exists") end
    local limits = { minIndexingCapacityInOCU = 0, minSearchCapacityInOCU = 0 }
    for name, value in pairs(params.capacityLimits or {}) do limits[name] = value end
    server.groups[params.name] = { id = "group" .. #server.log, name = params.name, generation = params.generation or "CLASSIC",
      standbyReplicas = params.standbyReplicas, capacityLimits = limits, tags = params.tags }
    return { createCollectionGroupDetail = server.groups[params.name] }
  end)

  function operations.BatchGetCollectionGroup(params)
    local details = json.array()
    for _, name in ipairs(params.names) do details[#details + 1] = server.groups[name] end
    return { collectionGroupDetails = details, collectionGroupErrorDetails = json.array() }
  end

  local function group_of(params)
    for _, group in pairs(server.groups) do if group.id == params.id then return group end end
    refuse(400, "ResourceNotFoundException", "There is no such collection group")
  end

  operations.UpdateCollectionGroup = once(function(params)
    local group = group_of(params)
    for name, value in pairs(params.capacityLimits or {}) do group.capacityLimits[name] = value end
    return { updateCollectionGroupDetail = { id = group.id, name = group.name, capacityLimits = group.capacityLimits } }
  end)

  operations.DeleteCollectionGroup = once(function(params)
    local group = group_of(params)
    for _, collection in pairs(server.collections) do
      if collection.shown.collectionGroupName == group.name then refuse(400, "ConflictException", "There are collections in the group") end
    end
    server.groups[group.name] = nil
    return {}
  end)

  return { name = "aoss", protocol = "json", version = "1.0", target = "OpenSearchServerless", operations = operations,
    serve = function(request, body) return collections.serve(server, request, body) end, fault = collections.fault }
end
