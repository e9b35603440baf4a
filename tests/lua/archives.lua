-- SPDX-License-Identifier: MIT
-- Writes archives for tests, with everything in them that a decent program would not write.
local hash = require "hilum.hash"

local archives = {}

local BLOCK = 512

local function pad(data) return data .. ("\0"):rep(-#data % BLOCK) end

-- A ustar header (POSIX.1-1988) for {name=, data=, type="0", link=, size=, mtime=}.
local function header(member)
  local size = member.size or #(member.data or "")
  local fields = { member.name .. ("\0"):rep(100 - #member.name), "0000644\0", "0000000\0", "0000000\0",
    ("%011o\0"):format(size), ("%011o\0"):format(member.mtime or 1500000000), (" "):rep(8), member.type or "0",
    (member.link or "") .. ("\0"):rep(100 - #(member.link or "")), "ustar\00000" }
  local text = pad(table.concat(fields))
  local sum = 0
  for i = 1, BLOCK do sum = sum + text:byte(i) end
  return text:sub(1, 148) .. ("%06o\0 "):format(sum) .. text:sub(157)
end

-- A tar of members; the pieces of two can be joined when the first is made without an end.
function archives.tar(members, without_end)
  local parts = {}
  for _, member in ipairs(members) do
    parts[#parts + 1] = header(member)
    parts[#parts + 1] = pad(member.data or "")
  end
  if not without_end then parts[#parts + 1] = ("\0"):rep(2 * BLOCK) end
  return table.concat(parts)
end

-- Something, gzipped in stored blocks (RFC 1951, 3.2.4).
function archives.gzip(data)
  local parts = { "\x1f\x8b\8\0\0\0\0\0\0\xff" }
  local at = 1
  repeat
    local piece = data:sub(at, at + 65534)
    at = at + #piece
    parts[#parts + 1] = string.pack("<BI2I2", at > #data and 1 or 0, #piece, ~#piece & 0xffff) .. piece
  until at > #data
  parts[#parts + 1] = string.pack("<I4I4", tonumber(hash.crc32(data), 16), #data & 0xffffffff)
  return table.concat(parts)
end

-- A zip of stored members {name=, data=, crc=, flags=} (APPNOTE 4.3).
function archives.zip(members)
  local parts, directory, at = {}, {}, 0
  for _, member in ipairs(members) do
    local fields = string.pack("<I2I2I2I2I2I4I4I4I2I2", 20, member.flags or 0x800, 0, 0, 0x5000,
      member.crc or tonumber(hash.crc32(member.data), 16), #member.data, #member.data, #member.name, 0)
    local part = "PK\3\4" .. fields .. member.name .. member.data
    directory[#directory + 1] = "PK\1\2" .. string.pack("<I2", 0x314) .. fields
      .. string.pack("<I2I2I2I4I4", 0, 0, 0, 0x81a40000, at) .. member.name
    parts[#parts + 1] = part
    at = at + #part
  end
  local list = table.concat(directory)
  return table.concat(parts) .. list
    .. "PK\5\6" .. string.pack("<I2I2I2I2I4I4I2", 0, 0, #members, #members, #list, at, 0)
end

return archives
