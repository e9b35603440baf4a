-- SPDX-License-Identifier: MIT
-- Lua text that may not be finished, as tokens: enough to indent it and to know what the cursor stands in.
local tokens = {}

local ESCAPED = { ["\\"] = true }

-- The last byte of a quoted string that begins at `from`, and whether it is left open.
local function end_of_string(text, from)
  local quote, at = text:sub(from, from), from + 1
  while at <= #text do
    local c = text:sub(at, at)
    if c == quote then return at, false end
    if c == "\n" then return at - 1, true end
    at = at + (ESCAPED[c] and 2 or 1)
  end
  return #text, true
end

-- The same for [[ … ]], [=[ … ]=], …; nil if there is none at `from`.
local function end_of_long(text, from)
  local level = text:match("^%[(=*)%[", from)
  if not level then return nil end
  local _, to = text:find("]" .. level .. "]", from + #level + 2, true)
  return to or #text, not to
end

local function take_comment(text, at)
  if text:sub(at, at + 1) ~= "--" then return nil end
  local to, open = end_of_long(text, at + 2)
  if to then return to, open end
  return (text:find("\n", at, true) or #text + 1) - 1, false
end

local function take(text, at)
  local to, open = take_comment(text, at)
  if to then return "comment", to, open end
  to, open = end_of_long(text, at)
  if to then return "string", to, open end
  if text:find("^[\"']", at) then return "string", end_of_string(text, at) end
  to = select(2, text:find("^[%a_][%w_]*", at))
  if to then return "name", to, false end
  to = select(2, text:find("^%d[%w.]*", at))
  if to then return "number", to, false end
  return "symbol", select(2, text:find("^%.%.%.?", at)) or at, false
end

-- An array of {kind = "name"|"number"|"string"|"comment"|"symbol", text=, from=, to=, open = true if its end is missing}.
function tokens.of(text)
  local list, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then return list end
    local kind, to, open = take(text, at)
    list[#list + 1] = { kind = kind, text = text:sub(at, to), from = at, to = to, open = open }
    at = to + 1
  end
end

local OPENS = { ["function"] = 1, ["do"] = 1, ["then"] = 1, ["repeat"] = 1, ["{"] = 1, ["("] = 1, ["["] = 1,
  ["end"] = -1, ["until"] = -1, ["elseif"] = -1, ["}"] = -1, [")"] = -1, ["]"] = -1 }

-- How many blocks, tables and parentheses are open at the end of the text; and whether a string or a comment is.
function tokens.depth(text)
  local depth, open = 0, false
  for _, token in ipairs(tokens.of(text)) do
    if token.kind == "name" or token.kind == "symbol" then depth = depth + (OPENS[token.text] or 0) end
    open = token.open
  end
  return depth, open
end

local CLOSES = { ["end"] = true, ["until"] = true, ["else"] = true, ["elseif"] = true, ["}"] = true, [")"] = true }

-- Does the line begin with what ends a block?
function tokens.closes(line)
  local first = tokens.of(line)[1]
  return first ~= nil and CLOSES[first.text] == true
end

return tokens
