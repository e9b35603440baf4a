-- SPDX-License-Identifier: MIT
-- The schedule in the account that deletes a throughput at its time, whatever becomes of this machine; and the role that it does so with.
local hash = require "hilum.hash"
local host = require "hilum.host"
local plan = require "lib.provision.plan"

local expiry = {}

local Expiry = {}
Expiry.__index = Expiry

-- A role that was just made is not known everywhere for some seconds, sometimes for a minute.
local MOST_WAITS, WAIT = 13, 5
local LONGEST_NAME = 64

-- settings: prefix (as of provision), role (an ARN, if it is not the one of provision), region, tell(format, …).
function expiry.open(session, settings)
  return setmetatable({ session = session, prefix = settings.prefix, given = settings.role, tell = settings.tell,
    client = require "lib.aws.scheduler".client(session, settings.region) }, Expiry)
end

-- The name of a throughput's schedule.
function expiry.name(prefix, throughput)
  local name = prefix .. "-" .. throughput
  return #name <= LONGEST_NAME and name or name:sub(1, LONGEST_NAME - 9) .. "-" .. hash.sha256(name):sub(1, 8)
end

-- The account's record of what is hilum's is not read for this: a role is known by its tag.
local NO_STATE = { owns = function() return false end }

-- Makes the role, or puts it right, as `provision apply` would.
local function bring_role(env)
  local resource = require "lib.provision.resources.expiry_role"
  local step, err = plan.step(env, NO_STATE, resource)
  if not step then return nil, err end
  if step.action == "keep" then return true end
  if step.action == "create" then return resource.create(env, step.wanted) end
  if step.action == "change" then return resource.update(env, step.wanted) end
  return nil, host.error("usage", ("role %s: %s; or name one of yours with --expiry-role"):format(step.id, step.why))
end

-- Its ARN.
function Expiry:role()
  if self.given then return self.given end
  local env, err = require "lib.provision.env".open(self.session, { prefix = self.prefix })
  if not env then return nil, err end
  local done
  done, err = bring_role(env)
  if not done then return nil, err end
  self.given = env:role_arn "expiry-role"
  return self.given
end

local function is_unready(err)
  return err.code == "ValidationException" and err.message:lower():find("role", 1, true) ~= nil
end

-- Makes or moves the schedule of a throughput. id: its ARN, or its name while it has none yet; at: seconds since 1970.
function Expiry:put(throughput, id, at)
  local role, err = self:role()
  if not role then return nil, err end
  local wanted = { at = at, role = role, service = "bedrock", action = "deleteProvisionedModelThroughput",
    input = { ProvisionedModelId = id }, description = "hilum: the end of the throughput " .. throughput }
  local done
  for wait = 1, MOST_WAITS do
    done, err = self.client:put(expiry.name(self.prefix, throughput), wanted)
    if done or not is_unready(err) then break end
    if wait == 1 then self.tell("the scheduler does not know the role yet; trying again for a minute") end
    self.session.sleep(WAIT)
  end
  return done, err
end

-- Takes the schedule of a throughput away, if there is one.
function Expiry:remove(throughput) return self.client:delete(expiry.name(self.prefix, throughput)) end

return expiry
