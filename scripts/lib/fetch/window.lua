-- SPDX-License-Identifier: MIT
-- Tasks that work on pieces of data, so many at once and so many bytes at once: the memory of a stream.
local task = require "hilum.task"

local window = {}

local Window = {}
Window.__index = Window

-- A window is a value to be closed: what still goes on then is cancelled.
function window.open(count, bytes)
  return setmetatable({ count = count, room = bytes, first = 1, last = 0, tasks = {}, sizes = {} }, Window)
end

local function wait_for_oldest(self)
  local i = self.first
  local done, err = self.tasks[i]:join()
  self.tasks[i], self.first, self.room = nil, i + 1, self.room + self.sizes[i]
  self.sizes[i] = nil
  if not done then error(err, 0) end
end

-- Runs f(…), which works on size bytes, as soon as there is room for them; a single piece may be larger than all of it. What f raises is
-- raised by a later call.
function Window:run(size, f, ...)
  while self.first <= self.last and (self.last - self.first >= self.count - 1 or size > self.room) do wait_for_oldest(self) end
  self.last, self.room = self.last + 1, self.room - size
  self.tasks[self.last] = task.spawn(function(...)
    f(...)
    return true
  end, ...)
  self.sizes[self.last] = size
end

-- Waits for all.
function Window:finish()
  while self.first <= self.last do wait_for_oldest(self) end
end

function Window:__close()
  for i = self.first, self.last do self.tasks[i]:cancel() end
end

return window
