-- SPDX-License-Identifier: MIT
-- All documents that a query finds, however many: in the order of their rows, a page at a time. Nothing that Serverless has not got is
-- needed for it (no scroll), and documents that are there twice are both given.
local pages = { SIZE = 10000 }

-- The documents from a row on, at most as many as a page has.
local function fetch(client, name, query, fields, from)
  return assert(client:search(name, { size = pages.SIZE, _source = fields, sort = { { row = "asc" } },
    query = { bool = { filter = { query, { range = { row = { gte = from } } } } } } })).hits.hits
end

-- The ids of those with the last row, with which the next page begins again.
local function ids_of_last(found)
  local ids, last = {}, found[#found] and found[#found]._source.row
  for _, one in ipairs(found) do
    if one._source.row == last then ids[one._id] = true end
  end
  return ids, last
end

-- Iterates over { _id=, _source= with the named fields, "row" one of them }. Raises what the server says.
function pages.each(client, name, query, fields)
  local found, at = fetch(client, name, query, fields, 0), 0
  local given = {}
  return function()
    repeat
      if at == #found then
        if #found < pages.SIZE then return nil end
        local last
        given, last = ids_of_last(found)
        found, at = fetch(client, name, query, fields, last), 0
      end
      at = at + 1
    until found[at] == nil or not given[found[at]._id]
    return found[at]
  end
end

return pages
