-- SPDX-License-Identifier: MIT
-- What OpenSearch is asked for: rows { methods, path, permission of Serverless's policies (none: Serverless has no such call), run }.
-- In a path "*" stands for one part, which run(server, call, …) gets. call: { method, query, body = its text }. run returns the status
-- and the answer: a table, or nothing.
local bulk = require "lib.fake.opensearch.bulk"
local errors = require "lib.fake.opensearch.errors"
local json = require "hilum.json"
local search = require "lib.fake.opensearch.search"
local source = require "lib.fake.opensearch.source"

local function decode(call)
  if call.body == "" then return {} end
  local body = json.decode(call.body)
  if type(body) ~= "table" then
    errors.refuse(400, "parse_exception", "Failed to parse content to map", { caused_by = { type = "json_parse_exception",
      reason = "The body is no JSON" } })
  end
  return body
end

local DONE = { acknowledged = true }
local SHARDS = { total = 1, successful = 1, failed = 0 }

-- The server.

local function info(server)
  local flavour = server.flavour
  return 200, { name = "one", cluster_name = "hilum", cluster_uuid = "fake", tagline = "The OpenSearch Project: https://opensearch.org/",
    version = { distribution = "opensearch", number = flavour.version, build_type = "fake", lucene_version = flavour.lucene,
      build_snapshot = false, minimum_wire_compatibility_version = "7.10.0", minimum_index_compatibility_version = "7.0.0" } }
end

local function health(server)
  return 200, { cluster_name = "hilum", status = "green", timed_out = false, number_of_nodes = 1, number_of_data_nodes = 1,
    active_primary_shards = #server:names(), active_shards = #server:names() }
end

local function list_indexes(server, _, wanted)
  local listed = json.array()
  for _, name in ipairs(wanted and { server:index(wanted).name } or server:names()) do
    local entry = { index = name, uuid = server.indexes[name].uuid, ["docs.count"] = tostring(#server.indexes[name].view.docs),
      ["store.size"] = "1kb" }
    if not server.flavour.serverless then entry.health, entry.status, entry.pri, entry.rep = "green", "open", "1", "0" end
    listed[#listed + 1] = entry
  end
  return 200, listed
end

-- Indexes.

local function create(server, call, name)
  server:create(name, decode(call))
  return 200, { acknowledged = true, shards_acknowledged = true, index = name }
end

local function delete(server, _, name)
  server.indexes[server:index(name).name] = nil
  return 200, DONE
end

local function show(server, _, name)
  local index = server:index(name)
  return 200, { [name] = { aliases = json.decode "{}", mappings = index.mapping:show(), settings = index:show_settings() } }
end

local function show_mapping(server, _, name) return 200, { [name] = { mappings = server:index(name).mapping:show() } } end

local function show_settings(server, _, name) return 200, { [name] = { settings = server:index(name):show_settings() } } end

local function put_mapping(server, call, name)
  server:index(name).mapping:update(decode(call))
  return 200, DONE
end

local function refresh(server, _, name)
  for _, one in ipairs(name and { name } or server:names()) do server:index(one):refresh() end
  return 200, { _shards = SHARDS }
end

-- Documents.

-- Whether what is written is to be found at once.
local function forced(server, call)
  local value = call.query.refresh
  if value == nil or value == "false" then return false end
  if server.flavour.serverless then
    errors.refuse(400, "status_exception", ("%s refresh policy is not supported."):format(value == "" and "true" or value))
  end
  if value ~= "true" and value ~= "" and value ~= "wait_for" then errors.argument("Unknown value for refresh: [%s].", value) end
  return true
end

local function write(server, call, name, id, is_new)
  local is_forced = forced(server, call)
  server:check_id(id)
  if call.body == "" then errors.refuse(400, "parse_exception", "request body is required") end
  local index = server:index_to_write(name)
  local answer, status = index:write(id, call.body, is_new or call.query.op_type == "create")
  if is_forced then index:refresh() end
  if is_forced and call.query.refresh ~= "wait_for" then answer.forced_refresh = true end
  return status, answer
end

local function write_new(server, call, name, id) return write(server, call, name, id, true) end

local function update(server, call, name, id)
  local is_forced, index = forced(server, call), server:data_of(name)
  local answer = index:update(id, decode(call))
  if is_forced then index:refresh() end
  return 200, answer
end

local function read(server, call, name, id)
  local index = server:data_of(name)
  local doc = index.docs[id]
  if not doc then return 404, { _index = name, _id = id, found = false } end
  return 200, { _index = name, _id = id, _version = doc.version, _seq_no = doc.sequence, _primary_term = 1, found = true,
    _source = source.of(doc, call.query._source ~= "false" and nil, index.flavour.hides_vectors) }
end

local function read_many(server, call, name)
  local docs = json.array()
  for i, id in ipairs(decode(call).ids or {}) do docs[i] = select(2, read(server, call, name, id)) end
  return 200, { docs = docs }
end

local function remove(server, call, name, id)
  local is_forced, index = forced(server, call), server:data_of(name)
  local answer, status = index:delete(id)
  if is_forced then index:refresh() end
  return status, answer
end

local function write_many(server, call, name)
  local is_forced = forced(server, call)
  local answer = bulk.run(server, call.body, name, is_forced and call.query.refresh ~= "wait_for")
  if is_forced then refresh(server) end
  return 200, answer
end

-- Searches.

local function find(server, call, name)
  local body = decode(call)
  body.size = math.tointeger(tonumber(call.query.size)) or body.size
  if call.query._source then body._source = call.query._source ~= "false" and call.query._source end
  return 200, search.run(server:data_of(name):look(), body)
end

local function count(server, call, name) return 200, search.count(server:data_of(name):look(), decode(call)) end

-- One of several searches; what the data show to be wrong is its own error, what cannot be read that of all.
local function find_one(server, name, body)
  local done, result = pcall(function() return search.run(server:data_of(name):look(), body) end)
  if done then
    result.status = 200
    return result
  end
  if not errors.is_refusal(result) or not result.index and result.status ~= 404 then error(result, 0) end
  return errors.body(result)
end

local function find_many(server, call, name)
  if call.body:sub(-1) ~= "\n" then errors.argument("The msearch request must be terminated by a newline [\n]") end
  local responses = json.array()
  for head, text in call.body:gmatch("([^\n]*)\n([^\n]*)\n") do
    local meta, body = json.decode(head), json.decode(text)
    if not meta or not body then errors.refuse(400, "json_parse_exception", "The body is no JSON") end
    responses[#responses + 1] = find_one(server, meta.index or name, body)
  end
  if #responses == 0 then
    errors.refuse(400, "action_request_validation_exception", "Validation Failed: 1: no requests added;")
  end
  return 200, { took = 1, responses = responses }
end

-- The more special come first: "*" is anything.
return {
  { "GET HEAD", "", nil, info },
  { "GET", "_cluster/health", nil, health },
  { "GET", "_cat/indices", "DescribeIndex", list_indexes },
  { "GET", "_cat/indices/*", "DescribeIndex", list_indexes },
  { "GET POST", "_refresh", nil, refresh },
  { "POST PUT", "_bulk", "WriteDocument", write_many },
  { "GET POST", "_msearch", "ReadDocument", find_many },
  { "GET", "*/_mapping", "DescribeIndex", show_mapping },
  { "PUT POST", "*/_mapping", "UpdateIndex", put_mapping },
  { "GET", "*/_settings", "DescribeIndex", show_settings },
  { "GET POST", "*/_refresh", nil, refresh },
  { "POST PUT", "*/_bulk", "WriteDocument", write_many },
  { "GET POST", "*/_search", "ReadDocument", find },
  { "GET POST", "*/_msearch", "ReadDocument", find_many },
  { "GET POST", "*/_count", "ReadDocument", count },
  { "GET POST", "*/_mget", "ReadDocument", read_many },
  { "POST", "*/_doc", "WriteDocument", write },
  { "PUT POST", "*/_doc/*", "WriteDocument", write },
  { "PUT POST", "*/_create/*", "WriteDocument", write_new },
  { "POST", "*/_update/*", "WriteDocument", update },
  { "GET HEAD", "*/_doc/*", "ReadDocument", read },
  { "DELETE", "*/_doc/*", "WriteDocument", remove },
  { "DELETE", "*", "DeleteIndex", delete },
  { "PUT", "*", "CreateIndex", create },
  { "HEAD GET", "*", "DescribeIndex", show },
}
