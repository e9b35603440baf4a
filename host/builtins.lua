-- SPDX-License-Identifier: MIT
-- The commands that are no workflows. A new one: a row of ROWS, and its function; run takes the words after the name and the options,
-- and returns the exit status or nothing.
local host = require "hilum.host"
local author = require "host.author"
local help = require "host.help"
local manifest = require "host.manifest"

local builtins = { in_order = {}, by_name = {} }

local function usage(message) error(host.error("usage", message), 0) end

local function run_help(words, given)
  local project = given.project or "."
  local text, why
  if given.man then
    text = require "host.man".page(project)
  elseif not words[1] then
    text = help.overview(project, builtins.in_order)
  elseif builtins.by_name[words[1]] then
    local command = builtins.by_name[words[1]]
    text = ("%s\n\nUsage: hilum %s %s\n\n`hilum help` shows all commands."):format(command.summary or "Which hilum this is",
      command.name, command.arguments)
  else
    text, why = help.find(table.concat(words, " "), project)
  end
  if not text then usage(why) end
  print(text)
end

local function version() print(("hilum %s (%s, %s; search: %s)"):format(host.version, _VERSION, host.cpu, host.search_cpu)) end

-- Where a workflow is, as short as it can be said.
local function place(path)
  local bundled = host.root .. "/share/hilum/scripts/"
  return path:sub(1, #bundled) == bundled and "bundled" or path
end

local function list(_, given)
  local rows = {}
  for _, entry in ipairs(manifest.list(given.project or ".")) do
    local ok, m = pcall(manifest.load, entry.path)
    rows[#rows + 1] = { workflow = entry.name, ["what it does"] = ok and m.summary or "cannot be loaded: " .. tostring(m),
      file = given.json and entry.path or place(entry.path) }
  end
  if given.json then
    print(require "hilum.json".encode(rows))
  else
    print(require "hilum.term".table(rows, { "workflow", "what it does", "file" }))
    print(("\nbundled: %s/share/hilum/scripts"):format(host.root))
  end
end

local function completion(words, given)
  local shells = require "host.completion"
  if words[1] == "complete" then return shells.answer(table.move(words, 2, #words, 1, {}), given.project or ".") end
  local script = shells.scripts[words[1] or ""]
  if not script then usage("hilum completion bash, zsh or fish: prints what the shell has to read") end
  io.write(script)
end

-- Name, its arguments, what it does, options besides the common ones, the function; without a summary it is not shown.
local ROWS = {
  { "init", "FOLDER", "Begin a project", {}, author.init },
  { "new", "NAME", "Begin a workflow of your own", {}, author.new },
  { "edit", "NAME", "Copy a bundled workflow into the project, to change it", {}, author.edit },
  { "check-script", "FILE", "Is a workflow right? What it declares, and luacheck", {}, author.check_script },
  { "list", "", "All workflows, and which file each is", {}, list },
  { "help", "NAME", "A workflow, a module (image) or a function (image.check)",
    { { "man", type = "flag", default = false, help = "all of it as a manual page (roff)" } }, run_help },
  { "completion", "SHELL", "What makes Tab work in bash, zsh or fish", {}, completion },
  { "version", "", nil, {}, version },
}

for i, row in ipairs(ROWS) do
  local command = { name = row[1], arguments = row[2], summary = row[3], options = row[4], run = row[5] }
  builtins.in_order[i], builtins.by_name[command.name] = command, command
end

-- Runs one: arguments as on the command line, given the options that stood before its name.
function builtins.run(name, arguments, given)
  local options = require "host.options"
  local command = builtins.by_name[name]
  local specs = { { "words", type = "list", positional = true }, table.unpack(command.options) }
  table.move(options.common, 1, #options.common, #specs + 1, specs)
  local parsed = setmetatable(options.parse(arguments, specs, usage), { __index = given })
  if parsed.help then return run_help({ name }, parsed) or 0 end
  return command.run(parsed.words or {}, parsed) or 0
end

return builtins
