-- SPDX-License-Identifier: MIT
-- Running text on a terminal: lines no wider than it is, and never wider than reads well.
local text = {}

local WIDEST = 100

function text.width()
  if not require "hilum.host".isatty(1) then return WIDEST end
  return math.min(WIDEST, require "hilum.term".width())
end

-- Breaks words into lines of at most `width` characters; lines after the first begin with `indent` blanks.
function text.wrap(words, width, indent)
  local lines, line = {}, ""
  for word in words:gmatch("%S+") do
    if #line > 0 and utf8.len(line) + 1 + utf8.len(word) > width then
      lines[#lines + 1] = line
      line = word
    else
      line = #line > 0 and line .. " " .. word or word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n" .. (" "):rep(indent))
end

-- Lines as they stand in a source file: paragraphs are wrapped anew, what is indented or empty stays as it is.
function text.reflow(lines, indent)
  local out, paragraph, margin = {}, {}, (" "):rep(indent)
  local function end_paragraph()
    if #paragraph > 0 then out[#out + 1] = margin .. text.wrap(table.concat(paragraph, " "), text.width() - indent, indent) end
    paragraph = {}
  end
  for _, line in ipairs(lines) do
    if line:find("^%S") then
      paragraph[#paragraph + 1] = line
    else
      end_paragraph()
      out[#out + 1] = line == "" and "" or margin .. line
    end
  end
  end_paragraph()
  return table.concat(out, "\n")
end

-- A word as a shell takes it: in quotes where it needs them.
function text.quoted(word)
  return word:find("[^%w%+,._/:=@-]") and "'" .. word:gsub("'", "'\\''") .. "'" or word
end

function text.lines(s)
  local lines = {}
  for line in (s:gsub("%s+$", "") .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = line end
  return lines
end

return text
