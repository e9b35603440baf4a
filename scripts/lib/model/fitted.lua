-- SPDX-License-Identifier: MIT
-- Images as a model on a server takes them: the file's own bytes where they are within its limits, else scaled down.
local fs = require "hilum.fs"
local host = require "hilum.host"
local image = require "hilum.image"

local fitted = {}

local SHRINK = 0.8 -- of each side, as long as what comes out has too many bytes

local function read(input)
  if type(input) ~= "string" then return input end
  local bytes, err = fs.read(input)
  return bytes and { bytes = bytes, name = input }, err
end

-- The encoded image, with at most these pixels and bytes.
local function scale_down(input, info, limits)
  local picture, err = image.decode(input)
  if not picture then return nil, err end
  local factor = math.min(1, math.sqrt(limits.pixels / (info.width * info.height)))
  local bytes
  repeat
    local width, height = math.max(1, math.floor(info.width * factor)), math.max(1, math.floor(info.height * factor))
    bytes, err = image.encode(assert(image.resize(picture, width, height)))
    factor = factor * SHRINK
  until not bytes or #bytes <= limits.bytes
  return bytes, err
end

-- input: as image.* take it. limits: pixels, bytes, resize (false: what is too large is an error). Returns { bytes =, format = "png" or
-- "jpeg", scaled = true if it was }, or nil and an error.
function fitted.fit(input, limits)
  local given, err = read(input)
  if not given then return nil, err end
  local info
  info, err = image.info(given)
  if not info then return nil, err end
  local small = info.width * info.height <= limits.pixels and #given.bytes <= limits.bytes
  if small then return { bytes = given.bytes, format = info.format } end
  if not limits.resize then
    return nil, host.error("integrity", ("%s: %d x %d pixels in %d bytes are too much for the model (%d, %d); --resize scales it down")
      :format(given.name or "the image", info.width, info.height, #given.bytes, limits.pixels, limits.bytes))
  end
  local bytes
  bytes, err = scale_down(given, info, limits)
  if not bytes then return nil, err end
  return { bytes = bytes, format = "png", scaled = true }
end

return fitted
