-- SPDX-License-Identifier: MIT
-- Drawings for pages, as SVG in the text. Positions are percentages, so that bars and curves stretch with their place while letters
-- and strokes keep their size; colours are the page's classes: base, tuned, chance.
local page = require "lib.page"

local plot = {}
local h = page.h

local BAR_HEIGHT, BAR_GAP = 8, 4 -- px

local function percent(value, scale)
  local share = (value - scale.min) / (scale.max - scale.min)
  return ("%.2f%%"):format(100 * math.max(0, math.min(1, share)))
end

local function bar(mark, scale, y)
  local drawn = { h.rect { class = "fill-" .. mark.class, x = "0", y = y, width = percent(mark.value, scale), height = BAR_HEIGHT } }
  if mark.low then
    local middle = y + BAR_HEIGHT / 2
    drawn[2] = h.line { class = "whisker", x1 = percent(mark.low, scale), x2 = percent(mark.high, scale), y1 = middle, y2 = middle }
  end
  return drawn
end

-- Horizontal bars from scale.min, one below the other. marks: {{ value=, low=, high=, class= }, …}; chance is a line across them;
-- alt says in words what is drawn.
function plot.bars(marks, scale, chance, alt)
  local height = #marks * (BAR_HEIGHT + BAR_GAP) + BAR_GAP
  local drawn = {}
  for _, tick in ipairs(scale.ticks or {}) do
    drawn[#drawn + 1] = h.line { class = "grid", x1 = percent(tick, scale), x2 = percent(tick, scale), y1 = 0, y2 = height }
  end
  for i, mark in ipairs(marks) do
    drawn[#drawn + 1] = bar(mark, scale, BAR_GAP + (i - 1) * (BAR_HEIGHT + BAR_GAP))
  end
  if chance then
    drawn[#drawn + 1] = h.line { class = "chance-mark", x1 = percent(chance, scale), x2 = percent(chance, scale), y1 = 0, y2 = height }
  end
  return h.svg { role = "img", ["aria-label"] = alt, height = height, drawn }
end

local function anchor(tick, scale)
  return tick == scale.min and "start" or tick == scale.max and "end" or "middle"
end

-- The numbers below or above bars of the same scale.
function plot.axis(scale)
  local drawn = {}
  for i, tick in ipairs(scale.ticks) do
    drawn[i] = h.text { x = percent(tick, scale), y = 12, ["text-anchor"] = anchor(tick, scale), ("%g"):format(tick) }
  end
  return h.svg { ["aria-hidden"] = "true", height = 16, drawn }
end

local function polyline(series, x, y)
  local points = {}
  for i, point in ipairs(series.points) do
    points[i] = ("%.3f,%.3f"):format(100 * (point[1] - x.min) / (x.max - x.min), 100 * (y.max - point[2]) / (y.max - y.min))
  end
  return h.polyline { class = "curve line-" .. series.class, points = table.concat(points, " ") }
end

local function horizontal_grid(y)
  local drawn = {}
  for _, tick in ipairs(y.ticks) do
    local at = percent(y.max + y.min - tick, y)
    drawn[#drawn + 1] = h.line { class = "grid", x1 = 0, x2 = "100%", y1 = at, y2 = at }
    drawn[#drawn + 1] = h.text { x = -6, y = at, dy = "0.32em", ["text-anchor"] = "end", ("%g"):format(tick) }
  end
  return drawn
end

local function x_labels(x, height)
  local drawn = {}
  for i, tick in ipairs(x.ticks) do
    drawn[i] = h.text { x = percent(tick, x), y = height + 16, ["text-anchor"] = anchor(tick, x), ("%g"):format(tick) }
  end
  return drawn
end

-- Curves. series: {{ class=, points = {{x, y}, …} }, …}; x and y: { min=, max=, ticks= }.
function plot.curves(series, x, y, alt)
  local height, lines = 220, {}
  for i, one in ipairs(series) do lines[i] = polyline(one, x, y) end
  local stretched = h.svg { width = "100%", height = height, viewBox = "0 0 100 100", preserveAspectRatio = "none", lines }
  return h.div { style = ("padding: .6rem .6rem 1.4rem 2.2rem"),
    h.svg { role = "img", ["aria-label"] = alt, height = height, horizontal_grid(y), x_labels(x, height), stretched } }
end

-- What the colours mean. names: {{ class, text }, …}.
function plot.key(names)
  local items = {}
  for i, name in ipairs(names) do items[i] = h.li { class = name[1], name[2] } end
  return h.ul { class = "key", items }
end

local MOST_INK = 60 -- %, so that numbers stay legible on the darkest cell

-- A table of shares (0 to 1), the larger the darker: values[i][j] for row i and column j.
function plot.heat(row_names, column_names, values)
  local head, body = { h.td {} }, {}
  for j, name in ipairs(column_names) do head[j + 1] = h.th { scope = "col", h.span { name } } end
  for i, name in ipairs(row_names) do
    local cells = { h.th { scope = "row", name } }
    for j, value in ipairs(values[i]) do
      local ink = ("--ink-share: %.0f%%"):format(MOST_INK * value)
      cells[j + 1] = h.td { style = ink, value > 0 and ("%.0f"):format(100 * value) or "" }
    end
    body[i] = h.tr { cells }
  end
  return h.div { class = "scroll", tabindex = "0", h.table { class = "heat", h.thead { h.tr { head } }, h.tbody { body } } }
end

-- A scale from 0 (or min) to a round number at or above the largest value, with its ticks.
function plot.scale(largest, min)
  local max = 1.0
  for _, candidate in ipairs { 0.1, 0.2, 0.4, 0.6, 0.8, 1.0 } do
    if largest <= candidate then max = candidate break end
  end
  local ticks, step = {}, max <= 0.1 and 0.02 or max <= 0.2 and 0.05 or max <= 0.4 and 0.1 or max <= 0.6 and 0.2 or 0.25
  if max == 0.8 then step = 0.2 end
  for tick = min or 0, max + 1e-9, step do ticks[#ticks + 1] = tick end
  return { min = min or 0, max = max, ticks = ticks }
end

-- A scale around these bounds whose ticks are round numbers, about five.
function plot.round_scale(low, high)
  local span = high > low and high - low or math.max(math.abs(high), 1)
  local power = 10.0 ^ math.floor(math.log(span / 5, 10))
  local step = 10 * power
  for _, factor in ipairs { 5, 2, 1 } do
    if span / (factor * power) <= 6 then step = factor * power end
  end
  local ticks, first, last = {}, math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
  if first == last then last = first + 1 end
  for i = first, last do ticks[#ticks + 1] = i * step end
  return { min = ticks[1], max = ticks[#ticks], ticks = ticks }
end

return plot
