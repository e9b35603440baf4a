-- SPDX-License-Identifier: MIT
-- What a random order would reach, and means of what is defined. The measures themselves are in hilum.vec. n: images ranked; r:
-- relevant ones among them.
local metrics = {}

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

-- At rank i of a relevant image, i - 1 others precede it, each relevant with probability (r - 1) / (n - 1). ranks: how many are
-- looked at, all if nil; then the most relevant ones there can be among them stand for r.
function metrics.chance.average_precision(n, r, ranks)
  local k = math.min(n, ranks or n)
  if n == 1 then return r end
  local first = harmonic(k)
  return r / math.min(r, k) * (first + (r - 1) / (n - 1) * (k - first)) / n
end

metrics.chance.auc = 0.5

-- The mean of the values that are there (nil if none is); has: of those alone for which it says true.
function metrics.mean(values, count, has)
  local sum, used = 0.0, 0
  for i = 1, count or #values do
    if values[i] and (not has or has[i]) then sum, used = sum + values[i], used + 1 end
  end
  if used > 0 then return sum / used end
end

return metrics
