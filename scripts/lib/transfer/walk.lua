-- SPDX-License-Identifier: MIT
-- The files below a folder, one after the other in the order of the bytes of their relative names: the order in which S3 lists keys. Only
-- the folders on the way to the current file are in memory.
local fs = require "hilum.fs"

local TEMPORARY = "^%..+%.hilum%-%d+%-" -- what fs.create writes to until commit

-- The names in a folder in the order of what is below them: a folder counts as its name and a slash.
local function sorted_names(folder)
  local keys = {}
  for _, name in ipairs(assert(fs.list(folder))) do
    local stat = fs.stat(fs.join(folder, name))
    if stat and not name:find(TEMPORARY) then keys[#keys + 1] = stat.type == "dir" and name .. "/" or name end
  end
  table.sort(keys)
  return keys
end

-- The level of a folder, or nil if a link leads back to one above.
local function enter(levels, folder, prefix, visit)
  local real = fs.real(folder)
  for _, level in ipairs(levels) do
    if level.real == real then return nil end
  end
  if visit then assert(visit(folder)) end
  return { folder = folder, real = real, prefix = prefix, names = sorted_names(folder), at = 0 }
end

-- A function that gives {name, size, mtime} of the next file, and nil at the end. A link counts as what it leads to. visit, if given, is
-- called with each folder before it is read.
return function(folder, visit)
  local levels = {}
  levels[1] = enter(levels, folder, "", visit)
  return function()
    while #levels > 0 do
      local level = levels[#levels]
      level.at = level.at + 1
      local name = level.names[level.at]
      if not name then
        levels[#levels] = nil
      elseif name:find("/$") then
        levels[#levels + 1] = enter(levels, fs.join(level.folder, name:sub(1, -2)), level.prefix .. name, visit)
      else
        local stat = fs.stat(fs.join(level.folder, name))
        if stat and stat.type == "file" then return { name = level.prefix .. name, size = stat.size, mtime = stat.mtime } end
      end
    end
  end
end
