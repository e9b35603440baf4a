-- SPDX-License-Identifier: MIT
-- Small pictures, made on the worker threads when they are first asked for, and kept as files named by what they were made from: an
-- image that changes gets another. When the files are too many bytes together, those that are oldest go.
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local image = require "hilum.image"
local store = require "lib.store"
local task = require "hilum.task"

local thumbnails = { SIDES = { 160, 320, 640 }, ROOM = 1 << 30 }

local QUALITY, FORMAT = 82, 1
local LEFT = 0.9 -- of the room, after making room

local Thumbnails = {}
Thumbnails.__index = Thumbnails

-- room: bytes.
function thumbnails.open(folder, room)
  return setmetatable({ folder = folder, room = room or thumbnails.ROOM, making = {}, serial = 0 }, Thumbnails)
end

-- What identifies a picture; also its entity tag.
function thumbnails.key(location, stat, side)
  return hash.sha256(("%d\0%s\0%d\0%.9f\0%d"):format(FORMAT, location, stat.size, stat.mtime or 0, side)):sub(1, 40)
end

-- All files as { path=, size=, mtime= }, and their bytes.
local function list_files(folder)
  local files, bytes = {}, 0
  for _, name in ipairs(fs.walk(folder) or {}) do
    local path = fs.join(folder, name)
    local stat = fs.stat(path)
    if stat then
      files[#files + 1] = { path = path, size = stat.size, mtime = stat.mtime }
      bytes = bytes + stat.size
    end
  end
  return files, bytes
end

local function make_room(self)
  local files, bytes = list_files(self.folder)
  table.sort(files, function(a, b) return a.mtime < b.mtime end)
  for _, file in ipairs(files) do
    if bytes <= LEFT * self.room then break end
    fs.remove(file.path)
    bytes = bytes - file.size
  end
  self.bytes = bytes
end

-- Not flushed: what a power failure leaves empty is made again.
local function keep(self, path, jpeg)
  self.serial = self.serial + 1
  local temporary = ("%s.%d.hilum-new"):format(path, self.serial)
  if not fs.mkdir(fs.dir(path)) then return end
  local file = io.open(temporary, "wb")
  if not file then return end
  local written = file:write(jpeg) and file:close()
  if not (written and fs.rename(temporary, path)) then fs.remove(temporary) end
  self.bytes = (self.bytes or select(2, list_files(self.folder))) + #jpeg
  if self.bytes > self.room then make_room(self) end
end

local function make(self, path, location, side)
  local inputs, unread = store.inputs { location }
  if unread[1] then return nil, unread[1] end
  local jpeg, err = image.thumbnail(inputs[1], side, { quality = QUALITY })
  if not jpeg then return nil, err end
  keep(self, path, jpeg)
  return jpeg
end

-- The JPEG of a picture as the body of an answer, or nil and an error. Those who ask for the same at once share the work.
function Thumbnails:body(location, side, key)
  local path = fs.join(self.folder, key:sub(1, 2), key:sub(3) .. ".jpg")
  local stat = fs.stat(path)
  if stat and stat.size > 0 then return { file = path } end
  self.making[key] = self.making[key] or task.spawn(make, self, path, location, side)
  local jpeg, err = self.making[key]:join()
  self.making[key] = nil
  if type(err) == "string" then error(err, 0) end -- a fault of this program
  return jpeg, err
end

return thumbnails
