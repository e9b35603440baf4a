-- SPDX-License-Identifier: MIT
-- What was typed, kept between sessions: .hilum/history in a project, else in the user's state folder (XDG base directory
-- specification). One entry a line, line ends as \n. What looks like a secret is not kept, not even for the session.
local fs = require "hilum.fs"

local history = {}

local LIMIT = 1000

-- In lower case. Too many lines left out do no harm; one too few would.
local SECRET_WORDS = { "secret", "passw", "token", "credential", "private", "authorization", "bearer", "signature", "api_?%-?key",
  "access_?%-?key" }
-- Access key ids of AWS; a password in a URL.
local SECRET_SHAPES = { "%f[%w]A[KS]IA[%u%d]+", "://[^/%s\"']*:[^/%s\"']*@" }

-- As long as a secret key of AWS, and as mixed.
local function is_random(word) return #word >= 40 and word:find("%d") and word:find("%u") and word:find("%l") end

function history.is_secret(text)
  local lower = text:lower()
  for _, word in ipairs(SECRET_WORDS) do
    if lower:find(word) then return true end
  end
  for _, shape in ipairs(SECRET_SHAPES) do
    if text:find(shape) then return true end
  end
  for word in text:gmatch("[%w/+]+") do
    if is_random(word) then return true end
  end
  return false
end

local function state_folder()
  return (os.getenv("XDG_STATE_HOME") or (os.getenv("HOME") or ".") .. "/.local/state") .. "/hilum"
end

-- The file for a project folder.
function history.path(project)
  local folder = fs.stat(fs.join(project, "project.lua")) and fs.join(project, ".hilum") or state_folder()
  return fs.join(folder, "history")
end

local ESCAPES = { ["\\"] = "\\\\", ["\n"] = "\\n" }
local MEANINGS = { ["\\\\"] = "\\", ["\\n"] = "\n" }

-- The entries, oldest first; a file that has grown long is cut.
function history.load(path)
  local entries = {}
  for line in (fs.read(path) or ""):gmatch("[^\n]+") do entries[#entries + 1] = line:gsub("\\.", MEANINGS) end
  if #entries <= 2 * LIMIT then return entries end
  entries = table.move(entries, #entries - LIMIT + 1, #entries, 1, {})
  local lines = {}
  for i, entry in ipairs(entries) do lines[i] = entry:gsub("[\\\n]", ESCAPES) .. "\n" end
  fs.write(path, table.concat(lines))
  return entries
end

-- Keeps an entry unless it is a secret or begins with a blank; true if it was. That the disk refuses is no reason to stop.
function history.add(path, text)
  if text:find("^%s") or history.is_secret(text) then return false end
  if fs.mkdir(fs.dir(path)) then fs.append(path, text:gsub("[\\\n]", ESCAPES) .. "\n") end
  return true
end

return history
