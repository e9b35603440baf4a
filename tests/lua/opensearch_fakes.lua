-- SPDX-License-Identifier: MIT
-- OpenSearches for tests: the fake of scripts/lib/fake/opensearch on a port of its own, the real one of servers.opensearch, and what
-- both answer to the same requests, without what is never the same twice.
--   local fake <close> = fakes.serve { flavour = "2" }          fake.url, fake.opensearch: its state
--   local ask = fakes.asking(fake.url)                           ask("POST a/_search", { size = 0 }) -> answer, status
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local http = require "hilum.http"
local http_server = require "http_server"
local json = require "hilum.json"
local opensearch = require "lib.fake.opensearch"

local fakes = {}

-- options: of lib/fake/opensearch.
function fakes.serve(options)
  local fake = opensearch.new(options)
  local server = http_server.start({}, fake.handler)
  server.opensearch = fake
  return server
end

-- A body is a table, or text, or a list of tables for a bulk request.
local function encode(body)
  if type(body) ~= "table" then return body, "application/json" end
  if body[1] == nil then return json.encode(body), "application/json" end
  local lines = {}
  for i, one in ipairs(body) do lines[i] = (type(one) == "string" and one or json.encode(one)) .. "\n" end
  return table.concat(lines), "application/x-ndjson"
end

-- A function that asks a server: what = "METHOD path".
function fakes.asking(url)
  return function(what, body)
    local method, path = what:match("^(%u+) (.*)$")
    local text, kind = encode(body)
    local answer = assert(http.request { url = ("%s/%s"):format(url, path), method = method, body = text,
      headers = { ["Content-Type"] = text and kind or nil } })
    return answer.body ~= "" and (json.decode(answer.body) or answer.body) or "", answer.status
  end
end

-- What is another each time (as is the order of methods), or tells of shards and nodes.
local FLEETING = { took = true, node = true, index_uuid = true, uuid = true, creation_date = true, _shards = true, line = true, col = true,
  settings = true, ["store.size"] = true, ["pri.store.size"] = true, ["docs.deleted"] = true, version = true }

local function steady_text(text)
  return (text:gsub("%[%d+:%d+%]", "[_]"):gsub("document with id '[^']*'", "document"):gsub("%[([%l%d-]+)/[%w_-]+%]", "[%1]")
    :gsub("allowed: %[.*%]", "allowed"))
end

-- An answer without that; scores to 6 digits.
function fakes.steady(value)
  if type(value) == "string" then return steady_text(value) end
  if math.type(value) == "float" then return tonumber(("%.6g"):format(value)) end
  if type(value) ~= "table" then return value end
  local made = {}
  for key, one in pairs(value) do
    if not FLEETING[key] then made[key] = fakes.steady(one) end
  end
  if type(made._id) == "string" and #made._id == 20 then made._id = "made" end
  return made
end

return fakes
