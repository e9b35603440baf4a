-- SPDX-License-Identifier: MIT
-- The files below a folder, one after the other in the order of the bytes of their relative names: the order in which S3 lists keys. Only
-- the folders on the way to the current file are in memory.
local fs = require "hilum.fs"

local TEMPORARY = "^%..+%.hilum%-%d+%-" -- what fs.create writes to until commit

-- The names in a folder in the order of what is below them: a folder counts as its name and a slash. Or nil and an error.
local function sorted_names(folder)
  local names, err = fs.list(folder)
  if not names then return nil, err end
  local keys = {}
  for _, name in ipairs(names) do
    local stat = fs.stat(fs.join(folder, name))
    if not name:find(TEMPORARY) then keys[#keys + 1] = stat and stat.type == "dir" and name .. "/" or name end
  end
  table.sort(keys)
  return keys
end

local function visit_and_list(folder, visit)
  if visit then
    local visited, err = visit(folder)
    if not visited then return nil, err end
  end
  return sorted_names(folder)
end

-- The level of a folder; nil if a link leads back to one above; nil and an error if it cannot be read.
local function enter(levels, folder, prefix, visit)
  local real = fs.real(folder)
  for _, level in ipairs(levels) do
    if level.real == real then return nil end
  end
  local names, err = visit_and_list(folder, visit)
  return names and { folder = folder, real = real, prefix = prefix, names = names, at = 0 }, err
end

-- What is there, or nil and the reason why that cannot be told.
local function stat_of(path)
  local stat = fs.stat(path)
  if stat then return stat end
  return nil, select(2, fs.real(path))
end

-- A function that gives {name, size, mtime} of the next file, and nil at the end. A link counts as what it leads to. What cannot be looked
-- at is {name, error}: a file, or a folder (is_folder), whose name has a slash at the end then. visit, if given, is called with each
-- folder before it is read. Raises if the folder itself cannot be read.
return function(folder, visit)
  local levels = { assert(enter({}, folder, "", visit)) }
  return function()
    while #levels > 0 do
      local level = levels[#levels]
      level.at = level.at + 1
      local name = level.names[level.at]
      if not name then
        levels[#levels] = nil
      elseif name:find("/$") then
        local below, err = enter(levels, fs.join(level.folder, name:sub(1, -2)), level.prefix .. name, visit)
        if err then return { name = level.prefix .. name, error = err, is_folder = true } end
        levels[#levels + 1] = below
      else
        local stat, err = stat_of(fs.join(level.folder, name))
        if err then return { name = level.prefix .. name, error = err } end
        if stat and stat.type == "file" then return { name = level.prefix .. name, size = stat.size, mtime = stat.mtime } end
      end
    end
  end
end
