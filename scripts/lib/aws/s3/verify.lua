-- SPDX-License-Identifier: MIT
-- Is what arrived what S3 has? By the checksum of the object, or by its ETag where that is its MD5.
local checksum = require "lib.aws.s3.checksum"
local errors = require "lib.aws.s3.errors"
local http = require "hilum.http"

local verify = {}

-- What is computed while the body arrives; the others take a second pass, on the worker pool.
verify.IN_PASSING = { "crc64nvme" }

local function mismatch(request, expected)
  local err = errors.new(request, "integrity", "what arrived does not have the %s that S3 says the object has; try again",
    expected.algorithm == "md5" and "MD5 (its ETag)" or expected.algorithm:upper())
  err.code, err.retryable = "ChecksumMismatch", true
  return nil, err
end

-- True, or nil and an error. expected: from checksum.expected, not composed; digests: those that there are; body: a string or Body.
function verify.whole(request, expected, digests, body)
  if not digests[expected.algorithm] then
    local err
    digests, err = http.digest(body, { expected.algorithm })
    if not digests then return nil, err end
  end
  if checksum.agrees(expected, digests) then return true end
  return mismatch(request, expected)
end

-- The same for an object whose checksum is composed of those of its parts, in a file. part_size: of all parts but the last.
function verify.composed(request, expected, path, size, part_size)
  local parts = {}
  for number = 1, expected.parts do
    local first = (number - 1) * part_size
    local body <close>, err = http.file(path, first, math.min(part_size, size - first))
    if not body then return nil, err end
    local digests
    digests, err = body:digest { expected.algorithm }
    if not digests then return nil, err end
    parts[number] = { checksum = checksum.value(expected.algorithm, digests) }
  end
  if checksum.compose(expected.algorithm, parts) == expected.value then return true end
  return mismatch(request, expected)
end

-- For one that was fetched in ranges {size, digest} by an algorithm whose CRCs can be joined.
function verify.joined(request, expected, ranges)
  if checksum.join(expected.algorithm, ranges) == expected.value then return true end
  return mismatch(request, expected)
end

return verify
