-- SPDX-License-Identifier: MIT
-- An OpenSearch in memory, of any of the kinds that lib/fake/opensearch/flavours tells apart, as far as vectors go: it answers, refuses
-- and scores as the real one does, and its search is hilum's exact one.
--   local opensearch = fake.new { flavour = "2" }                     "3", "classic", "nextgen"
--   local server <close> = http_server.start({}, opensearch.handler)
-- options: authorize(request, body), which may return a response that ends the request; permits(request, permission, index), false: the
-- gateway of Serverless says 403; settling: so many calls for data that a new index is not found by; delay and looks, in place of the
-- flavour's. opensearch.item_faults: used up one a document of bulk requests, { status=, type=, reason= } or false. opensearch.log: calls,
-- without their bodies if it is forgetful.
local errors = require "lib.fake.opensearch.errors"
local flavours = require "lib.fake.opensearch.flavours"
local json = require "hilum.json"
local new_index = require "lib.fake.opensearch.index"
local routes = require "lib.fake.opensearch.routes"
local verifier = require "lib.fake.sigv4_verifier"

local fake = {}

local Server = {}
Server.__index = Server

-- Indexes.

local NAME_RULES = {
  { "%u", "must be lowercase" },
  { "^[_%-+]", "must not start with '_', '-', or '+'" },
  { '[ "*\\<|,>/?]', 'must not contain the following characters [ , ", *, \\, <, |, ,, >, /, ?]' },
}

local function check_name(name)
  for _, rule in ipairs(NAME_RULES) do
    if name:find(rule[1]) then
      errors.refuse(400, "invalid_index_name_exception", ("Invalid index name [%s], %s"):format(name, rule[2]),
        { fields = { index = name, index_uuid = "_na_" } })
    end
  end
end

local SETTINGS = { knn = true, number_of_shards = true, number_of_replicas = true, refresh_interval = true, max_result_window = true,
  analysis = true, provided_name = true, ["knn.algo_param.ef_search"] = true, ["knn.advanced.approximate_threshold"] = true,
  ["knn.remote_index_build.enabled"] = true, ["knn.derived_source.enabled"] = true }
local NOT_ON_SERVERLESS = { number_of_shards = true, number_of_replicas = true, refresh_interval = true }

-- { index = { knn = true } } and { ["index.knn"] = true } as { knn = true }.
local function flatten(settings, prefix, into)
  for name, value in pairs(settings) do
    local path = (prefix .. name):gsub("^index%.", "")
    if type(value) == "table" and path ~= "analysis" then
      flatten(value, path == "index" and "" or path .. ".", into)
    else
      into[path] = value
    end
  end
  return into
end

local function check_settings(server, settings)
  for name in pairs(settings) do
    if not SETTINGS[name] or server.flavour.serverless and NOT_ON_SERVERLESS[name] then
      errors.argument("unknown setting [index.%s] please check that any required plugins are installed, or check the breaking changes "
        .. "documentation for removed settings", name)
    end
  end
end

local BODY = { settings = true, mappings = true } -- of aliases this server knows nothing

function Server:create(name, body)
  check_name(name)
  for key in pairs(body) do
    if not BODY[key] then errors.refuse(400, "parse_exception", ("unknown key [%s] for create index"):format(key)) end
  end
  local before = self.indexes[name]
  if before then
    errors.refuse(400, "resource_already_exists_exception", ("index [%s/%s] already exists"):format(name, before.uuid),
      { fields = { index = name, index_uuid = before.uuid } })
  end
  local settings = flatten(body.settings or {}, "", {})
  check_settings(self, settings)
  self.indexes[name] = new_index(self.flavour, name, settings, body.mappings or {})
  self.indexes[name].unknown = self.settling
  return self.indexes[name]
end

-- An index by its name.
function Server:index(name)
  if name:find("^_") then
    errors.refuse(400, "invalid_index_name_exception", ("Invalid index name [%s], must not start with '_'."):format(name),
      { fields = { index = name, index_uuid = "_na_" } })
  end
  return self.indexes[name] or errors.no_index(name)
end

-- An index whose documents are meant: Serverless does not know a new one everywhere at once.
function Server:data_of(name)
  local index = self:index(name)
  if index.unknown > 0 then
    index.unknown = index.unknown - 1
    errors.no_index(name)
  end
  return index
end

-- The same, for writing: only servers of one's own make an index out of a document.
function Server:index_to_write(name)
  if self.indexes[name] or self.flavour.serverless then return self:data_of(name) end
  return self:create(name, {})
end

