-- SPDX-License-Identifier: MIT
-- Search by vectors and by words at once. The score of an image is
--   (1 - weight) * its cosine + weight * the share of the words that are in its findings
-- and the k best are found as surely as the index finds the nearest: those that have at least n of the words are asked for, for each n.
-- An image that belongs to the k best with n words can be beaten among those with at least n by none but better ones.
local words = require "lib.model.text"

local hybrid = {}

local function set_of(list)
  local set = {}
  for _, word in ipairs(list) do set[word] = true end
  return set
end

local function words_of_findings(findings) return set_of(words.words(table.concat(findings or {}, " "))) end

-- The words of a text that are in the name of any finding of the index; no other can be in an image's.
function hybrid.words(idx, text)
  local known, list = words_of_findings(idx:values("finding")), {}
  for _, word in ipairs(words.words(text)) do if known[word] then list[#list + 1] = word end end
  return list
end

local function share_of(doc, wanted)
  local there, count = words_of_findings(doc.findings), 0
  for _, word in ipairs(wanted) do if there[word] then count = count + 1 end end
  return count / #wanted
end

local function by_score(a, b) return a.score > b.score or a.score == b.score and a.row < b.row end

-- The k best of several lists of hits.
local function merge(lists, k, wanted, weight)
  local best, seen = {}, {}
  for _, hits in ipairs(lists) do
    for _, hit in ipairs(hits) do
      if not seen[hit.row] then
        seen[hit.row] = true
        best[#best + 1] = { row = hit.row, doc = hit.doc, cosine = hit.score,
          score = (1 - weight) * hit.score + weight * share_of(hit.doc, wanted) }
      end
    end
  end
  table.sort(best, by_score)
  for rank = #best, 1, -1 do
    best[rank].rank = rank
    if rank > k then best[rank] = nil end
  end
  return best
end

-- As search(idx, queries, k, filter), with scores as above, and each hit's cosine. wanted: of hybrid.words; none of them: all by vectors.
function hybrid.search(search, idx, queries, k, filter, wanted, weight)
  if #wanted == 0 then return search(idx, queries, k, filter) end
  local levels, results = {}, {}
  for at_least = 0, #wanted do
    local narrowed = setmetatable({ words = at_least > 0 and wanted or nil, at_least = at_least }, { __index = filter })
    levels[#levels + 1] = search(idx, queries, k, narrowed)
  end
  for i = 1, #queries do
    local lists = {}
    for j, level in ipairs(levels) do lists[j] = level[i] end
    results[i] = merge(lists, k, wanted, weight)
  end
  return results
end

return hybrid
