-- SPDX-License-Identifier: MIT
-- What the user has set up for AWS: environment variables, and the profiles of ~/.aws/config and ~/.aws/credentials. Nothing is guessed:
-- what is half there or cannot be is told, with the file, the profile and the key.
local files = require "lib.aws.files"
local host = require "hilum.host"

local Config = {}
Config.__index = Config

local config = {}

-- A new setting: a row here. env and key: where it is looked up, in that order; block: the key is in the block `s3 =` of the profile (or
-- directly in it); values, or type: what it may be.
local WHEN = { "when_supported", "when_required" }
local SETTINGS = {
  region = { env = { "AWS_REGION", "AWS_DEFAULT_REGION" } },
  ca_bundle = { env = { "AWS_CA_BUNDLE" } },
  max_attempts = { env = { "AWS_MAX_ATTEMPTS" }, type = "integer" },
  retry_mode = { env = { "AWS_RETRY_MODE" }, values = { "standard", "adaptive", "legacy" }, default = "standard" },
  request_checksum_calculation = { env = { "AWS_REQUEST_CHECKSUM_CALCULATION" }, values = WHEN, default = WHEN[1] },
  response_checksum_validation = { env = { "AWS_RESPONSE_CHECKSUM_VALIDATION" }, values = WHEN, default = WHEN[1] },
  use_fips_endpoint = { env = { "AWS_USE_FIPS_ENDPOINT" }, type = "boolean", default = false },
  use_dualstack_endpoint = { env = { "AWS_USE_DUALSTACK_ENDPOINT" }, type = "boolean", default = false },
  sts_regional_endpoints = { env = { "AWS_STS_REGIONAL_ENDPOINTS" }, values = { "regional", "legacy" }, default = "regional" },
  ignore_configured_endpoint_urls = { env = { "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" }, type = "boolean", default = false },
  ec2_metadata_disabled = { env = { "AWS_EC2_METADATA_DISABLED" }, type = "boolean", default = false },
  ec2_metadata_v1_disabled = { env = { "AWS_EC2_METADATA_V1_DISABLED" }, type = "boolean", default = false },
  ec2_metadata_service_endpoint = { env = { "AWS_EC2_METADATA_SERVICE_ENDPOINT" } },
  ec2_metadata_service_endpoint_mode = { env = { "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE" }, values = { "ipv4", "ipv6" },
    default = "ipv4" },
  metadata_service_timeout = { env = { "AWS_METADATA_SERVICE_TIMEOUT" }, type = "integer", default = 1 },
  metadata_service_num_attempts = { env = { "AWS_METADATA_SERVICE_NUM_ATTEMPTS" }, type = "integer", default = 1 },
  addressing_style = { block = "s3", values = { "auto", "virtual", "path" }, default = "auto" },
  payload_signing_enabled = { block = "s3", type = "boolean" },
  use_accelerate_endpoint = { block = "s3", type = "boolean", default = false },
}

local function fail(format, ...) return nil, host.error("usage", format:format(...)) end

-- Reading.

local READERS = {
  boolean = function(text)
    local value = text:lower()
    if value == "true" or value == "1" then return true end
    if value == "false" or value == "0" then return false end
    return nil, "true or false"
  end,
  integer = function(text)
    local value = math.tointeger(tonumber(text))
    if value and value >= 1 then return value end
    return nil, "a whole number from 1 on"
  end,
}

local function read(text, setting)
  if setting.type then return READERS[setting.type](text) end
  for _, value in ipairs(setting.values or {}) do
    if text:lower() == value then return value end
  end
  if setting.values then return nil, "one of " .. table.concat(setting.values, ", ") end
  return text
end

-- An environment variable; an empty one counts as not there.
function Config:env(name)
  local value = self.getenv(name)
  if value ~= "" then return value end
end

-- A key of a profile (default: the chosen one): its value, and the file it is in. The credentials file wins. An empty one counts as not
-- there.
function Config:key(key, profile)
  profile = profile or self.profile
  for _, file in ipairs { self.credentials_file, self.config_file } do
    local section = file.profiles[profile]
    local value = section and section[key]
    if value and value ~= "" then return value, file.shown end
  end
end

-- "profile lab in ~/.aws/config", for messages; key: one that it has.
function Config:place(key, profile)
  local _, shown = self:key(key, profile)
  return ("profile %s in %s"):format(profile or self.profile, shown or self.config_file.shown)
end

local function look_up(self, name, setting)
  for _, variable in ipairs(setting.env or {}) do
    local value = self:env(variable)
    if value then return value, variable end
  end
  local block = setting.block and self:key(setting.block)
  if type(block) == "table" and block[name] then return block[name], ("%s, %s"):format(self:place(setting.block), setting.block) end
  local value = self:key(name)
  if type(value) == "string" then return value, self:place(name) end
end

-- Sets each setting as a field. False and an error for a value that cannot be.
local function take_settings(self)
  for name, setting in pairs(SETTINGS) do
    local text, place = look_up(self, name, setting)
    self[name] = setting.default
    if text then
      local value, wanted = read(text, setting)
      if value == nil then return fail("%s: %s is '%s', which is not %s", place, name, text, wanted) end
      self[name] = value
    end
  end
  return true
end

-- Profiles.

local function profile_names(self)
  local names, seen = {}, {}
  for _, file in ipairs { self.credentials_file, self.config_file } do
    for name in pairs(file.profiles) do
      if not seen[name] then names[#names + 1], seen[name] = name, true end
    end
  end
  table.sort(names)
  return names
end

local function missing_profile(self)
  local names = profile_names(self)
  local variable = self:env("AWS_DEFAULT_PROFILE") and "AWS_DEFAULT_PROFILE" or "AWS_PROFILE"
  local said = self.explicit and "" or (" (chosen by %s)"):format(variable)
  return fail("profile %s%s is neither in %s nor in %s; %s", self.profile, said, self.config_file.shown, self.credentials_file.shown,
    #names > 0 and "there are: " .. table.concat(names, ", ") or "there are no profiles: `aws configure` makes them")
end

function Config:has_profile(name)
  return (self.credentials_file.profiles[name] or self.config_file.profiles[name]) ~= nil
end

-- A section of another kind, "sso_sessions" or "services", of the config file.
function Config:section(kind, name) return self.config_file[kind][name] end

-- settings: profile, getenv (for tests). nil and an error when a file cannot be read, the profile is not there, or a value cannot be.
function config.load(settings)
  local self = setmetatable({ getenv = settings.getenv or os.getenv }, Config)
  local err, done
  local home = self:env("HOME") or ""
  self.credentials_file, err = files.load(self:env("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials", home, files.credentials)
  if not self.credentials_file then return nil, err end
  self.config_file, err = files.load(self:env("AWS_CONFIG_FILE") or "~/.aws/config", home, files.config)
  if not self.config_file then return nil, err end
  local from_env = self:env("AWS_DEFAULT_PROFILE") or self:env("AWS_PROFILE")
  self.profile, self.explicit = settings.profile or from_env or "default", settings.profile ~= nil
  if (settings.profile or from_env) and not self:has_profile(self.profile) then return missing_profile(self) end
  done, err = take_settings(self)
  if not done then return nil, err end
  return self
end

return config
