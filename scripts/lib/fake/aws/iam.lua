-- SPDX-License-Identifier: MIT
-- IAM: roles, with policies. Documents come back percent-encoded; lists come in pages of server.iam_page; a role cannot be deleted while it
-- has policies. Tests look into server.roles[name] {arn, trust, policies = {name = text}, attached = {arn}, tags}; server.allowed
-- decides what a simulation allows, and missing_context is a list of keys for which it has no values.
local json = require "hilum.json"
local policies = require "lib.fake.policies"
local refuse = require "lib.fake.s3.refuse".refuse
local verifier = require "lib.fake.sigv4_verifier"

local MOST_POLICY = 10240

local function document(text)
  local decoded = json.decode(text or "")
  if type(decoded) ~= "table" or type(decoded.Statement) ~= "table" or not decoded.Version then
    refuse(400, "MalformedPolicyDocument", "Syntax errors in policy.")
  end
  for _, statement in ipairs(decoded.Statement) do
    if not statement.Effect or not statement.Action then refuse(400, "MalformedPolicyDocument", "Missing required field") end
  end
  if #text > MOST_POLICY then refuse(409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded") end
  return text
end

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

return function(server)
  server.roles, server.iam_page = {}, server.iam_page or 1

  local function role_of(params)
    return server.roles[params.RoleName] or refuse(404, "NoSuchEntity", ("The role with name %s cannot be found."):format(params.RoleName))
  end

  local function shown(role)
    return { Path = "/", RoleName = role.name, RoleId = "AROAFAKEFAKEFAKEFAKE", Arn = role.arn, CreateDate = "2026-01-01T00:00:00Z",
      AssumeRolePolicyDocument = verifier.encode(role.trust), Description = role.description, Tags = role.tags }
  end

  local function page(list, field, params)
    local from = tonumber(params.Marker) or 1
    local items = table.move(list, from, math.min(from + server.iam_page - 1, #list), 1, {})
    local more = from + server.iam_page <= #list
    return { [field] = items, IsTruncated = more, Marker = more and from + server.iam_page or nil }
  end

  local operations = {}

  function operations.CreateRole(params)
    if not (params.RoleName or ""):find("^[%w+=,.@_-]+$") or #params.RoleName > 64 then refuse(400, "ValidationError", "RoleName") end
    if server.roles[params.RoleName] then
      refuse(409, "EntityAlreadyExists", ("Role with name %s already exists."):format(params.RoleName))
    end
    server.roles[params.RoleName] = { name = params.RoleName, arn = ("arn:aws:iam::%s:role/%s"):format(server.account, params.RoleName),
      trust = document(params.AssumeRolePolicyDocument), description = params.Description, tags = params.Tags or {}, policies = {},
      attached = {}, strangeness = server.propagation or 0 }
    return { Role = shown(server.roles[params.RoleName]) }
  end

  function operations.GetRole(params) return { Role = shown(role_of(params)) } end

  function operations.DeleteRole(params)
    local role = role_of(params)
    if next(role.policies) or #role.attached > 0 then refuse(409, "DeleteConflict", "Cannot delete entity, must delete policies first.") end
    server.roles[role.name] = nil
    return {}
  end

  function operations.UpdateAssumeRolePolicy(params)
    role_of(params).trust = document(params.PolicyDocument)
    return {}
  end

  function operations.PutRolePolicy(params)
    role_of(params).policies[params.PolicyName] = document(params.PolicyDocument)
    return {}
  end

  local function policy_of(params)
    return role_of(params).policies[params.PolicyName] or refuse(404, "NoSuchEntity",
      ("The role policy with name %s cannot be found."):format(params.PolicyName))
  end

  function operations.GetRolePolicy(params)
    return { RoleName = params.RoleName, PolicyName = params.PolicyName, PolicyDocument = verifier.encode(policy_of(params)) }
  end

  function operations.DeleteRolePolicy(params)
    policy_of(params)
    role_of(params).policies[params.PolicyName] = nil
    return {}
  end

  function operations.ListRolePolicies(params) return page(sorted_keys(role_of(params).policies), "PolicyNames", params) end

  function operations.AttachRolePolicy(params)
    table.insert(role_of(params).attached, params.PolicyArn)
    return {}
  end

  function operations.DetachRolePolicy(params)
    local attached = role_of(params).attached
    for i, arn in ipairs(attached) do
      if arn == params.PolicyArn then table.remove(attached, i) return {} end
    end
    refuse(404, "NoSuchEntity", "Policy was not found.")
  end

  function operations.ListAttachedRolePolicies(params)
    local list = {}
    for i, arn in ipairs(role_of(params).attached) do list[i] = { PolicyName = arn:match("[^/]+$"), PolicyArn = arn } end
    return page(list, "AttachedPolicies", params)
  end

  -- What server.allowed says; without it, of a role that was made here, what its policies say, and whoever else may do all.
  local function is_allowed(principal, action, resource, entries)
    if server.allowed then return server.allowed(principal, action, resource, entries) end
    local role, known = server.roles[principal:match("role/(.*)$")], {}
    for _, entry in ipairs(entries or {}) do known[entry.ContextKeyName] = entry.ContextKeyValues[1] end
    return not role or policies.permits(role, action, resource, known)
  end

  function operations.SimulatePrincipalPolicy(params)
    local results = {}
    for _, action in ipairs(params.ActionNames) do
      for _, resource in ipairs(params.ResourceArns or { "*" }) do
        local allowed = is_allowed(params.PolicySourceArn, action, resource, params.ContextEntries)
        results[#results + 1] = { EvalActionName = action, EvalResourceName = resource,
          EvalDecision = allowed and "allowed" or "implicitDeny", MissingContextValues = server.missing_context }
      end
    end
    return page(results, "EvaluationResults", params)
  end

  return { name = "iam", region = "us-east-1", protocol = "query", version = "2010-05-08", operations = operations }
end
