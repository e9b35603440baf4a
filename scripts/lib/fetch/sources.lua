-- SPDX-License-Identifier: MIT
-- What the command line names, as a list of sources: {name = for messages, key = what the project remembers it by, place = URL or path,
-- md5 = if it is known, images = how many, if that is known}.
local fs = require "hilum.fs"
local nih = require "lib.fetch.nih"

local sources = {}

function sources.is_url(place) return place:find("^https?://") ~= nil end

-- A URL without what may be a secret in it; a path as it is.
function sources.shown(place)
  if not sources.is_url(place) then return place end
  return (place:gsub("^(%a+://)[^/@]*@", "%1"):gsub("[?#].*", ""))
end

-- "1,3,5-7" as a list of numbers up to count, in order; nil and why not.
function sources.numbers(text, count)
  local wanted, list = {}, {}
  for piece in (text .. ","):gmatch("%s*(.-)%s*,") do
    local first, last = piece:match("^(%d+)%-?(%d*)$")
    first, last = tonumber(first), tonumber(last ~= "" and last or first)
    if not first or first < 1 or last > count or first > last then
      return nil, ("'%s' is none of the parts 1 to %d; say 1,3 or 5-7"):format(piece, count)
    end
    for i = first, last do wanted[i] = true end
  end
  for i = 1, count do if wanted[i] then list[#list + 1] = i end end
  return list
end

local function archive_at(place, md5)
  if sources.is_url(place) then
    return { name = sources.shown(place), key = sources.shown(place), place = place, md5 = md5 }
  end
  return { name = place, key = fs.real(place), place = place, md5 = md5 }
end

-- options: what (the words), parts, mirror, md5; fail(format, …) does not return.
function sources.list(options, fail)
  local list, md5 = {}, options.md5 and options.md5:lower()
  if md5 and not (md5:find("^%x+$") and #md5 == 32) then fail("--md5: 32 hexadecimal digits are needed") end
  for _, word in ipairs(options.what) do
    if word == "nih" then
      local numbers, why = sources.numbers(options.parts or "1-" .. nih.count, nih.count)
      if not numbers then fail("--parts: %s", why) end
      for _, i in ipairs(numbers) do list[#list + 1] = nih.part(i, options.mirror) end
    elseif sources.is_url(word) or fs.stat(word) then
      list[#list + 1] = archive_at(word, md5)
    else
      fail("%s: no such file; name an archive, its URL, or nih", word)
    end
  end
  if md5 and #list > 1 then fail("--md5 is that of one archive, and there are %d", #list) end
  return list
end

return sources
