-- SPDX-License-Identifier: MIT
-- The filters of a search in a server's words. They go inside of the search for vectors, so that what they leave out takes no place.
local json = require "hilum.json"

local filters = {}

-- Where the document has what a filter asks for.
function filters.field(name) return name == "finding" and "findings" or name end

local function add_where(list, where)
  for name, values in pairs(where) do
    for _, value in ipairs(type(values) == "table" and values or { values }) do
      list[#list + 1] = { term = { [filters.field(name)] = value } }
    end
  end
end

-- At least so many of the words are in the findings.
local function of_words(words, at_least)
  local list = {}
  for i, word in ipairs(words) do list[i] = { match = { diagnoses = word } } end
  return { bool = { should = list, minimum_should_match = at_least } }
end

-- filter: where, not_patient, words and at_least, as Index:search takes it. nil: everything passes.
function filters.query(filter)
  local must, patients = {}, filter.not_patient or {}
  add_where(must, filter.where or {})
  if filter.words then must[#must + 1] = of_words(filter.words, filter.at_least) end
  local must_not = #patients > 0 and { { terms = { patient = json.array(table.move(patients, 1, #patients, 1, {})) } } } or nil
  if #must == 0 and not must_not then return nil end
  return { bool = { filter = #must > 0 and must or nil, must_not = must_not } }
end

return filters
