-- SPDX-License-Identifier: MIT
-- Where the prompt gets its chunks from. A source gives read() -> text, or nil at the end, or nil and an error; remember(text); and
-- perhaps print(text), which does not disturb the line that is being typed.
local host = require "hilum.host"
local chunk = require "host.repl.chunk"

local source = {}

local HISTORY = 1000

-- Lines edited on a terminal; nil where that is not possible.
function source.edited(project)
  local line = require "hilum.line"
  local editor = line.open { limit = HISTORY }
  if not editor then return nil end
  local history = require "host.repl.history"
  local path = history.path(project)
  for _, entry in ipairs(history.load(path)) do editor:remember(entry) end
  local prompt = require "hilum.term".color(">", "cyan", "stdout"):gsub("\27%[[%d;]*m", "\1%0\1") .. " "
  local handlers = { enter = chunk.enter, complete = require "host.repl.complete" }
  return {
    read = function() return editor:read(prompt, handlers) end,
    remember = function(text) if history.add(path, text) then editor:remember(text) end end,
    print = function(text) editor:print(text) end,
  }
end

-- Lines as they come: from a pipe, or with a plain prompt from a terminal that cannot move its cursor.
function source.plain()
  local prompts = host.isatty(0)
  local function read_line(prompt)
    if prompts then io.write(prompt) io.flush() end
    return io.read("L")
  end
  local function read()
    local text = nil
    while true do
      local more = read_line(text and ">> " or "> ")
      if not more then return text end
      text = (text or "") .. more
      if chunk.command(text) then return text end
      local _, _, unfinished = chunk.compile(text, "")
      if not unfinished then return text end
    end
  end
  return { read = read, remember = function() end }
end

return source
