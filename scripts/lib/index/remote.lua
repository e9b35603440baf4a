-- SPDX-License-Identifier: MIT
-- An index on an OpenSearch, of the kinds that lib/index has. All questions go to the server, but for records that came with an answer.
-- Where they are: https://HOST is a place of indexes, hilum-NAME each; https://HOST/NAME is one of them. settings: auth and ca (lib/
-- opensearch), and for what writes engine, space, compression, hnsw, bulk, at_once, poll, progress. Methods raise what the server says.
local address = require "lib.opensearch.address"
local building = require "lib.index.remote.building"
local capabilities = require "lib.opensearch.capabilities"
local caught = require "lib.caught"
local common = require "lib.index.common"
local documents = require "lib.index.remote.documents"
local filters = require "lib.index.remote.filters"
local host = require "hilum.host"
local json = require "hilum.json"
local mapping = require "lib.index.remote.mapping"
local opensearch = require "lib.opensearch"
local pages = require "lib.index.remote.pages"
local scores = require "lib.index.remote.scores"
local searching = require "lib.index.remote.searching"
local vec = require "hilum.vec"
local writing = require "lib.index.remote.writing"

local remote = {}

local PREFIX = "hilum-"
local MOST = searching.MOST -- values of a field
local REMEMBERED = 50000   -- records

local WITHOUT_VECTOR = documents.WITHOUT_VECTOR

local Index = {}
Index.__index = Index
for name, method in pairs(common.METHODS) do Index[name] = method end

-- Opening.

-- What searches see now: how many images, and the highest row.
local function look(self)
  local found = assert(self.client:search(self.name, { size = 0, track_total_hits = true, aggs = { rows = { max = { field = "row" } } } }))
  self.count, self.rows = found.hits.total.value, math.tointeger(found.aggregations.rows.value) or 0
  self.known_docs, self.known_rows, self.remembered, self.counts = {}, {}, 0, {}
end

local function of_meta(client, url, meta)
  return setmetatable({ client = client, name = client.name, url = url, meta = meta, cosine = scores.to_cosine(meta.space),
    model = meta.model, length = meta.length, embedded = meta.embedded, source = meta.source }, Index)
end

-- The client of an index's URL.
local function connect(url, settings)
  local client, err = opensearch.open(url, settings)
  if client and not client.name then return nil, host.error("usage", ("%s names no index: %s/NAME does"):format(url, client.root)) end
  return client, err
end

-- What is remembered of an index; false: there is none.
local function read_meta(client, url)
  local found, err = client:mapping(client.name)
  if not found then return found, err end
  return mapping.read(found, url)
end

-- The index at a URL, or nil and an error.
function remote.open(url, settings)
  local client, err = connect(url, settings)
  if not client then return nil, err end
  local meta, why = read_meta(client, url)
  if meta == false then return nil, host.error("io", ("no index yet at %s: run `hilum index --out URL`"):format(url)) end
  if not meta then return nil, why end
  if not meta.complete then return nil, host.error("integrity", url .. " is not complete: run `hilum index --out URL` again") end
  return caught(function()
    local self = of_meta(client, url, meta)
    look(self)
    return self
  end)
end

-- Whether there is one, whatever state it is in. Raises.
function remote.exists(url, settings)
  local found, err = assert(connect(url, settings)):mapping(address.parse(url).name)
  if found == nil then error(err, 0) end
  return found ~= false
end

-- The URL of the index of that name at a place; a place that is an index already is that one.
function remote.at(url, name)
  local place = assert(address.parse(url))
  if place.name then return url end
  return ("%s/%s%s"):format(place.root, PREFIX, (name:lower():gsub("[^%l%d_-]", "-")))
end

-- What an index at a place was embedded as; nil if it is not where hilum would have made it there.
local function name_at(client, name, url)
  local found, err = client:mapping(name)
  if found == nil then error(err, 0) end
  local meta = found and mapping.read(found, url)
  return meta and remote.at(url, meta.name) == ("%s/%s"):format(client.root, name) and meta.name or nil
end

