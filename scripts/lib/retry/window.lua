-- SPDX-License-Identifier: MIT
-- How many calls to run at once, found out as TCP finds its window (RFC 5681): it doubles with every round until the service says "too
-- much", is halved then, and grows by one a round. The rate is another matter (lib/retry/rate): slow calls need many at once for the same
-- rate, and where a call is quick one at a time may be too many.
local task = require "hilum.task"

local window = {}

local Window = {}
Window.__index = Window

local FIRST = 2

-- most: calls at once at the most.
function window.new(most)
  return setmetatable({ size = math.min(FIRST, most), most = most, threshold = math.huge, deaf = 0 }, Window)
end

-- After each answer: did the service say "too much"? Those that were on their way when the window was halved do not halve it again.
function Window:note(throttled)
  self.deaf = math.max(self.deaf - 1, 0)
  if throttled then
    if self.deaf > 0 then return end
    self.deaf = self.size // 1
    self.size = math.max(self.size / 2, 1)
    self.threshold = self.size
  else
    self.size = math.min(self.size + (self.size < self.threshold and 1 or 1 / self.size), self.most)
  end
end

local Run = {}
Run.__index = Run

function Run:take()
  local item = not self.failed and self.items[self.next] or nil
  if item ~= nil then self.next = self.next + 1 end
  return item
end

-- One of the tasks: takes items as long as there is room for it.
function Run:work()
  for item in function() return self:take() end do
    if self.f(item) then self.items[#self.items + 1] = item end
    self:fill()
    if self.running > self.window.size then return end
  end
end

function Run:start()
  self.running = self.running + 1
  local worker
  worker = task.spawn(function()
    local _ <close> = setmetatable({}, { __close = function(_, err) self.failed = self.failed or err ~= nil end })
    self:work()
    self.running, self.workers[worker] = self.running - 1, nil
    self:fill()
    return true
  end)
  self.workers[worker] = true
end

function Run:fill()
  while not self.failed and self.items[self.next] ~= nil and self.running < math.max(self.window.size // 1, 1) do self:start() end
end

-- Calls f(item) for each of a list, as many at once as the window has room for. Where f returns true the item comes again, behind the
-- others. What f raises is raised when the calls that were on their way have ended; no other is begun.
function Window:each(list, f)
  local run = setmetatable({ window = self, items = table.move(list, 1, #list, 1, {}), next = 1, f = f, running = 0, workers = {},
    failed = false }, Run)
  local _ <close> = setmetatable({}, { __close = function()
    for worker in pairs(run.workers) do worker:cancel() end
  end })
  run:fill()
  local failure
  for worker in function() return (next(run.workers)) end do
    local done, err = worker:join()
    run.workers[worker] = nil
    if not done then failure = failure or err end
  end
  if failure then error(failure, 0) end
end

return window
