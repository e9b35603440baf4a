-- SPDX-License-Identifier: MIT
-- Text for stdout; what is longer than the screen goes through $PAGER, or less.
local term = require "hilum.term"

local pager = {}

local function count_lines(text)
  local width, count = term.width(), 0
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local length = utf8.len((line:gsub("\27%[[%d;]*m", ""))) or #line
    count = count + math.max(1, (length + width - 1) // width)
  end
  return count
end

local function through(command, text)
  local pipe = io.popen(command, "w")
  if not pipe then return false end
  pipe:write(text, "\n")
  local _, how, status = pipe:close()
  return not (how == "exit" and status == 127) -- there is no such program
end

function pager.write(text)
  text = text:gsub("\n$", "")
  local is_long = term.isatty("stdin") and term.isatty("stdout") and os.getenv("TERM") ~= "dumb" and count_lines(text) >= term.height()
  io.stdout:flush()
  if is_long and through(os.getenv("PAGER") or "less -RFX", text) then return end
  io.write(text, "\n")
end

return pager
