-- SPDX-License-Identifier: MIT
-- One end of a transfer: a folder, or a prefix in a bucket. Both give their files as {name, size, mtime} in the order of the bytes of the
-- names, and know the location of a name.
local fs = require "hilum.fs"
local host = require "hilum.host"
local s3 = require "lib.aws.s3"
local task = require "hilum.task"
local uri = require "lib.aws.s3.uri"
local walk = require "lib.transfer.walk"

local side = {}

local Folder = { is_folder = true }
Folder.__index = Folder

function Folder:entries(is_target)
  if not fs.stat(self.url) then return function() end end
  return walk(self.url, is_target and fs.sweep or nil)
end

function Folder:location(name) return fs.join(self.url, name) end

-- A link may lead to what others need.
local function remove(self, name)
  local path = self:location(name)
  if fs.real(fs.dir(path)) ~= fs.dir(fs.join(fs.real(self.url), name)) then
    return nil, host.error("io", ("%s: not deleted, because a link leads there; remove the link, or --exclude it"):format(path))
  end
  return fs.remove(path)
end

function Folder:delete(names)
  local errors
  for i, name in ipairs(names) do
    local done, err = remove(self, name)
    if not done then
      errors = errors or {}
      errors[i] = err
    end
  end
  return errors
end

local MOST_NAME = 255 -- bytes of a file name, on nearly all file systems

-- Why a file of this name is not made, or nil: it would be outside of the folder, or nowhere.
function Folder.refuses(_, name)
  if name:find("\0", 1, true) then return "its name has a NUL in it" end
  for part in (name .. "/"):gmatch("([^/]*)/") do
    if part == "" or part == "." or part == ".." then return "its name is no path below a folder" end
    if #part > MOST_NAME then return ("a part of its name has %d bytes; file systems take %d"):format(#part, MOST_NAME) end
  end
end

local Files = { is_folder = true }
Files.__index = Files

function Files:entries()
  local i = 0
  return function()
    i = i + 1
    return self.list[i]
  end
end

function Files:location(name) return self.paths[name] end

local FEW = 64 -- so many are asked for one by one rather than found among all that the target has

-- The names of all files in order, if they are few.
function Files:few()
  if #self.list > FEW then return nil end
  local names = {}
  for i, entry in ipairs(self.list) do names[i] = entry.name end
  return names
end

local Bucket = {}
Bucket.__index = Bucket

function Bucket:entries()
  local next_object, pages = self.client:list(self.place)
  return function()
    for object in next_object, pages do
      local name = object.key:sub(#self.place.key + 1)
      local is_marker = name == "" or object.size == 0 and name:find("/$") -- what consoles make to show a folder
      if not is_marker then return { name = name, size = object.size, mtime = object.mtime, etag = object.etag } end
    end
  end
end

local AT_ONCE = 16

-- The entries of these names, which are in order, alone.
function Bucket:entries_of(names)
  local found = task.map(names, { at_once = AT_ONCE }, function(name)
    if self:refuses(name) then return false end
    local object, err = self.client:head(self:location(name))
    if object then return { name = name, size = object.size, mtime = object.mtime, etag = object.etag } end
    return err.status ~= 404 and error(err, 0)
  end)
  local i = 0
  return function()
    repeat i = i + 1 until found[i] ~= false
    return found[i]
  end
end

function Bucket:location(name) return { bucket = self.place.bucket, key = self.place.key .. name } end

function Bucket:delete(names)
  local keys = {}
  for i, name in ipairs(names) do keys[i] = self.place.key .. name end
  return select(2, self.client:delete_many(self.place.bucket, keys))
end

-- Keys are kept as they are; what is not UTF-8 is none.
function Bucket:refuses(name)
  if not utf8.len(name) then return "its name is not UTF-8, which keys are" end
  if #self.place.key + #name > 1024 then return "its key would have more than 1,024 bytes" end
end

-- The side for what the user named: a path or s3://bucket/prefix, whose slash at the end may be left out. nil and an error if it
-- cannot be one.
function side.open(text, client)
  if not text:find("^s3://") then
    if text:find("^[sS]3:") then return nil, host.error("usage", text .. ": must look like s3://bucket/prefix, or ./" .. text) end
    local stat = fs.stat(text)
    if stat and stat.type ~= "dir" then
      return nil, host.error("usage", ("%s is a file; `hilum cp` copies single files"):format(text))
    end
    return setmetatable({ url = text }, Folder)
  end
  local place, err = s3.parse(text)
  if not place then return nil, err end
  if place.key:find("[^/]$") then place.key = place.key .. "/" end
  return setmetatable({ url = uri.show(place), place = place, client = client }, Bucket)
end

local function entry_of(path)
  local stat, name = fs.stat(path), fs.base(path)
  if stat and stat.type == "file" then return { name = name, size = stat.size, mtime = stat.mtime } end
  return { name = name, error = host.error("io", path .. ": is not a regular file") }
end

-- A side that single files make up, each under its own name. nil and an error if two have the same.
function side.files(paths)
  local files = setmetatable({ url = table.concat(paths, " "), list = {}, paths = {} }, Files)
  for i, path in ipairs(paths) do
    local entry = entry_of(path)
    local other = files.paths[entry.name]
    if other then return nil, host.error("usage", ("%s and %s would have the same name there"):format(other, path)) end
    files.list[i], files.paths[entry.name] = entry, path
  end
  table.sort(files.list, function(a, b) return a.name < b.name end)
  return files
end

local function begins_with(text, start) return text:sub(1, #start) == start end

-- Is one in the other? What is sent would be a source again then, and --delete could take away what is to be sent.
function side.overlap(a, b)
  if a.is_folder or b.is_folder or a.place.bucket ~= b.place.bucket then return false end
  return begins_with(a.place.key, b.place.key) or begins_with(b.place.key, a.place.key)
end

return side
