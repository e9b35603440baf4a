-- SPDX-License-Identifier: MIT
-- The commands that are no workflows. A new one: a row of ROWS, and its function; it takes the words after the name and the options, and
-- returns the exit status or nothing.
local host = require "hilum.host"
local author = require "host.author"
local help = require "host.help"
local manifest = require "host.manifest"

local builtins = { in_order = {}, by_name = {} }

local function usage(message) error(host.error("usage", message), 0) end

local function run_help(words, given)
  local project = given.project or "."
  local command = builtins.by_name[words[1]]
  local text, why
  if not words[1] then
    text = help.overview(project, builtins.in_order)
  elseif command and not words[2] then
    text = help.command(command)
  else
    text, why = help.find(table.concat(words, " "), project)
  end
  if not text then usage(why) end
  print(text)
end

-- The page as man(1) shows it; whether it could.
local function show(page)
  if not os.execute("command -v man >/dev/null") then return false end
  local reader = assert(io.popen("man -l -", "w"))
  reader:write(page, "\n")
  return reader:close() == true
end

local function run_man(_, given)
  local page = require "host.man".page(given.project or ".")
  if not (host.isatty(1) and show(page)) then print(page) end
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

-- As a workflow's manifest says it: name, arguments, what it does, and what is written; run takes the words and the options; most: how many
-- words, if not as many as the arguments. The steps of `hilum help` begin with `init`; what has no summary is not shown there.
local ROWS = {
  { name = "init", arguments = "[FOLDER]", summary = "Begin a project", run = author.init, details = [[
Makes FOLDER, or the folder where you are, a project: the place where the steps find their options and write what they make. Writes
project.lua there, with the options most used as comments, and .luarc.json, by which an editor that knows the Lua language server
completes and explains hilum's functions. A folder that has a project.lua is left as it is.]],
    examples = { "hilum init my-study", "cd my-study && hilum init" } },
  { name = "new", arguments = "NAME", summary = "Begin a workflow of your own", run = author.new, details = [[
Writes a short workflow that runs at once and is yours to change: scripts/NAME.lua in a project, and elsewhere a file in
~/.local/share/hilum/workflows, whose workflows run in every folder. `hilum help`, Tab and `hilum list` know it from then on. The README
of the bundled workflows (`hilum list` says where they are) goes from there to a workflow that draws a page.

The name of a bundled workflow is refused: yours would be run in its place. In a project, --force says that this is meant; to change
what a bundled one does, begin with `hilum edit NAME`.]],
    examples = { "hilum new my-step", "hilum new check --force" } },
  { name = "edit", arguments = "NAME", summary = "Copy a bundled workflow into the project, to change it", run = author.edit,
    details = [[
Writes scripts/NAME.lua, a copy of the bundled workflow, and opens it in the editor that VISUAL or EDITOR names. From then on the copy is
what `hilum NAME` runs in this project; remove it, and the bundled one is back. A copy that is there already is only opened.]],
    examples = { "hilum edit split", "EDITOR=nano hilum edit check" } },
  { name = "check-script", arguments = "FILE", summary = "Is a workflow right? What it declares, and luacheck", run = author.check_script,
    details = [[
Reads a workflow, by its file or its name, without running it. Told, each with its line: what is missing or misspelt in what it declares,
options it reads and does not declare, functions that ctx does not have, examples that it would not take; and what luacheck finds, where
that is installed. Nothing is written; the exit status is 1 if there is anything to tell.]],
    examples = { "hilum check-script my-step", "hilum check-script scripts/my-step.lua" } },
  { name = "list", arguments = "", summary = "All workflows, and which file each is", run = list, details = [[
Those of the project (its folder scripts), of the folders in HILUM_PATH, of ~/.local/share/hilum/workflows, and the bundled ones; where
two have the same name, the first is what runs.]],
    examples = { "hilum list", "hilum list --json" } },
  { name = "help", arguments = "[NAME]", summary = "A workflow, a module (image) or a function (image.check)", run = run_help,
    most = math.huge,
    details = [[
Without NAME: one screen with the steps in their order. NAME is a workflow, one with its verb, a command such as this one, a Lua module,
one of its functions or types, or `ctx`, what a workflow is given.]],
    examples = { "hilum help split", "hilum help aws whoami", "hilum help image.check", "hilum help ctx.progress" } },
  { name = "man", arguments = "", summary = "The manual page, hilum(1)", run = run_man, details = [[
Shows all that `hilum help` knows of the workflows, those of the project too, as man(1) does. Into a file or a pipe, and where there is no
man(1), it is printed as roff. An installed hilum has it as `man hilum`.]],
    examples = { "hilum man", "hilum man >hilum.1" } },
  { name = "completion", arguments = "SHELL", summary = "What makes Tab work in bash, zsh or fish", run = completion,
    most = math.huge, details = [[
Prints what the shell has to read: put the line for yours into ~/.bashrc, ~/.zshrc (after compinit) or ~/.config/fish/config.fish. Tab
then completes workflows, verbs, options, their values, and the names in your project: models, indexes, findings for --where. An
installed hilum has it already, where the shell looks for such files.]],
    examples = { 'eval "$(hilum completion bash)"', 'eval "$(hilum completion zsh)"', "hilum completion fish | source" } },
  { name = "version", arguments = "", details = [[
Which hilum this is, its Lua, and the instructions that its kernels use on this processor.]],
    examples = { "hilum version", "hilum --version" }, run = version },
}

for i, command in ipairs(ROWS) do builtins.in_order[i], builtins.by_name[command.name] = command, command end

-- Runs one: arguments as on the command line, given the options that stood before its name.
function builtins.run(name, arguments, given)
  local options = require "host.options"
  local command = builtins.by_name[name]
  local specs = { { "words", type = "list", positional = true } }
  table.move(options.common, 1, #options.common, #specs + 1, specs)
  local parsed = setmetatable(options.parse(arguments, specs, usage), { __index = given })
  if parsed.help then return run_help({ name }, parsed) or 0 end
  local words, most = parsed.words or {}, command.most or command.arguments == "" and 0 or 1
  if words[most + 1] then usage(("unexpected argument %q; `hilum help %s` shows how"):format(words[most + 1], name)) end
  return command.run(words, parsed) or 0
end

return builtins
