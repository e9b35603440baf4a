-- SPDX-License-Identifier: MIT
-- image.describe with a memory: the 780 features of an image are kept in the project's cache (lib/model/kept).
local fs = require "hilum.fs"
local image = require "hilum.image"
local memory = require "lib.memory"
local store = require "lib.store"

-- chunk: so many images are described before what was found is written.
local features = { COUNT = 780, chunk = 128 }

local function paths_of(images, names)
  local paths = {}
  for i, name in ipairs(names) do paths[i] = images:path(name) end
  return paths
end

-- Describes the images at these places; failures by absolute name.
local function describe_chunk(kept, paths, entries, places, failures, progress)
  local chunk, good, rows = {}, {}, {}
  for i, place in ipairs(places) do chunk[i] = paths[place] end
  local inputs, unread = store.inputs(chunk)
  local described, errors = image.describe(inputs, { progress = progress })
  for i, place in ipairs(places) do
    local err = unread[i] or errors and errors[i]
    if err then
      failures[entries[place].file] = err
    else
      good[#good + 1], rows[#rows + 1] = entries[place], i
    end
  end
  if #good > 0 then kept:add(#good < #places and described:gather(rows) or described, good) end
end

-- The features of named images of a store: a matrix of 780 columns; and errors by place, or nil, for images that could not be read
-- and whose row is 0. options: progress.
function features.of(project, images, names, options)
  local folder, progress = project:path("cache"), options and options.progress
  assert(fs.mkdir(folder))
  local kept, paths, failures = require "lib.model.kept".open(folder, "features"), paths_of(images, names), {}
  local entries = memory.entries(paths)
  local new = kept:missing(entries)
  if progress then progress:add(#names - #new) end
  for first = 1, #new, features.chunk do
    local places = table.move(new, first, math.min(first + features.chunk - 1, #new), 1, {})
    describe_chunk(kept, paths, entries, places, failures, progress)
  end
  return kept:collect(entries, failures, features.COUNT)
end

return features
