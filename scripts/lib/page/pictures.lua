-- SPDX-License-Identifier: MIT
-- Small pictures of images, for pages. An image that is missing or broken costs its picture, nothing else.
local fs = require "hilum.fs"
local image = require "hilum.image"

local pictures = {}

local QUALITY = 80

-- JPEG bytes by path; what is missing in the answer could not be read.
function pictures.of_paths(paths, side)
  local there, by_path = {}, {}
  for _, path in ipairs(paths) do
    if fs.stat(path) then there[#there + 1] = path end
  end
  if #there == 0 then return by_path end
  local thumbnails = image.thumbnail(there, side, { quality = QUALITY })
  for i, path in ipairs(there) do by_path[path] = thumbnails[i] or nil end
  return by_path
end

-- JPEG bytes by name, of images in a store (nil: none can be read).
function pictures.of_names(store, names, side)
  local by_name, paths = {}, {}
  if not store then return by_name end
  for i, name in ipairs(names) do paths[i] = store:path(name) end
  local by_path = pictures.of_paths(paths, side)
  for i, name in ipairs(names) do by_name[name] = by_path[paths[i]] end
  return by_name
end

return pictures
