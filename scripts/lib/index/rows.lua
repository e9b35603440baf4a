-- SPDX-License-Identifier: MIT
-- What a local index keeps of its records beside docs.jsonl, so that neither opening it nor a filter reads them all:
-- rows.bin      a row: the end of its line in docs.jsonl, and the CRC-64/NVME of its image's name (two 64-bit numbers)
-- values.jsonl  a line for each value of a field that some row has, as {"finding":"Effusion"}; its number is where the line begins
-- tags.bin      pairs of a row (from 0 on) and a value's number (two 32-bit numbers), in any order
-- All numbers are little-endian.
local dataset = require "lib.dataset"
local hash = require "hilum.hash"
local json = require "hilum.json"

local index_rows = {}

index_rows.FIELDS = { "finding", "patient", "sex", "split", "view" }
index_rows.DELETED = 0xFFFFFFFF -- the number that tags rows that have been deleted
local ROW, TAG = "<I8I8", "<I4I4"
local ROW_BYTES, NAME_AT = 16, 9
local FEW = 20 -- values that are looked for one by one

-- The values of a record for a field.
function index_rows.values_of(doc, field)
  if field == "finding" then return type(doc.findings) == "table" and doc.findings or {} end
  return { doc[field] }
end

local function name_sum(name) return tonumber(hash.crc64nvme(name), 16) end

function index_rows.value_line(field, value) return json.encode({ [field] = value }) .. "\n" end

-- The number of a value, in all of values.jsonl as text; nil if there is none.
function index_rows.value_number(text, field, value)
  local line = index_rows.value_line(field, value)
  if text:sub(1, #line) == line then return 0 end
  return (text:find("\n" .. line, 1, true))
end

-- The numbers of several values, of those that there are.
function index_rows.value_numbers(text, field, values)
  local numbers, wanted = {}, {}
  if #values <= FEW then
    for _, value in ipairs(values) do numbers[#numbers + 1] = index_rows.value_number(text, field, value) end
    return numbers
  end
  for _, value in ipairs(values) do wanted[index_rows.value_line(field, value)] = true end
  for at, line in text:gmatch("()([^\n]*\n)") do
    if wanted[line] then numbers[#numbers + 1] = at - 1 end
  end
  return numbers
end

-- All values of a field in that text, sorted.
function index_rows.values(text, field)
  local list, lines, beginning = {}, "\n" .. text, "\n" .. json.encode({ [field] = "" }):sub(1, -3)
  local at = lines:find(beginning, 1, true)
  while at do
    local last = lines:find("\n", at + 1, true) or #lines + 1
    list[#list + 1] = (json.decode(lines:sub(at + 1, last - 1)) or {})[field]
    at = lines:find(beginning, last, true)
  end
  table.sort(list)
  return list
end

-- The size of rows.bin.
function index_rows.size(count) return count * ROW_BYTES end

-- A row's part of docs.jsonl: what is before its first byte, and its last. nil: there is no such row in the file.
function index_rows.span(file, row)
  local last = row * ROW_BYTES
  if row < 1 or last > #file then return nil end
  local from = row == 1 and 0 or (ROW:unpack(file:text(last - 2 * ROW_BYTES + 1, last - ROW_BYTES)))
  return from, (ROW:unpack(file:text(last - ROW_BYTES + 1, last)))
end

-- The rows whose image may have this name: the sum is the same.
function index_rows.rows_named(file, name) return file:find(("<I8"):pack(name_sum(name)), ROW_BYTES, NAME_AT) end

-- Numbers for values: those that are in the text, and new ones for those that are not.
local function new_numbering(text)
  local numbers, known, added, size = {}, {}, {}, 0
  for line in text:gmatch("[^\n]*\n") do
    known[line] = size
    size = size + #line
  end
  for _, field in ipairs(index_rows.FIELDS) do numbers[field] = {} end
  local function number(field, value)
    local line = index_rows.value_line(field, value)
    if not known[line] then
      known[line] = size
      added[#added + 1] = line
      size = size + #line
    end
    numbers[field][value] = known[line]
    return known[line]
  end
  return function(field, value) return numbers[field][value] or number(field, value) end, added
end

local function tag_row(doc, row, number, tags)
  for _, field in ipairs(index_rows.FIELDS) do
    for _, value in ipairs(index_rows.values_of(doc, field)) do
      if type(value) == "string" then tags[#tags + 1] = TAG:pack(row - 1, number(field, value)) end
    end
  end
end

-- The tags of rows that are deleted.
function index_rows.deletions(list)
  local tags = {}
  for i, row in ipairs(list) do tags[i] = TAG:pack(row - 1, index_rows.DELETED) end
  return table.concat(tags)
end

-- A record as a line of docs.jsonl.
function index_rows.line(doc) return json.encode(doc, { order = dataset.ORDER }) .. "\n" end

-- What records add to the files of an index: bytes by file name. before: { rows=, docs= (the size of docs.jsonl), values= (all of
-- values.jsonl) }, of an empty index if not given.
function index_rows.encode(docs, before)
  before = before or { rows = 0, docs = 0, values = "" }
  local lines, ends, tags, size = {}, {}, {}, before.docs
  local number, values = new_numbering(before.values)
  for i, doc in ipairs(docs) do
    lines[i] = index_rows.line(doc)
    size = size + #lines[i]
    ends[i] = ROW:pack(size, name_sum(doc.image))
    tag_row(doc, before.rows + i, number, tags)
  end
  return { ["docs.jsonl"] = table.concat(lines), ["rows.bin"] = table.concat(ends), ["tags.bin"] = table.concat(tags),
    ["values.jsonl"] = table.concat(values) }
end

return index_rows
