-- SPDX-License-Identifier: MIT
-- What is typed at the prompt, as Lua: is it finished, how is it indented, what does it run.
local tokens = require "host.repl.tokens"

local chunk = {}

local INDENT = "  "

-- The function that an expression or statements make; or nil, what is wrong, and whether more of it may make it right. (A quoted
-- string that is open at the end of its line is wrong.)
function chunk.compile(text, name)
  text = text .. "\n"
  local f, no_expression = load("return " .. text, name)
  if f then return f end
  local message
  f, message = load(text, name)
  if f then return f end
  return nil, message, message:find("<eof>$") ~= nil or no_expression:find("<eof>$") ~= nil
end

-- A line for the prompt itself: a command or a question.
function chunk.command(text)
  local mark, rest = text:match("^%s*([:?])%s*(.-)%s*$")
  if not mark or rest:find("^:") then return nil end -- ::label::
  if mark == "?" then return "help", rest end
  local name, argument = rest:match("^(%S*)%s*(.*)$")
  return name, argument
end

local function line_before(text, cursor)
  local from = 1
  while true do
    local newline = text:find("\n", from, true)
    if not newline or newline > cursor then return from, text:sub(from, cursor) end
    from = newline + 1
  end
end

-- The line with the indentation it should have, unless it is the first or inside of a string.
local function indented(text, from, line)
  local depth, open = tokens.depth(text:sub(1, from - 1))
  if from == 1 or open then return line end
  if tokens.closes(line) then depth = depth - 1 end
  return INDENT:rep(math.max(depth, 0)) .. line:match("^%s*(.*)$")
end

-- What Enter means (modules/line/line.meta.lua): runs what is finished, else begins another line, indented.
function chunk.enter(text, cursor)
  if chunk.command(text) then return nil end
  local _, _, unfinished = chunk.compile(text, "")
  local from, line = line_before(text, cursor)
  local own = indented(text, from, line)
  if not unfinished then return from, own, true end
  local depth, open = tokens.depth(text:sub(1, cursor))
  return from, own .. "\n" .. (open and "" or INDENT:rep(math.max(depth, 0))), false
end

return chunk
