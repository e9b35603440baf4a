-- SPDX-License-Identifier: MIT
-- GET and HEAD as people know them: redirects are followed, and an answer that is no success is an error that says whether to try again.
local host = require "hilum.host"
local http = require "hilum.http"
local retry = require "lib.retry"
local sources = require "lib.fetch.sources"

local web = {}

local MOST_REDIRECTS = 10
local REDIRECTS = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }
local LATER = { [408] = true, [429] = true, [500] = true, [502] = true, [503] = true, [504] = true }
local BUSY = { [429] = true, [503] = true }
local MEANINGS = { [401] = "it wants a login", [403] = "access is denied; has the link expired?", [404] = "there is nothing; has it moved?",
  [410] = "it is gone", [416] = "it has fewer bytes than before" }

-- What cannot stand in a URL as it is.
local function encode(url)
  return (url:gsub("#.*", ""):gsub("[^!-~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- A Location (RFC 9110, 10.2.2) seen from url.
local function resolve(url, location)
  location = encode(location)
  local scheme, authority, path = url:match("^(%a+:)(//[^/?#]*)([^?#]*)")
  if location:find("^%a[%w+.-]*:") then return location end
  if location:find("^//") then return scheme .. location end
  if location:find("^/") then return scheme .. authority .. location end
  return scheme .. authority .. (path:match("^.*/") or "/") .. location
end

local function refuse(response, url)
  local status = response.status
  local what = MEANINGS[status] or BUSY[status] and "the server is busy" or "the server failed"
  local err = host.error(BUSY[status] and "throttled" or "http", ("%s: %d, %s"):format(sources.shown(url), status, what))
  err.status, err.code, err.retryable = status, tostring(status), LATER[status] or false
  return retry.note(err, response.headers)
end

local function redirect(response, url)
  local location = response.headers.location
  local target = location and resolve(url, location)
  if target and url:find("^https:") and not target:find("^https:") then
    return nil, host.error("http", ("%s: leads from https to %s, which is not followed"):format(sources.shown(url), sources.shown(target)))
  end
  if target and sources.is_url(target) then return target end
  return nil, host.error("http", ("%s: redirects to nowhere"):format(sources.shown(url)))
end

-- A request as http.request takes it. Returns its response, of status 200 or 206, or nil and an error.
function web.request(request)
  local sent = {}
  for key, value in pairs(request) do sent[key] = value end
  sent.url = encode(request.url)
  for _ = 0, MOST_REDIRECTS do
    local response, err = http.request(sent)
    if not response then return nil, err end
    if response.status == 200 or response.status == 206 then return response end
    if not REDIRECTS[response.status] then return nil, refuse(response, request.url) end
    sent.url, err = redirect(response, sent.url)
    if not sent.url then return nil, err end
  end
  return nil, host.error("http", ("%s: redirects without end"):format(sources.shown(request.url)))
end

return web
