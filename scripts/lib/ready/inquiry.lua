-- SPDX-License-Identifier: MIT
-- What the checks of a step share: what is asked of AWS, who asks, and what was found so far. A check is a function of an inquiry.
--   step, request   as ready.check was given them
--   region          where
--   rows            what was found: {state = "ok", "warn" or "stop", what =, found =, advice =, unknown = true if it could not be checked}
--   known           what was learnt on the way: records, validation_records, images, units_free, limits
local inquiry = {}

local Inquiry = {}
Inquiry.__index = Inquiry

local function add(self, state, what, found, advice)
  self.rows[#self.rows + 1] = { state = state, what = what, found = found, advice = advice }
end

function Inquiry:ok(what, found) add(self, "ok", what, found) end

-- Something that may turn out badly; advice: what to do about it.
function Inquiry:warn(what, found, advice) add(self, "warn", what, found, advice) end

-- Something that would make the step fail, or make what is paid for useless.
function Inquiry:stop(what, found, advice) add(self, "stop", what, found, advice) end

-- The value of a call to AWS. Who may not ask is not held up: then it is a warning, and nil.
function Inquiry:got(what, value, err)
  if not err then return value end
  local advice = err.kind == "auth" and ("asking needs the permission of %s; look in the console, or ask whoever may"):format(err.op)
  self:warn(what, "could not be checked: " .. err.message, advice or "try again, or look in the console")
  self.rows[#self.rows].unknown = true
  return nil
end

-- The client of a service: a file of lib/aws.
function Inquiry:client(name)
  if not self.clients[name] then
    local service = require("lib.aws." .. name)
    self.clients[name] = name == "s3" and service.open { session = self.session } or service.client(self.session)
  end
  return self.clients[name]
end

-- Whoever signs: {account, arn}; nil when that could not be found out, which is told once.
function Inquiry:identity()
  if self.who == nil then self.who = self:got("you", require "lib.aws.sts".identity(self.session)) or false end
  return self.who or nil
end

-- "arn:aws:bedrock:us-east-1:123456789012:what" in the region and account of the step; account "": of AWS's own.
function Inquiry:arn(service, what, account)
  local who = self:identity() or {}
  local partition = (who.arn or "arn:aws:"):match("^arn:([^:]+):")
  return ("arn:%s:%s:%s:%s:%s"):format(partition, service, self.region, account or who.account or "*", what)
end

function inquiry.new(step, request, session)
  return setmetatable({ step = step, request = request, session = session, region = session.region, rows = require "hilum.json".array(),
    known = {}, clients = {} }, Inquiry)
end

return inquiry
