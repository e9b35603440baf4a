-- SPDX-License-Identifier: MIT
-- The role that Bedrock's jobs take to reach the bucket.
local documents = require "lib.provision.documents"

return require "lib.provision.role".resource {
  name = "bedrock-role", description = "Bedrock jobs of hilum: read images and records, write results",
  trust = documents.bedrock_trust, policy = documents.bedrock_policy, is_wanted = function() return true end,
}
