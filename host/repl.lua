-- SPDX-License-Identifier: MIT
-- The prompt: reads a chunk, runs it, shows what it returned, goes on after errors.
--
--   repl/source.lua      where chunks come from: an edited line, a pipe
--   repl/chunk.lua       is it finished, how is it indented
--   repl/complete.lua    Tab (tokens.lua, parameters.lua, names.lua)
--   repl/history.lua     what is kept of what was typed
--   repl/show.lua        values as text; pager.lua
--   repl/commands.lua    :time and the others; globals.lua: help, show, ctx
local host = require "hilum.host"
local chunk = require "host.repl.chunk"
local commands = require "host.repl.commands"
local globals = require "host.repl.globals"
local pager = require "host.repl.pager"
local source = require "host.repl.source"

local repl = {}

local function color(text, name, stream) return require "hilum.term".color(text, name, stream) end

local function is_error(value) return type(value) == "table" and value.kind ~= nil and value.message ~= nil end

local function show(...)
  local count, first, second = select("#", ...), ...
  if count == 0 or count == 1 and first == io.stdout then return end -- io.write
  if first ~= nil then _G._ = first end
  if count == 2 and first == nil and is_error(second) then
    io.write("nil, ", color(host.message(second), "red", "stdout"), "\n")
    return
  end
  while count > 1 and select(count, ...) == nil do count = count - 1 end -- as the error that did not happen
  local texts = {}
  for i = 1, count do texts[i] = require "host.repl.show".text((select(i, ...))) end
  pager.write(table.concat(texts, "\n"))
end

-- One line; where it came from stays for :trace.
local function report(err) io.stderr:write(color(host.message(err), "red"), "\n") end

-- What a session is: its trace of the last error, the last chunk, and how to run another.
local function new_session(lines, terminal)
  local session = { terminal = terminal, done = false, remember = lines.remember }
  local function keep_trace(err)
    if is_error(err) and err.kind == "usage" then return err end -- what was typed is wrong, and that is all
    session.trace = debug.traceback(host.message(err), 2):gsub("\n%s*host%.repl:.*$", "")
    return err
  end
  function session.evaluate(text)
    local f, message = chunk.compile(text, terminal and "=prompt" or "=stdin")
    if not f then error(host.error("usage", message), 0) end
    session.last = text
    show(f())
  end
  function session.protect(f, ...)
    host.catch_interrupts()
    local ok, err = xpcall(f, keep_trace, ...)
    if not ok then report(err) end
  end
  return session
end

-- What is typed first at an unknown prompt; variables of these names would never be seen.
local WORDS = { exit = "quit", quit = "quit", help = "help" }

local function run_text(session, text)
  local command, argument = chunk.command(text)
  if not command then command, argument = WORDS[text:match("^%s*(%a+)%s*$")], "" end
  if command then commands.run(session, command, argument) else session.evaluate(text) end
end

local function greet()
  print(("hilum %s: Tab completes, ?image explains, :help tells more, Ctrl-D leaves"):format(host.version))
end

-- Until the end of input. Returns the exit status, and that tasks which still run are not waited for.
function repl.run(given)
  globals.install(given)
  local edited = source.edited(globals.project())
  local lines = edited or source.plain()
  local session = new_session(lines, edited ~= nil)
  if lines.print then globals.set_print(lines.print) end
  if host.isatty(0) then greet() end
  while not session.done do
    local text, err = lines.read()
    host.report_failures()
    if text and text:find("%S") then
      lines.remember(text)
      session.protect(run_text, session, text)
      host.report_failures()
    elseif not text and not err then
      if session.terminal then print() end
      session.done = true
    end
  end
  return 0, host.isatty(0)
end

return repl
