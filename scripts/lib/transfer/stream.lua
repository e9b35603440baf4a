-- SPDX-License-Identifier: MIT
-- One object from or to a file that is read or written in one go, such as standard input and output: a piece at a time, so that memory
-- does not grow with it.
local checksum = require "lib.aws.s3.checksum"
local hash = require "hilum.hash"
local host = require "hilum.host"
local multipart = require "lib.aws.s3.multipart"
local s3 = require "lib.aws.s3"
local uri = require "lib.aws.s3.uri"

local stream = {}

local PIECE = 16 << 20

local function put_pieces(client, file, place, options, piece)
  local upload <close>, err = multipart.create(client, place, options)
  if not upload then return nil, err end
  local number = 0
  while piece do
    number = number + 1
    local part
    part, err = upload:put(number, piece)
    if not part then return nil, err end
    piece = file:read(PIECE)
  end
  return upload:complete()
end

-- Stores what a file gives until its end. options: of Client:put. Returns what is stored, or nil and an error, and then nothing is.
function stream.put(client, file, text, options)
  local place, err = uri.parse_object(text)
  if not place then return nil, err end
  local piece = file:read(PIECE) or ""
  if #piece < PIECE then return client:put(place, piece, options) end
  return put_pieces(client, file, place, options, piece)
end

local function check(place, object, digest)
  if not digest or checksum.of_hex(digest:hex()) == object.checksum.value then return object end
  return nil, host.error("integrity", ("%s: what arrived does not have the checksum that S3 says the object has; try again"):format(
    uri.show(place)))
end

local function get_pieces(client, file, place, object)
  local sum = object.checksum
  local digest = sum and not sum.value:find("-", 1, true) and hash.new(sum.algorithm)
  for first = 0, object.size - 1, PIECE do
    local last = math.min(first + PIECE, object.size) - 1
    local piece, err = client:get(place, { range = { first, last }, if_match = object.etag })
    if not piece then return nil, err end
    if digest then digest:update(piece.body) end
    file:write(piece.body)
  end
  return check(place, object, digest)
end

-- Writes an object to a file. Returns what is known of it, or nil and an error; pieces may have been written then.
function stream.get(client, text, file)
  local place, err = s3.parse(text)
  if not place then return nil, err end
  local object
  object, err = client:head(place)
  if not object then return nil, err end
  if object.size > PIECE then return get_pieces(client, file, place, object) end
  object, err = client:get(place)
  if not object then return nil, err end
  file:write(object.body)
  return object
end

return stream
