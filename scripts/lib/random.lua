-- SPDX-License-Identifier: MIT
-- splitmix64 (Steele, Lea and Flood 2014): the same draws from the same seed on every machine.
local random = {}

-- A function that returns the next 64 bits.
function random.generator(seed)
  local state = seed
  return function()
    state = state + 0x9E3779B97F4A7C15
    local z = (state ~ (state >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ~ (z >> 27)) * 0x94D049BB133111EB
    return z ~ (z >> 31)
  end
end

-- Puts the items of a list into random order (Fisher and Yates), in place.
function random.shuffle(list, next_bits)
  for i = #list, 2, -1 do
    local j = math.floor((next_bits() >> 11) * 2.0 ^ -53 * i) + 1
    list[i], list[j] = list[j], list[i]
  end
  return list
end

return random
