-- SPDX-License-Identifier: MIT
-- What the comparisons of whole processes share.
local task = require "hilum.task"

local timing = {}

-- Seconds that a shell command takes; it must succeed.
function timing.seconds(command)
  local began = task.now()
  assert(os.execute(command))
  return task.now() - began
end

function timing.median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

return timing
