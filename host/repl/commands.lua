-- SPDX-License-Identifier: MIT
-- What the prompt understands besides Lua. A new command: a row of `all`; run is given the session (host/repl.lua) and the rest of the
-- line.
local host = require "hilum.host"
local options = require "host.options"
local pager = require "host.repl.pager"

local commands = {}

local function fail(format, ...) error(format:format(...), 0) end

local function run_file(session, path)
  local fs = require "hilum.fs"
  local text = assert(fs.read(path)):gsub("%s+$", "")
  if text == "" then return end
  session.remember(text)
  session.evaluate(text)
end

local function edit(session, word)
  local fs = require "hilum.fs"
  local editor = os.getenv("VISUAL") or os.getenv("EDITOR") or "vi"
  if not session.terminal then fail(":edit needs a terminal") end
  local folder = assert(fs.temp())
  local path = word ~= "" and word or fs.join(folder, "chunk.lua")
  if word == "" then assert(fs.write(path, (session.last or "") .. "\n")) end
  local done = os.execute(("%s '%s'"):format(editor, (path:gsub("'", "'\\''"))))
  local ran, why = pcall(function()
    if not done then fail("%s did not end well; nothing was run", editor) end
    if fs.stat(path) then run_file(session, path) end
  end)
  fs.remove_tree(folder)
  if not ran then error(why, 0) end
end

local function time(session, text)
  if text == "" then fail(":time needs an expression, as in :time image.decode(path)") end
  local now = require "hilum.task".now
  local began = now()
  session.evaluate(text)
  io.write(("%.3g s\n"):format(now() - began))
end

commands.all = {
  help = { what = ":help [NAME]", help = "this, or help on a name; ?NAME is the same", run = function(session, word)
    if word == "" then pager.write(commands.summary()) else session.evaluate(("help(%q)"):format(word)) end
  end },
  time = { what = ":time EXPRESSION", help = "its value, and how long it took", run = time },
  edit = { what = ":edit [FILE]", help = "the last chunk, or a file, in $EDITOR; run when the editor ends", run = edit },
  trace = { what = ":trace", help = "where the last error came from", run = function(session)
    pager.write(session.trace or "there was no error")
  end },
  quit = { what = ":quit", help = "leave, as Ctrl-D does", run = function(session) session.done = true end },
}

local ORDER = { "help", "time", "edit", "trace", "quit" }

function commands.summary()
  local lines = { "Lua, with hilum's modules: an expression shows its value, _ is the last one.", "" }
  local function add(what, help) lines[#lines + 1] = ("  %-20s %s"):format(what, help) end
  for _, name in ipairs(ORDER) do add(commands.all[name].what, commands.all[name].help) end
  lines[#lines + 1] = ""
  add("Tab", "completes names, options, files; after ( it shows the arguments")
  add("Up, Ctrl-R", "what was typed before; Alt-Enter: another line")
  add("Ctrl-C", "stops the call, or clears the line")
  add("help(x), ?image", "a function, a module, a type, a workflow")
  add("show(x)", "a value as the prompt does, images as pictures")
  add('ctx.run("check")', "runs a workflow; its options go in a table after the name")
  return table.concat(lines, "\n")
end

local function names()
  local list = {}
  for name in pairs(commands.all) do list[#list + 1] = name end
  return list
end

-- The command of that name, or the only one that begins so.
local function find(word)
  if commands.all[word] then return commands.all[word] end
  local found
  for name, command in pairs(commands.all) do
    if word ~= "" and name:sub(1, #word) == word then
      if found then return nil end
      found = command
    end
  end
  return found
end

-- Raises one line if there is no such command, or what it raises.
function commands.run(session, word, argument)
  local command = find(word)
  if not command then
    error(host.error("usage", ("there is no command :%s%s; :help shows all"):format(word, options.did_you_mean(word, names()))), 0)
  end
  command.run(session, argument)
end

return commands
