-- SPDX-License-Identifier: MIT
-- The commands that are no workflows: each takes its words and the common options, and returns the exit status.
local host = require "hilum.host"
local help = require "host.help"
local manifest = require "host.manifest"

local builtins = {}

local function usage(message) error(host.error("usage", message), 0) end

function builtins.help(words, globals)
  local word = words[1]
  if not word or builtins[word] then
    print(help.ORDER)
    return 0
  end
  local path, no_workflow = manifest.find(word, globals.project or ".")
  if path then return help.workflow(manifest.load(path)) end
  local found, no_entry = help.module(word)
  if not found then usage(word:find("[.:]") and no_entry or no_workflow) end
  return 0
end

function builtins.version()
  print(("hilum %s (%s, %s)"):format(host.version, _VERSION, host.cpu))
  return 0
end

function builtins.list(_, globals)
  local rows = {}
  for _, entry in ipairs(manifest.list(globals.project or ".")) do
    local ok, m = pcall(manifest.load, entry.path)
    rows[#rows + 1] = { workflow = entry.name, ["what it does"] = ok and m.summary or "cannot be loaded: " .. tostring(m),
      file = entry.path }
  end
  if globals.json then
    print(require "hilum.json".encode(rows))
  else
    print(require "hilum.term".table(rows, { "workflow", "what it does", "file" }))
  end
  return 0
end

-- Writes a file that must not exist yet.
local function write_new(path, text)
  local fs = require "hilum.fs"
  if fs.stat(path) then error(host.error("io", path .. " is already there; nothing was changed"), 0) end
  assert(fs.write(path, text))
  print("wrote " .. path)
end

-- Outside a project a new workflow is the user's own everywhere, so that there it must not hide a bundled one.
function builtins.new(words)
  local name = words[1]
  if not name or not name:find("^%l[%w_-]*$") then usage("hilum new NAME: a name in lower-case letters, digits and dashes") end
  local fs = require "hilum.fs"
  local in_project = fs.stat("project.lua")
  if not in_project and (builtins[name] or fs.stat(("%s/share/hilum/scripts/%s.lua"):format(host.root, name))) then
    usage(("%s is one of hilum's own; in a project (`hilum init`) a workflow of yours can take its place"):format(name))
  end
  local folder = in_project and "scripts" or manifest.data_folder()
  assert(fs.mkdir(folder))
  write_new(fs.join(folder, name .. ".lua"), (require "host.templates".workflow:gsub("NAME", name)))
  print(("run it: hilum %s --help"):format(name))
  return 0
end

function builtins.init(words)
  local fs = require "hilum.fs"
  local folder = words[1]
  if folder then assert(fs.mkdir(folder)) end
  write_new(folder and fs.join(folder, "project.lua") or "project.lua", require "host.templates".project)
  print(("next: %s`hilum help` tells the steps"):format(folder and ("cd %s, then "):format(folder) or ""))
  return 0
end

return builtins
