-- SPDX-License-Identifier: MIT
-- A project: a folder, what its project.lua says, and run.jsonl, the record of what was made from what.
local fs = require "hilum.fs"

local Project = {}
Project.__index = Project

local project = {}

local FORMAT = 1

local function load_config(path)
  if not fs.stat(path) then return {} end
  local chunk, message = loadfile(path, "t")
  local ran, config = pcall(chunk or error, message)
  if not ran or type(config) ~= "table" then
    error(require "hilum.host".error("parse", ran and path .. ": project.lua must return a table" or tostring(config)), 0)
  end
  return config
end

-- Any folder can be one; project.lua is optional.
function project.open(folder)
  if not fs.stat(folder) then
    local message = ("the project folder %s does not exist; `hilum init %s` makes one"):format(folder, folder)
    error(require "hilum.host".error("usage", message), 0)
  end
  return setmetatable({ folder = folder, config = load_config(fs.join(folder, "project.lua")) }, Project)
end

-- The next folder above with a project.lua, or nil.
local function project_above(folder)
  while folder ~= "/" do
    folder = fs.dir(folder)
    if fs.stat(fs.join(folder, "project.lua")) then return folder end
  end
end

-- Without a project.lua: which folder is taken for the project, and what to do if another was meant. Else nil.
function Project:doubt()
  if fs.stat(self:path("project.lua")) then return nil end
  local folder = fs.real(self.folder)
  local above = project_above(folder)
  if above then return ("there is no project.lua in %s, but in %s: go there, or add --project %s"):format(folder, above, above) end
  return ("there is no project.lua in %s, which was taken for the project: `hilum init` begins one there, --project FOLDER names another")
    :format(folder)
end

-- The path of a file of the project, seen from the current folder.
function Project:path(name)
  if name:find("^/") or self.folder == "." then return name end
  return fs.join(self.folder, name)
end

-- The name of a path in run.jsonl: relative to the project folder if it is below it, else absolute.
function Project:name(path)
  local folder = fs.real(fs.dir(path))
  if not folder then return path end
  local name, root = fs.join(folder, fs.base(path)), fs.real(self.folder) .. "/"
  return name:sub(1, #root) == root and name:sub(#root + 1) or name
end

-- One process writes at a time.
function Project:lock() return fs.lock(self:path(".hilum.lock")) end

-- Removes what processes that died left in the project folder and where these files and folders are.
function Project:sweep(paths)
  local folders = { self.folder }
  for _, path in ipairs(paths) do
    local stat = fs.stat(path)
    local is_folder = stat and stat.type == "dir"
    folders[#folders + 1] = is_folder and path or fs.dir(path)
    for _, name in ipairs(is_folder and fs.list(path) or {}) do folders[#folders + 1] = fs.join(path, name) end
  end
  for _, folder in ipairs(folders) do
    local stat = fs.stat(folder)
    if stat and stat.type == "dir" then fs.sweep(folder) end
  end
end

-- What identifies an input or output: the SHA-256 of a file, or of a folder's listing (names, sizes, times).
local function fingerprint(path)
  local hash = require "hilum.hash"
  local stat = fs.stat(path)
  if not stat then return nil end
  if stat.type ~= "dir" then return hash.sha256_file(path) end
  local lines = {}
  for i, name in ipairs(assert(fs.walk(path))) do
    local s = fs.stat(fs.join(path, name))
    lines[i] = s and ("%s\0%d\0%.9f"):format(name, s.size, s.mtime) or name
  end
  return hash.sha256(table.concat(lines, "\n"))
end

-- By name.
function Project:fingerprints(paths)
  local prints = {}
  for _, path in ipairs(paths) do prints[self:name(path)] = fingerprint(path) end
  return prints
end

-- Appends a line to run.jsonl.
function Project:note(fields)
  fields.format, fields.version, fields.at = FORMAT, hilum.version, os.date("!%Y-%m-%dT%H:%M:%SZ")
  local line = require "hilum.json".encode(fields, { order = { "format", "at", "workflow" } })
  assert(fs.append(self:path("run.jsonl"), line .. "\n", { sync = true }))
end

-- Appends a run to it: {workflow=, seconds=, options=, reads={paths}, writes={paths}}.
function Project:record(run)
  self:note { workflow = run.workflow, seconds = run.seconds, options = run.options, reads = self:fingerprints(run.reads),
    writes = self:fingerprints(run.writes) }
end

-- The lines of run.jsonl, the oldest first: runs (workflow=), and what was ordered from AWS (ledger=, lib/cost/ledger.lua).
function Project:records()
  local path = self:path("run.jsonl")
  if not fs.stat(path) then return function() return nil end end
  return require "hilum.json".lines(path)
end

-- The last run of each workflow, and the names in the order of their last runs.
function Project:history()
  local last, names = {}, {}
  for record in self:records() do
    if record.workflow then last[record.workflow] = record end
  end
  for name in pairs(last) do names[#names + 1] = name end
  table.sort(names, function(a, b) return last[a].at < last[b].at or last[a].at == last[b].at and a < b end)
  return last, names
end

return project
