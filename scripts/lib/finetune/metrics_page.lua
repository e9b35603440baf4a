-- SPDX-License-Identifier: MIT
-- The page of a fine-tuning job: its losses as curves over the epochs, and as numbers.
local page = require "lib.page"
local plot = require "lib.page.plot"

local h = page.h

local SHOWN = { { "training", "tuned", "training, by step" }, { "validation", "base", "validation, by epoch" } }

local function bounds(measured)
  local low, high, last = math.huge, -math.huge, 1
  for _, points in pairs(measured) do
    for _, point in ipairs(points) do
      low, high, last = math.min(low, point[2]), math.max(high, point[2]), math.max(last, point[1])
    end
  end
  return low, high, last
end

local function curves(measured)
  local low, high, last = bounds(measured)
  local series, names = {}, {}
  for _, shown in ipairs(SHOWN) do
    local points = measured[shown[1]]
    if points and #points > 0 then
      series[#series + 1] = { class = shown[2], points = points }
      names[#names + 1] = { shown[2] .. " line", shown[3] }
    end
  end
  return { plot.key(names), plot.curves(series, plot.round_scale(0, last), plot.round_scale(low, high), "Loss by epoch") }
end

local function numbers(measured)
  local rows = {}
  for _, shown in ipairs(SHOWN) do
    local points = measured[shown[1]]
    if points and #points > 0 then
      rows[#rows + 1] = { shown[3], ("%d"):format(#points), ("%.4f"):format(points[1][2]), ("%.4f"):format(points[#points][2]) }
    end
  end
  return page.table({ { "loss" }, { "points", number = true }, { "first", number = true }, { "last", number = true } }, rows)
end

local function asked(found)
  local rows = {}
  for name, value in pairs(found.hyperParameters or {}) do rows[#rows + 1] = { name, tostring(value) } end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  return #rows > 0 and { h.h2 { "Hyperparameters" }, page.table({ { "name" }, { "value", number = true } }, rows) } or nil
end

-- The page as a string. found: as GetModelCustomizationJob has the job; measured: of lib/finetune/metrics; made: a line for its foot.
return function(found, measured, made)
  return page.document { title = "Fine-tuning " .. found.jobName, footer = made,
    h.h1 { "Fine-tuning ", found.jobName }, h.p { class = "sub", found.status, found.outputModelArn and ": " .. found.outputModelArn },
    h.h2 { "Loss" }, curves(measured), numbers(measured),
    h.p { class = "note", "A falling loss says that the model tells the captions of these records apart better; whether it finds better ",
      "is what ", h.code { "hilum evaluate" }, " measures on patients that it never saw. Where the validation rises while the training ",
      "falls, the model learns by heart." },
    asked(found) }
end
