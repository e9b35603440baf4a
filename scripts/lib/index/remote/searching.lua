-- SPDX-License-Identifier: MIT
-- Asking an index on a server for the nearest images: the bodies of searches, several in one request, and hits as every index gives them.
local documents = require "lib.index.remote.documents"
local filters = require "lib.index.remote.filters"
local host = require "hilum.host"
local json = require "hilum.json"

local searching = { MOST = 10000 } -- results of a search

local TOGETHER = 32     -- queries in a request
local DOCUMENTS = 50000 -- that they may ask for, all of them
local CANDIDATES = 100  -- of the graph, at least; what faiss looks at unless it is told otherwise

-- Lucene looks at no more candidates than it is asked for: a few are asked for as if they were more.
local function body_of(self, queries, i, size, query)
  local k = self.meta.engine == "lucene" and math.max(size, CANDIDATES) or size
  local knn = { vector = queries:row(i), k = k, filter = query }
  return json.encode { size = size, _source = documents.WITHOUT_VECTOR, query = { knn = { [documents.VECTOR] = knn } } }
end

-- A server may answer with what the healthy part of it has found, which is no answer.
local function check_whole(self, answer)
  local shards = answer._shards or {}
  if (shards.failed or 0) == 0 and not answer.timed_out then return end
  error(host.error("http", ("%s: only a part of the index answered (%d of %d shards failed): try again later"):format(self.url,
    shards.failed or 0, shards.total or 0)), 0)
end

local function by_score(a, b) return a.score > b.score or a.score == b.score and a.row < b.row end

local function to_hits(self, answer, k, not_row)
  check_whole(self, answer)
  local hits, seen = {}, {}
  for _, found in ipairs(answer.hits.hits) do
    local doc, row = self:remember(found._source)
    if row ~= not_row and not seen[doc.image] then
      seen[doc.image] = true
      hits[#hits + 1] = { score = self.cosine(found._score), row = row, doc = doc }
    end
  end
  table.sort(hits, by_score)
  for rank = #hits, 1, -1 do
    hits[rank].rank = rank
    if rank > k then hits[rank] = nil end
  end
  return hits
end

-- The hits of some queries, by number, each asking for `size` documents.
local function ask(self, queries, places, size, query)
  local bodies = {}
  for i, place in ipairs(places) do bodies[i] = body_of(self, queries, place, size, query) end
  return assert(self.client:searches(self.name, bodies))
end

-- Copies of documents, where there are any, take the place of others: those queries ask for more.
local function search_some(self, queries, places, k, size, filter, results)
  local answers, again = ask(self, queries, places, size, filters.query(filter)), {}
  for i, place in ipairs(places) do
    results[place] = to_hits(self, answers[i], k, filter.not_row and filter.not_row[place])
    local is_short = #results[place] < k and #answers[i].hits.hits == size and size < searching.MOST
    if is_short then again[#again + 1] = place end
  end
  if #again > 0 then search_some(self, queries, again, k, math.min(2 * size, searching.MOST), filter, results) end
end

-- idx: client, name, url, meta, cosine(score), remember(source). Raises.
function searching.search(idx, queries, k, filter)
  local results, size = {}, math.min(k + (filter.not_row and 1 or 0), searching.MOST)
  local together = math.max(math.min(TOGETHER, DOCUMENTS // size), 1)
  for first = 1, #queries, together do
    local places = {}
    for place = first, math.min(first + together - 1, #queries) do places[#places + 1] = place end
    search_some(idx, queries, places, k, size, filter, results)
  end
  return results
end

return searching
