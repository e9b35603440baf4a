-- SPDX-License-Identifier: MIT
-- Images that are there twice: the same bytes, or the same picture in another size, format or brightness.
local image = require "hilum.image"
local store = require "lib.store"

local duplicates = {}

-- Groups of paths with the same bytes. Only files of equal size are read.
function duplicates.exact(paths, reports)
  local by_size, suspects = {}, {}
  for i, path in ipairs(paths) do
    local size = reports[i].bytes
    if size and size > 0 then
      by_size[size] = by_size[size] or {}
      table.insert(by_size[size], path)
    end
  end
  for _, path_list in pairs(by_size) do
    if #path_list > 1 then table.move(path_list, 1, #path_list, #suspects + 1, suspects) end
  end
  table.sort(suspects)
  local by_hash, groups = {}, {}
  for i, sum in ipairs(store.sha256(suspects)) do
    if by_hash[sum] and #by_hash[sum] == 1 then groups[#groups + 1] = by_hash[sum] end
    by_hash[sum] = by_hash[sum] or {}
    table.insert(by_hash[sum], suspects[i])
  end
  return groups
end

-- Measured on 200 radiographs of 156 patients: two different ones differ in at least 60 bits of 256 and correlate by 0.93 at most;
-- the same one as JPEG of quality 30, at 224 pixels, 20 levels brighter or with a gamma of 0.8 to 1.4 differs in at most 28 bits and
-- correlates by at least 0.987.
local MOST_BITS, LEAST_CORRELATION = 36, 0.985

local SIDE, CHUNK = 128, 64 -- pixels; pairs looked at together

-- The paths whose hashes are worth comparing: undamaged, and one of each group of equal bytes.
local function candidates(paths, reports, exact)
  local is_copy, chosen = {}, {}
  for _, group in ipairs(exact) do
    for i = 2, #group do is_copy[group[i]] = true end
  end
  for i, path in ipairs(paths) do
    if #reports[i].problems == 0 and not is_copy[path] then chosen[#chosen + 1] = path end
  end
  return chosen
end

-- Small gray images of what the pairs name, by its place in paths.
local function load_small(paths, pairs_of)
  local places, wanted, small = {}, {}, {}
  for _, pair in ipairs(pairs_of) do
    for _, place in ipairs { pair.first, pair.second } do
      if not small[place] then
        places[#places + 1], wanted[#wanted + 1], small[place] = place, paths[place], true
      end
    end
  end
  for i, decoded in ipairs(image.decode(store.inputs(wanted), { mode = "gray" })) do
    small[places[i]] = decoded and assert(image.resize(decoded, SIDE, SIDE)) or nil
  end
  return small
end

-- The pairs whose pixels agree too, each with its correlation.
local function confirm(paths, similar)
  local confirmed = {}
  for first = 1, #similar, CHUNK do
    local chunk = table.move(similar, first, math.min(first + CHUNK - 1, #similar), 1, {})
    local small = load_small(paths, chunk)
    for _, pair in ipairs(chunk) do
      local a, b = small[pair.first], small[pair.second]
      pair.correlation = a and b and image.correlation(a, b) or 0
      if pair.correlation >= LEAST_CORRELATION then confirmed[#confirmed + 1] = pair end
    end
  end
  return confirmed
end

-- Pairs that share an image belong to one group; its correlation is that of its least similar pair.
local function join(paths, pairs_of)
  local group_of, groups = {}, {}
  local function merge(into, from)
    for _, place in ipairs(from) do
      into[#into + 1], group_of[place] = place, into
    end
    into.correlation, from.gone = math.min(into.correlation, from.correlation), true
  end
  local function group(place)
    if group_of[place] then return group_of[place] end
    local new = { place, correlation = 1 }
    group_of[place], groups[#groups + 1] = new, new
    return new
  end
  for _, pair in ipairs(pairs_of) do
    local a, b = group(pair.first), group(pair.second)
    if a ~= b then merge(a, b) end
    a.correlation = math.min(a.correlation, pair.correlation)
  end
  local named = {}
  for _, one in ipairs(groups) do
    if not one.gone then
      table.sort(one)
      local files = {}
      for i, place in ipairs(one) do files[i] = paths[place] end
      named[#named + 1] = { files = files, correlation = one.correlation }
    end
  end
  return named
end

-- Groups {files, correlation} of images that look the same though their bytes differ. hashes: a function from a list of paths to their
-- perceptual hashes.
function duplicates.near(paths, reports, exact, hashes)
  local chosen = candidates(paths, reports, exact)
  local similar = image.similar(hashes(chosen), MOST_BITS)
  return join(chosen, confirm(chosen, similar))
end

return duplicates
