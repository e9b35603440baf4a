-- SPDX-License-Identifier: MIT
-- An index in a folder, of the kinds that lib/index has: vectors.npy (mapped), its rows as int8 (searched with a proof: hilum.vec),
-- docs.jsonl, and what lib/index/rows keeps of it. Readers see what counted when they opened; lib/index/folder says how a writer changes
-- that.
local common = require "lib.index.common"
local folder = require "lib.index.folder"
local fs = require "hilum.fs"
local host = require "hilum.host"
local index_rows = require "lib.index.rows"
local json = require "hilum.json"
local npy = require "hilum.npy"
local rows = require "hilum.rows"
local vec = require "hilum.vec"
local words = require "lib.model.text"

local disk = {}

local ATTEMPTS = 20       -- to open files that a writer replaces at that moment
local TAIL = 1024         -- rows without int8 that are left to wait for more
local TAIL_SHARE = 1 / 16 -- or that share of the rows that have it
local BLOCK = 1 << 16     -- rows that compaction moves at a time

local Index = {}
Index.__index = Index
for name, method in pairs(common.METHODS) do Index[name] = method end

-- Opening.

local function map_rows(url, record, count, few)
  return folder.open(url, record, "vectors.npy", function(path) return npy.map(path, { rows = count, few = few }) end)
end

-- vectors: all rows; head: the first ones, which quantized has as int8, of which a search reads few; nil if there are none.
local function open_vectors(url, record)
  local vectors = assert(map_rows(url, record, record.count))
  if vectors:cols() ~= record.length or record.files["rows.bin"].size ~= index_rows.size(record.count) then
    error(folder.damaged(url, "its files do not belong together"), 0)
  end
  if record.quantized == 0 then return vectors end
  local head = assert(map_rows(url, record, record.quantized, true))
  local quantized = assert(folder.open(url, record, "vectors.int8", function(path) return vec.load_quantized(path, head) end))
  return vectors, head, quantized
end

-- Takes what a record says as what the index is. Raises.
local function adopt(self, record)
  self.vectors, self.head, self.quantized = open_vectors(self.url, record)
  self.files = {}
  for _, name in ipairs { "docs.jsonl", "rows.bin", "tags.bin", "values.jsonl" } do
    self.files[name] = assert(folder.open(self.url, record, name, rows.map))
  end
  self.record, self.deleted_rows, self.value_text = record, nil, nil
  self.rows, self.count = record.count, record.count - record.deleted
  self.model, self.length, self.embedded, self.source = record.model, record.length, record.embedded, record.source
end

local function try_to_open(url)
  local record, err = folder.read(url)
  if not record then return nil, err, true end
  local self = setmetatable({ url = url }, Index)
  local opened, why = pcall(adopt, self, record)
  local now = folder.read(url)
  if opened and now and folder.same_files(record, now) then return self end
  if type(why) == "string" then error(why, 0) end -- a fault of this program
  if why and why.kind == "io" and why.code ~= "ENOENT" then return nil, why end -- as where a file may not be read: it may be whole
  return nil, folder.damaged(url, why and why.message or "its files change all the time")
end

-- The index in a folder, or nil and an error.
-- idx.count: how many images it has; idx.rows: with the deleted ones; idx.vectors: all rows, mapped.
function disk.open(url)
  local self, err, certain
  for _ = 1, ATTEMPTS do
    self, err, certain = try_to_open(url)
    if self or certain then break end
  end
  return self, err
end

-- Whether there is one, whatever state it is in.
disk.exists = folder.exists

-- The folder of an index below a folder of indexes.
disk.at = fs.join

