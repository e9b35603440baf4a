-- SPDX-License-Identifier: MIT
-- Base64 (RFC 4648, section 4), for pictures inside pages and checksums in headers.
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

local VALUES = {}
for value = 0, 63 do VALUES[ALPHABET:byte(value + 1)] = value end

-- The bytes of a short text; what is not base64 is left out.
function base64.decode(text)
  local bytes, bits, count = {}, 0, 0
  for i = 1, #text do
    local value = VALUES[text:byte(i)]
    if value then bits, count = (bits << 6 | value) & 0xFFFF, count + 6 end
    if value and count >= 8 then
      count = count - 8
      bytes[#bytes + 1] = string.char(bits >> count & 0xFF)
    end
  end
  return table.concat(bytes)
end

return base64
