-- SPDX-License-Identifier: MIT
-- A curve in the terminal, of Braille dots: two across and four down in each character.
local chart = {}

local BLANK = 0x2800
local DOTS = { { 0x01, 0x02, 0x04, 0x40 }, { 0x08, 0x10, 0x20, 0x80 } } -- by column and row within a character

-- The curve's value at x, between two points. at: where to look from on; returns where it was found too.
local function value_at(points, x, at)
  while at < #points - 1 and points[at + 1][1] < x do at = at + 1 end
  local a, b = points[at], points[math.min(at + 1, #points)]
  local share = b[1] > a[1] and math.max(0, math.min(1, (x - a[1]) / (b[1] - a[1]))) or 0
  return a[2] + share * (b[2] - a[2]), at
end

local function range(points)
  local low, high = math.huge, -math.huge
  for _, point in ipairs(points) do low, high = math.min(low, point[2]), math.max(high, point[2]) end
  return low, high
end

-- For each column of dots the row of the curve, from the top.
local function rows_of(points, columns, rows)
  local low, high = range(points)
  local first, last, found, at = points[1][1], points[#points][1], {}, 1
  for i = 1, columns do
    local y
    y, at = value_at(points, first + (last - first) * (i - 1) / (columns - 1), at)
    found[i] = math.floor((high - y) / math.max(high - low, 1e-300) * (rows - 1) + 0.5)
  end
  return found
end

-- Sets the dots of a column from one row to another.
local function fill(cells, column, from, to)
  for row = math.min(from, to), math.max(from, to) do
    local line = cells[row // 4 + 1]
    local place = (column - 1) // 2 + 1
    line[place] = (line[place] or 0) | DOTS[(column - 1) % 2 + 1][row % 4 + 1]
  end
end

local function text_of(line, width)
  local letters = {}
  for i = 1, width do letters[i] = utf8.char(BLANK + (line[i] or 0)) end
  return table.concat(letters)
end

-- points: {{x, y}, …}, x growing; two at least. As many lines as height says, width characters of curve in each, the highest and the
-- lowest y before them.
function chart.curve(points, width, height)
  local cells, lines = {}, {}
  for i = 1, height do cells[i] = {} end
  local rows = rows_of(points, 2 * width, 4 * height)
  for column, row in ipairs(rows) do
    local before = rows[math.max(column - 1, 1)]
    fill(cells, column, row, before < row and before + 1 or before > row and before - 1 or row)
  end
  local low, high = range(points)
  local labels = { [1] = ("%.4g"):format(high), [height] = ("%.4g"):format(low) }
  local margin = math.max(#labels[1], #labels[height])
  for i = 1, height do lines[i] = ("%" .. margin .. "s %s"):format(labels[i] or "", text_of(cells[i], width)) end
  return table.concat(lines, "\n")
end

return chart
