-- SPDX-License-Identifier: MIT
-- How long things take, from a few calls.
local task = require "hilum.task"

local timing = {}

-- Seconds that one call takes, and what it returned.
function timing.seconds(f, ...)
  local began = task.now()
  local result = f(...)
  return task.now() - began, result
end

-- Seconds of the calls f(1), f(2), … that fit in a second, at least three, the first of them not counted: the fastest, the median.
function timing.calls(f)
  local times, spent = {}, 0
  f(1)
  while #times < 3 or spent < 1 do
    local seconds = timing.seconds(f, #times + 2)
    times[#times + 1], spent = seconds, spent + seconds
  end
  table.sort(times)
  return times[1], times[(#times + 1) // 2]
end

return timing
