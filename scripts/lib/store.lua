-- SPDX-License-Identifier: MIT
-- Where files are: a folder or s3://. A store has names; a location is a path or a URL, whichever store it is in. A new kind of store
-- is a row of KINDS and a file beside those two.
local host = require "hilum.host"

local store = {}

local KINDS = { [""] = "lib.store.folder", s3 = "lib.store.s3" }

local function scheme_of(location) return location:match("^(%w+)://") or "" end

local function kind_of(location) return require(KINDS[scheme_of(location)] or KINDS[""]) end

-- A store whose names are locations.
store.anywhere = { path = function(_, location) return location end }

-- Is this no path?
function store.is_url(location) return scheme_of(location) ~= "" end

-- A folder's path or a URL. Returns the store {url, path(name), list(), stat(name), read(name), write(name, data)}, or nil and an error.
function store.open(url)
  local scheme = scheme_of(url)
  if scheme == "file" then return kind_of("").open(url:match("^file://(/.*)$") or url) end
  if KINDS[scheme] then return kind_of(url).open(url) end
  return nil, host.error("usage", ("%s: a store is a folder or an s3:// URL"):format(url))
end

-- Calls f(kind, some) for the locations of each kind together; list(place) is where the i-th of them was.
local function each_kind(locations, f)
  local groups, order = {}, {}
  for i, location in ipairs(locations) do
    local kind = kind_of(location)
    if not groups[kind] then
      groups[kind] = { locations = {}, places = {} }
      order[#order + 1] = kind
    end
    table.insert(groups[kind].locations, location)
    table.insert(groups[kind].places, i)
  end
  for _, kind in ipairs(order) do f(kind, groups[kind].locations, groups[kind].places) end
end

-- {size, mtime, type} of each location, or false where nothing is.
function store.stats(locations)
  local stats = {}
  each_kind(locations, function(kind, some, places)
    for i, stat in ipairs(kind.stats(some)) do stats[places[i]] = stat end
  end)
  return stats
end

function store.stat(location) return store.stats({ location })[1] or nil end

-- What image.* take for these locations, and by place the errors of those that could not be read. What is not on this machine is in
-- memory then: call it for a chunk at a time.
function store.inputs(locations)
  local inputs, errors = {}, {}
  each_kind(locations, function(kind, some, places)
    local given, failed = kind.inputs(some)
    for i, input in ipairs(given) do inputs[places[i]] = input end
    for i, err in pairs(failed) do errors[places[i]] = err end
  end)
  return inputs, errors
end

-- The SHA-256 of each location; false for what cannot be read.
function store.sha256(locations)
  local sums = {}
  each_kind(locations, function(kind, some, places)
    for i, sum in ipairs(kind.sha256(some)) do sums[places[i]] = sum end
  end)
  return sums
end

-- Names of the locations that hold wherever a command is started.
function store.absolute(locations)
  local names = {}
  each_kind(locations, function(kind, some, places)
    for i, name in ipairs(kind.absolute(some)) do names[places[i]] = name end
  end)
  return names
end

-- The bytes of a location, or nil and an error.
function store.read(location) return kind_of(location).read(location) end

-- Writes all of it or nothing, making folders. Returns true, or nil and an error.
function store.write(location, data) return kind_of(location).write(location, data) end

return store
