-- SPDX-License-Identifier: MIT
-- Work on a stream of things of any length, several at a time, in bounded memory.
local task = require "hilum.task"

local flow = {}

local BATCH = 256

-- A function that gives what pull gives, one after the other until nil, to any number of tasks. pull may wait; it runs ahead by a batch,
-- and never twice at once.
local function share(pull)
  local batch, taken, filling, ended = {}, 0, nil, false

  local function fill()
    local filled = {}
    repeat
      local item = pull()
      filled[#filled + 1] = item
    until item == nil or #filled == BATCH
    return filled
  end

  local function receive()
    local mine = filling
    local filled, err = mine:join()
    if filling ~= mine then return end -- another task has taken it over
    filling, ended = nil, not filled or #filled < BATCH
    if not filled then error(err, 0) end
    batch, taken = filled, 0
  end

  return function()
    while taken == #batch do
      if ended then return nil end
      filling = filling or task.spawn(fill)
      receive()
    end
    taken = taken + 1
    local item = batch[taken]
    batch[taken] = false
    if not filling and not ended and taken > BATCH // 2 then filling = task.spawn(fill) end
    return item
  end
end

-- Calls f(item) for everything that pull gives, at most at_once at a time. What either raises ends it all and is raised.
function flow.each(pull, at_once, f)
  local next_item, workers = share(pull), {}
  local _ <close> = setmetatable({}, { __close = function()
    for _, worker in ipairs(workers) do worker:cancel() end
  end })
  for i = 1, at_once do
    workers[i] = task.spawn(function()
      local item = next_item()
      while item ~= nil do
        f(item)
        item = next_item()
      end
      return true
    end)
  end
  for _, worker in ipairs(workers) do
    local done, err = worker:join()
    if not done then error(err, 0) end
  end
end

return flow
