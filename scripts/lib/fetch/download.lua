-- SPDX-License-Identifier: MIT
-- A download into a pipe that outlasts broken connections: it goes on where it was if the server can (Range), and says `restart` if not.
local host = require "hilum.host"
local retry = require "lib.retry"
local sources = require "lib.fetch.sources"
local web = require "lib.fetch.web"

local download = {}

local ATTEMPTS = 5 -- without a byte between them

-- What the server says of a file before it is asked for: size, and a validator (RFC 9110, 8.8) that changes when the file does. Both are
-- nil where it does not say, or takes no HEAD.
function download.describe(url)
  local response = web.request { url = url, method = "HEAD", first_byte_timeout = 20 }
  local headers = response and response.headers or {}
  local etag = headers.etag
  return { size = tonumber(headers["content-length"]), validator = etag and not etag:find("^W/") and etag or headers["last-modified"] }
end

local function must_restart(url, why)
  local err = host.error("http", ("%s: the connection broke, and %s"):format(sources.shown(url), why))
  err.restart = true
  return nil, err
end

-- The rest, from what was written on.
local function request_rest(url, pipe, about, progress)
  local from = pipe:written()
  if from == 0 then return web.request { url = url, to = pipe, progress = progress } end
  if from == about.size then return true end -- it broke behind the last byte
  local response, err = web.request { url = url, to = pipe, progress = progress,
    headers = { range = ("bytes=%d-"):format(from), ["if-range"] = about.validator } }
  if err and (err.code == "RANGE_IGNORED" or err.code == "416") then
    return must_restart(url, "the server cannot go on in the middle, or the file has changed")
  end
  local range = response and response.headers["content-range"] or ""
  if response and tonumber(range:match("^bytes (%d+)%-")) ~= from then return must_restart(url, "the server sent another range") end
  return response, err
end

-- Writes the file at url to pipe and closes it. about: as describe returns it. options: progress; policy, by which to try again. Returns
-- true, or nil and an error, which the reader of the pipe sees too; err.restart: from the beginning it may succeed.
function download.run(url, pipe, about, options)
  local policy = options.policy or retry.new { attempts = ATTEMPTS }
  local done, err, before
  repeat
    before = pipe:written()
    done, err = policy:run(function() return request_rest(url, pipe, about, options.progress) end)
  until done or not err.retryable or pipe:written() == before
  pipe:close(err)
  return done, err
end

return download
