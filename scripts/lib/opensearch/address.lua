-- SPDX-License-Identifier: MIT
-- Where an OpenSearch is, and which index of it is meant, in one URL:
--   https://HOST              the server
--   https://HOST/NAME         an index of it
--   https://HOST/PATH/        a server behind a path, which the slash at the end tells; https://HOST/PATH/NAME is an index of it
-- The host tells whose it is: OpenSearch Serverless of the one generation or the other, a managed domain, or somebody's own.
local endpoint = require "lib.aws.endpoint"
local host = require "hilum.host"

local address = {}

-- Hosts of AWS: pattern with the region, the service as lib/aws/endpoint.lua has it, and the generation of a collection.
local HOSTS = {
  { "%.([%w-]+)%.aoss[%w-]*%.amazonaws%.com", service = "opensearchserverless", generation = "classic" },
  { "%.aoss%.([%w-]+)%.on%.aws$", service = "opensearchserverless", generation = "nextgen" },
  { "%.([%w-]+)%.es%.amazonaws%.com", service = "es" },
  { "%.aos%.([%w-]+)%.on%.aws$", service = "es" },
}

-- An account's own host, which serves all its collections of the newer generation: the path begins with the collection's name.
local OF_ACCOUNT = "^%d%d%d%d%d%d%d%d%d%d%d%d%.aoss%."

-- Where the fake of AWS that comes with hilum has its collections.
local OF_FAKE = "^/collections/[^/]+"

local function usage(format, ...) return nil, host.error("usage", format:format(...)) end

-- Takes the server's own part off a path: returns it, and the rest.
local function split_path(path, name)
  if name:find(OF_ACCOUNT) then return "", (path:gsub("^/[^/]+", "", 1)), path:match("^/([^/]+)") end
  local of_fake = path:match(OF_FAKE)
  if of_fake then return of_fake, path:sub(#of_fake + 1) end
  local before, last = path:match("^(.-)/?([^/]*)$")
  return before, last ~= "" and "/" .. last or ""
end

-- The server of a host of AWS; nothing for others.
local function of_host(name)
  for _, row in ipairs(HOSTS) do
    local region = name:match(row[1])
    if region then return { service = row.service, region = region, generation = row.generation } end
  end
  return {}
end

-- {url = the server, root = what an index's name follows, scheme, host, name = the index or nil, collection = its name where the account's
-- host is used; service, region, generation: of AWS, where the host tells}. nil and an error for what is no such URL.
function address.parse(url)
  if url:find("^%w+://[^/]*@") then
    return usage("a URL with a password in it ends up in records: set HILUM_OPENSEARCH_USER and HILUM_OPENSEARCH_PASSWORD instead")
  end
  local parts = endpoint.split(url)
  if not parts then return usage("%s: an index on a server looks like https://HOST/NAME", url) end
  local name = parts.host:gsub(":%d+$", "")
  local found = of_host(name)
  local is_server = url:find("/$") ~= nil
  local path, rest, collection = split_path(parts.path .. (is_server and "/" or ""), name)
  if path:find(OF_FAKE) then found.service = "opensearchserverless" end
  found.scheme, found.host, found.collection = parts.scheme, parts.host, collection
  found.url = ("%s://%s%s"):format(parts.scheme, parts.host, path)
  found.root = found.url .. (collection and "/" .. collection or "")
  found.name = rest:match("^/([^/]+)/?$")
  if not found.name and rest:find("[^/]") then return usage("%s: an index's name has no slash in it", url) end
  return found
end

return address
