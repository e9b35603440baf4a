-- SPDX-License-Identifier: MIT
-- What a project knows of the archives it fetched: JSON Lines that only grow, so that a run that was killed goes on where it was.
local fs = require "hilum.fs"
local json = require "hilum.json"

local ledger = {}

local FORMAT = 1

local Ledger = {}
Ledger.__index = Ledger

local function key_of(archive, to) return archive .. "\n" .. to end

function ledger.open(path)
  local entries = {}
  for line in (fs.read(path) or ""):gmatch("[^\n]+") do
    local entry = json.decode(line)
    if type(entry) == "table" and entry.format == FORMAT then entries[key_of(entry.archive, entry.to)] = entry end
  end
  return setmetatable({ path = path, entries = entries }, Ledger)
end

-- The last that was noted of an archive and a store: {state = "begun"|"done"|"suspect", version=, names=, broken=}, or nil.
function Ledger:find(archive, to) return self.entries[key_of(archive, to)] end

-- Notes something; the entry's archive and to say of what.
function Ledger:note(entry)
  entry.format = FORMAT
  self.entries[key_of(entry.archive, entry.to)] = entry
  assert(fs.mkdir(fs.dir(self.path)))
  assert(fs.append(self.path, "\n" .. json.encode(entry) .. "\n", { sync = true }))
end

return ledger
