-- SPDX-License-Identifier: MIT
-- The CRC of two pieces put together, from the CRC of each: how parts that were summed side by side give the sum of the object.
-- A CRC is a polynomial over GF(2) modulo another; putting n bytes behind a piece multiplies its polynomial by x^8n. Numbers are bit-
-- reflected: the highest bit is the coefficient of x^0.
local crc = {}

local KINDS = {
  crc32 = { one = 1 << 31, polynomial = 0xEDB88320 },
  crc32c = { one = 1 << 31, polynomial = 0x82F63B78 },
  crc64nvme = { one = 1 << 63, polynomial = 0x9A6C9329AC4BC9B5 },
}

local function multiply(kind, a, b)
  local product, bit = 0, kind.one
  while a ~= 0 do
    if a & bit ~= 0 then product, a = product ~ b, a & ~bit end
    b = b & 1 == 0 and b >> 1 or b >> 1 ~ kind.polynomial
    bit = bit >> 1
  end
  return product
end

-- x^(8 * bytes): squares of x^8, multiplied where bytes has a bit.
local function power(kind, bytes)
  local result, square = kind.one, kind.one >> 8
  while bytes > 0 do
    if bytes & 1 == 1 then result = multiply(kind, result, square) end
    square, bytes = multiply(kind, square, square), bytes >> 1
  end
  return result
end

-- The CRC (an integer) of pieces {{crc = integer, size = bytes}, …} in a row. algorithm: "crc32", "crc32c" or "crc64nvme".
function crc.join(algorithm, pieces)
  local kind, joined = KINDS[algorithm], 0
  local size, shift
  for _, piece in ipairs(pieces) do
    if piece.size ~= size then size, shift = piece.size, power(kind, piece.size) end
    joined = multiply(kind, shift, joined) ~ piece.crc
  end
  return joined
end

return crc
