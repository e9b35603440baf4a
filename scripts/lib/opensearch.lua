-- SPDX-License-Identifier: MIT
-- An OpenSearch as its clients see it: Serverless, a managed domain, or a server of one's own (lib/opensearch/address tells which by the
-- URL, lib/opensearch/access who asks). All calls return nil and an error that says what to do (lib/opensearch/errors); what is looked for
-- and not there is false.
local call = require "lib.aws.call"
local errors = require "lib.opensearch.errors"
local retry = require "lib.retry"

local opensearch = {}

-- The options that every workflow has that may talk to a server.
opensearch.OPTIONS = {
  { "auth", type = "choice", choices = require "lib.opensearch.access".KINDS,
    help = "who asks a server: AWS signatures of Serverless or of a domain, a user, nobody (default: by the host)" },
  { "ca", type = "path", metavar = "FILE", help = "the certificates that a server is trusted by (default: the system's)" },
}

-- A collection that was idle takes up to half a minute to wake: seconds until an answer begins.
local PATIENCE = 120

-- A retry policy that knows how an OpenSearch says "too much". again: codes of errors that pass, besides those that always do.
function opensearch.policy(settings, again)
  local policy = retry.new { attempts = settings.attempts, sleep = settings.sleep }
  function policy:classify(err)
    if err.status == 429 then return "throttled" end
    return again and again[err.code] and "transient" or retry.classify(self, err)
  end
  return policy
end

---@class hilum.opensearch.Client
local Client = {}
Client.__index = Client

-- url: as lib/opensearch/address reads it. settings, all optional: auth, ca, getenv, sleep. Nothing is sent yet.
---@return hilum.opensearch.Client? client
---@return hilum.Error? err
function opensearch.open(url, settings)
  settings = settings or {}
  local place, err = require "lib.opensearch.address".parse(url)
  if not place then return nil, err end
  local access, why = require "lib.opensearch.access".open(place, settings)
  if not access then return nil, why end
  local client = setmetatable({ url = place.url, root = place.root, name = place.name, generation = place.generation, access = access,
    sleep = access.session.sleep }, Client)
  return client:with(opensearch.policy { sleep = settings.sleep })
end

-- The same server, asked with another retry policy.
function Client:with(policy)
  local other, access = {}, self.access
  for key, value in pairs(self) do other[key] = value end
  other.transport = call.client { session = access.session, service = access.service, region = access.region, protocol = "rest-json",
    endpoint = self.url, unsigned = access.kind == "basic" or access.kind == "none", timeout = PATIENCE, retry = policy }
  return setmetatable(other, Client)
end

local function headers_of(self, request)
  local headers = {}
  for name, value in pairs(self.access.headers) do headers[name] = value end
  if request.lines then headers["Content-Type"] = "application/x-ndjson" end
  return headers
end

-- request: op (for errors), method, path, query, body (a table) or lines (text, JSON a line); index and permission, for errors.
function Client:call(request)
  local result, err = self.transport:call { op = request.op, method = request.method or "GET", path = request.path, query = request.query,
    headers = headers_of(self, request), body = request.lines or request.body }
  if err then return nil, errors.explain(err, self, request) end
  return result
end

-- The path of an index, and of what is below it.
local function at(name, below) return call.path(below and "/{}/" .. below or "/{}", name) end

-- A request about something that may not be there.
local function look(self, request)
  local result, err = self:call(request)
  if err and err.status == 404 then return false end
  return result, err
end

-- What the server says of itself; false: a collection of Serverless, which says nothing.
function Client:info()
  if self.access.kind == "aoss" then return false end
  return self:call { op = "Info", path = "/" }
end

-- The names of all indexes that begin with a prefix, sorted.
function Client:indexes(prefix)
  local listed, err = self:call { op = "CatIndices", path = "/_cat/indices", query = { format = "json" },
    permission = "aoss:DescribeIndex" }
  if not listed then return nil, err end
  local names = {}
  for _, entry in ipairs(listed) do
    if entry.index:sub(1, #prefix) == prefix then names[#names + 1] = entry.index end
  end
  table.sort(names)
  return names
end

-- {properties, _meta, dynamic …} of an index; false: there is none.
function Client:mapping(name)
  local found, err = look(self, { op = "GetMapping", path = at(name, "_mapping"), index = name, permission = "aoss:DescribeIndex" })
  if not found then return found, err end
  local _, entry = next(found) -- under the index's own name, where `name` is an alias
  return entry and entry.mappings or {}
end

function Client:create_index(name, body)
  return self:call { op = "CreateIndex", method = "PUT", path = at(name), body = body, index = name, permission = "aoss:CreateIndex" }
end

function Client:put_mapping(name, mapping)
  return self:call { op = "PutMapping", method = "PUT", path = at(name, "_mapping"), body = mapping, index = name,
    permission = "aoss:UpdateIndex" }
end

-- Of one that is not there: false.
function Client:delete_index(name)
  return look(self, { op = "DeleteIndex", method = "DELETE", path = at(name), index = name, permission = "aoss:DeleteIndex" })
end

function Client:search(name, body)
  return self:call { op = "Search", method = "POST", path = at(name, "_search"), body = body, index = name,
    permission = "aoss:ReadDocument" }
end

local function failed_search(self, name, answer)
  local inner = type(answer.error) == "table" and answer.error or {}
  local _, message = require "lib.aws.protocol".opensearch_fault(inner)
  local err = require "lib.aws.errors".make { status = answer.status or 500, code = inner.type, message = message }
  return nil, errors.explain(err, self, { op = "MultiSearch", index = name, permission = "aoss:ReadDocument" })
end

-- Several searches of an index in one request: bodies as text. The answers, in that order; one that failed fails all.
function Client:searches(name, bodies)
  local lines = {}
  for i, body in ipairs(bodies) do lines[i] = "{}\n" .. body .. "\n" end
  local found, err = self:call { op = "MultiSearch", method = "POST", path = at(name, "_msearch"), lines = table.concat(lines),
    index = name, permission = "aoss:ReadDocument" }
  if not found then return nil, err end
  for _, answer in ipairs(found.responses) do
    if answer.error then return failed_search(self, name, answer) end
  end
  return found.responses
end

-- How many documents a query finds that can be searched by now.
function Client:count(name, query)
  local found, err = self:call { op = "Count", method = "POST", path = at(name, "_count"), body = { query = query or { match_all = {} } },
    index = name, permission = "aoss:ReadDocument" }
  return found and found.count, err
end

-- Makes what was written visible to searches; Serverless does so in its own time.
function Client:refresh(name) return self:call { op = "Refresh", method = "POST", path = at(name, "_refresh"), index = name } end

-- One request with what lib/opensearch/bulk has made of it. The answer's items are its own matter.
function Client:bulk(name, lines)
  return self:call { op = "Bulk", method = "POST", path = at(name, "_bulk"), lines = lines, index = name,
    permission = "aoss:WriteDocument" }
end

return opensearch
