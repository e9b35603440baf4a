-- SPDX-License-Identifier: MIT
-- How far a mean would move with other patients: resampling whole patients, since the images of one are alike. Two models are
-- compared on the same draws, so that their difference has an interval of its own.
--
-- A statistic is { value = on the data as they are, samples = { on each draw } }; NaN where it is not defined.
local vec = require "hilum.vec"

local random = require "lib.random"

local bootstrap = {}

local NAN = 0 / 0

local function number_groups(names)
  local numbers, of_row, count = {}, {}, 0
  for i, name in ipairs(names) do
    if not numbers[name] then
      count = count + 1
      numbers[name] = count
    end
    of_row[i] = numbers[name]
  end
  return of_row, count
end

-- How often each of n is drawn in n draws with replacement.
local function draw(next_number, n)
  local row = {}
  for i = 1, n do row[i] = 0 end
  for _ = 1, n do
    local i = (next_number() >> 1) % n + 1
    row[i] = row[i] + 1
  end
  return row
end

local Draws = {}
Draws.__index = Draws

-- names: the patient of each row. Row b of weights says how often each patient is in draw b; the first row is the data as they are.
function bootstrap.draws(names, resamples, seed)
  local of_row, count = number_groups(names)
  local next_number, weights = random.generator(seed), vec.new(resamples + 1, count):fill(1)
  for b = 1, resamples do weights:put(b + 1, vec.from { draw(next_number, count) }) end
  return setmetatable({ of_row = of_row, count = count, weights = weights }, Draws)
end

local function statistic(values)
  return { value = values[1], samples = table.move(values, 2, #values, 1, {}) }
end

local function add_up(draws, column)
  local sums, counts, values, has = {}, {}, column.values, column.has
  for p = 1, draws.count do sums[p], counts[p] = 0, 0 end
  for i, p in ipairs(draws.of_row) do
    local value = values[i]
    if value and (not has or has[i]) then sums[p], counts[p] = sums[p] + value, counts[p] + 1 end
  end
  return vec.from { sums }, vec.from { counts }
end

-- Per column the sum and the number of the values of each patient; all draws of all columns are then two products.
local function sums_and_counts(draws, columns)
  local sums, counts = vec.new(#columns, draws.count), vec.new(#columns, draws.count)
  for c, column in ipairs(columns) do
    local sum, count = add_up(draws, column)
    sums:put(c, sum)
    counts:put(c, count)
  end
  return sums, counts
end

-- The mean of each column { values=, has= }: values has a number for a row, or nothing where the row does not count; has, if given,
-- says true for the rows that do.
function Draws:means(columns)
  if #columns == 0 then return {} end
  local sums, counts = sums_and_counts(self, columns)
  local totals, numbers = vec.matmul(self.weights, sums, { tb = true }), vec.matmul(self.weights, counts, { tb = true })
  local values = {}
  for c = 1, #columns do values[c] = {} end
  for b = 1, #self.weights do
    local total, number = totals:row(b), numbers:row(b)
    for c = 1, #columns do values[c][b] = number[c] > 0 and total[c] / number[c] or NAN end
  end
  local statistics = {}
  for c = 1, #columns do statistics[c] = statistic(values[c]) end
  return statistics
end

bootstrap.statistic = statistic

local function mean_at(statistics, value_of)
  local sum = 0.0
  for _, one in ipairs(statistics) do sum = sum + value_of(one) end
  return sum / #statistics
end

-- The mean of several defined statistics, draw by draw: macro averages. Where a draw lacks one (a rare finding), its value on the
-- data stands in: left out, the average would be of other, more common findings.
function bootstrap.mean(statistics)
  local samples = {}
  for b = 1, #statistics[1].samples do
    samples[b] = mean_at(statistics, function(one)
      local sample = one.samples[b]
      return sample == sample and sample or one.value
    end)
  end
  return { value = mean_at(statistics, function(one) return one.value end), samples = samples }
end

function bootstrap.difference(a, b)
  local samples = {}
  for i, value in ipairs(a.samples) do samples[i] = value - b.samples[i] end
  return { value = a.value - b.value, samples = samples }
end

local function quantile(sorted, share)
  local at = 1 + share * (#sorted - 1)
  local below = math.floor(at)
  local above = math.min(below + 1, #sorted)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
end

-- The middle 95 % of the draws (percentile interval): low and high, or nothing when fewer than half of the draws are defined.
function bootstrap.interval(samples)
  local sorted = {}
  for _, value in ipairs(samples) do
    if value == value then sorted[#sorted + 1] = value end
  end
  if #sorted == 0 or #sorted < #samples / 2 then return nil end
  table.sort(sorted)
  return quantile(sorted, 0.025), quantile(sorted, 0.975)
end

return bootstrap
