-- SPDX-License-Identifier: MIT
-- How much of what a search through everything finds an index finds, and how fast: a server's search is approximate.
local common = require "lib.index.common"
local host = require "hilum.host"
local task = require "hilum.task"
local vec = require "hilum.vec"

local comparing = {}

local ROUNDING = 1e-5 -- of a score on its way through float32 and a server's formula

local function check(set, idx)
  assert(idx:accepts { id = set.info.model, length = set.info.length })
  if idx.source and not common.same_source(idx.source, common.fingerprint(set.paths)) then
    error(host.error("integrity", ("%s was made from other embeddings than '%s' are now: run `hilum index`"):format(idx.url, set.name)), 0)
  end
end

-- Rows of the embeddings to ask with, at random, the same ones for the same seed.
local function choose(set, count, seed)
  local order, rows = vec.permutation(seed, #set.docs), {}
  for i = 1, math.min(count, #order) do rows[i] = order[i] end
  return rows
end

-- The rows that the index finds for one row, and the milliseconds that it took.
local function timed(idx, query, k)
  local began = task.now()
  local hits = idx:search(query, k)[1]
  return hits, (task.now() - began) * 1000
end

-- A hit counts if it is as near as the k-th of the exact answer: images that are equally near may stand in for each other.
local function judge(set, query, hits, exact)
  local wanted, rows, found, off = exact.scores[#exact.scores] or 1, {}, 0, 0.0
  for i, hit in ipairs(hits) do rows[i] = hit.row end
  if #rows == 0 then return 0, off end
  local cosines = vec.matmul(query, set.vectors:gather(rows), { tb = true })
  for i, hit in ipairs(hits) do
    if cosines:get(1, i) >= wanted - ROUNDING then found = found + 1 end
    off = math.max(off, math.abs(hit.score - cosines:get(1, i)))
  end
  return found, off
end

local function percentile(sorted, share) return sorted[math.max(math.ceil(share * #sorted), 1)] end

-- options: k, queries, seed, progress. Returns { queries=, k=, recall= (the mean share of the k nearest), complete= (the share of queries
-- with all of them), lowest=, milliseconds = { median=, p95= }, exact_milliseconds= (median of the search through everything here),
-- score_error= (the largest) }.
function comparing.run(set, idx, options)
  check(set, idx)
  local rows, k = choose(set, options.queries, options.seed), math.min(options.k, #set.docs)
  local times, exact_times, sum, complete, lowest, score_error = {}, {}, 0, 0, 1.0, 0.0
  for i, row in ipairs(rows) do
    local query = set.vectors:slice(row, row)
    local began = task.now()
    local exact = vec.search(set.vectors, query, k)[1]
    exact_times[i] = (task.now() - began) * 1000
    local hits
    hits, times[i] = timed(idx, query, k)
    local found, off = judge(set, query, hits, exact)
    local recall = found / #exact.rows
    sum, complete, lowest = sum + recall, complete + (recall == 1 and 1 or 0), math.min(lowest, recall)
    score_error = math.max(score_error, off)
    options.progress:add(1)
  end
  table.sort(times)
  table.sort(exact_times)
  return { queries = #rows, k = k, recall = sum / #rows, complete = complete / #rows, lowest = lowest, score_error = score_error,
    milliseconds = { median = percentile(times, 0.5), p95 = percentile(times, 0.95) },
    exact_milliseconds = percentile(exact_times, 0.5) }
end

return comparing
