-- SPDX-License-Identifier: MIT
-- What goes wrong between a client and S3, by script: faults.handler(s3, options) is a handler of http_server that serves as the
-- s3.server does, but where a rule says otherwise. options: rules; seed; budget (most faults in all). A rule is
--   { fault = NAME or "any", method=, path = pattern, operation = "PUT object", first=, times=, every=, probability=, … }
-- and hits, of the requests that it is about, those from the first-th on, so many times, each so-manieth, or at random. The first rule
-- that hits counts. handler, plan = faults.handler(…); plan.rules may be changed at any time, plan.done counts faults by name.
local task = require "hilum.task"

local FOREVER = 3600

-- What each fault does: the response, or nil when it has dealt with the connection. Some answer in the end, others never.
local FAULTS = {}

-- Transport.

function FAULTS.silent(_, _, rule) task.sleep(rule.seconds or FOREVER) end

function FAULTS.late(s3, request, rule)
  task.sleep(rule.seconds or 1)
  return s3:answer(request)
end

function FAULTS.reset_before(_, request) request.connection:reset() end

function FAULTS.reset_during(_, request)
  local size = tonumber(request.headers["content-length"]) or 0
  request:invite()
  if size > 1 then request.connection:exactly(size // 2) end
  request.connection:reset()
end

function FAULTS.reset_after(_, request)
  request:body()
  request.connection:reset()
end

-- Done, but nobody gets to know.
function FAULTS.lost_answer(s3, request)
  s3:answer(request)
  request.connection:reset()
end

local function bytes_of(s3, request)
  local parts = {}
  request:render(s3:answer(request), function(data) parts[#parts + 1] = data return true end)
  return table.concat(parts)
end

function FAULTS.reset_answer(s3, request)
  local bytes = bytes_of(s3, request)
  request.connection:write(bytes:sub(1, #bytes // 2))
  request.connection:reset()
end

-- Ends in good order, but too early.
function FAULTS.truncated(s3, request)
  local bytes = bytes_of(s3, request)
  request.connection:write(bytes:sub(1, -1 - math.max(1, (#bytes - #bytes:match("^.-\r\n\r\n")) // 2)))
end

-- A byte, and a while later another.
function FAULTS.slow(s3, request, rule)
  for byte in bytes_of(s3, request):gmatch(".") do
    if not request.connection:write(byte) then return end
    task.sleep(rule.seconds or 0.05)
  end
end

-- Answers and hangs up, without having said that it would.
function FAULTS.stale(s3, request) request:respond(s3:answer(request)) end

-- Says no before the body has come, and hangs up.
function FAULTS.early(s3, request)
  local response = s3.error_response(request, { status = 503, code = "SlowDown", message = "Please reduce your request rate." })
  response.close = true
  return response
end

-- Answers that are wrong.

local function error_answer(status, code, message)
  return function(s3, request, rule)
    request:body()
    local response = s3.error_response(request, { status = rule.status or status, code = rule.code or code, message = message })
    response.headers["Retry-After"] = rule.retry_after
    return response
  end
end

FAULTS.slow_down = error_answer(503, "SlowDown", "Please reduce your request rate.")
FAULTS.internal = error_answer(500, "InternalError", "We encountered an internal error. Please try again.")
FAULTS.error = error_answer(403, "AccessDenied", "Access Denied")

-- 200 at first, and then it was an error.
function FAULTS.error_in_200(s3, request)
  request:body()
  local response = s3.error_response(request, { status = 200, code = "InternalError", message = "We encountered an internal error." })
  local text = response.body
  response.body = function(write) write("  \n") write(text) end
  return response
end

local function flip(text)
  local at = #text // 2 + 1
  return text:sub(1, at - 1) .. string.char(text:byte(at) ~ 1) .. text:sub(at + 1)
end

-- A bit of the answer's body changed on its way; all that is said of the body is true of what it was.
function FAULTS.wrong_answer(s3, request)
  local response = s3:answer(request)
  if type(response.body) == "string" and response.body ~= "" then response.body = flip(response.body) end
  return response
end

-- A bit of the request's body changed on its way.
function FAULTS.wrong_body(s3, request)
  local text = request:body()
  if text and text ~= "" then request.text = flip(text) end
  return s3:answer(request)
end

function FAULTS.garbage(_, request, rule)
  request:body()
  return { status = rule.status or 200, body = "<?xml version=\"1.0\"?><a><b>&nope;</a>\0\255",
    headers = { ["Content-Type"] = "application/xml" } }
end

function FAULTS.many_headers(_, request, rule)
  local headers = {}
  for i = 1, rule.count or 100000 do headers["X-" .. i] = "value" end
  request:body()
  return { headers = headers }
end

-- Who asked with this token may not any more.
function FAULTS.expire(s3, request)
  local access_key = (request.headers.authorization or ""):match("Credential=([^/]+)/")
  s3.credentials[access_key].expired = true
  return s3:answer(request)
end

-- Somewhere else, for now.
function FAULTS.redirect(s3, request, rule)
  local response = s3.error_response(request, { status = rule.status or 307, code = "TemporaryRedirect", message = "Please re-send.",
    fields = { Endpoint = rule.to } })
  response.headers.Location = rule.to and rule.to .. request.target
  return response
end

-- What "any" chooses from: all that another attempt may overcome.
local ANY = { "reset_before", "reset_during", "reset_after", "lost_answer", "reset_answer", "truncated", "stale", "early", "slow_down",
  "internal", "wrong_answer", "wrong_body" }

-- Does the rule hit this request?
local function hits(plan, rule, request)
  if rule.method and rule.method ~= request.method or rule.path and not request.path:find(rule.path) then return false end
  if rule.operation and rule.operation ~= plan.s3:operation(request) then return false end
  rule.seen = (rule.seen or 0) + 1
  if rule.seen < (rule.first or 1) or (rule.seen - (rule.first or 1)) % (rule.every or 1) ~= 0 then return false end
  if rule.times and (rule.fired or 0) >= rule.times then return false end
  if rule.probability and plan:random() >= rule.probability then return false end
  rule.fired = (rule.fired or 0) + 1
  return true
end

local Plan = {}
Plan.__index = Plan

-- In [0, 1), the same sequence for the same seed whatever else draws random numbers: xorshift64*.
function Plan:random()
  local x = self.state
  x = x ~ x >> 12
  x = x ~ x << 25
  x = x ~ x >> 27
  self.state = x
  return ((x * 0x2545F4914F6CDD1D) >> 11) / (1 << 53)
end

function Plan:choose(request)
  if self.budget <= 0 then return nil end
  for _, rule in ipairs(self.rules) do
    if hits(self, rule, request) then
      self.budget = self.budget - 1
      local name = rule.fault == "any" and ANY[math.floor(self:random() * #ANY) + 1] or rule.fault
      self.done[name] = (self.done[name] or 0) + 1
      return name, rule
    end
  end
end

local function handler(s3, options)
  local plan = setmetatable({ s3 = s3, rules = options.rules or {}, budget = options.budget or math.huge, done = {},
    state = (options.seed or 1) * 0x9E3779B97F4A7C15 | 1 }, Plan)
  return function(request)
    local name, rule = plan:choose(request)
    request.fault = name
    local response
    if name then response = FAULTS[name](s3, request, rule) else response = s3:answer(request) end
    s3:write_log(request, response)
    return response
  end, plan
end

return { handler = handler }
