-- SPDX-License-Identifier: MIT
-- What helps to write workflows: projects, skeletons, copies of bundled workflows, checks.
local fs = require "hilum.fs"
local host = require "hilum.host"
local manifest = require "host.manifest"
local quoted = require "host.text".quoted
local templates = require "host.templates"

local author = {}

local function usage(message) error(host.error("usage", message), 0) end

local function bundled(name) return ("%s/share/hilum/scripts/%s.lua"):format(host.root, name) end

-- What was done and what comes next; given: the options.
local function tell(given, format, ...) if not given.quiet then print(format:format(...)) end end

-- Writes a file that must not exist yet.
local function write_new(path, text, given)
  if fs.stat(path) then error(host.error("io", path .. " is already there; nothing was changed"), 0) end
  assert(fs.write(path, text))
  tell(given, "wrote %s", path)
end

-- For the Lua language server: where the references are, and what is global.
local function language_server_settings()
  local json = require "hilum.json"
  local globals = { "hilum" }
  for _, module in ipairs(require "host.reference".modules()) do globals[#globals + 1] = module end
  local share = host.root .. "/share/hilum/"
  return json.encode({ ["runtime.version"] = "Lua 5.4", ["workspace.library"] = { share .. "reference", share .. "scripts" },
    ["diagnostics.globals"] = globals }, { indent = 2 }) .. "\n"
end

function author.init(words, given)
  local folder = words[1] or "."
  if folder == "" then usage("hilum init FOLDER: the name of the folder is empty") end
  if folder ~= "." then assert(fs.mkdir(folder)) end
  local function inside(name) return folder == "." and name or fs.join(folder, name) end
  write_new(inside("project.lua"), templates.project, given)
  if not fs.stat(inside(".luarc.json")) then write_new(inside(".luarc.json"), language_server_settings(), given) end
  local go = folder == "." and "" or ("cd %s, "):format(quoted(folder))
  tell(given, "next: %swrite into project.lua where the images are; `hilum help` tells the steps", go)
end

-- A workflow with the name of a bundled one takes its place: everywhere, or in a project, where it may be meant.
local function refuse_shadowing(name, in_project, force)
  if require "host.builtins".by_name[name] then usage(name .. " is a command of hilum's own, in whose place no workflow can be") end
  if not fs.stat(bundled(name)) then return end
  if not in_project then
    usage(("%s is one of hilum's own; in a project (`hilum init`) a workflow of yours can take its place"):format(name))
  elseif not force then
    usage(("%s is one of hilum's own: `hilum edit %s` copies it here to be changed; --force begins another in its place"):format(name,
      name))
  end
end

function author.new(words, given)
  local name, project = words[1], given.project or "."
  if not name or not name:find("^%l[%w_-]*$") then usage("hilum new NAME: a name in lower-case letters, digits and dashes") end
  local in_project = fs.stat(fs.join(project, "project.lua"))
  refuse_shadowing(name, in_project, given.force)
  local folder = not in_project and manifest.data_folder() or project == "." and "scripts" or fs.join(project, "scripts")
  assert(fs.mkdir(folder))
  write_new(fs.join(folder, name .. ".lua"), (templates.workflow:gsub("NAME", name)), given)
  tell(given, "run it: hilum %s --help", name)
end

local function open_editor(path)
  local editor = os.getenv("VISUAL") or os.getenv("EDITOR")
  if editor and host.isatty(0) and host.isatty(1) then os.execute(editor .. " " .. quoted(path)) end
end

-- The copy takes the place of the bundled one in this project.
function author.edit(words, given)
  local name, project = words[1], given.project or "."
  if not name then usage("hilum edit NAME: the name of a workflow, see `hilum list`") end
  if not fs.stat(fs.join(project, "project.lua")) then usage("there is no project here that could have its own; `hilum init` makes one") end
  local path, why = manifest.find(name, project)
  if not path then usage(why) end
  local own = fs.join(project, "scripts", fs.base(path))
  if project == "." then own = fs.join("scripts", fs.base(path)) end
  if not fs.stat(own) then
    assert(fs.mkdir(fs.dir(own)))
    write_new(own, assert(fs.read(path)), given)
  end
  tell(given, "%s is what `hilum %s` runs here", own, name)
  open_editor(own)
end

function author.check_script(words, given)
  if not words[1] then usage("hilum check-script FILE: a file, or the name of a workflow") end
  local path, why = manifest.find(words[1], given.project or ".")
  if not path then usage(why) end
  local problems = require "host.script_check".problems(path)
  for _, problem in ipairs(problems) do print(("%s:%s%s"):format(path, problem:find("^%d+:") and "" or " ", problem)) end
  local lint = require "host.script_check".luacheck(path)
  if lint == nil then
    io.stderr:write("luacheck is not installed: variables were not checked (Debian: lua-check)\n")
  elseif lint ~= "" then
    io.write(lint)
  end
  local is_fine = #problems == 0 and (lint or "") == ""
  if is_fine then print(path .. ": fine") end
  return is_fine and 0 or 1
end

return author
