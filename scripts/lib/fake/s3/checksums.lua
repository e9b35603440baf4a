-- SPDX-License-Identifier: MIT
-- The checksums of S3: base64 of the bytes, the highest first.
local hash = require "hilum.hash"

local checksums = { ALGORITHMS = { "crc64nvme", "crc32c", "crc32", "sha256" } }

local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

function checksums.base64(bytes)
  local text = bytes:gsub("..?.?", function(three)
    local a, b, c = three:byte(1, 3)
    local bits, out = a << 16 | (b or 0) << 8 | (c or 0), {}
    for i = 1, 4 do
      local at = (bits >> (24 - 6 * i) & 63) + 1
      out[i] = i <= #three + 1 and LETTERS:sub(at, at) or "="
    end
    return table.concat(out)
  end)
  return text
end

function checksums.of(algorithm, data) return checksums.base64(hash.new(algorithm):update(data):digest()) end

-- A composite one: of the parts' checksums.
function checksums.composite(algorithm, list)
  local sum = hash.new(algorithm)
  for _, data in ipairs(list) do sum:update(hash.new(algorithm):update(data):digest()) end
  return checksums.base64(sum:digest()) .. "-" .. #list
end

return checksums
