-- SPDX-License-Identifier: MIT
-- All documents that a query finds, however many: in the order of their rows, a page at a time. Nothing that Serverless has not got is
-- needed for it (no scroll), and documents that are there twice are both given.
local pages = {}

local SIZE = 10000

-- Each document as { _id=, _source= with the named fields }. Raises what the server says.
function pages.each(client, name, query, fields)
  local from, seen = 0, {}
  return coroutine.wrap(function()
    repeat
      local found = assert(client:search(name, { size = SIZE, _source = fields, sort = { { row = "asc" } },
        query = { bool = { filter = { query, { range = { row = { gte = from } } } } } } })).hits.hits
      for _, one in ipairs(found) do
        if not seen[one._id] then coroutine.yield(one) end
      end
      seen = {}
      for _, one in ipairs(found) do -- the next page begins with those of the last row again
        if one._source.row == found[#found]._source.row then seen[one._id] = true end
      end
      from = #found > 0 and found[#found]._source.row or from
    until #found < SIZE
  end)
end

return pages
