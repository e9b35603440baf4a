-- SPDX-License-Identifier: MIT
-- What the prompt has besides Lua and the modules: help(x), show(x), and ctx, by which workflows run as they do from a workflow.
local manifest = require "host.manifest"
local verbs = require "host.verbs"

local globals = { names = { "ctx", "help", "show" } }

local common = { project = "." }

function globals.workflows()
  local list = {}
  for i, entry in ipairs(manifest.list(common.project)) do list[i] = entry.name end
  return list
end

-- The manifest of a workflow, "split" or with a verb "aws whoami"; nil if there is none, or it cannot be loaded.
function globals.workflow(name)
  local word, verb = name:match("^(%S+)%s+(%S+)$")
  local path = manifest.find(word or name, common.project)
  local ok, m = pcall(manifest.load, path or name)
  if not path or not ok then return nil end
  if not verb then return m end
  return m.verbs and m.verbs[verb] and verbs.manifest(m, verb) or nil
end

-- Help on a word, or on a value: a function, a module, an object.
local function help(value)
  local pager = require "host.repl.pager"
  if value == nil then
    pager.write(require "host.repl.commands".summary())
    return
  end
  local word = require "host.repl.names".word_for(value)
  if not word then error("help takes a name, a function, a module or an object of hilum's; of this nothing is known", 0) end
  local text, why = require "host.help".find(word, common.project)
  if not text then error(why, 0) end
  pager.write(text)
end

local function show(value) require "host.repl.pager".write(require "host.repl.show".text(value)) end

-- Makes them globals; given are the options that stood before the prompt on the command line. ctx opens the project on first use.
function globals.install(given)
  common = setmetatable({ project = given.project or "." }, { __index = given })
  _G.help, _G.show = help, show
  local outer = getmetatable(_G).__index
  getmetatable(_G).__index = function(t, name)
    if name ~= "ctx" then return outer(t, name) end
    local ctx = require "host.context".open(common.project, given)
    rawset(t, "ctx", ctx)
    return ctx
  end
end

-- Has print use a function that takes a line: tasks print while another line is typed.
function globals.set_print(print_line)
  function _G.print(...)
    local texts = {}
    for i = 1, select("#", ...) do texts[i] = tostring((select(i, ...))) end
    print_line(table.concat(texts, "\t"))
  end
end

function globals.project() return common.project end

return globals
