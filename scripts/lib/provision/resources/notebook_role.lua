-- SPDX-License-Identifier: MIT
-- The role of the notebook instance: what hilum's workflows do.
local documents = require "lib.provision.documents"

return require "lib.provision.role".resource {
  name = "notebook-role", description = "hilum's notebook instance: what its workflows do",
  trust = documents.notebook_trust, policy = documents.notebook_policy, is_wanted = function(env) return env.settings.notebook end,
}
