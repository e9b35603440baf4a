-- SPDX-License-Identifier: MIT
-- A question that only a person at a terminal can be asked: true for yes. Without a terminal the answer is no.
local function ask(question)
  if not require "hilum.term".isatty "stdin" then return false end
  io.stderr:write(question, "? [y/N] ")
  return (io.stdin:read() or ""):lower():find("^%s*y") ~= nil
end

return ask
