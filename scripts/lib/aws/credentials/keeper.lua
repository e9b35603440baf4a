-- SPDX-License-Identifier: MIT
-- Keeps credentials that expire fresh, for any number of tasks: 15 minutes before they expire new ones are fetched while the old ones go
-- on being used, and a failure is not told yet; from 10 minutes before on everybody waits for the new ones. Whoever asks, one fetch is
-- under way at a time. Of credentials that live for less than half an hour it is the last half, and the last third, of their life.
local host = require "hilum.host"
local task = require "hilum.task"

local keeper = {}

local Keeper = {}
Keeper.__index = Keeper

local SOON, NOW = 15 * 60, 10 * 60 -- seconds before they expire
local PAUSE = 60 -- seconds between attempts that may fail

-- provider: {source, load() -> credentials | nil, err}; now(): seconds since 1970. Credentials have `expires`, or last for good.
function keeper.new(provider, now) return setmetatable({ provider = provider, now = now, tried_at = -math.huge }, Keeper) end

local function accept(self, loaded)
  local now = self.now()
  local left = loaded.expires and loaded.expires - now or math.huge
  if left <= 0 then
    return nil, host.error("auth", ("%s: the credentials have expired at %s; renew them"):format(self.provider.source,
      require "lib.dates".write(loaded.expires)))
  end
  self.soon, self.must = math.min(SOON, left / 2), math.min(NOW, left / 3)
  self.current = loaded
  return loaded
end

-- What is raised in a provider is an error like any other. None is tried again by the call that wants the credentials: whoever fetches
-- them has tried.
local function load(self)
  local ran, loaded, err = pcall(self.provider.load)
  self.refreshing = nil
  if ran and loaded then return accept(self, loaded) end
  err = ran and err or type(loaded) == "table" and loaded or host.error("auth", tostring(loaded))
  err.retryable = false
  return nil, err
end

-- The task that fetches new ones, begun if there is none.
local function refresh(self)
  if not self.refreshing then
    self.tried_at = self.now()
    self.refreshing = task.spawn(load, self)
  end
  return self.refreshing
end

-- The credentials, good for a while; nil and an error.
function Keeper:get()
  local now = self.now()
  local left = self.current and (self.current.expires and self.current.expires - now or math.huge) or -math.huge
  if left <= (self.must or 0) then return refresh(self):join() end
  if left <= self.soon and now - self.tried_at >= PAUSE then refresh(self) end
  return self.current
end

-- The service says that these have expired: the next get waits for new ones. Others than the current ones are past already.
function Keeper:expire(credentials)
  if self.current == credentials then self.current = nil end
end

return keeper
