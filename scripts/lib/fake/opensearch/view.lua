-- SPDX-License-Identifier: MIT
-- The documents of an index as of its last refresh, numbered, and what searches need of them: which have a term, and the vectors as a
-- matrix. Both are made when they are first asked for.
local text = require "lib.fake.opensearch.text"
local vec = require "hilum.vec"

local view = {}

local View = {}
View.__index = View

function view.new(index, docs) return setmetatable({ index = index, docs = docs, of_terms = {}, of_vectors = {} }, View) end

-- The terms of a document's field.
local function terms_of(field, doc, path)
  local values = doc.values[field.parent or path] or {}
  if field.type ~= "text" then return values end
  local words = {}
  for _, value in ipairs(values) do
    for _, word in ipairs(text.words(tostring(value))) do words[#words + 1] = word end
  end
  return words
end

local function count_terms(terms, field)
  local counts = {}
  for _, term in ipairs(terms) do
    if not (field.ignore_above and #tostring(term) > field.ignore_above) then counts[term] = (counts[term] or 0) + 1 end
  end
  return counts
end

-- By term: which documents have it, and how often ({ [number] = count }); how many terms each has; and the averages that scores need.
local function index_terms(self, path)
  local field = self.index.mapping.fields[path]
  local found = { docs = {}, frequency = {}, lengths = {}, count = 0, average = 0 }
  local total = 0
  for i, doc in ipairs(field and self.docs or {}) do
    local terms = terms_of(field, doc, path)
    for term, count in pairs(count_terms(terms, field)) do
      local docs = found.docs[term] or {}
      docs[i], found.docs[term] = field.type == "text" and count or 1, docs
      found.frequency[term] = (found.frequency[term] or 0) + 1
    end
    if #terms > 0 then found.count, found.lengths[i], total = found.count + 1, field.type == "text" and #terms or 1, total + #terms end
  end
  found.average = found.count > 0 and total / found.count or 1
  return found
end

function View:terms(path)
  self.of_terms[path] = self.of_terms[path] or index_terms(self, path)
  return self.of_terms[path]
end

-- The vectors of a field: a matrix, the same quantised for hilum's certified search, and the documents' numbers by row.
local function gather(self, path)
  local parts, numbers = {}, {}
  for i, doc in ipairs(self.docs) do
    if doc.vectors[path] then parts[#parts + 1], numbers[#numbers + 1] = doc.vectors[path], i end
  end
  local field = self.index.mapping.fields[path]
  local matrix = #parts > 0 and vec.from(table.concat(parts), #parts, field.dimension) or nil
  return { matrix = matrix, quantized = matrix and assert(vec.quantize(matrix)), numbers = numbers }
end

function View:vectors(path)
  self.of_vectors[path] = self.of_vectors[path] or gather(self, path)
  return self.of_vectors[path]
end

return view
