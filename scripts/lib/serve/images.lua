-- SPDX-License-Identifier: MIT
-- The pictures of the index over HTTP: small ones, and the files themselves. An anonymous page gets pixels only, for a file may say more
-- than it shows.
local answers = require "lib.serve.answers"
local host = require "hilum.host"
local image = require "hilum.image"
local plain = require "lib.query.plain"
local store = require "lib.store"
local thumbnails = require "lib.serve.thumbnails"

local images = {}

local FULL_SIDE, FULL_QUALITY = 4096, 95
local TYPES = { png = "image/png", jpeg = "image/jpeg" }

local function not_found() return answers.problem(404, "there is no such image", "usage") end

-- An error's message names the file, which an anonymous page does not.
local function told(served, body, err)
  if err and served.anonymous then err = host.error(err.kind, "the picture cannot be read") end
  return body, err
end

-- The record, location and stat of an image by its id; or nil.
local function find(served, id)
  local doc = served:find(id)
  if not doc then return nil end
  local location, stat = served:location(doc)
  if location then return doc, location, stat end
end

function images.small(request, served, id)
  local side = math.tointeger(tonumber(request.query.side or "320"))
  local allowed = false
  for _, known in ipairs(thumbnails.SIDES) do allowed = allowed or side == known end
  if not allowed then return answers.problem(400, "side must be " .. table.concat(thumbnails.SIDES, ", "), "usage") end
  local doc, location, stat = find(served, id)
  if not doc then return not_found() end
  local key = thumbnails.key(location, stat, side)
  return answers.tagged(request, ('"%s"'):format(key), "image/jpeg", function()
    return told(served, served.thumbnails:body(location, side, key))
  end)
end

-- The file itself, if a browser can show it.
local function whole(location)
  if store.is_url(location) then return store.read(location) end
  return { file = location }
end

local function pixels(location)
  local inputs, unread = store.inputs { location }
  if unread[1] then return nil, unread[1] end
  return image.thumbnail(inputs[1], FULL_SIDE, { quality = FULL_QUALITY })
end

local function type_of(location)
  local inputs, unread = store.inputs { location }
  local info = not unread[1] and image.info(inputs[1])
  return info and TYPES[info.format]
end

function images.full(request, served, id)
  local doc, location, stat = find(served, id)
  if not doc then return not_found() end
  local etag = ('"%s"'):format(thumbnails.key(location, stat, 0))
  local type = not served.anonymous and type_of(location)
  if not type then return answers.tagged(request, etag, "image/jpeg", function() return told(served, pixels(location)) end) end
  return answers.tagged(request, etag, type, function() return whole(location) end)
end

-- What the index says of an image.
function images.record(_, served, id)
  local doc = served:find(id)
  if not doc then return not_found() end
  local record = plain.doc(doc, served.anonymous)
  record.id = id
  return answers.json(record)
end

return images
