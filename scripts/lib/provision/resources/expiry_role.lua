-- SPDX-License-Identifier: MIT
-- The role with which a schedule deletes throughput that hilum bought (`hilum deploy --for`, which makes it too where it is missing).
local documents = require "lib.provision.documents"

return require "lib.provision.role".resource {
  name = "expiry-role", description = "Schedules of hilum: delete provisioned throughput at its time",
  trust = documents.expiry_trust, policy = documents.expiry_policy, is_wanted = function() return true end,
}
