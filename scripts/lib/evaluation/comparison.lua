-- SPDX-License-Identifier: MIT
-- The statistics of one or two models side by side, by key: value and interval of each, and of their difference on the same draws.
local bootstrap = require "lib.evaluation.bootstrap"

local Comparison = {}
Comparison.__index = Comparison

local comparison = {}

-- roles: { "base" } or { "base", "tuned" }.
function comparison.new(roles)
  local by_role = {}
  for _, role in ipairs(roles) do by_role[role] = {} end
  return setmetatable({ roles = roles, statistics = by_role, chances = {} }, Comparison)
end

function Comparison:add(role, key, statistic) self.statistics[role][key] = statistic end

-- What a random order would reach.
function Comparison:add_chance(key, value) self.chances[key] = value end

local function is_defined(statistic) return statistic ~= nil and statistic.value == statistic.value end

function Comparison:has(key) return is_defined(self.statistics[self.roles[1]][key]) end

local function mean_chance(chances, keys)
  local sum = 0.0
  for _, key in ipairs(keys) do sum = sum + chances[key] end
  return sum / #keys
end

-- A macro average: the mean of those keys that are defined, under a key of its own. Returns how many there were.
function Comparison:combine(key, keys)
  local defined = {}
  for _, one in ipairs(keys) do if self:has(one) then defined[#defined + 1] = one end end
  if #defined == 0 then return 0 end
  for _, role in ipairs(self.roles) do
    local statistics = {}
    for i, one in ipairs(defined) do statistics[i] = self.statistics[role][one] end
    self:add(role, key, bootstrap.mean(statistics))
  end
  self:add_chance(key, mean_chance(self.chances, defined))
  return #defined
end

-- Sums were taken in float32: six digits are meant.
local function round(value) return value and math.floor(value * 1e6 + 0.5) / 1e6 end

local function with_interval(statistic)
  local low, high = bootstrap.interval(statistic.samples)
  return { value = round(statistic.value), low = round(low), high = round(high) }
end

-- { base = { value=, low=, high= }, tuned = …, difference = …, chance = }, or nil when the key is not defined.
function Comparison:get(key)
  if not self:has(key) then return nil end
  local result = { chance = round(self.chances[key]) }
  for _, role in ipairs(self.roles) do result[role] = with_interval(self.statistics[role][key]) end
  if #self.roles == 2 then
    local first, second = self.statistics[self.roles[1]][key], self.statistics[self.roles[2]][key]
    result.difference = with_interval(bootstrap.difference(second, first))
  end
  return result
end

return comparison
