-- SPDX-License-Identifier: MIT
-- The index seam: index.open(url) gives an index that finds the nearest images to a query vector. Here: a folder with vectors.npy
-- (mapped, searched exactly), docs.jsonl and index.json, which is written last and removed first: a folder without it is no index.
local embeddings = require "lib.embeddings"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local host = require "hilum.host"
local json = require "hilum.json"
local npy = require "hilum.npy"
local options = require "host.options"
local vec = require "hilum.vec"

local index = {}

local FORMAT = 1

-- What can be asked for in `where`, and the values of a record for it.
local FILTERS = {
  finding = function(doc) return doc.findings end,
  view = function(doc) return { doc.view } end,
  sex = function(doc) return { doc.sex } end,
  split = function(doc) return { doc.split } end,
  patient = function(doc) return { doc.patient } end,
}
local FILTER_NAMES = { "finding", "patient", "sex", "split", "view" }

local Index = {}
Index.__index = Index

-- Filters.

local function has_value(values, wanted)
  for _, value in ipairs(values) do if value == wanted then return true end end
  return false
end

-- All values of a filter in the index, sorted.
function Index:values(name)
  local list, seen = {}, {}
  for _, doc in ipairs(self.docs) do
    for _, value in ipairs(FILTERS[name](doc)) do
      if not seen[value] then
        seen[value] = true
        list[#list + 1] = value
      end
    end
  end
  table.sort(list)
  return list
end

-- The value as the index spells it, or nil and what is wrong.
function Index:resolve(name, value)
  if not FILTERS[name] then
    return nil, ("there is no filter '%s'%s; there are %s"):format(name, options.did_you_mean(name, FILTER_NAMES),
      table.concat(FILTER_NAMES, ", "))
  end
  local values = self:values(name)
  for _, known in ipairs(values) do if known:lower() == value:lower() then return known end end
  if #values == 0 then return nil, ("nothing in this index says its %s"):format(name) end
  local some = table.concat(values, ", ", 1, math.min(#values, 20)) .. (#values > 20 and ", …" or "")
  return nil, ("no image in the index has %s=%s%s; there are %s"):format(name, value, options.did_you_mean(value, values), some)
end

local function passes(doc, filter)
  for name, values in pairs(filter.where or {}) do
    for _, value in ipairs(type(values) == "table" and values or { values }) do
      if not has_value(FILTERS[name](doc), value) then return false end
    end
  end
  return not (filter.not_patient and has_value(filter.not_patient, doc.patient))
end

local function allowed_rows(docs, filter)
  if not next(filter.where or {}) and not filter.not_patient then return nil end
  local rows = {}
  for row, doc in ipairs(docs) do if passes(doc, filter) then rows[#rows + 1] = row end end
  return rows
end

-- The search.

-- Refuses vectors that another model made. model: { id=, length= }.
function Index:accepts(model)
  if model.id ~= self.model then
    return nil, host.error("integrity", ("the index %s was made with another model (%s) than %s; run `hilum embed` and `hilum index` again")
      :format(self.url, self.model, model.id))
  end
  if model.length ~= self.length then
    return nil, host.error("integrity", ("the index %s holds vectors of length %d, the model gives %d"):format(self.url, self.length,
      model.length))
  end
  return true
end

-- The row of an image by its name, or nil.
function Index:row_of(name)
  if not self.rows then
    self.rows = {}
    for row, doc in ipairs(self.docs) do self.rows[doc.image] = row end
  end
  return self.rows[name]
end

local function own_rows(filter, count)
  if not filter.not_row then return nil end
  local groups = {}
  for row = 1, count do groups[row] = row end
  return groups
end

-- The k nearest images to each row of queries (a Matrix with rows of length 1): a list per query of { rank, score, row, doc }.
-- filter: where = { finding = "Effusion" or { … all of them }, view=, sex=, split=, patient= }, with values from resolve;
-- not_patient = a list of patients; not_row = for each query a row that is not meant, or 0.
function Index:search(queries, k, filter)
  filter = filter or {}
  local rows = allowed_rows(self.docs, filter)
  if rows and #rows == 0 then
    local none = {}
    for i = 1, #queries do none[i] = {} end
    return none
  end
  local found = vec.search(self.vectors, queries, k, { only = rows, groups = own_rows(filter, #self.docs),
    query_groups = filter.not_row })
  local results = {}
  for i, hits in ipairs(found) do
    results[i] = {}
    for rank, row in ipairs(hits.rows) do
      results[i][rank] = { rank = rank, score = hits.scores[rank], row = row, doc = self.docs[row] }
    end
  end
  return results
end

-- Opening.

local function read_info(url)
  local path = fs.join(url, "index.json")
  if not fs.stat(path) then
    return nil, host.error("io", ("no index yet in %s: run `hilum index`"):format(url))
  end
  local text, err = fs.read(path)
  if not text then return nil, err end
  local info, why = json.decode(text)
  if info and info.format ~= FORMAT then
    return nil, host.error("parse", path .. " was written by another version of hilum: run `hilum index --force`")
  end
  return info, why
end

local function open_folder(url)
  local info, err = read_info(url)
  if not info then return nil, err end
  local vectors, map_error = npy.map(fs.join(url, "vectors.npy"))
  if not vectors then return nil, map_error end
  local docs = embeddings.read_docs(fs.join(url, "docs.jsonl"))
  local rows, cols = vectors:rows(), vectors:cols()
  if rows ~= info.count or #docs ~= info.count or cols ~= info.length then
    return nil, host.error("integrity", url .. " is damaged: its files do not belong together; run `hilum index --force`")
  end
  return setmetatable({ url = url, model = info.model, length = info.length, count = info.count, embedded = info.embedded,
    source = info.source, vectors = vectors, docs = docs }, Index)
end

-- A folder's path, or a URL: an index, or nil and an error. Other kinds of index are rows of a table in another release.
function index.open(url)
  if url:find("^%w+://") then
    return nil, host.error("usage", url .. ": an index on a server is not in this build yet; give a folder")
  end
  return open_folder(url)
end

-- The names of the indexes in a folder, sorted.
function index.names(folder)
  local names = {}
  for _, name in ipairs(fs.list(folder) or {}) do
    if fs.stat(fs.join(folder, name, "index.json")) then names[#names + 1] = name end
  end
  return names
end

-- Building.

local function fingerprint(paths)
  local sums = assert(hash.sha256_file { paths.vectors, paths.docs, paths.info })
  return { vectors = sums[1], docs = sums[2], info = sums[3] }
end

local function same_source(a, b)
  return a and a.vectors == b.vectors and a.docs == b.docs and a.info == b.info
end

local function is_current(folder, source)
  local info = read_info(folder)
  if not info or not same_source(info.source, source) then return false end
  for file, size in pairs(info.sizes) do
    local stat = fs.stat(fs.join(folder, file))
    if not stat or stat.size ~= size then return false end
  end
  return true
end

local function write_files(set, folder)
  assert(fs.mkdir(folder))
  fs.remove(fs.join(folder, "index.json"))
  assert(npy.write(fs.join(folder, "vectors.npy"), set.vectors))
  assert(fs.write(fs.join(folder, "docs.jsonl"), assert(fs.read(set.paths.docs))))
end

-- Makes the index of opened embeddings in a folder. Returns "built", or "current" when it is there already from the same files.
function index.build(set, folder, force)
  local source = fingerprint(set.paths)
  if not force and is_current(folder, source) then return "current" end
  write_files(set, folder)
  local sizes = {}
  for _, file in ipairs { "vectors.npy", "docs.jsonl" } do sizes[file] = fs.stat(fs.join(folder, file)).size end
  local info = { format = FORMAT, model = set.info.model, length = set.info.length, count = #set.docs, embedded = set.info.embedded,
    source = source, sizes = sizes, version = require "hilum".version }
  assert(fs.write(fs.join(folder, "index.json"), json.encode(info) .. "\n"))
  return "built"
end

return index
