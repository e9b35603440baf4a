-- SPDX-License-Identifier: MIT
-- Is what a workflow made still what it would make? Compares the fingerprints in run.jsonl with those of the files now.
local freshness = {}

local Freshness = {}
Freshness.__index = Freshness

function freshness.new(project)
  return setmetatable({ project = project, history = project:history(), prints = {} }, Freshness)
end

-- Each file is read once.
local function print_of(self, name)
  if self.prints[name] == nil then
    local prints = self.project:fingerprints { self.project:path(name) }
    self.prints[name] = prints[name] or false
  end
  return self.prints[name]
end

local function sorted_names(prints)
  local names = {}
  for name in pairs(prints or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function changed(self, prints, what)
  for _, name in ipairs(sorted_names(prints)) do
    local now = print_of(self, name)
    if not now then return ("%s is gone"):format(name) end
    if now ~= prints[name] then return ("%s changed %s"):format(name, what) end
  end
end

-- nil when the last run of the workflow still holds, else why it does not: a line. Without a run: "never ran".
function Freshness:why(workflow)
  local record = self.history[workflow]
  if not record then return "never ran" end
  return changed(self, record.reads, "since") or changed(self, record.writes, "after it was made")
end

-- The last record of the workflow, or nil.
function Freshness:record(workflow) return self.history[workflow] end

return freshness
