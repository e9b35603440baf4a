-- SPDX-License-Identifier: MIT
-- Which failures are worth another attempt, and how long to wait before it. Three modes, as the AWS SDKs have them:
--   standard  3 attempts. The wait is random between 0 and 1, 2, 4 … 20 seconds, so that clients do not come back together. Retries
--             cost tokens of a bucket that all calls share, and successes give them back: a service that is down gets few of them.
--   adaptive  standard, and a rate of calls that goes down when the service says "too much", and up again (lib/retry/rate.lua).
--   legacy    5 attempts, no bucket; 429 and 509 that say nothing else are tried again too.
local task = require "hilum.task"

local retry = {}

local Policy = {}
Policy.__index = Policy

local MODES = { standard = { attempts = 3, bucket = true }, adaptive = { attempts = 3, bucket = true, limited = true },
  legacy = { attempts = 5, statuses = { [429] = true, [509] = true } } }
local TOKENS = 500
local COSTS = { transient = 5, throttled = 5, timeout = 10 }
local LONGEST_WAIT = 20
-- What a server may ask for beyond the wait it would have had anyway: seconds.
local MOST_PATIENCE = 60
local MOST_PATIENCE_AMZ = 5

-- settings: mode ("standard"), attempts (in all, the first one included), sleep, random and now (for tests).
function retry.new(settings)
  local mode = MODES[settings.mode or "standard"] or error(("unknown retry mode '%s'"):format(settings.mode), 2)
  local policy = { mode = mode, attempts = settings.attempts or mode.attempts, sleep = settings.sleep or task.sleep,
    random = settings.random or math.random, tokens = TOKENS }
  if mode.limited then
    policy.rate = require "lib.retry.rate".new { now = settings.now or task.now, sleep = policy.sleep }
  end
  return setmetatable(policy, Policy)
end

-- Notes in err when the server wants to be asked again, if it said so: x-amz-retry-after in milliseconds, Retry-After in seconds or as a
-- date, which is compared with the server's own clock.
function retry.note(err, headers)
  local milliseconds, after = tonumber(headers["x-amz-retry-after"]), headers["retry-after"]
  if milliseconds then
    err.retry_after, err.patience = milliseconds / 1000, MOST_PATIENCE_AMZ
  elseif after then
    local dates = require "lib.dates"
    local moment, now = dates.read(after), dates.read(headers.date or "")
    err.retry_after, err.patience = tonumber(after) or moment and moment - (now or os.time()), MOST_PATIENCE
  end
  return err
end

-- What kind of failure an error is: "throttled", "timeout", "transient", or nil when trying again would not help.
function Policy:classify(err)
  if err.retryable then return COSTS[err.kind] and err.kind or "transient" end
  local statuses = self.mode.statuses
  return statuses and statuses[err.status] and "throttled" or nil
end

-- For policies that classify some errors themselves and leave the rest to this.
retry.classify = Policy.classify

-- Seconds before retry n (from 1).
function Policy:delay(n, err)
  local own = self.random() * math.min(2 ^ (n - 1), LONGEST_WAIT)
  return math.max(own, math.min(err.retry_after or 0, own + (err.patience or 0)))
end

-- Takes what a retry costs out of the bucket. nil: it is empty, and the failure stands.
function Policy:pay(why)
  local cost = self.mode.bucket and COSTS[why] or 0
  if cost > self.tokens then return nil end
  self.tokens = self.tokens - cost
  return cost
end

local function give_up(err, attempts)
  if attempts > 1 then err.message, err.attempts = ("%s (tried %d times)"):format(err.message, attempts), attempts end
  return nil, err
end

-- Calls attempt(n), n = 1, 2 …, until it succeeds or another attempt is no use. It returns its result, or nil and an error; so does run.
-- classify(err), if given, decides in place of Policy:classify.
function Policy:run(attempt, classify)
  local paid
  for n = 1, math.huge do
    if self.rate then self.rate:acquire() end
    local result, err = attempt(n)
    local why = nil
    if err then
      if classify then why = classify(err) else why = self:classify(err) end
    end
    if self.rate then self.rate:note(why == "throttled") end
    if not err then
      self.tokens = math.min(self.tokens + (paid or 1), TOKENS)
      return result
    end
    paid = why and n < self.attempts and self:pay(why)
    if not paid then return give_up(err, n) end
    self.sleep(self:delay(n, err))
  end
end

return retry
