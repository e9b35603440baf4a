-- SPDX-License-Identifier: MIT
-- What a ranking is worth, and what a random one would be. n: images ranked; r: relevant ones among them. A measure that is not
-- defined (nothing relevant) is nil.
local metrics = {}

-- Sets of findings, as sorted or unsorted lists without repetition.
function metrics.jaccard(a, b)
  local in_a, shared = {}, 0
  for _, finding in ipairs(a) do in_a[finding] = true end
  for _, finding in ipairs(b) do if in_a[finding] then shared = shared + 1 end end
  local union = #a + #b - shared
  return union > 0 and shared / union or 0
end

-- What a result that shares findings is worth in nDCG: 1 for the same set, 0 for none shared.
function metrics.gain(jaccard) return 2 ^ jaccard - 1 end

function metrics.discount(rank) return 1 / math.log(rank + 1, 2) end

-- Area under the ROC curve (Mann-Whitney, ties count half): how often a positive scores above a negative.
function metrics.auc(positive, scores)
  local order = {}
  for i = 1, #scores do order[i] = i end
  table.sort(order, function(a, b) return scores[a] < scores[b] end)
  local positives, negatives, pairs_won, i = 0, 0, 0, 1
  while i <= #order do
    local p, n, score = 0, 0, scores[order[i]]
    while i <= #order and scores[order[i]] == score do
      if positive[order[i]] then p = p + 1 else n = n + 1 end
      i = i + 1
    end
    pairs_won = pairs_won + p * (negatives + n / 2)
    positives, negatives = positives + p, negatives + n
  end
  if positives == 0 or negatives == 0 then return nil end
  return pairs_won / (positives * negatives)
end

-- Expected values when the order is random.
metrics.chance = {}

-- Also of R-precision.
function metrics.chance.precision(n, r) return r / n end

-- Sum of 1/i for i = 1 … n; beyond the table by Euler's formula (error < 1e-10).
local function harmonic(n)
  if n > 200 then return math.log(n) + 0.57721566490153286 + 1 / (2 * n) - 1 / (12 * n * n) end
  local sum = 0.0
  for i = 1, n do sum = sum + 1 / i end
  return sum
end

-- At rank i of a relevant image, i - 1 others precede it, each relevant with probability (r - 1) / (n - 1).
function metrics.chance.average_precision(n, r)
  if n == 1 then return r end
  local first = harmonic(n)
  return (first + (r - 1) / (n - 1) * (n - first)) / n
end

metrics.chance.auc = 0.5

-- The mean of the values that are there (nil if none is).
function metrics.mean(values, count)
  local sum, used = 0.0, 0
  for i = 1, count or #values do
    if values[i] then sum, used = sum + values[i], used + 1 end
  end
  if used > 0 then return sum / used end
end

return metrics
