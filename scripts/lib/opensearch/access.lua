-- SPDX-License-Identifier: MIT
-- Who asks an OpenSearch: AWS signatures, a user with a password, or nobody in particular. A password comes from the environment
-- (HILUM_OPENSEARCH_USER, HILUM_OPENSEARCH_PASSWORD) or from ~/.netrc, and is shown nowhere.
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local host = require "hilum.host"
local http = require "hilum.http"

local access = { KINDS = { "aoss", "es", "basic", "none" } }

local SERVICES = { aoss = "opensearchserverless", es = "es" }
local KIND_OF = { opensearchserverless = "aoss", es = "es" }

local function usage(format, ...) return nil, host.error("usage", format:format(...)) end

-- The words of a netrc file after `machine NAME`, up to the next machine.
local function netrc_entry(text, name)
  local entry, key, here = {}, nil, false
  for word in text:gmatch("%S+") do
    if key == "machine" then here = word == name
    elseif key and here then entry[key] = entry[key] or word end
    key = not key and (word == "machine" or word == "login" or word == "password") and word or nil
  end
  return entry.login, entry.password
end

-- User and password for a server, or nil.
local function password_for(name, getenv)
  local user, password = getenv "HILUM_OPENSEARCH_USER", getenv "HILUM_OPENSEARCH_PASSWORD"
  if user and user ~= "" then return user, password or "" end
  local path = getenv "NETRC" or (getenv "HOME" or "") .. "/.netrc"
  return netrc_entry(fs.read(path) or "", name)
end

local function is_loopback(name) return name == "localhost" or name == "[::1]" or name:find("^127%.") ~= nil end

-- The header of a user; false where none is known.
local function basic(place, getenv)
  local name = place.host:gsub(":%d+$", "")
  local user, password = password_for(name, getenv)
  if not user then return false end
  if place.scheme ~= "https" and not is_loopback(name) then
    return usage("%s: a password would be read on its way there; use https", place.url)
  end
  return "Basic " .. hash.base64(user .. ":" .. (password or ""))
end

-- Is the server where the user has said that OpenSearch Serverless is?
local function is_serverless_here(place, getenv)
  for _, variable in ipairs { "AWS_ENDPOINT_URL_OPENSEARCHSERVERLESS", "AWS_ENDPOINT_URL" } do
    local found = require "lib.aws.endpoint".split(getenv(variable) or "")
    if found and found.host == place.host then return true end
  end
  return false
end

-- A session that knows no account.
local function anonymous_session(settings)
  return require "lib.aws.session".open { getenv = function() end, credentials = function() end, sleep = settings.sleep,
    request = settings.request }
end

-- All exchanges trust the given certificate, if one is given.
local function exchange_with(ca)
  return ca and function(request)
    request.ca = ca
    return http.request(request)
  end
end

-- settings: auth (one of KINDS; without it the host decides), ca (a file), getenv and sleep (for tests). Returns
-- {kind, session, service, region, headers}, or nil and an error.
function access.open(place, settings)
  local getenv = settings.getenv or os.getenv
  local kind, header = settings.auth or KIND_OF[place.service] or is_serverless_here(place, getenv) and "aoss" or nil, nil
  if not kind or kind == "basic" then
    local err
    header, err = basic(place, getenv)
    if err then return nil, err end
    if kind and not header then
      return usage("%s: no user is known for it; set HILUM_OPENSEARCH_USER and HILUM_OPENSEARCH_PASSWORD, or write ~/.netrc", place.host)
    end
    kind = header and "basic" or "none"
  end
  local common = { getenv = settings.getenv, sleep = settings.sleep, request = exchange_with(settings.ca) }
  local service = SERVICES[kind]
  local session, why = (service and require "lib.aws.session".open or anonymous_session)(common)
  if not session then return nil, why end
  local headers = { Authorization = header or nil }
  if place.collection then headers["x-amz-aoss-collection-name"] = place.collection end
  return { kind = kind, session = session, service = service or "es", region = place.region, headers = headers }
end

return access
