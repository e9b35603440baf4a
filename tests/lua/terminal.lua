-- SPDX-License-Identifier: MIT
-- A program on a real terminal, for tests: tmux holds it, types what it is told, and says what is on the screen.
local t = require "t"
local fs = require "hilum.fs"
local task = require "hilum.task"

local Terminal = {}
Terminal.__index = Terminal

local terminal = { exists = os.execute("command -v tmux >/dev/null") == true }

local PATIENCE = 20 -- seconds until what is waited for is given up

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

function Terminal:tmux(format, ...)
  local status, out, err = t.run(("tmux -S %s -f /dev/null "):format(quote(self.socket)) .. format:format(...))
  return status, out, err
end

-- Starts a shell command in the folder; environment is put before it ("TERM=dumb"). Closed at the end of a <close> variable's scope.
function terminal.open(folder, command, settings)
  settings = settings or {}
  local self = setmetatable({ socket = fs.join(folder, ".tmux"), folder = folder }, Terminal)
  local line = ("cd %s && env -u COLORTERM -u NO_COLOR %s %s"):format(quote(folder), settings.environment or "PAGER=cat", command)
  local status, _, err = self:tmux("new-session -d -x %d -y %d %s", settings.width or 80, settings.height or 24, quote(line))
  if status ~= 0 then error("tmux: " .. err) end
  return self
end

-- The screen; colors: with its escape sequences.
function Terminal:screen(colors)
  return select(2, self:tmux("capture-pane -p %s", colors and "-e" or ""))
end

function Terminal:type(text) self:tmux("send-keys -l -- %s", quote(text)) end

function Terminal:press(...)
  for _, key in ipairs { ... } do self:tmux("send-keys %s", key) end
end

function Terminal:enter(text)
  self:type(text)
  self:press("Enter")
end

function Terminal:paste(text)
  assert(fs.write(self.socket .. ".paste", text))
  self:tmux("load-buffer %s", quote(self.socket .. ".paste"))
  self:tmux("paste-buffer -p")
end

function Terminal:resize(width, height) self:tmux("resize-window -x %d -y %d", width, height) end

-- Waits until f returns something true, which is returned.
function Terminal:until_true(f, what)
  local deadline = task.now() + PATIENCE
  while task.now() < deadline do
    local found = f()
    if found then return found end
    task.sleep(0.02)
  end
  error(("%s did not happen; the screen:\n%s"):format(what, self:screen()), 2)
end

-- Waits until the screen matches the pattern.
function Terminal:see(pattern, colors)
  return self:until_true(function() return self:screen(colors):match(pattern) end, ("%q"):format(pattern))
end

-- Has the program ended?
function Terminal:ends()
  self:until_true(function() return (self:tmux("has-session 2>/dev/null")) ~= 0 end, "the end")
end

Terminal.__close = function(self) self:tmux("kill-server 2>/dev/null") end

return terminal
