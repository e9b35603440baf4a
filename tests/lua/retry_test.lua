-- SPDX-License-Identifier: MIT
-- Retry policies, with clocks and dice of the tests' own.
local t = require "t"
local host = require "hilum.host"
local rate = require "lib.retry.rate"
local retry = require "lib.retry"

local function failure(kind, fields)
  local err = host.error(kind, "it failed")
  err.retryable = kind ~= "http"
  for key, value in pairs(fields or {}) do err[key] = value end
  return err
end

-- A policy whose dice always fall to `luck` and that only notes how long it would sleep.
local function policy(settings, luck)
  local slept = {}
  settings.sleep = function(seconds) slept[#slept + 1] = seconds end
  settings.random = function() return luck or 1 end
  return retry.new(settings), slept
end

-- Fails with err `times` times, then succeeds.
local function failing(times, err)
  local calls = 0
  return function(n)
    calls = calls + 1
    assert(n == calls)
    if calls <= times then return nil, err end
    return "done after " .. calls
  end
end

t.test("standard: three attempts, waits of up to 1 and 2 seconds", function()
  local p, slept = policy {}
  t.eq(p:run(failing(2, failure "net")), "done after 3")
  t.eq(slept, { 1.0, 2.0 })
  local result, err = p:run(failing(3, failure("net", { code = "ECONNRESET" })))
  t.fails("net", "it failed %(tried 3 times%)", result, err)
  t.eq({ err.attempts, err.code }, { 3, "ECONNRESET" })
end)

t.test("full jitter: the wait is a random part, and never beyond 20 seconds", function()
  local p, slept = policy({ attempts = 8 }, 0.25)
  p:run(failing(8, failure "throttled"))
  t.eq(slept, { 0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0 })
  p, slept = policy({}, 0)
  p:run(failing(2, failure "net"))
  t.eq(slept, { 0.0, 0.0 })
end)

t.test("what would not help is not tried again", function()
  local p, slept = policy {}
  local result, err = p:run(failing(1, failure "http"))
  t.fails("http", "^it failed$", result, err)
  t.eq({ #slept, err.attempts }, { 0, nil })
  t.fails("http", "failed", p:run(failing(1, failure("http", { status = 429 }))))
  t.eq(p:run(failing(1, failure "http"), function(e) return e.kind == "http" and "transient" end), "done after 2")
end)

t.test("the bucket is shared by all calls, and successes fill it", function()
  local p = policy {}
  local function drain(err)
    local before = p.tokens
    p:run(failing(1, err))
    return before - p.tokens
  end
  t.eq(p.tokens, 500)
  t.eq({ drain(failure "net"), p.tokens }, { 0, 500 }, "what a retry cost comes back when it succeeds")
  p:run(failing(3, failure "net"))
  t.eq(p.tokens, 490)
  p:run(failing(3, failure "timeout"))
  t.eq(p.tokens, 470)
  p:run(function() return true end)
  t.eq(p.tokens, 471)
  p:run(failing(2, failure "timeout"))
  t.eq(p.tokens, 461, "the last of two retries came back")
  for _ = 1, 100 do p:run(failing(3, failure "net")) end
  t.eq(p.tokens, 1)
  local result, err = p:run(failing(1, failure "net"))
  t.fails("net", "^it failed$", result, err)
  for _ = 1, 4 do p:run(function() return true end) end
  t.eq(p:run(failing(1, failure "net")), "done after 2")
  t.fails("timeout", "", p:run(failing(1, failure "timeout")))
end)

t.test("legacy: five attempts, no bucket, bare 429 and 509 too", function()
  local p, slept = policy { mode = "legacy" }
  t.fails("net", "tried 5 times", p:run(failing(5, failure "net")))
  t.eq(slept, { 1.0, 2.0, 4.0, 8.0 })
  t.eq(p.tokens, 500)
  for _, status in ipairs { 429, 509 } do
    t.eq(p:run(failing(1, failure("http", { status = status }))), "done after 2")
  end
  t.fails("http", "failed", p:run(failing(1, failure("http", { status = 404 }))))
end)

t.test("attempts can be set in each mode; an unknown mode raises", function()
  local p = policy { mode = "legacy", attempts = 1 }
  t.fails("net", "^it failed$", p:run(failing(1, failure "net")))
  t.raises("unknown retry mode 'eager'", retry.new, { mode = "eager" })
end)

t.test("a server may ask for a longer wait, within reason", function()
  local function wait(headers, luck)
    local p, slept = policy({}, luck)
    p:run(failing(1, retry.note(failure "throttled", headers)))
    return slept[1]
  end
  t.eq(wait({ ["retry-after"] = "7" }), 7)
  t.eq(wait({ ["retry-after"] = "0" }), 1.0)
  t.eq(wait({ ["retry-after"] = "100000" }), 61.0)
  t.eq(wait({ ["retry-after"] = "Sun, 30 Aug 2015 12:36:10 GMT", date = "Sun, 30 Aug 2015 12:36:00 GMT" }), 10)
  t.eq(wait({ ["retry-after"] = "soon" }), 1.0)
  t.eq(wait({ ["x-amz-retry-after"] = "1500", ["retry-after"] = "50" }), 1.5)
  t.eq(wait({ ["x-amz-retry-after"] = "60000" }, 0.5), 5.5)
  t.eq(wait({}), 1.0)
end)

-- A clock that stands until somebody sleeps.
local function clock()
  local c = { time = 1000.0, slept = {} }
  function c.now() return c.time end
  function c.sleep(seconds)
    c.slept[#c.slept + 1] = seconds
    c.time = c.time + seconds
  end
  return c
end

-- Calls at `per_second` for `seconds`, each answered as `throttled(i)` says.
local function drive(limiter, c, seconds, per_second, throttled)
  for i = 1, seconds * per_second do
    limiter:acquire()
    c.time = c.time + 1 / per_second
    limiter:note(throttled and throttled(i) or false)
  end
end

t.test("the rate is unlimited until the service says too much, then 7/10 of what was measured", function()
  local c = clock()
  local limiter = rate.new(c)
  drive(limiter, c, 5, 100)
  t.eq(#c.slept, 0)
  t.near(limiter.measured, 100, 2)
  limiter:note(true)
  t.near(limiter.rate, 70, 2)
  local began, calls = c.time, 0
  while c.time - began < 1 do
    limiter:acquire()
    calls = calls + 1
  end
  t.near(calls, 70, 3)
end)

t.test("the rate grows back along the curve: flat where it was too much, then beyond", function()
  local c = clock()
  local limiter = rate.new(c)
  drive(limiter, c, 5, 100)
  limiter:note(true)
  local flat = (limiter.ceiling * 0.3 / 0.4) ^ (1 / 3)
  t.near(limiter.flat_after, flat, 1e-9)
  local previous = limiter.rate
  for _ = 1, 3 do
    drive(limiter, c, 1, 100)
    t.ok(limiter.rate > previous)
    previous = limiter.rate
  end
  drive(limiter, c, 20, 100)
  t.ok(limiter.rate > limiter.ceiling, "beyond the old ceiling at last")
  t.ok(limiter.rate <= 2 * limiter.measured, "but at most twice what is really sent")
end)

t.test("the rate never falls to nothing", function()
  local c = clock()
  local limiter = rate.new(c)
  for _ = 1, 20 do
    limiter:acquire()
    c.time = c.time + 0.6
    limiter:note(true)
  end
  t.eq(limiter.rate, 0.5)
end)

t.test("adaptive: a policy with a rate that all its calls share", function()
  local c = clock()
  local p = retry.new { mode = "adaptive", attempts = 4, random = function() return 0 end, sleep = c.sleep, now = c.now }
  for _ = 1, 200 do
    p:run(function()
      c.time = c.time + 0.01
      return true
    end)
  end
  t.eq(#c.slept, 0)
  t.eq(p:run(failing(2, failure "throttled")), "done after 3")
  t.ok(p.rate.limited)
  t.ok(p.rate.rate < 75 and p.rate.rate > 30, tostring(p.rate.rate))
end)

t.test("dates, as services write them", function()
  local dates = require "lib.dates"
  for text, moment in pairs {
    ["1970-01-01T00:00:00Z"] = 0, ["2015-08-30T12:36:00Z"] = 1440938160, ["2015-08-30T12:36:00.123Z"] = 1440938160,
    ["2015-08-30T14:36:00+02:00"] = 1440938160, ["2015-08-30T12:36:00UTC"] = 1440938160, ["2000-02-29T00:00:00Z"] = 951782400,
    ["Sun, 30 Aug 2015 12:36:00 GMT"] = 1440938160, ["2100-03-01T00:00:00Z"] = 4107542400,
  } do t.eq(dates.read(text), moment, text) end
  for _, text in ipairs { "", "now", "2015-08-30", "30 Aug 2015", "Sun, 30 Foo 2015 12:36:00 GMT", "2015-08-30T12:36:00+2" } do
    t.eq(dates.read(text), nil, text)
  end
  t.eq(dates.write(1440938160.7), "2015-08-30T12:36:00Z")
  for day = 0, 30000, 7 do t.eq(dates.read(dates.write(day * 86400 + 5)), day * 86400 + 5) end
end)