-- The names of hilum's indexes at a place, as they were embedded, sorted. Raises.
function remote.names(url, settings)
  local client, names = assert(opensearch.open(url, settings)), {}
  if client.name then
    local meta, err = read_meta(client, url)
    if meta == nil then error(err, 0) end
    return meta and { meta.name } or names
  end
  for _, name in ipairs(assert(client:indexes(PREFIX))) do names[#names + 1] = name_at(client, name, url) end
  table.sort(names)
  return names
end

-- Records.

-- Takes a document's source as the record that it is; returns it, and its row.
function Index:remember(source)
  local doc, row = documents.decode(source)
  if self.remembered >= REMEMBERED then self.known_docs, self.known_rows, self.remembered = {}, {}, 0 end
  self.remembered = self.remembered + 1
  self.known_docs[row], self.known_rows[doc.image] = doc, row
  return doc, row
end

-- The last document that has a value; nil if there is none.
local function find(self, field, value, source)
  local found = assert(self.client:search(self.name, { size = 1, query = { term = { [field] = value } }, sort = { { row = "desc" } },
    _source = source or WITHOUT_VECTOR }))
  local first = found.hits.hits[1]
  return first and first._source
end

-- The record of a row.
function Index:doc(row)
  local known = self.known_docs[row]
  if known then return known end
  local source = find(self, "row", row)
  if not source then error(host.error("integrity", ("%s has no record for row %d any more"):format(self.url, row)), 0) end
  return (self:remember(source))
end

-- The row of an image by its name, or nil.
function Index:row_of(name)
  if self.known_rows[name] then return self.known_rows[name] end
  local source = find(self, "filename", name)
  return source and select(2, self:remember(source))
end

-- The vector of a row, as a Matrix with that one row; nil where the server keeps vectors to itself (NextGen does unless all is asked for).
function Index:vector(row)
  local source = find(self, "row", row, true)
  local numbers = source and source[documents.VECTOR]
  return type(numbers) == "table" and #numbers == self.length and vec.from(numbers, 1, self.length) or nil
end

-- The first records, at most so many: a list of { row=, doc= }.
function Index:first_docs(most)
  local found = assert(self.client:search(self.name, { size = math.min(most, MOST), sort = { { row = "asc" } },
    _source = WITHOUT_VECTOR }))
  local list = {}
  for i, one in ipairs(found.hits.hits) do
    local doc, row = self:remember(one._source)
    list[i] = { row = row, doc = doc }
  end
  return list
end

-- Filters.

-- How many images have each value of a field.
local function counts_of(self, name)
  if self.counts[name] then return self.counts[name] end
  local found = assert(self.client:search(self.name, { size = 0,
    aggs = { values = { terms = { field = filters.field(name), size = MOST } } } }))
  local counts = {}
  for _, bucket in ipairs(found.aggregations.values.buckets) do counts[bucket.key] = bucket.doc_count end
  self.counts[name] = counts
  return counts
end

-- The values of a filter in the index, sorted; of the rarer ones not all, if they are more than 10,000.
function Index:values(name)
  local values = {}
  for value in pairs(counts_of(self, name)) do values[#values + 1] = value end
  table.sort(values)
  return values
end

-- How many images have a value of a filter.
function Index:count_with(name, value)
  local known = self.counts[name] and self.counts[name][value]
  return known or assert(self.client:count(self.name, filters.query { where = { [name] = value } }))
end

function Index:has_value(name, value) return self:count_with(name, value) > 0 end

-- The k nearest images to each row of queries, as the index in a folder has it, with the same filter; nearly so, for the server's search
-- is approximate.
function Index:search(queries, k, filter) return searching.search(self, queries, k, filter or {}) end

-- Changing. True, or nil and an error; afterwards idx is as if it were opened anew.

local function writer(self, settings)
  return { client = self.client, name = self.name, found = capabilities.of_kind(self.meta.kind), settings = settings or {} }
end

-- What was added or deleted one by one is not what the embeddings say: they are not added to such an index any more.
local function note_change(self)
  if self.meta.changed then return true end
  self.meta.changed = true
  return self.client:put_mapping(self.name, { _meta = { hilum = self.meta } })
end

local function change(self, f)
  return caught(function()
    f()
    look(self)
    return true
  end)
end

-- Adds images, or puts them in place of those with the same names: a row of vectors and a record for each.
function Index:append(vectors, docs, settings)
  self:check_new_rows(vectors, docs)
  return change(self, function()
    common.check_finite(vectors, docs)
    local to, places, before = writer(self, settings), {}, self.rows
    for i in ipairs(docs) do places[i] = i end
    assert(note_change(self))
    local done, err, doubtful = writing.documents(to, vectors, docs, places, function(place) return before + place end)
    assert(done, err)
    assert(writing.settle(to, before + 1, #docs, doubtful))
  end)
end

-- Deletes images by name ({ "a.png", … }) or by what they show ({ finding = "Effusion", … }). Returns how many.
function Index:delete(what, settings)
  local query = what[1] == nil and next(what) and filters.query { where = what } or { terms = { filename = json.array(what) } }
  local names, count = {}, 0
  local done, err = change(self, function()
    local ids = {}
    for one in pages.each(self.client, self.name, query, { "row", "filename" }) do
      ids[#ids + 1] = one._id
      count = names[one._source.filename] and count or count + 1
      names[one._source.filename] = true
    end
    if #ids == 0 then return end
    local to = writer(self, settings)
    assert(note_change(self))
    assert(writing.delete(to, ids))
    assert(writing.settle_deleted(to, self.count - #ids))
  end)
  return done and count, err
end

-- A server does so by itself.
function Index:compact() return true end -- luacheck: no self

-- Building.

-- Deletes an index that hilum made. True; false: there is none; nil and an error.
function remote.remove(url, settings)
  local client, err = connect(url, settings)
  if not client then return nil, err end
  local meta, why = read_meta(client, url)
  if not meta and not (why and why.kind == "parse") then return meta, why end
  local gone, failure = client:delete_index(client.name)
  if gone == nil then return nil, failure end
  return gone ~= false
end

-- Makes a new index, in place of whatever hilum had there. Arguments as of the index in a folder.
function remote.create(url, info, docs, vectors, source, settings)
  local client, err = connect(url, settings)
  if not client then return nil, err end
  local gone, why = remote.remove(url, settings)
  if gone == nil then return nil, why end
  local set = { info = info, docs = docs or {}, vectors = vectors or vec.new(0, info.length), source = source,
    name = info.name or client.name }
  return caught(function() return assert(building.create(client, set, settings or {})) and true end)
end

-- Makes the index of opened embeddings, as lib/index/remote/building says. Raises.
function remote.build(set, url, force, settings)
  return building.build(assert(connect(url, settings)), set, url, force, settings or {})
end

return remote
