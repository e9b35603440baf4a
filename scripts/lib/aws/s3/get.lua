-- SPDX-License-Identifier: MIT
-- Objects, or ranges of them, into memory or a file.
local checksum = require "lib.aws.s3.checksum"
local exchange = require "lib.aws.s3.exchange"
local fs = require "hilum.fs"
local http = require "hilum.http"
local object = require "lib.aws.s3.object"
local options_of = require "lib.aws.s3.options"
local verify = require "lib.aws.s3.verify"

local KNOWN = options_of.set "range to sync version limit verify progress"
local IN_MEMORY = 64 << 20

-- {0, 99}: the first hundred bytes; {100}: all from there on; {-100}: the last hundred.
local function range_header(range)
  local first, last = range[1], range[2]
  if first < 0 then return ("bytes=%d"):format(first) end
  return last and ("bytes=%d-%d"):format(first, last) or ("bytes=%d-"):format(first)
end

local function new_request(client, place, options)
  local headers = options_of.headers(options, KNOWN)
  if options.range then headers.range = range_header(options.range) end
  if client.verify then headers["x-amz-checksum-mode"] = "ENABLED" end
  return { op = "s3.get", action = "s3:GetObject", place = place, method = "GET", headers = headers,
    query = options.version and exchange.query { { "versionId", options.version } }, limit = options.limit or IN_MEMORY,
    progress = options.progress }
end

-- A part of an object cannot be checked by the checksum of the whole, nor can one that is composed without its parts.
local function expectation(client, options, response)
  if not client.verify or options.verify == false or response.status ~= 200 then return nil end
  local expected = checksum.expected(response.headers)
  return expected and not expected.parts and expected or nil
end

local function describe(response)
  local described = object.describe(response.headers)
  described.size, described.range = response.size, response.headers["content-range"]
  return described
end

local function into_memory(client, place, options)
  local request = new_request(client, place, options)
  request.read = function(response)
    local expected = expectation(client, options, response)
    if expected then
      local same, err = verify.whole(request, expected, {}, response.body)
      if not same then return nil, err end
    end
    local described = describe(response)
    described.body = response.body
    return described
  end
  return exchange.run(client, request)
end

-- Every attempt begins with an empty file.
local function into_file(client, place, options)
  local request = new_request(client, place, options)
  local file
  local _ <close> = setmetatable({}, { __close = function() if file then file:abort() end end })
  request.digest = client.verify and verify.IN_PASSING or nil
  request.open_sink = function()
    if file then file:abort() end
    local err
    file, err = fs.create(options.to)
    if not file then return nil, err end
    return http.sink(file)
  end
  request.read = function(response)
    local expected = expectation(client, options, response)
    if expected then
      local body <close>, err = http.file(file:temporary())
      if not body then return nil, err end
      local same
      same, err = verify.whole(request, expected, response.digests, body)
      if not same then return nil, err end
    end
    return describe(response)
  end
  local described, err = exchange.run(client, request)
  if not described then return nil, err end
  local done
  done, err = file:commit { sync = options.sync }
  if not done then return nil, err end
  return described
end

-- What went into a pipe has gone: only what S3 refused can be asked for again.
local function into_pipe(client, place, options)
  local request, policy = new_request(client, place, options), client.session.retry
  request.open_sink = function() return options.to end
  request.classify = function(err) return err.status and policy:classify(err) end
  request.read = describe
  return exchange.run(client, request)
end

-- See Client:get.
return function(client, place, options)
  if options.to and type(options.to) ~= "string" then return into_pipe(client, place, options) end
  if options.to then return into_file(client, place, options) end
  return into_memory(client, place, options)
end
