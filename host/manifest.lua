-- SPDX-License-Identifier: MIT
-- Workflow files: finding them, loading them, and checking that what they return is a manifest.
local host = require "hilum.host"
local options = require "host.options"
local verbs = require "host.verbs"

local manifest = {}

local FIELDS = { summary = "string", details = "string", step = "number", options = "table", examples = "table", reads = "table",
  writes = "table", run = "function", verbs = "table" }
local REQUIRED = { "summary", "options" }
local OPTION_KEYS = { [1] = true, type = true, help = true, default = true, required = true, short = true, min = true, max = true,
  choices = true, metavar = true, positional = true, hidden = true, must_exist = true, is = true, of = true, names = true, own = true }

local function keys(t)
  local names = {}
  for name in pairs(t) do names[#names + 1] = tostring(name) end
  table.sort(names)
  return names
end

local function check_option(spec, seen, fail)
  local name = type(spec) == "table" and spec[1]
  if type(name) ~= "string" or not name:find("^%l[%w-]*$") then fail("each option needs a name in kebab-case at position 1") end
  for key in pairs(spec) do
    if not OPTION_KEYS[key] then
      fail(("option %s: unknown key '%s'%s"):format(name, key, options.did_you_mean(tostring(key), keys(OPTION_KEYS))))
    end
  end
  for _, word in ipairs { name, spec.short and "-" .. spec.short } do
    if seen[word] then fail("two options are called " .. word) end
    seen[word] = true
  end
  if not options.types[spec.type] then
    fail(("option %s: type is one of %s"):format(name, table.concat(keys(options.types), ", ")))
  end
  if type(spec.help) ~= "string" then fail(("option %s: help is missing"):format(name)) end
  if spec.required and spec.default ~= nil then fail(("option %s: required and default exclude each other"):format(name)) end
  if spec.type == "choice" and type(spec.choices) ~= "table" then fail(("option %s: choices are missing"):format(name)) end
  if spec.default ~= nil and not spec.must_exist then
    local _, why = options.types[spec.type].parse(spec.default, spec)
    if why then fail(("option %s: its default %s"):format(name, why)) end
  end
end

local function check_references(m, field, fail)
  local known = {}
  for _, spec in ipairs(m.options) do known[spec[1]] = true end
  for _, name in ipairs(m[field] or {}) do
    if not known[name] then fail(("%s names '%s', which is not an option"):format(field, name)) end
  end
end

-- Raises one line, with the file, unless m is a manifest.
function manifest.check(m, path)
  local function fail(message) error(host.error("parse", ("%s: %s"):format(path, message)), 0) end
  if type(m) ~= "table" then fail("a workflow returns a table (see `hilum new`)") end
  for name in pairs(m) do
    if not FIELDS[name] then
      fail(("unknown field '%s'%s"):format(name, options.did_you_mean(tostring(name), keys(FIELDS))))
    end
  end
  for _, name in ipairs(REQUIRED) do
    if m[name] == nil then fail(("field '%s' is missing"):format(name)) end
  end
  for name, wanted in pairs(FIELDS) do
    if m[name] ~= nil and type(m[name]) ~= wanted then fail(("field '%s' must be a %s"):format(name, wanted)) end
  end
  local seen = {}
  for _, spec in ipairs(options.common) do
    seen[spec[1]] = true
    if spec.short then seen["-" .. spec.short] = true end
  end
  for _, spec in ipairs(m.options) do check_option(spec, seen, fail) end
  check_references(m, "reads", fail)
  check_references(m, "writes", fail)
  if not m.run and not next(m.verbs or {}) then fail("field 'run' is missing") end
  for _, name in ipairs(verbs.names(m)) do
    local named = name:find("^%l[%w-]*$") and type(m.verbs[name]) == "table"
    if not named then fail(("verb %s: a word and its manifest are needed"):format(name)) end
    manifest.check(verbs.fields(m, name), ("%s: verb %s"):format(path, name))
  end
end

local function is_readable(path)
  local file = io.open(path)
  if not file then return false end
  local readable = file:read(0) ~= nil or file:seek("end") == 0
  file:close()
  return readable
end

-- The user's own workflows, found from every folder (XDG base directory specification).
function manifest.data_folder()
  local data = os.getenv("XDG_DATA_HOME") or (os.getenv("HOME") or "") .. "/.local/share"
  return data .. "/hilum/workflows" -- not scripts: `cmake --install --prefix ~/.local` puts the bundled ones there
end

-- Where workflows are looked up, first hit wins.
function manifest.folders(project)
  local folders = {}
  if project and is_readable(project .. "/project.lua") then folders[1] = project .. "/scripts" end
  for folder in (os.getenv("HILUM_PATH") or ""):gmatch("[^:]+") do folders[#folders + 1] = folder end
  folders[#folders + 1] = manifest.data_folder()
  folders[#folders + 1] = host.root .. "/share/hilum/scripts"
  return folders
end

-- All workflows: an array of {name=, path=} sorted by name; a file in an earlier folder hides later ones.
function manifest.list(project)
  local fs = require "hilum.fs"
  local found, names = {}, {}
  for _, folder in ipairs(manifest.folders(project)) do
    for _, file in ipairs(fs.list(folder) or {}) do
      local name = file:match("^([%w_-]+)%.lua$")
      if name and not found[name] then
        found[name] = folder .. "/" .. file
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  local list = {}
  for i, name in ipairs(names) do list[i] = { name = name, path = found[name] } end
  return list
end

-- The file of a workflow, or nil and what to say.
function manifest.find(name, project)
  if name:find("%.lua$") then
    if is_readable(name) then return name end
    return nil, ("%s cannot be read"):format(name)
  end
  if name:find("^[%w_-]+$") then
    for _, folder in ipairs(manifest.folders(project or ".")) do
      local path = ("%s/%s.lua"):format(folder, name)
      if is_readable(path) then return path end
    end
  end
  local names = keys(require "host.builtins".by_name)
  for _, entry in ipairs(manifest.list(project or ".")) do names[#names + 1] = entry.name end
  return nil, ("there is no workflow '%s'%s; `hilum list` shows all"):format(name, options.did_you_mean(name, names))
end

-- Runs the file, which must only return its manifest. Adds name and path.
function manifest.load(path)
  local folder = path:match("^(.*)/[^/]*$") or "."
  local searched = ("%s/?.lua;"):format(folder)
  if not (";" .. package.path):find(";" .. searched, 1, true) then package.path = searched .. package.path end
  local chunk, message = loadfile(path)
  if not chunk then error(host.error("parse", message), 0) end
  local m = chunk()
  manifest.check(m, path)
  return setmetatable({ name = path:match("([^/]+)%.lua$"), path = path }, { __index = m })
end

return manifest
