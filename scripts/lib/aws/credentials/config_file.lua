-- SPDX-License-Identifier: MIT
-- The keys of a profile in ~/.aws/config.
local config_file = {}

function config_file.find(aws, profile) return require "lib.aws.credentials.keys".from_file(aws.config.config_file, profile) end

return config_file
