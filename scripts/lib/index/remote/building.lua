-- SPDX-License-Identifier: MIT
-- Making an index on a server from embeddings. It is there from the beginning, but says that it is not complete until it is, so that a run
-- that was killed goes on where it was: rows that can be searched already are not sent again.
local capabilities = require "lib.opensearch.capabilities"
local common = require "lib.index.common"
local hash = require "hilum.hash"
local host = require "hilum.host"
local index_rows = require "lib.index.rows"
local mapping = require "lib.index.remote.mapping"
local writing = require "lib.index.remote.writing"

local building = {}

local BLOCK = 1 << 12 -- rows that are digested at a time

-- What the first rows of embeddings are: whether an index has been made from the same ones, and more came since.
local function digest(set, count)
  local sum = hash.new "sha256"
  for first = 1, count, BLOCK do
    local last = math.min(first + BLOCK - 1, count)
    sum:update(set.vectors:slice(first, last):bytes())
    for row = first, last do sum:update(index_rows.line(set.docs[row])) end
  end
  return sum:hex()
end

-- An image is there once, by its name. Raises.
local function check(set)
  common.check_finite(set.vectors, set.docs)
  local seen = {}
  for _, doc in ipairs(set.docs) do
    if seen[doc.image] then
      local message = "%s is embedded twice; on a server an image is there once: embed it under one name"
      error(host.error("integrity", message:format(doc.image)), 0)
    end
    seen[doc.image] = true
  end
end

-- Whether an index that "already exists" is the one that an attempt before has made, whose answer was lost.
local function is_made_before(client, meta, err)
  if not err.attempts or err.code ~= "resource_already_exists_exception" then return false end
  local there = client:mapping(client.name)
  local found = there and mapping.read(there, client.url)
  return found and not found.complete and found.content == meta.content and found.model == meta.model and found.name == meta.name
end

-- Makes an empty index. The generation of a collection may only come out now. Returns what the server can do, and what is remembered.
local function create_empty(client, set, settings, found)
  local chosen, why = capabilities.choose(found, settings)
  if not chosen then return nil, why end
  local meta = mapping.meta(found, chosen, set.info, set.name, set.source)
  meta.from, meta.count, meta.content = 1, #set.docs, set.content
  local made, err = client:create_index(client.name, mapping.body(found, chosen, meta, settings))
  if made or is_made_before(client, meta, err) then return found, meta end
  if found.kind ~= "classic" or not capabilities.is_of_nextgen(err) then return nil, err end
  return create_empty(client, set, settings, capabilities.serverless "nextgen")
end

local function remember(client, meta) return client:put_mapping(client.name, { _meta = { hilum = meta } }) end

-- Writes the rows from meta.from on that are not there, waits until they can be searched, and says that the index is complete. present:
-- the rows that are there, or nil.
local function fill(client, set, meta, found, settings, present)
  local places = {}
  for row = meta.from, #set.docs do
    if not (present and present[row]) then places[#places + 1] = row end
  end
  local self = { client = client, name = client.name, found = found, settings = settings }
  local done, err, doubtful = writing.documents(self, set.vectors, set.docs, places, function(place) return place end)
  if done then done, err = writing.settle(self, meta.from, #set.docs - meta.from + 1, doubtful or present ~= nil) end
  if not done then return nil, err end
  meta.complete = true
  return remember(client, meta)
end

-- Makes the index anew. set: { vectors=, docs=, info=, name=, source=, content= }; True, or nil and an error.
function building.create(client, set, settings)
  check(set)
  local found, err = capabilities.detect(client)
  if not found then return nil, err end
  local gone, why = client:delete_index(client.name)
  if gone == nil then return nil, why end
  local known, meta = create_empty(client, set, settings, found)
  if not known then return nil, meta end
  return fill(client, set, meta, known, settings)
end

-- Goes on with an index that is there, from meta.from on.
local function go_on(client, set, meta, settings)
  check(set)
  local found = capabilities.of_kind(meta.kind)
  if found.refresh then assert(client:refresh(client.name)) end
  local present = writing.survey({ client = client, name = client.name }, meta.from)
  assert(fill(client, set, meta, found, settings, present))
end

local function refuse(url, why)
  error(host.error("usage", ("%s %s: --force makes it anew, or give another name: --out URL/NAME"):format(url, why)), 0)
end

-- Whether the embeddings are those of a complete index and some more.
local function continues(meta, set)
  local info = set.info
  return meta.complete and not meta.changed and meta.count < #set.docs and meta.model == info.model and meta.length == info.length
    and meta.embedded == info.embedded and digest(set, meta.count) == meta.content
end

local function extend(client, set, meta, settings)
  meta.from, meta.count, meta.source, meta.content, meta.complete = meta.count + 1, #set.docs, set.source, set.content, false
  assert(remember(client, meta))
  go_on(client, set, meta, settings)
end

-- What is to be done with an index that is there. An index that others may be using is not replaced unasked.
local function update(client, set, meta, url, settings)
  local same = common.same_source(meta.source, set.source) and meta.name == set.name
  if same and meta.complete then return "current" end
  if same then
    go_on(client, set, meta, settings)
    return "resumed"
  end
  if meta.name ~= set.name then refuse(url, ("is that of the embeddings '%s'"):format(meta.name)) end
  if not continues(meta, set) then
    refuse(url, meta.model == set.info.model and "was made from other embeddings" or "was made with another model")
  end
  set.content = digest(set, #set.docs)
  extend(client, set, meta, settings)
  return "extended"
end

-- "built"; "current" when it is there already from the same files; "resumed" when a run that was interrupted has been finished; or
-- "extended" when rows have only been added at the end of the embeddings. Raises.
function building.build(client, opened, url, force, settings)
  local set = { vectors = opened.vectors, docs = opened.docs, info = opened.info, name = opened.name,
    source = common.fingerprint(opened.paths) }
  local there, err = client:mapping(client.name)
  if there == nil then error(err, 0) end
  if there then
    local meta, why = mapping.read(there, url)
    if not meta and not (force and why.kind == "parse") then error(why, 0) end
    if meta and not force then return update(client, set, meta, url, settings) end
  end
  set.content = digest(set, #set.docs)
  assert(building.create(client, set, settings))
  return "built"
end

return building
