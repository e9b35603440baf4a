-- SPDX-License-Identifier: MIT
-- An object to a file, which is there whole and checked or not at all: in one request, or in ranges, several at once, when it is large. All
-- ranges are of the same object, or the download fails.
local checksum = require "lib.aws.s3.checksum"
local errors = require "lib.aws.s3.errors"
local exchange = require "lib.aws.s3.exchange"
local fs = require "hilum.fs"
local get = require "lib.aws.s3.get"
local http = require "hilum.http"
local object = require "lib.aws.s3.object"
local options_of = require "lib.aws.s3.options"
local task = require "hilum.task"
local verify = require "lib.aws.s3.verify"

local KNOWN = options_of.set "size version verify sync progress at_once"
local LARGE = 32 << 20 -- from here on in ranges
local RANGE = 16 << 20
local AT_ONCE = 8

local function whole(client, place, path, options)
  return get(client, place, { to = path, version = options.version, verify = options.verify, sync = options.sync,
    progress = options.progress })
end

-- The algorithm whose CRC of the ranges gives that of the object.
local function joinable(expected)
  return expected and not expected.parts and checksum.is_joinable(expected.algorithm) and expected.algorithm or nil
end

local function range_request(place, head, range, options)
  return { op = "s3.download", action = "s3:GetObject", place = place, method = "GET", progress = options.progress,
    query = options.version and exchange.query { { "versionId", options.version } },
    headers = { range = ("bytes=%d-%d"):format(range.first, range.first + range.size - 1),
      ["if-match"] = head.etag and '"' .. head.etag .. '"' } }
end

local function check_range(request, response, range)
  if response.size == range.size then return true end
  local err = errors.new(request, "http", "%d bytes came of the %d that were asked for", response.size, range.size)
  err.retryable = true
  return nil, err
end

-- Fetches one range into its place in the file, and notes its checksum.
local function fetch(client, place, file, head, range, algorithm, options)
  local request = range_request(place, head, range, options)
  request.digest = algorithm and { algorithm }
  request.open_sink = function() return http.sink(file, range.first) end
  request.read = function(response)
    range.checksum = algorithm and response.digests[algorithm]
    return check_range(request, response, range)
  end
  return exchange.run(client, request)
end

local function changed(place, err)
  if err.code ~= "PreconditionFailed" then return err end
  local request = { place = place, op = "s3.download" }
  local other = errors.new(request, "integrity", "the object was replaced while it was fetched; fetch it again")
  other.code, other.status = err.code, err.status
  return other
end

local function fetch_all(client, place, file, head, ranges, algorithm, options)
  local failure
  task.map(ranges, { at_once = options.at_once or AT_ONCE }, function(range)
    if failure then return end
    local done, err = fetch(client, place, file, head, range, algorithm, options)
    if not done then failure = failure or changed(place, err) end
  end)
  return not failure, failure
end

local function check(client, place, file, head, ranges, expected, options)
  local request = { op = "s3.download", place = place }
  if joinable(expected) then return verify.joined(request, expected, ranges) end
  if not expected.parts then
    local body <close>, err = http.file(file:temporary())
    if not body then return nil, err end
    return verify.whole(request, expected, {}, body)
  end
  local size = object.part_size(client, place, head.size, expected.parts, options.version)
  if not size then return true end
  return verify.composed(request, expected, file:temporary(), head.size, size)
end

local function ranges_of(size)
  local ranges = {}
  for first = 0, size - 1, RANGE do ranges[#ranges + 1] = { first = first, size = math.min(RANGE, size - first) } end
  return ranges
end

local function in_ranges(client, place, path, head, options)
  local file <close>, err = fs.create(path)
  if not file then return nil, err end
  local ranges = ranges_of(head.size)
  local expected = client.verify and options.verify ~= false and head.expected or nil
  local done
  done, err = fetch_all(client, place, file, head, ranges, joinable(expected), options)
  if done and expected then done, err = check(client, place, file, head, ranges, expected, options) end
  if done then done, err = file:commit { sync = options.sync } end
  if not done then return nil, err end
  return head
end

-- See Client:download.
return function(client, place, path, options)
  options_of.check(options, KNOWN)
  if options.size and options.size < LARGE then return whole(client, place, path, options) end
  local head, err = object.head(client, place, { version = options.version })
  if not head then return nil, err end
  if head.size < LARGE then return whole(client, place, path, options) end
  return in_ranges(client, place, path, head, options)
end
