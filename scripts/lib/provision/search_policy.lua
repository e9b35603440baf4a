-- SPDX-License-Identifier: MIT
-- What the three policies of a collection have in common.
local documents = require "lib.provision.documents"

local search_policy = {}

local TERRAFORM = [[
resource "aws_opensearchserverless_%s_policy" "%s" {
  name   = %q
  type   = %q
  policy = %s
}
]]

-- kind: "encryption", "network", "data", which is the resource's name too.
function search_policy.resource(kind)
  local function description(env) return "hilum: " .. env.settings.prefix end
  return { name = kind, kind = kind .. " policy",
    wanted = function(env) return { policy = documents[kind](env) } end,
    read = function(env) return env.aoss:policy(kind, env.names[kind]) end,
    create = function(env, wanted) return env.aoss:create_policy(kind, env.names[kind], wanted.policy, description(env)) end,
    update = function(env, wanted, found) return env.aoss:update_policy(kind, env.names[kind], wanted.policy, found.version) end,
    delete = function(env) return env.aoss:delete_policy(kind, env.names[kind]) end,
    terraform = function(env, wanted)
      return TERRAFORM:format(kind == "data" and "access" or "security", kind, env.names[kind], kind,
        require "lib.provision.terraform".document(wanted.policy, 2))
    end }
end

return search_policy
