-- SPDX-License-Identifier: MIT
-- HTML pages that stand alone: no scripts, nothing fetched, light and dark, from a phone to a wall.
--     local h = page.h
--     page.document { title = "Result", h.p { class = "lead", "3 < 4 ", h.em { "indeed" } } }
-- Strings are escaped wherever they stand; only what h and page.raw return is markup.
local hash = require "hilum.hash"
local style = require "lib.page.style"

local page = {}

local Markup = { __tostring = function(markup) return markup.html end }

local VOID = { br = true, col = true, hr = true, img = true, link = true, meta = true }
local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

-- Control characters are not allowed in HTML; they show as the replacement character.
function page.escape(text)
  return (tostring(text):gsub("[&<>\"']", ENTITIES):gsub("[\0-\8\11\12\14-\31\127]", "\u{FFFD}"))
end

-- Markup that is trusted as it is.
function page.raw(html) return setmetatable({ html = html }, Markup) end

-- Optional parts leave holes in lists of children.
local function last_index(list)
  local last = 0
  for key in pairs(list) do
    if math.type(key) == "integer" and key > last then last = key end
  end
  return last
end

local function append(parts, child)
  if getmetatable(child) == Markup then
    parts[#parts + 1] = child.html
  elseif type(child) == "table" then
    for i = 1, last_index(child) do append(parts, child[i]) end
  elseif child then
    parts[#parts + 1] = page.escape(child)
  end
end

-- The same table gives the same text: attributes in alphabetical order; true is an attribute without value, false is none.
local function attributes(content)
  local parts = {}
  for name, value in pairs(content) do
    if type(name) == "string" and value == true then
      parts[#parts + 1] = " " .. name
    elseif type(name) == "string" and value then
      parts[#parts + 1] = (' %s="%s"'):format(name, page.escape(value))
    end
  end
  table.sort(parts)
  return table.concat(parts)
end

local function element(tag, content)
  local parts = { ("<%s%s>"):format(tag, attributes(content)) }
  for i = 1, last_index(content) do append(parts, content[i]) end
  if not VOID[tag] then parts[#parts + 1] = ("</%s>"):format(tag) end
  return page.raw(table.concat(parts))
end

-- h.TAG { attribute = value, children… }: children are strings, numbers, markup, lists of them, or nothing (nil, false).
page.h = setmetatable({}, { __index = function(h, tag)
  local function build(content) return element(tag, content) end
  rawset(h, tag, build)
  return build
end })

local h = page.h

-- A picture whose bytes are part of the page; without bytes a placeholder of the same shape that says why.
function page.picture(jpeg, alt, why)
  if jpeg then return h.img { src = "data:image/jpeg;base64," .. hash.base64(jpeg), alt = alt } end
  return h.div { class = "no-picture", role = "img", ["aria-label"] = alt, why or "no picture" }
end

local function table_row(columns, row)
  if row.section then return h.tr { class = "section", h.th { scope = "rowgroup", colspan = #columns, row.section } } end
  local cells = {}
  for j, column in ipairs(columns) do
    local cell = { class = column.number and "number" or column.class, row[j] }
    if j == 1 then cell.scope = "row" end
    cells[j] = j == 1 and h.th(cell) or h.td(cell)
  end
  return h.tr { cells }
end

-- columns: {{ heading, number = true?, class = ? }, …}; rows: lists of cells of which the first names the row, or
-- { section = "title" } for a line that divides. Wide tables scroll inside themselves.
function page.table(columns, rows, caption)
  local head, body = {}, {}
  for i, column in ipairs(columns) do head[i] = h.th { scope = "col", class = column.number and "number" or column.class, column[1] } end
  for i, row in ipairs(rows) do body[i] = table_row(columns, row) end
  return h.div { class = "scroll", tabindex = "0",
    h.table { caption and h.caption { caption }, h.thead { h.tr { head } }, h.tbody { body } } }
end

-- Nothing may be fetched or run, whatever the text of a label is.
local POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

-- The whole page as a string. content: title, footer (markup or text), and the children of <main>.
function page.document(content)
  local head = h.head { h.meta { charset = "utf-8" }, h.meta { ["http-equiv"] = "Content-Security-Policy", content = POLICY },
    h.meta { name = "viewport", content = "width=device-width, initial-scale=1" }, h.title { content.title },
    h.style { page.raw(style) } }
  local main = table.move(content, 1, last_index(content), 1, {})
  return "<!DOCTYPE html>\n" .. tostring(h.html { lang = "en", head,
    h.body { h.main(main), content.footer and h.footer { content.footer } } }) .. "\n"
end

return page
