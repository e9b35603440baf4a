-- SPDX-License-Identifier: MIT
-- One index: its documents as they were written, and the view of them that searches have, which is behind until the index is refreshed.
local errors = require "lib.fake.opensearch.errors"
local hash = require "hilum.hash"
local json = require "hilum.json"
local mapping = require "lib.fake.opensearch.mapping"
local task = require "hilum.task"
local vectors = require "lib.fake.opensearch.vectors"
local view = require "lib.fake.opensearch.view"

local Index = {}
Index.__index = Index

-- What is given for a field that is not a number.
local function not_a_number(field, path, id, value)
  local kind = field.type == "long" and "illegal_argument_exception" or "number_format_exception"
  errors.value(path, field.type, id, tostring(value), { type = kind, reason = ('For input string: "%s"'):format(tostring(value)) })
end

local function plain_value(field, path, id, value)
  if not field.is_number then return value end
  local number = tonumber(value) or not_a_number(field, path, id, value)
  return field.is_whole and (math.tointeger(number) or math.tointeger(number // 1)) or number
end

-- The document as it is searched: values by the paths of fields, vectors apart, and the rest without them.
local function analyse(self, doc, source)
  doc.values, doc.vectors, doc.light = {}, {}, {}
  for name, value in pairs(source) do doc.light[name] = value end
  self.mapping:walk(source, function(path, field, value)
    if value == json.null then return end
    if field.type == "knn_vector" then
      doc.vectors[path] = vectors.read(field, path, value, doc.id)
      if source[path] then doc.light[path] = nil end
      return
    end
    local list = {}
    for _, one in ipairs(type(value) == "table" and value or { value }) do
      if one ~= json.null then list[#list + 1] = plain_value(field, path, doc.id, one) end
    end
    doc.values[path] = list
  end)
end

function Index:new_id()
  self.made = self.made + 1
  return hash.sha256(self.uuid .. self.made):sub(1, 20)
end

local function changed(self)
  self.sequence = self.sequence + 1
  if not self.pending_since then self.pending_since, self.looks = task.now(), 0 end
  return self.sequence - 1
end

-- Versions go on when a document was deleted meanwhile.
local function next_version(self, id)
  self.versions[id] = (self.versions[id] or 0) + 1
  return self.versions[id]
end

local function shards() return { total = 1, successful = 1, failed = 0 } end

local function answer(self, doc, result)
  return { _index = self.name, _id = doc.id, _version = doc.version, result = result, _shards = shards(), _seq_no = doc.sequence,
    _primary_term = 1 }
end

local function conflict(self, doc)
  local reason = ("[%s]: version conflict, document already exists (current version [%d])"):format(doc.id, doc.version)
  errors.refuse(409, "version_conflict_engine_exception", reason,
    { fields = { index = self.name, shard = "0", index_uuid = self.uuid } })
end

-- Writes a document. text: its JSON. Returns the answer, and the status.
function Index:write(id, text, create)
  local before = id and self.docs[id]
  if before and create then conflict(self, before) end
  local source = text:find("^%s*{") and json.decode(text)
  if not source then
    errors.refuse(400, "mapper_parsing_exception", "failed to parse", { caused_by = { type = "not_x_content_exception",
      reason = "Compressor detection can only be called on some xcontent bytes or compressed xcontent bytes" } })
  end
  local doc = { id = id or self:new_id(), text = text }
  analyse(self, doc, source)
  doc.version = next_version(self, doc.id)
  doc.sequence = changed(self)
  self.docs[doc.id] = doc
  return answer(self, doc, before and "updated" or "created"), before and 200 or 201
end

-- Changes some of a document.
function Index:update(id, body)
  local doc = self.docs[id]
  if not doc then
    errors.refuse(404, "document_missing_exception", ("[%s]: document missing"):format(id),
      { fields = { index = self.name, shard = "0", index_uuid = self.uuid } })
  end
  local source = json.decode(doc.text)
  local before = json.encode(source)
  for name, value in pairs(body.doc or {}) do source[name] = value end
  local after = json.encode(source)
  if after == before then return answer(self, doc, "noop"), 200 end
  return self:write(id, after)
end

function Index:delete(id)
  local doc = self.docs[id]
  self.docs[id] = nil
  local gone = { id = id, version = next_version(self, id), sequence = changed(self) }
  return answer(self, gone, doc and "deleted" or "not_found"), doc and 200 or 404
end

-- What was written is found from now on.
function Index:refresh()
  local list = {}
  for _, doc in pairs(self.docs) do list[#list + 1] = doc end
  table.sort(list, function(a, b) return a.sequence < b.sequence end)
  self.view, self.pending_since = view.new(self, list), nil
end

-- What searches see now. Time goes on with each look.
function Index:look()
  if self.pending_since then
    self.looks = self.looks + 1
    if self.looks > self.flavour.looks or task.now() - self.pending_since >= self.flavour.delay then self:refresh() end
  end
  return self.view
end

function Index:show_settings()
  return { index = { number_of_shards = tostring(self.settings.number_of_shards or 1), provided_name = self.name, uuid = self.uuid,
    number_of_replicas = tostring(self.settings.number_of_replicas or 1), knn = self.mapping.is_knn and "true" or nil,
    creation_date = ("%d"):format(self.created) } }
end

-- A new index. settings: by their names without "index."; mappings: of the request's body.
return function(flavour, name, settings, mappings)
  local is_knn = tostring(settings.knn) == "true"
  local self = setmetatable({ flavour = flavour, name = name, settings = settings, docs = {}, versions = {}, sequence = 0,
    made = 0, created = os.time() * 1000, uuid = hash.sha256(("%s %s"):format(name, task.now())):sub(1, 22) }, Index)
  self.mapping = mapping(flavour, mappings, is_knn)
  self:refresh()
  return self
end
