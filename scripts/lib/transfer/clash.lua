-- SPDX-License-Identifier: MIT
-- What is sent from several places to one must have a name for each. Sides give their names in order, so that reading them in step tells
-- without keeping any.
local plan = require "lib.transfer.plan"

-- The side whose next name is the first of all, and another with the same name, if there is one. heads: each side's next entry.
local function first_of(heads)
  local first, other
  for i, head in pairs(heads) do
    if not first or head.name < heads[first].name then
      first, other = i, nil
    elseif head.name == heads[first].name then
      other = i
    end
  end
  return first, other
end

-- The next entry of a side that takes part.
local function read_on(next_entry, takes_part)
  for entry in next_entry do
    if takes_part(entry.name, entry.is_folder) then return entry end
  end
end

-- A name that two of these sides have, and what it is in each; nil if there is none. filter: as lib/transfer/plan takes it.
return function(sides, filter)
  if #sides < 2 then return nil end
  local takes_part, nexts, heads = plan.filter(filter), {}, {}
  for i, side in ipairs(sides) do
    nexts[i] = side:entries()
    heads[i] = read_on(nexts[i], takes_part)
  end
  while next(heads) do
    local first, other = first_of(heads)
    if other then
      local name = heads[first].name
      return name, sides[math.min(first, other)]:location(name), sides[math.max(first, other)]:location(name)
    end
    heads[first] = read_on(nexts[first], takes_part)
  end
end
