-- SPDX-License-Identifier: MIT
-- Base64 (RFC 4648, section 4), for pictures inside pages.
local base64 = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local GROUP = 3 * 1000

-- Two characters for each 12-bit number.
local PAIRS = {}
for number = 0, 4095 do
  local high, low = (number >> 6) + 1, (number & 63) + 1
  PAIRS[number] = ALPHABET:sub(high, high) .. ALPHABET:sub(low, low)
end

local function encode_group(bytes, from, to)
  local parts = {}
  for i = from, to, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    parts[#parts + 1] = PAIRS[bits >> 12]
    parts[#parts + 1] = PAIRS[bits & 4095]
  end
  return table.concat(parts)
end

function base64.encode(bytes)
  local groups = {}
  for from = 1, #bytes, GROUP do
    groups[#groups + 1] = encode_group(bytes, from, math.min(from + GROUP - 1, #bytes))
  end
  local text, missing = table.concat(groups), -#bytes % 3
  return text:sub(1, #text - missing) .. ("="):rep(missing)
end

return base64
