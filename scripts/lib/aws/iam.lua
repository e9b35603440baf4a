-- SPDX-License-Identifier: MIT
-- IAM: roles and what they may do. Policies go in and come out as tables. What is looked for and not there is false; nil and an error is
-- a failure.
local call = require "lib.aws.call"
local caught = require "lib.caught"
local json = require "hilum.json"

local iam = {}

---@class hilum.iam.Client
local Client = {}
Client.__index = Client

function iam.client(session)
  return setmetatable({ call = call.client { session = session, service = "iam", protocol = "query", version = "2010-05-08" } }, Client)
end

-- A policy as IAM answers it: percent-encoded JSON. A document that cannot be read equals no other.
local function document(text)
  return json.decode((text:gsub("%%(%x%x)", function(x) return string.char(tonumber(x, 16)) end))) or text
end

local function send(self, op, params) return self.call:call { op = op, params = params } end

local function done(result, err)
  if not result then return nil, err end
  return true
end

-- Of what deletes: what is not there any more, perhaps since the answer before was lost, is deleted.
local function gone(result, err)
  if err and err.code == "NoSuchEntity" then return true end
  return done(result, err)
end

-- The answer, or false when there is no such thing.
local function find(self, op, params)
  local result, err = send(self, op, params)
  if err and err.code == "NoSuchEntity" then return false end
  return result, err
end

-- All of a list that comes in pages; false when what it belongs to is not there.
local function collect(self, op, params, field)
  local all, err = caught(function()
    local items = {}
    for page in self.call:pages({ op = op, params = params }, "Marker") do
      for _, item in ipairs(type(page[field]) == "table" and page[field] or {}) do items[#items + 1] = item end
    end
    return items
  end)
  if err and err.code == "NoSuchEntity" then return false end
  return all, err
end

local function tags_of(list)
  local tags = {}
  for _, tag in ipairs(type(list) == "table" and list or {}) do tags[tag.Key] = tag.Value end
  return tags
end

-- {name, arn, path, trust, description, tags} of a role (API: GetRole).
function Client:role(name)
  local result, err = find(self, "GetRole", { RoleName = name })
  if not result then return result, err end
  local role = result.Role
  return { name = role.RoleName, arn = role.Arn, path = role.Path, trust = document(role.AssumeRolePolicyDocument),
    description = role.Description, tags = tags_of(role.Tags) }
end

-- role: {name, trust, description, tags = {key = value}} (API: CreateRole). Returns its ARN.
function Client:create_role(role)
  local tags = {}
  for key, value in pairs(role.tags or {}) do tags[#tags + 1] = { Key = key, Value = value } end
  local result, err = send(self, "CreateRole", { RoleName = role.name, AssumeRolePolicyDocument = json.encode(role.trust),
    Description = role.description, Tags = tags })
  if not result then return nil, err end
  return result.Role.Arn
end

-- Who may be the role from now on (API: UpdateAssumeRolePolicy).
function Client:put_trust(name, trust)
  return done(send(self, "UpdateAssumeRolePolicy", { RoleName = name, PolicyDocument = json.encode(trust) }))
end

-- The role must have no policies any more (API: DeleteRole).
function Client:delete_role(name) return gone(send(self, "DeleteRole", { RoleName = name })) end

-- The names of a role's inline policies (API: ListRolePolicies).
function Client:policies(name) return collect(self, "ListRolePolicies", { RoleName = name }, "PolicyNames") end

-- An inline policy (API: GetRolePolicy).
function Client:policy(role, name)
  local result, err = find(self, "GetRolePolicy", { RoleName = role, PolicyName = name })
  if not result then return result, err end
  return document(result.PolicyDocument)
end

-- Makes or replaces an inline policy (API: PutRolePolicy).
function Client:put_policy(role, name, policy)
  return done(send(self, "PutRolePolicy", { RoleName = role, PolicyName = name, PolicyDocument = json.encode(policy) }))
end

function Client:delete_policy(role, name) return gone(send(self, "DeleteRolePolicy", { RoleName = role, PolicyName = name })) end

-- The ARNs of a role's managed policies (API: ListAttachedRolePolicies).
function Client:attached(name)
  local list, err = collect(self, "ListAttachedRolePolicies", { RoleName = name }, "AttachedPolicies")
  if not list then return list, err end
  for i, policy in ipairs(list) do list[i] = policy.PolicyArn end
  return list
end

function Client:attach(role, arn) return done(send(self, "AttachRolePolicy", { RoleName = role, PolicyArn = arn })) end
function Client:detach(role, arn) return gone(send(self, "DetachRolePolicy", { RoleName = role, PolicyArn = arn })) end

-- What a user or role (its ARN) may do, as far as its policies say; those of the resources are not asked (API: SimulatePrincipalPolicy).
-- context: values of condition keys, {["iam:PassedToService"] = "bedrock.amazonaws.com"}. Returns a list of {action, resource, allowed,
-- decision, missing = condition keys whose values would have been needed}.
function Client:simulate(arn, actions, resources, context)
  local entries = {}
  for key, value in pairs(context or {}) do
    entries[#entries + 1] = { ContextKeyName = key, ContextKeyType = "string", ContextKeyValues = { value } }
  end
  local results, err = collect(self, "SimulatePrincipalPolicy", { PolicySourceArn = arn, ActionNames = actions,
    ResourceArns = resources or {}, ContextEntries = entries }, "EvaluationResults")
  if not results then return results, err end
  for i, result in ipairs(results) do
    results[i] = { action = result.EvalActionName, resource = result.EvalResourceName, decision = result.EvalDecision,
      allowed = result.EvalDecision == "allowed",
      missing = type(result.MissingContextValues) == "table" and result.MissingContextValues or {} }
  end
  return results
end

-- Whom policies name for an ARN that signs: of a session of a role, the role. The role's path is not in the session's ARN; IAM knows it, if
-- we may ask (API: GetRole).
function Client:principal(arn)
  local head, account, name = arn:match("^(arn:[^:]+):sts::(%d+):assumed%-role/([^/]+)/")
  if not head then return arn end
  local role = self:role(name)
  return role and role.arn or ("%s:iam::%s:role/%s"):format(head, account, name)
end

return iam
