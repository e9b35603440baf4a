-- SPDX-License-Identifier: MIT
-- As much of XML as S3 speaks, by patterns: it has nothing in common with the reader it tests.
local xml = {}

local NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

local function escape(text)
  return (tostring(text):gsub("[&<>\"\0-\8\11-\31]", function(c) return ("&#x%x;"):format(c:byte()) end))
end

-- Characters that came as they are, as names or as numbers.
function xml.unescape(text)
  local NAMES = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'" }
  return (text:gsub("&(#?x?)(%w+);", function(kind, what)
    if kind == "" then return NAMES[what] end
    return utf8.char(tonumber(what, kind == "#x" and 16 or 10))
  end))
end

-- <name>text</name>; nothing for nil.
function xml.text(name, value) return value == nil and "" or ("<%s>%s</%s>"):format(name, escape(value), name) end

-- An element of elements.
function xml.tag(name, list) return ("<%s>%s</%s>"):format(name, table.concat(list), name) end

-- The whole of an answer.
function xml.document(name, list)
  return ('<?xml version="1.0" encoding="UTF-8"?>\n<%s%s>%s</%s>'):format(name, NAMESPACE, table.concat(list), name)
end

-- The text of the first element of that name, or nil.
function xml.find(body, name)
  local found = body:match("<" .. name .. ">(.-)</" .. name .. ">")
  return found and xml.unescape(found)
end

-- Iterates over what is inside of the elements of that name.
function xml.each(body, name) return body:gmatch("<" .. name .. ">(.-)</" .. name .. ">") end

return xml
