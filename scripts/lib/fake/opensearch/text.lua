-- SPDX-License-Identifier: MIT
-- Text as OpenSearch's standard analyzer reads it: words in lower case. Of Unicode's rules for words: letters and digits go together, as do
-- they around "_", around a point or an apostrophe between letters, and around a point or a comma between digits.
local text = {}

local JOINS = { ["."] = { "%a", "%d" }, ["'"] = { "%a" }, [","] = { "%d" }, [";"] = { "%d" } }

local function joins(s, at)
  for _, class in ipairs(JOINS[s:sub(at, at)] or {}) do
    if s:sub(at - 1, at - 1):find(class) and s:sub(at + 1, at + 1):find(class) then return true end
  end
  return false
end

-- The words of a text, in order.
function text.words(s)
  local words, at = {}, 1
  while true do
    local first, last = s:find("[%w_\128-\255]+", at)
    if not first then return words end
    while joins(s, last + 1) do last = select(2, s:find("^[%w_\128-\255]+", last + 2)) end
    words[#words + 1] = s:sub(first, last):lower()
    at = last + 1
  end
end

return text
