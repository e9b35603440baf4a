-- SPDX-License-Identifier: MIT
-- A record as a document of an OpenSearch, and back. It is the record itself, but for its image, which is called `filename`; and with:
--   diagnoses   the findings as text, for whoever searches in words
--   row         its number in the index, as a local one numbers it
--   embedding   its vector
-- filename, diagnoses and embedding are what other programs for the same images call them.
local dataset = require "lib.dataset"
local json = require "hilum.json"

local documents = { VECTOR = "embedding", WITHOUT_VECTOR = { excludes = { "embedding" } } }

local OURS = { "filename", "diagnoses", "row", documents.VECTOR }

-- The numbers of a row of a Matrix as JSON; nine digits are all that a float32 has.
function documents.numbers(row)
  return (("%.9g,"):rep(#row, ""):format(table.unpack(row)):sub(1, -2))
end

local function copy(doc)
  local made = {}
  for key, value in pairs(doc) do made[key] = value end
  return made
end

-- The document as a line of JSON. numbers: of documents.numbers.
function documents.encode(doc, row, numbers)
  local made = copy(doc)
  made.filename, made.image, made.row = doc.image, nil, row
  made.diagnoses = table.concat(doc.findings or {}, ", "):gsub("_", " ")
  made[documents.VECTOR] = nil
  local text = json.encode(made, { order = dataset.ORDER })
  return ('%s,"%s":[%s]}'):format(text:sub(1, -2), documents.VECTOR, numbers)
end

-- The record, and its row.
function documents.decode(source)
  local doc = copy(source)
  for _, key in ipairs(OURS) do doc[key] = nil end
  doc.image = source.filename
  return doc, source.row
end

return documents
