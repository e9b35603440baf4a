-- SPDX-License-Identifier: MIT
-- The checksums of S3: what is sent of a body, and what an answer says that its body has to have. Values are as in the headers: base64,
-- of a CRC with its highest byte first.
local crc = require "lib.aws.s3.crc"
local hash = require "hilum.hash"

local checksum = {}

-- In the order in which they are looked for in an answer.
checksum.ALGORITHMS = { "crc64nvme", "crc32c", "crc32", "sha256" }

local HEADERS = {}
for _, algorithm in ipairs(checksum.ALGORITHMS) do HEADERS[algorithm] = "x-amz-checksum-" .. algorithm end
checksum.HEADERS = HEADERS

local WIDTHS = { crc64nvme = 16, crc32c = 8, crc32 = 8 } -- digits

-- The algorithm for what is sent, by an option of the call or else of the client; nil: none.
function checksum.choose(client, options)
  local algorithm = options.checksum
  if algorithm == nil then algorithm = client.checksum end
  if not algorithm then return nil end
  if not HEADERS[algorithm] then error(("option 'checksum': '%s' is none of %s"):format(algorithm,
    table.concat(checksum.ALGORITHMS, ", ")), 0) end
  return algorithm
end

-- Can the sum of an object be had from those of its parts?
function checksum.is_joinable(algorithm) return WIDTHS[algorithm] ~= nil end

local function unhex(text)
  return (text:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- The base64 of what http gives in hexadecimal.
function checksum.of_hex(text) return hash.base64(unhex(text)) end

-- The value to send, from the digests that http computed.
function checksum.value(algorithm, digests)
  local text = digests[algorithm]
  return WIDTHS[algorithm] and text or checksum.of_hex(text)
end

-- The checksum of an object from those of its parts {{checksum, size}, …}.
function checksum.join(algorithm, parts)
  local pieces = {}
  for i, part in ipairs(parts) do
    local value = 0
    for _, byte in ipairs { hash.base64_decode(part.checksum):byte(1, -1) } do value = value << 8 | byte end
    pieces[i] = { crc = value, size = part.size }
  end
  return checksum.of_hex(("%0" .. WIDTHS[algorithm] .. "x"):format(crc.join(algorithm, pieces)))
end

-- The composite checksum: that of the checksums of the parts, without the "-N" behind it.
function checksum.compose(algorithm, parts)
  local values = {}
  for i, part in ipairs(parts) do values[i] = hash.base64_decode(part.checksum) end
  return checksum.of_hex(hash[algorithm](table.concat(values)))
end

-- Is the ETag the MD5 of the content? Not of what went up in parts, or is encrypted with a key of the user's.
local function md5_of(headers)
  local scheme = headers["x-amz-server-side-encryption"]
  if scheme and scheme ~= "AES256" or headers["x-amz-server-side-encryption-customer-algorithm"] then return nil end
  return (headers.etag or ""):match('^"?(%x+)"?$')
end

---@class hilum.s3.Expected
---@field algorithm string  as http.digest knows it
---@field value string      base64; of md5 hexadecimal
---@field parts? integer    the value is composed of that many

-- What a whole object has to have by what an answer says of it; nil when it says nothing that can be checked.
---@return hilum.s3.Expected?
function checksum.expected(headers)
  for _, algorithm in ipairs(checksum.ALGORITHMS) do
    local text = headers[HEADERS[algorithm]]
    if text then
      local value, parts = text:match("^([^-]+)%-(%d+)$")
      if value then return { algorithm = algorithm, value = value, parts = math.tointeger(parts) } end
      return { algorithm = algorithm, value = text }
    end
  end
  local md5 = md5_of(headers)
  if md5 and #md5 == 32 then return { algorithm = "md5", value = md5 } end
end

-- Do the digests of http agree with what was expected?
function checksum.agrees(expected, digests)
  if expected.algorithm == "md5" then return digests.md5 == expected.value end
  return checksum.value(expected.algorithm, digests) == expected.value
end

return checksum
