-- SPDX-License-Identifier: MIT
-- OpenSearch Serverless, its control side: policies, collections, and the groups that decide a collection's generation. What is looked for
-- and not there is false; nil and an error is a failure. Whatever makes or deletes has a token, so that a retry does not do it twice.
local call = require "lib.aws.call"
local json = require "hilum.json"

local aoss = {}

---@class hilum.aoss.Client
local Client = {}
Client.__index = Client

function aoss.client(session)
  return setmetatable({ call = call.client { session = session, service = "opensearchserverless", protocol = "json", version = "1.0",
    target = "OpenSearchServerless" } }, Client)
end

local function send(self, op, params) return self.call:call { op = op, params = params } end
local function send_once(self, op, params) return self.call:call { op = op, params = params, token = "clientToken" } end

local function done(result, err)
  if not result then return nil, err end
  return true
end

-- "encryption" and "network" policies are security policies, "data" ones are access policies; else they are alike.
local function family(kind) return kind == "data" and "Access" or "Security" end
local function detail(kind) return kind == "data" and "accessPolicyDetail" or "securityPolicyDetail" end

-- {policy, version, description} (API: GetSecurityPolicy, GetAccessPolicy). kind: "encryption", "network", "data".
function Client:policy(kind, name)
  local result, err = send(self, ("Get%sPolicy"):format(family(kind)), { type = kind, name = name })
  if err and err.code == "ResourceNotFoundException" then return false end
  if not result then return nil, err end
  local found = result[detail(kind)]
  return { policy = found.policy, version = found.policyVersion, description = found.description }
end

-- The document goes as text in JSON. An encryption policy is an object, the others are arrays.
function Client:create_policy(kind, name, policy, description)
  return done(send_once(self, ("Create%sPolicy"):format(family(kind)), { type = kind, name = name, policy = json.encode(policy),
    description = description }))
end

-- version: of the policy that is replaced, as it was read.
function Client:update_policy(kind, name, policy, version)
  return done(send_once(self, ("Update%sPolicy"):format(family(kind)), { type = kind, name = name, policy = json.encode(policy),
    policyVersion = version }))
end

function Client:delete_policy(kind, name)
  return done(send_once(self, ("Delete%sPolicy"):format(family(kind)), { type = kind, name = name }))
end

-- The one of that name in a batch; what is not there is no error of the service.
local function pick(result, err, field, name)
  if not result then return nil, err end
  for _, found in ipairs(result[field] or {}) do
    if found.name == name then return found end
  end
  return false
end

-- {id, arn, status, type, standbyReplicas, collectionGroupName, collectionEndpoint, failureMessage …} as the service has it (API:
-- BatchGetCollection). The endpoint is as it says; hosts follow no rule.
function Client:collection(name)
  local result, err = send(self, "BatchGetCollection", { names = { name } })
  return pick(result, err, "collectionDetails", name)
end

-- fields: name, type, standbyReplicas, collectionGroupName, description, tags … (API: CreateCollection).
function Client:create_collection(fields)
  local result, err = send_once(self, "CreateCollection", fields)
  if not result then return nil, err end
  return result.createCollectionDetail
end

-- By its id, not its name (API: DeleteCollection).
function Client:delete_collection(id) return done(send_once(self, "DeleteCollection", { id = id })) end

-- {id, arn, name, status, generation, standbyReplicas, capacityLimits} (API: BatchGetCollectionGroup).
function Client:group(name)
  local result, err = send(self, "BatchGetCollectionGroup", { names = { name } })
  return pick(result, err, "collectionGroupDetails", name)
end

-- fields: name, standbyReplicas, generation ("CLASSIC", "NEXTGEN"), capacityLimits, tags (API: CreateCollectionGroup).
function Client:create_group(fields) return done(send_once(self, "CreateCollectionGroup", fields)) end

-- fields: id, capacityLimits (API: UpdateCollectionGroup).
function Client:update_group(fields) return done(send_once(self, "UpdateCollectionGroup", fields)) end

function Client:delete_group(id) return done(send_once(self, "DeleteCollectionGroup", { id = id })) end

return aoss