-- The names of the indexes in a folder, sorted.
function disk.names(path)
  local names = {}
  for _, name in ipairs(fs.list(path) or {}) do
    if folder.exists(fs.join(path, name)) then names[#names + 1] = name end
  end
  return names
end

-- Records.

-- The record of a row.
function Index:doc(row)
  local file, before, last = self.files["docs.jsonl"], index_rows.span(self.files["rows.bin"], row)
  local sound = before and before >= 0 and before <= last and last <= #file
  local doc = sound and json.decode(file:text(before + 1, last))
  if type(doc) ~= "table" then error(folder.damaged(self.url, ("docs.jsonl has no record for row %d"):format(row)), 0) end
  return doc
end

-- The vector of a row, as a Matrix with that one row.
function Index:vector(row) return self.vectors:slice(row, row) end

-- The rows that a number, or one of a list of them, tags. Raises.
local function tagged_rows(self, numbers)
  local set, err = rows.set(self.rows):add_tagged(self.files["tags.bin"], numbers)
  return set or error(folder.damaged(self.url, "tags.bin: " .. err.message), 0)
end

-- The deleted rows as a set; nil if there are none.
local function deleted_rows(self)
  if self.record.deleted == 0 then return nil end
  if not self.deleted_rows then
    self.deleted_rows = tagged_rows(self, index_rows.DELETED)
  end
  return self.deleted_rows
end

local function rows_of(self, name)
  local list, deleted = {}, deleted_rows(self)
  for _, row in ipairs(index_rows.rows_named(self.files["rows.bin"], name)) do
    if not (deleted and deleted:has(row)) and self:doc(row).image == name then list[#list + 1] = row end
  end
  return list
end

-- The row of an image by its name, or nil; the last one if there are several.
function Index:row_of(name)
  local list = rows_of(self, name)
  return list[#list]
end

-- The first records that were not deleted, at most so many: a list of { row=, doc= }.
function Index:first_docs(most)
  local list, deleted = {}, deleted_rows(self)
  for row = 1, self.rows do
    if #list == most then break end
    if not (deleted and deleted:has(row)) then list[#list + 1] = { row = row, doc = self:doc(row) } end
  end
  return list
end

-- Filters.

local function value_text(self)
  self.value_text = self.value_text or self.files["values.jsonl"]:text()
  return self.value_text
end

-- All values of a filter in the index, sorted.
function Index:values(name) return index_rows.values(value_text(self), name) end

function Index:has_value(name, value) return index_rows.value_number(value_text(self), name, value) ~= nil end

-- The rows with any of the values.
local function rows_with(self, field, values)
  local numbers = index_rows.value_numbers(value_text(self), field, values)
  return tagged_rows(self, #numbers == 1 and numbers[1] or numbers)
end

-- How many images have a value of a filter.
function Index:count_with(name, value)
  local set, deleted = rows_with(self, name, { value }), deleted_rows(self)
  return (deleted and set:remove(deleted) or set):size()
end

local function copy_of(self, set) return rows.set(self.rows):invert():keep(set) end

local function union(self, a, b) return rows.set(self.rows):invert():remove(a):remove(b):invert() end

-- The findings of the index whose names have a word.
local function findings_with(self, word)
  local list = {}
  for _, finding in ipairs(self:values("finding")) do
    for _, one in ipairs(words.words(finding)) do
      if one == word then list[#list + 1] = finding end
    end
  end
  return list
end

-- The rows whose findings have at least so many of the words.
local function rows_with_words(self, wanted, at_least)
  local levels = { [0] = rows.set(self.rows):invert() } -- those with 1 of the words looked at so far, with 2 …
  for i, word in ipairs(wanted) do
    local having = rows_with(self, "finding", findings_with(self, word))
    for level = i, 1, -1 do
      local more = copy_of(self, having):keep(levels[level - 1])
      levels[level] = levels[level] and union(self, levels[level], more) or more
    end
  end
  return levels[at_least] or rows.set(self.rows)
end

-- The rows that may be found, as a set; nil: all. filter: as of Index:search.
local function allowed_rows(self, filter)
  local deleted, where, not_patient = deleted_rows(self), filter.where or {}, filter.not_patient or {}
  if not next(where) and #not_patient == 0 and not filter.words and not deleted then return nil end
  local set = rows.set(self.rows):invert()
  if filter.words then set:keep(rows_with_words(self, filter.words, filter.at_least)) end
  for name, values in pairs(where) do
    for _, value in ipairs(type(values) == "table" and values or { values }) do set:keep(rows_with(self, name, { value })) end
  end
  if #not_patient > 0 then set:remove(rows_with(self, "patient", not_patient)) end
  return deleted and set:remove(deleted) or set
end

-- The search.

local function none_for(queries)
  local none = {}
  for i = 1, #queries do none[i] = { rows = {}, scores = {} } end
  return none
end

-- Two answers to a query as one; all rows of the first come before all rows of the second.
local function merge(a, b, k)
  local merged, i, j = { rows = {}, scores = {} }, 1, 1
  for rank = 1, math.min(k, #a.rows + #b.rows) do
    if i <= #a.rows and (j > #b.rows or a.scores[i] >= b.scores[j]) then
      merged.rows[rank], merged.scores[rank], i = a.rows[i], a.scores[i], i + 1
    else
      merged.rows[rank], merged.scores[rank], j = b.rows[j], b.scores[j], j + 1
    end
  end
  return merged
end

local function search_head(self, queries, k, allowed)
  if not self.head then return none_for(queries) end
  local found, err = self.quantized:search(self.head, queries, k, { only = allowed and allowed:bits(1, self.record.quantized) })
  if not found then error(folder.damaged(self.url, "vectors.int8: " .. err.message), 0) end
  return found
end

-- The rows that came after the int8 sidecar was made; as a list, so that vec.search scores them one by one, as the certified search does.
local function search_tail(self, queries, k, allowed)
  local only = (allowed or rows.set(self.rows):invert()):list(self.record.quantized + 1)
  return vec.search(self.vectors, queries, k, { only = only })
end

local function nearest(self, queries, k, allowed)
  local found = search_head(self, queries, k, allowed)
  if self.record.quantized == self.rows then return found end
  for i, more in ipairs(search_tail(self, queries, k, allowed)) do found[i] = merge(found[i], more, k) end
  return found
end

local function to_hits(self, found, k, not_row)
  local hits = {}
  for i, row in ipairs(found.rows) do
    if #hits < k and row ~= not_row then
      hits[#hits + 1] = { rank = #hits + 1, score = found.scores[i], row = row, doc = self:doc(row) }
    end
  end
  return hits
end

-- The k nearest images to each row of queries (a Matrix with rows of length 1): a list per query of { rank, score, row, doc }.
-- filter: where = { finding = "Effusion" or { … all of them }, view=, sex=, split=, patient= }, with values from resolve;
-- not_patient = a list of patients; words = a list of them, in lower case, of which the findings have at_least so many; not_row = for each
-- query a row that is not meant, or 0.
function Index:search(queries, k, filter)
  local not_row = filter and filter.not_row
  local allowed = allowed_rows(self, filter or {})
  local results = {}
  for i, found in ipairs(nearest(self, queries, k + (not_row and 1 or 0), allowed)) do
    results[i] = to_hits(self, found, k, not_row and not_row[i])
  end
  return results
end

-- Changing. Each change counts as a whole or not at all, also for other processes; afterwards idx is as if it were opened anew.
-- Where there is a failure: nil and an error, with code EWOULDBLOCK while another process is writing.

local function change(self, f)
  local record, err = folder.change(self.url, function(under_way)
    if under_way.record.model ~= self.model then
      error(host.error("integrity", self.url .. " was made anew with another model meanwhile: open it again"), 0)
    end
    if under_way.record.commit ~= self.record.commit + 1 then adopt(self, assert(folder.read(self.url))) end
    return f(under_way)
  end)
  if record and record.commit ~= self.record.commit then adopt(self, record) end
  return record and true, err
end

local function quantize_rows(under_way, path)
  local record = under_way.record
  local all = assert(npy.map(path, { rows = record.count }))
  under_way:replace("vectors.int8", function(sidecar) assert(assert(vec.quantize(all)):save(sidecar)) end)
  record.quantized = record.count
end

local function add_rows(under_way, vectors, docs, values)
  local record = under_way.record
  local added = index_rows.encode(docs, { rows = record.count, docs = record.files["docs.jsonl"].size, values = values })
  for name, bytes in pairs(added) do under_way:append(name, bytes) end
  local path = fs.join(under_way.url, "vectors.npy")
  assert(npy.append(path, vectors, { at = record.count }))
  under_way:grown("vectors.npy", fs.stat(path).size)
  record.count = record.count + #docs
  if record.count - record.quantized > math.max(TAIL, record.quantized * TAIL_SHARE) then quantize_rows(under_way, path) end
end

-- Makes all files anew: write_vectors(path) writes the vectors of the docs.
local function write_all(under_way, docs, write_vectors)
  local record, encoded = under_way.record, index_rows.encode(docs)
  for name, bytes in pairs(encoded) do
    under_way:replace(name, function(path) assert(fs.write(path, bytes)) end)
  end
  record.count, record.deleted, record.quantized = #docs, 0, 0
  local path = under_way:replace("vectors.npy", write_vectors)
  if #docs > 0 then quantize_rows(under_way, path) else under_way:drop("vectors.int8") end
end

-- Adds images: a row of vectors and a record (with its image's name) for each.
function Index:append(vectors, docs)
  self:check_new_rows(vectors, docs)
  return change(self, function(under_way)
    common.check_finite(vectors, docs)
    if #docs == 0 then return false end
    add_rows(under_way, vectors, docs, value_text(self))
  end)
end

local function rows_meant(self, what)
  for name, values in pairs(what) do -- which would mean every image
    if type(values) == "table" and #values == 0 then error(("delete: no value of %s is named"):format(name), 0) end
  end
  if what[1] == nil and next(what) then return allowed_rows(self, { where = what }) or rows.set(self.rows):invert() end
  local set = rows.set(self.rows)
  for _, name in ipairs(what) do set:add(rows_of(self, name)) end
  return set
end

-- Deletes images by name ({ "a.png", … }) or by what they show ({ finding = "Effusion", … }, as in a filter's where). Returns how many.
function Index:delete(what)
  local count = 0
  local done, err = change(self, function(under_way)
    local list = rows_meant(self, what):list()
    count = #list
    if count == 0 then return false end
    under_way:append("tags.bin", index_rows.deletions(list))
    under_way.record.deleted = under_way.record.deleted + count
  end)
  return done and count, err
end

local function write_some(path, vectors, list)
  assert(npy.write(path, vec.new(0, vectors:cols())))
  for first = 1, #list, BLOCK do
    local block = table.move(list, first, math.min(first + BLOCK - 1, #list), 1, {})
    assert(npy.append(path, vectors:gather(block)))
  end
end

-- Writes the index anew without what was deleted; rows get other numbers. Searches become a little faster, and the disk gets room.
function Index:compact()
  return change(self, function(under_way)
    local deleted = deleted_rows(self)
    if not deleted and self.record.quantized == self.rows then return false end
    local docs, list = {}, (deleted and deleted:invert() or rows.set(self.rows):invert()):list()
    for i, row in ipairs(list) do docs[i] = self:doc(row) end
    write_all(under_way, docs, function(path) write_some(path, self.vectors, list) end)
  end)
end

-- Building.

local function set_info(under_way, info, source)
  local record = under_way.record
  record.model, record.length, record.embedded, record.source = info.model, info.length, info.embedded, source
  record.version = require "hilum".version
end

-- Makes a new index in a folder, in place of whatever was there. info: { model=, length=, embedded= }; docs and vectors: its images,
-- none if not given; source: what it is made from. Returns true, or nil and an error.
function disk.create(url, info, docs, vectors, source)
  local record, err = folder.change(url, function(under_way)
    set_info(under_way, info, source)
    if docs then common.check_finite(vectors, docs) end
    write_all(under_way, docs or {}, function(path) assert(npy.write(path, vectors or vec.new(0, info.length))) end)
  end, true)
  return record and true, err
end

-- Whether the embeddings are those of the index and some more.
local function continues(self, set)
  local info = set.info
  if self.model ~= info.model or self.length ~= info.length or self.embedded ~= info.embedded or self.rows >= #set.docs then
    return false
  end
  for first = 1, self.rows, BLOCK do
    local last = math.min(first + BLOCK - 1, self.rows)
    if self.vectors:slice(first, last):bytes() ~= set.vectors:slice(first, last):bytes() then return false end
  end
  local lines = {}
  for row = 1, self.rows do lines[row] = index_rows.line(set.docs[row]) end
  return self.files["docs.jsonl"]:text() == table.concat(lines)
end

local function extend(self, set, source)
  local first, last = self.rows + 1, #set.docs
  local vectors, docs = set.vectors:slice(first, last), table.move(set.docs, first, last, 1, {})
  assert(change(self, function(under_way)
    common.check_finite(vectors, docs)
    set_info(under_way, set.info, source)
    add_rows(under_way, vectors, docs, value_text(self))
  end))
end

-- Makes the index of opened embeddings in a folder. Returns "built"; "current" when it is there already from the same files; or
-- "extended" when it was there and rows have only been added at the end of the embeddings.
function disk.build(set, url, force)
  local source = common.fingerprint(set.paths)
  local self = not force and folder.exists(url) and disk.open(url)
  if self and common.same_source(self.source, source) then
    if folder.is_unsettled(url) then assert(change(self, function() return false end)) end
    return "current"
  end
  if self and continues(self, set) then
    extend(self, set, source)
    return "extended"
  end
  assert(disk.create(url, set.info, set.docs, set.vectors, source))
  return "built"
end

-- Deletes the index in a folder. True; false: there is none; nil and an error.
disk.remove = folder.remove

return disk
