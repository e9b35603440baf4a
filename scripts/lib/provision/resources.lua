-- SPDX-License-Identifier: MIT
-- All that is provisioned, in the order in which it is made; it is taken down the other way round. A resource is a table:
--   name           by which the state, env.names and env.found know it
--   kind           for people
--   wanted(env)    how it should be: a table of fields, compared with those of what is found; nil: it should not be there
--   read(env)      what really exists: the same fields, and more; false: nothing; nil and an error
--   create(env, wanted), update(env, wanted, found), delete(env, found)   true, or nil and an error
--   fixed          fields that cannot be changed afterwards
--   pending        states (found.status) to wait through; failed: states from which it does not recover
--   costs(env)     what it costs: items of lib/cost, each of a month, or with in_use of an hour in which it is used; none: it is free
--   terraform(env, wanted)   the same as Terraform has it
local resources = {}

-- The data policy is there before the collection and goes after it: whoever takes a collection down may see what is in it until the end.
for _, name in ipairs { "bucket", "bedrock_role", "expiry_role", "encryption", "network", "group", "data", "collection", "notebook_role",
  "lifecycle", "notebook" } do
  resources[#resources + 1] = require("lib.provision.resources." .. name)
end

return resources