function Server:names()
  local names = {}
  for name in pairs(self.indexes) do names[#names + 1] = name end
  table.sort(names)
  return names
end

function Server:check_id(id)
  if id and not self.flavour.ids then errors.argument("Document ID is not supported in create/index operation request") end
end

-- What is to go wrong with the next document.
function Server:item_fault() return table.remove(self.item_faults, 1) end

-- Requests.

local function gateway(status, reason)
  return { status = status, headers = { ["X-Aoss-Response-Hint"] = status == 403 and "X01:gw-helper-deny" or nil,
    ["Content-Type"] = "application/json" },
    body = json.encode { status = status, error = { reason = ("%d %s"):format(status, reason), type = reason } } }
end

local function matching(path, pattern)
  return { path:match("^" .. pattern:gsub("%*", "([^/]+)") .. "$") }
end

-- The row for a request, the parts of its path; the methods that the path has.
local function route_of(method, path)
  local allowed = {}
  for _, row in ipairs(routes) do
    local parts = matching(path, row[2])
    if parts[1] then
      if (" " .. row[1] .. " "):find(" " .. method .. " ", 1, true) then return row, row[2]:find("*", 1, true) and parts or {} end
      for one in row[1]:gmatch("%S+") do allowed[#allowed + 1] = one end
    end
  end
  return nil, allowed
end

local function query_of(text)
  local query = {}
  for piece in text:gmatch("[^&]+") do
    local name, value = piece:match("^([^=]*)=?(.*)$")
    query[verifier.decode(name)] = verifier.decode((value:gsub("+", " ")))
  end
  return query
end

local PARAMETERS = {}
for name in ("pretty human error_trace filter_path format h v s timeout master_timeout cluster_manager_timeout refresh routing size from "
  .. "_source q op_type wait_for_active_shards ignore_unavailable allow_no_indices expand_wildcards search_type request_cache preference "
  .. "track_total_hits max_concurrent_searches pipeline search_pipeline require_alias realtime version local "
  .. "include_defaults flat_settings"):gmatch("%S+") do PARAMETERS[name] = true end

local function check_parameters(query, path)
  for name in pairs(query) do
    if not PARAMETERS[name] then errors.argument("request [/%s] contains unrecognized parameter: [%s]", path, name) end
  end
end

local function respond(status, answer)
  return { status = status, headers = { ["Content-Type"] = "application/json; charset=UTF-8" },
    body = answer and json.encode(answer) or "" }
end

local function no_route(request, path, allowed)
  if #allowed == 0 then
    return respond(400, { error = ("no handler found for uri [/%s] and method [%s]"):format(path, request.method) })
  end
  return respond(405, { status = 405, error = ("Incorrect HTTP method for uri [/%s] and method [%s], allowed: [%s]"):format(path,
    request.method, table.concat(allowed, ", ")) })
end

-- What is refused before anybody looks at the request; nil: nothing.
local function stop(server, request, body, row, parts)
  local flavour, kind = server.flavour, (request.headers["content-type"] or ""):match("^[^;]*")
  if #body > flavour.max_body then return { status = 413, body = ("Request size exceeded %d bytes"):format(flavour.max_body) } end
  if flavour.serverless and not (row and row[3]) then return gateway(404, "Not Found") end
  local index = row and row[2]:find("*", 1, true) and parts[1] or "*"
  if server.permits and not server.permits(request, row[3], index) then return gateway(403, "Forbidden") end
  if row and body ~= "" and kind ~= "application/json" and kind ~= "application/x-ndjson" then
    return respond(406, { error = ("Content-Type header [%s] is not supported"):format(kind), status = 406 })
  end
end

-- Answers a request for a path below where the server is.
function Server:serve(request, path, body)
  path = path:gsub("^/", ""):gsub("/$", "")
  self.log[#self.log + 1] = { method = request.method, path = path, query = request.query, body = not self.forgetful and body or nil }
  local row, parts = route_of(request.method, path)
  local stopped = stop(self, request, body, row, parts)
  if stopped then return stopped end
  if not row then return no_route(request, path, parts) end
  for i, part in ipairs(parts) do parts[i] = verifier.decode(part) end
  local call = { method = request.method, query = query_of(request.query), body = body }
  local done, status, answer = pcall(function()
    check_parameters(call.query, path)
    return row[4](self, call, table.unpack(parts))
  end)
  if done then return respond(status, answer) end
  if not errors.is_refusal(status) then error(status, 0) end
  return respond(status.status, errors.body(status))
end

function fake.new(options)
  local self = setmetatable({ settling = 0, indexes = {}, log = {}, item_faults = {} }, Server)
  for name, value in pairs(options) do self[name] = value end
  self.flavour = setmetatable({ delay = options.delay, looks = options.looks }, { __index = flavours[options.flavour] })
  function self.handler(request)
    local body = request:body() or ""
    return self.authorize and self.authorize(request, body) or self:serve(request, request.path, body)
  end
  return self
end

return fake
