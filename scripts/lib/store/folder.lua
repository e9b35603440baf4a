-- SPDX-License-Identifier: MIT
-- A store that is a folder; and the same calls for files wherever they are.
local fs = require "hilum.fs"

local folder = {}

local Folder = {}
Folder.__index = Folder

-- The location of a name.
function Folder:path(name) return fs.join(self.url, name) end

-- All names in it and below, sorted; what a dot hides is left out.
function Folder:list()
  local names = {}
  for _, name in ipairs(assert(fs.walk(self.url))) do
    if not name:find("^%.") and not name:find("/%.") then names[#names + 1] = name end
  end
  return names
end

function Folder:stat(name) return fs.stat(self:path(name)) end

function Folder:read(name) return fs.read(self:path(name)) end

function Folder:write(name, data) return folder.write(self:path(name), data) end

function folder.open(url)
  local stat = fs.stat(url)
  if stat and stat.type == "dir" then return setmetatable({ url = url }, Folder) end
  local what = stat and "is not a folder" or "no such folder"
  return nil, require "hilum.host".error("io", ("%s: %s; name it on the command line, or as `images` in project.lua"):format(url, what))
end

-- Of many paths at once.
function folder.stats(paths)
  local stats = {}
  for i, path in ipairs(paths) do stats[i] = fs.stat(path) or false end
  return stats
end

-- image.* read files themselves.
function folder.inputs(paths) return paths, {} end

function folder.sha256(paths) return #paths > 0 and assert(require "hilum.hash".sha256_file(paths)) or {} end

folder.read = fs.read

function folder.write(path, data)
  local made, err = fs.mkdir(fs.dir(path))
  if not made then return nil, err end
  return fs.write(path, data)
end

-- The name that stays the same from wherever a command is started; folders are resolved once each.
function folder.absolute(paths)
  local folders, names = {}, {}
  for i, path in ipairs(paths) do
    local dir = fs.dir(path)
    folders[dir] = folders[dir] or fs.real(dir) or dir
    names[i] = fs.join(folders[dir], fs.base(path))
  end
  return names
end

return folder
