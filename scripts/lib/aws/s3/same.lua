-- SPDX-License-Identifier: MIT
-- Has a file what an object has? By a digest that S3 keeps: the object's checksum, or its ETag, which is the MD5 of what went up in one
-- request. What went up in parts has the digest of their digests, "…-3" of three, and the size of the parts has to be found out.
local checksum = require "lib.aws.s3.checksum"
local http = require "hilum.http"
local multipart = require "lib.aws.s3.multipart"
local object = require "lib.aws.s3.object"
local task = require "hilum.task"

local AT_ONCE = 2
-- What other programs cut files into, in MiB.
local USUAL = { 5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 200, 256, 512, 1024 }

-- The digest of a piece of the file as checksum.value gives it; nil if it cannot be read.
local function digest_of(path, algorithm, first, size)
  local body <close> = http.file(path, first, size)
  local digests = body and body:digest { algorithm }
  return digests and checksum.value(algorithm, digests)
end

local function composed_digest(path, algorithm, size, part_size)
  local firsts = {}
  for first = 0, size - 1, part_size do firsts[#firsts + 1] = first end
  local parts = task.map(firsts, { at_once = AT_ONCE }, function(first)
    return { checksum = digest_of(path, algorithm, first, math.min(part_size, size - first)) }
  end)
  for _, part in ipairs(parts) do
    if not part.checksum then return nil end
  end
  return checksum.compose(algorithm, parts)
end

-- The sizes of parts that make so many of them: ours, and the usual ones.
local function likely_sizes(size, count)
  local own = multipart.part_size(size)
  local candidates, fitting = { own }, {}
  for _, mebibytes in ipairs(USUAL) do
    if mebibytes << 20 ~= own then candidates[#candidates + 1] = mebibytes << 20 end
  end
  for _, candidate in ipairs(candidates) do
    if (size + candidate - 1) // candidate == count then fitting[#fitting + 1] = candidate end
  end
  return fitting
end

-- A server that knows the size of the parts settles it; else they may have been of a size that nobody thought of.
local function has_composed(path, client, place, size, expected)
  local told = object.part_size(client, place, size, expected.parts)
  for _, part_size in ipairs(told and { told } or likely_sizes(size, expected.parts)) do
    if composed_digest(path, expected.algorithm, size, part_size) == expected.value then return true end
  end
  if told then return false end
  return nil
end

-- What the object has: {algorithm, value, parts}, the value as checksum.value gives it; nil if that is not known.
local function expectation(head)
  local expected = head.expected
  if expected then
    local is_md5 = expected.algorithm == "md5"
    return { algorithm = expected.algorithm, value = is_md5 and checksum.of_hex(expected.value) or expected.value, parts = expected.parts }
  end
  local md5, parts = (head.etag or ""):match("^(%x+)%-(%d+)$")
  if not md5 or #md5 ~= 32 or (head.sse or "AES256") ~= "AES256" then return nil end
  return { algorithm = "md5", value = checksum.of_hex(md5), parts = math.tointeger(parts) }
end

-- True or false; nil if it cannot be told. path: of a file as large as the object is.
return function(path, client, place)
  local head = object.head(client, place, {})
  local expected = head and expectation(head)
  if not expected then return nil end
  if expected.parts then return has_composed(path, client, place, head.size, expected) end
  local digest = digest_of(path, expected.algorithm)
  return digest and digest == expected.value
end
