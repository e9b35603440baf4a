-- SPDX-License-Identifier: MIT
-- Values as text that is good to read: rows as a table, other tables as Lua would write them, matrices by their corner, images as a
-- picture. Bounded in depth and length, so that any value can be shown.
local term = require "hilum.term"

local show = {}

local MAX_DEPTH, MAX_ENTRIES, MAX_ROWS, MAX_COLUMNS, MAX_STRING = 4, 50, 1000, 12, 200
local CORNER_ROWS, CORNER_COLUMNS = 6, 6

local function type_name(value) return (debug.getmetatable(value) or {}).__name end

local function plain_table(value) return type(value) == "table" and not (debug.getmetatable(value) or {}).__tostring end

local RANK = { number = 1, string = 2 }

-- Numbers, then names, then everything else.
local function sorted_keys(t)
  local keys = {}
  for key in next, t do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    local rank_a, rank_b = RANK[type(a)] or 3, RANK[type(b)] or 3
    if rank_a ~= rank_b then return rank_a < rank_b end
    if rank_a == 1 then return a < b end
    return tostring(a) < tostring(b)
  end)
  return keys
end

-- Scalars and what stands for a value inside of another.

local CONTROL = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\\"] = "\\\\", ['"'] = '\\"' }

local function quoted(s)
  local cut = #s > MAX_STRING and utf8.offset(s, 0, MAX_STRING) or nil
  local unreadable = utf8.len(s) and "[%c\\\"]" or "[\0-\31\127-\255\\\"]"
  local text = s:sub(1, cut and cut - 1):gsub(unreadable, function(c) return CONTROL[c] or ("\\x%02x"):format(c:byte()) end)
  return ('"%s"%s'):format(text, cut and ("… (%d bytes)"):format(#s) or "")
end

local function number(n)
  if math.type(n) == "float" and n == n and math.abs(n) ~= math.huge then return ("%.7g"):format(n) end
  return tostring(n)
end

local function scalar(value)
  if type(value) == "string" then return quoted(value) end
  if type(value) == "number" then return number(value) end
  return tostring(value)
end

-- Tables as Lua would write them.

local function key_text(key)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") then return key end
  return ("[%s]"):format(plain_table(key) and tostring(key) or scalar(key))
end

local inline

local function entry_texts(t, depth, seen)
  local texts, count = {}, 0
  for i = 1, #t do
    count = count + 1
    if count <= MAX_ENTRIES then texts[count] = inline(t[i], depth + 1, seen) end
  end
  for _, key in ipairs(sorted_keys(t)) do
    if not (math.type(key) == "integer" and key >= 1 and key <= #t) then
      count = count + 1
      if count <= MAX_ENTRIES then texts[count] = ("%s = %s"):format(key_text(key), inline(t[key], depth + 1, seen)) end
    end
  end
  if count > MAX_ENTRIES then texts[#texts + 1] = ("… %d more"):format(count - MAX_ENTRIES) end
  return texts
end

-- On one line if that is short, else an entry a line.
function inline(value, depth, seen)
  if not plain_table(value) then return scalar(value) end
  if next(value) == nil then return "{}" end
  if seen[value] then return "{ the same again }" end
  if depth >= MAX_DEPTH then return "{ … }" end
  seen[value] = true
  local texts = entry_texts(value, depth, seen)
  seen[value] = nil
  local line = ("{ %s }"):format(table.concat(texts, ", "))
  local margin = ("  "):rep(depth)
  if not line:find("\n") and (utf8.len(line) or #line) + #margin <= math.max(term.width() - 8, 32) then return line end
  return ("{\n%s  %s\n%s}"):format(margin, table.concat(texts, ",\n  " .. margin), margin)
end

-- Rows.

-- An array of at least two tables with names for keys.
local function is_rows(t)
  if #t < 2 then return false end
  for i = 1, #t do
    if not plain_table(t[i]) or #t[i] > 0 or next(t[i]) == nil then return false end
  end
  return sorted_keys(t)[#t + 1] == nil
end

-- The names of most rows come first, then by alphabet.
local function columns_of(rows)
  local counts, names = {}, {}
  for i = 1, math.min(#rows, MAX_ROWS) do
    for name in next, rows[i] do
      if not counts[name] then names[#names + 1] = name end
      counts[name] = (counts[name] or 0) + 1
    end
  end
  table.sort(names, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return tostring(a) < tostring(b)
  end)
  return names
end

local function is_list_of_texts(value)
  if not plain_table(value) or #value == 0 then return false end
  for key, item in next, value do
    if math.type(key) ~= "integer" or type(item) ~= "string" then return false end
  end
  return true
end

local function cell(value)
  if is_list_of_texts(value) then value = table.concat(value, ", ") end
  if type(value) == "string" then return (value:gsub("%c", " ")) end
  if type(value) == "number" then return math.type(value) == "float" and tonumber(number(value)) or value end
  if value == nil then return nil end
  return (inline(value, MAX_DEPTH - 1, {}):gsub("%s+", " "))
end

local function table_of_rows(rows, names, total)
  local shown, columns = {}, table.move(names, 1, math.min(#names, MAX_COLUMNS), 1, {})
  for i, row in ipairs(rows) do
    shown[i] = {}
    for _, name in ipairs(columns) do shown[i][name] = cell(row[name]) end
  end
  local text = term.table(shown, columns)
  local heading, body = text:match("^([^\n]*)(.*)$")
  local left_out = {}
  if total > #rows then left_out[1] = ("%d more rows"):format(total - #rows) end
  if #names > #columns then left_out[#left_out + 1] = ("more columns: %s"):format(table.concat(names, " ", #columns + 1)) end
  if #left_out > 0 then body = ("%s\n… %s"):format(body, table.concat(left_out, "; ")) end
  return term.color(heading, "bold", "stdout") .. body
end

local function rows_text(rows) return table_of_rows(table.move(rows, 1, math.min(#rows, MAX_ROWS), 1, {}), columns_of(rows), #rows) end

-- hilum's own types.

local function matrix_rows(m, rows, cols)
  local lines = {}
  for r = 1, math.min(rows, CORNER_ROWS) do
    local cells = {}
    for c = 1, math.min(cols, CORNER_COLUMNS) do cells[c] = ("%11.5g"):format(m:get(r, c)) end
    if cols > CORNER_COLUMNS then cells[#cells + 1] = "…" end
    lines[r] = table.concat(cells, " ")
  end
  if rows > CORNER_ROWS then lines[#lines + 1] = ("%11s"):format("…") end
  return lines
end

local special = {}

special["hilum.vec.Matrix"] = function(m)
  local lines = matrix_rows(m, m:rows(), m:cols())
  return ("%d x %d matrix\n%s"):format(m:rows(), m:cols(), table.concat(lines, "\n"))
end

special["hilum.image.Image"] = function(img)
  local size = ("%d x %d image, %d channel%s"):format(img:width(), img:height(), img:channels(), img:channels() == 1 and "" or "s")
  if not show.draws then return size end
  return term.picture(img, { columns = math.min(term.width() - 1, 80), rows = math.max(term.height() * 2 // 3, 4) }) .. size
end

special["hilum.csv.Table"] = function(t)
  local rows, names = {}, t:columns()
  for i = 1, math.min(#t, MAX_ROWS) do
    rows[i] = {}
    for _, name in ipairs(names) do rows[i][name] = t:cell(i, name) end
  end
  return #rows > 0 and table_of_rows(rows, names, #t) or "no rows; columns: " .. table.concat(names, " ")
end

local function function_text(f)
  local name = require "host.repl.names".of_function(f)
  if name then return name end
  local info = debug.getinfo(f, "S")
  return info.what == "C" and tostring(f) or ("function (%s:%d)"):format(info.short_src, info.linedefined)
end

-- Text stands as it is; bytes would do to a terminal who knows what.
local function is_readable(s) return utf8.len(s) ~= nil and not s:find("[%z\1-\8\11-\26\28-\31\127]") end

-- A value as the prompt shows it. Texts stand as they are; everything inside of a table as Lua would write it.
function show.text(value)
  if type(value) == "string" then return is_readable(value) and value or quoted(value) end
  if type(value) == "function" then return function_text(value) end
  if plain_table(value) then return is_rows(value) and rows_text(value) or inline(value, 0, {}) end
  local name = type(value) == "userdata" and type_name(value)
  local ok, text = pcall(special[name] or scalar, value) -- what was closed says no more than its name
  return ok and text or require "hilum.host".message(value)
end

-- Pictures are drawn on terminals only.
show.draws = term.isatty("stdout") and os.getenv("TERM") ~= "dumb"

return show
