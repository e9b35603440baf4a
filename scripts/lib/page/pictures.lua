-- SPDX-License-Identifier: MIT
-- Small pictures of images, for pages. An image that is missing or broken costs its picture, nothing else.
local image = require "hilum.image"
local store = require "lib.store"

local pictures = {}

local QUALITY = 80

-- JPEG bytes by location; what is missing in the answer could not be read.
function pictures.of_paths(paths, side)
  local there, by_path = {}, {}
  for i, stat in ipairs(store.stats(paths)) do
    if stat then there[#there + 1] = paths[i] end
  end
  if #there == 0 then return by_path end
  local thumbnails = image.thumbnail(store.inputs(there), side, { quality = QUALITY })
  for i, path in ipairs(there) do by_path[path] = thumbnails[i] or nil end
  return by_path
end

-- JPEG bytes by name, of images in a store (nil: none can be read).
function pictures.of_names(images, names, side)
  local by_name, paths = {}, {}
  if not images then return by_name end
  for i, name in ipairs(names) do paths[i] = images:path(name) end
  local by_path = pictures.of_paths(paths, side)
  for i, name in ipairs(names) do by_name[name] = by_path[paths[i]] end
  return by_name
end

return pictures
