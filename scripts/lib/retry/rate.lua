-- SPDX-License-Identifier: MIT
-- A rate of calls that follows what a service takes: unlimited until it first says "too much", then cut to 7/10 of what was measured, and
-- growing again along a cubic curve that is flat around the rate that was too much (CUBIC, RFC 9438, with a rate in place of a
-- window; the constants are the AWS SDKs').
local rate = {}

local Rate = {}
Rate.__index = Rate

local BETA, SCALE = 0.7, 0.4
local SMOOTHING, PERIOD = 0.8, 0.5 -- of the measured rate; seconds
local LOWEST = 0.5 -- calls a second
local FASTEST_GROWTH = 2 -- times what was measured
local LONGEST_NAP = 1 -- seconds until a call that waits looks again, for the rate may have grown
local WHOLE = 1 - 1e-6 -- of a token, as sums of fractions come out

-- settings: now() in seconds, sleep(seconds).
function rate.new(settings)
  local now = settings.now()
  return setmetatable({ now = settings.now, sleep = settings.sleep, limited = false, waiting = 0,
    tokens = 0, capacity = 1, rate = LOWEST, filled_at = now,
    measured = 0, counted = 0, period = now // PERIOD * PERIOD,
    ceiling = 0, flat_after = 0, cut_at = now }, Rate)
end

local function fill(self)
  local now = self.now()
  self.tokens = math.min(self.tokens + (now - self.filled_at) * self.rate, self.capacity)
  self.filled_at = now
end

-- Waits until a call may start.
function Rate:acquire()
  if not self.limited then return end
  fill(self)
  self.waiting = self.waiting + 1
  local _ <close> = setmetatable({}, { __close = function() self.waiting = self.waiting - 1 end })
  while self.tokens < WHOLE do
    self.sleep(math.min((self.waiting - self.tokens) / self.rate, LONGEST_NAP))
    fill(self)
  end
  self.tokens = self.tokens - 1
end

-- Counts an answer; the rate is taken anew every half second.
local function measure(self, now)
  self.counted = self.counted + 1
  local period = now // PERIOD * PERIOD
  if period <= self.period then return end
  self.measured = SMOOTHING * self.counted / (period - self.period) + (1 - SMOOTHING) * self.measured
  self.counted, self.period = 0, period
end

local function cut(self, now)
  self.ceiling = self.limited and math.min(self.measured, self.rate) or self.measured
  self.flat_after = (self.ceiling * (1 - BETA) / SCALE) ^ (1 / 3)
  self.cut_at, self.limited = now, true
  return self.ceiling * BETA
end

local function grow(self, now) return SCALE * (now - self.cut_at - self.flat_after) ^ 3 + self.ceiling end

-- After each answer: did the service say "too much"?
function Rate:note(throttled)
  local now = self.now()
  measure(self, now)
  if not throttled and not self.limited then return end
  if self.limited then fill(self) else self.filled_at = now end
  local wanted = throttled and cut(self, now) or grow(self, now)
  self.rate = math.max(math.min(wanted, FASTEST_GROWTH * self.measured), LOWEST)
  self.capacity = math.max(self.rate, 1)
  self.tokens = math.min(self.tokens, self.capacity)
end

return rate
