-- SPDX-License-Identifier: MIT
-- The two files in which the user has AWS profiles: which section is what, and that their secrets do not stay in memory.
local fs = require "hilum.fs"
local ini = require "lib.aws.ini"

local files = {}

-- The config file's sections: [default], [profile NAME], [sso-session NAME], [services NAME].
local KINDS = { profile = "profiles", ["sso-session"] = "sso_sessions", services = "services" }

function files.config(file, name, section)
  local kind, rest = name:match("^(%S+)%s+(.-)$")
  if KINDS[kind] then
    file[KINDS[kind]][(rest:gsub("^([\"'])(.*)%1$", "%2"))] = section
  elseif name == "default" and not file.profiles.default then
    file.profiles.default = section
  end
end

-- The credentials file's sections are profiles.
function files.credentials(file, name, section) file.profiles[name] = section end

local function read(path, shown, sort)
  local file = { profiles = {}, sso_sessions = {}, services = {} }
  if not fs.stat(path) then return file end
  local text, err = fs.read(path)
  if not text then return nil, err end
  local sections, why = ini.parse(text, shown)
  if not sections then return nil, why end
  for name, section in pairs(sections) do sort(file, name, section) end
  return file
end

local SECRETS = { "aws_secret_access_key", "aws_session_token", "aws_security_token" }

-- What stays of a secret is that it is there.
local function forget_secrets(file)
  for _, section in pairs(file.profiles) do
    for _, key in ipairs(SECRETS) do
      if section[key] and section[key] ~= "" then section[key] = "set" end
    end
  end
end

-- The file as it is now: {profiles, sso_sessions, services, shown = its name for messages, read() = the same anew, with its secrets}. One
-- that is not there is empty. nil and an error when it cannot be read.
function files.load(shown, home, sort)
  local path = shown:sub(1, 2) == "~/" and home .. shown:sub(2) or shown
  local file, err = read(path, shown, sort)
  if not file then return nil, err end
  forget_secrets(file)
  file.shown = shown
  function file.read() return read(path, shown, sort) end
  return file
end

return files
