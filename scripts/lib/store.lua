-- SPDX-License-Identifier: MIT
-- Where images are: the same calls for a folder and, in a later release, for s3://. A new kind of store is one row of `openers`.
local fs = require "hilum.fs"
local host = require "hilum.host"

local store = {}

local Folder = {}
Folder.__index = Folder

-- The local path of a file, which other modules can open.
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

function Folder:write(name, data)
  local path = self:path(name)
  local made, err = fs.mkdir(fs.dir(path))
  if not made then return nil, err end
  return fs.write(path, data)
end

local function open_folder(url)
  local stat = fs.stat(url)
  if stat and stat.type == "dir" then return setmetatable({ url = url }, Folder) end
  local what = stat and "is not a folder" or "no such folder"
  return nil, host.error("io", ("%s: %s; name it on the command line, or as `images` in project.lua"):format(url, what))
end

local openers = {
  file = function(url) return open_folder(url:match("^file://(/.*)$") or "") end,
  s3 = function(url)
    return nil, host.error("usage", url .. ": reading from S3 is not in this build yet; copy the images to a folder first")
  end,
}

-- A folder's path or a URL. Returns the store, or nil and an error.
function store.open(url)
  local scheme = url:match("^(%w+)://")
  if not scheme then return open_folder(url) end
  local open = openers[scheme]
  if open then return open(url) end
  return nil, host.error("usage", ("%s: a store is a folder or an s3:// URL"):format(url))
end

return store
