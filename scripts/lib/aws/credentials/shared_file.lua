-- SPDX-License-Identifier: MIT
-- The keys of a profile in ~/.aws/credentials.
local shared_file = {}

function shared_file.find(aws, profile) return require "lib.aws.credentials.keys".from_file(aws.config.credentials_file, profile) end

return shared_file
