-- SPDX-License-Identifier: MIT
-- The files ~/.aws/config and ~/.aws/credentials, as the AWS command line reads them:
--     [profile lab]
--     region = eu-central-1
--     s3 =
--       addressing_style = path
-- Names of keys are in lower case; a line that begins with # or ; is a comment, but what follows a value on its line is part of it. An
-- indented line under a key without a value is a key of its block, under one with a value more of the value.
local host = require "hilum.host"

local ini = {}

local function split(line)
  local key, value = line:match("^%s*([^=:%s][^=:]-)%s*[=:]%s*(.-)%s*$")
  return key and key:lower(), value
end

-- State: the section and the key that the next indented line belongs to.
local function take_key(state, line, where)
  local key, value = split(line)
  if not key then return nil, where .. ": neither [section] nor key = value" end
  if not state.section then return nil, where .. ": a key before the first [section]" end
  state.section[key], state.key = value, key
  return true
end

local function take_indented(state, line, where)
  local value = state.section[state.key]
  if value ~= "" and type(value) == "string" then
    state.section[state.key] = value .. "\n" .. line:match("^%s*(.-)%s*$")
    return true
  end
  local key, inner = split(line)
  if not key then return nil, where .. ": not key = value" end
  if value == "" then state.section[state.key] = {} end
  state.section[state.key][key] = inner
  return true
end

local function take_line(state, line, where)
  local name = line:match("^%s*%[(.*)%]%s*$")
  if name then
    name = name:match("^%s*(.-)%s*$")
    state.sections[name] = state.sections[name] or {}
    state.section, state.key = state.sections[name], nil
    return true
  end
  if line:find("^%s") and state.key then return take_indented(state, line, where) end
  return take_key(state, line, where)
end

-- The sections by name, each a table of texts (or of tables of texts, for blocks) by key; nil and an error that names the line.
function ini.parse(text, path)
  local state, number = { sections = {} }, 0
  for line in (text:gsub("^\xEF\xBB\xBF", "") .. "\n"):gmatch("(.-)\r?\n") do
    number = number + 1
    if line:find("%S") and not line:find("^%s*[#;]") then
      local taken, why = take_line(state, line, ("%s:%d"):format(path, number))
      if not taken then return nil, host.error("parse", why) end
    end
  end
  return state.sections
end

return ini
