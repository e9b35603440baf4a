-- SPDX-License-Identifier: MIT
-- What the roles have in common: each has one inline policy, and is tagged.
local role = {}

local POLICY = "hilum"

local function read(name)
  return function(env)
    local found, err = env.iam:role(env.names[name])
    if not found then return found, err end
    found.policy, err = env.iam:policy(env.names[name], POLICY)
    if err then return nil, err end
    found.owner = found.tags.hilum
    return found
  end
end

-- Policies that others have added are named; they go with the role.
local function delete(name)
  return function(env)
    local id = env.names[name]
    local attached, err = env.iam:attached(id)
    if err then return nil, err end
    for _, arn in ipairs(attached or {}) do
      local done, why = env.iam:detach(id, arn)
      if not done then return nil, why end
    end
    local policies
    policies, err = env.iam:policies(id)
    if err then return nil, err end
    for _, policy in ipairs(policies or {}) do
      local done, why = env.iam:delete_policy(id, policy)
      if not done then return nil, why end
    end
    return env.iam:delete_role(id)
  end
end

local TERRAFORM = [[
resource "aws_iam_role" "%s" {
  name               = %q
  description        = %q
  tags               = { hilum = %q }
  assume_role_policy = %s
}

resource "aws_iam_role_policy" "%s" {
  name   = %q
  role   = aws_iam_role.%s.id
  policy = %s
}
]]

-- fields: name, kind, description, trust(env), policy(env), is_wanted(env).
function role.resource(fields)
  local name = fields.name
  local function wanted(env)
    if not fields.is_wanted(env) then return nil end
    return { trust = fields.trust(env), policy = fields.policy(env) }
  end
  local function update(env, want)
    local done, err = env.iam:put_trust(env.names[name], want.trust)
    if not done then return nil, err end
    return env.iam:put_policy(env.names[name], POLICY, want.policy)
  end
  return { name = name, kind = "IAM role", wanted = wanted, read = read(name), update = update, delete = delete(name),
    create = function(env, want)
      local arn, err = env.iam:create_role { name = env.names[name], trust = want.trust, description = fields.description,
        tags = { hilum = env.settings.prefix } }
      if not arn then return nil, err end
      return env.iam:put_policy(env.names[name], POLICY, want.policy)
    end,
    terraform = function(env, want)
      local document, label = require "lib.provision.terraform".document, name:gsub("%-", "_")
      return TERRAFORM:format(label, env.names[name], fields.description, env.settings.prefix, document(want.trust, 2), label, POLICY,
        label, document(want.policy, 2))
    end }
end

return role
