-- SPDX-License-Identifier: MIT
-- A file to an object: in one request, or in parts, several at once, when it is large.
local checksum = require "lib.aws.s3.checksum"
local errors = require "lib.aws.s3.errors"
local fs = require "hilum.fs"
local http = require "hilum.http"
local list = require "lib.aws.s3.list"
local multipart = require "lib.aws.s3.multipart"
local object = require "lib.aws.s3.object"
local task = require "hilum.task"

local LARGE = 32 << 20 -- from here on in parts
local AT_ONCE = 8

-- One part of the file: its number, and where it is.
local function pieces_of(size)
  local part_size, pieces = multipart.part_size(size), {}
  for first = 0, size - 1, part_size do
    pieces[#pieces + 1] = { number = #pieces + 1, first = first, size = math.min(part_size, size - first) }
  end
  return pieces
end

-- Is this part, which an earlier run sent, what the file has there? If so it is taken as sent.
local function take_if_same(upload, path, piece, part)
  if not part or part.size ~= piece.size then return false end
  local body <close> = http.file(path, piece.first, piece.size)
  local digests = body and body:digest(part.checksum and { upload.algorithm } or { "md5", upload.algorithm })
  if not digests then return false end
  local sum = upload.algorithm and checksum.value(upload.algorithm, digests)
  if part.checksum then
    if part.checksum ~= sum then return false end
  elseif part.etag ~= digests.md5 then
    return false
  end
  upload:note(piece.number, piece.size, part.etag, sum)
  return true
end

-- Options that S3 does not tell of an upload that was begun: with one of them a new one is.
local UNTOLD = { "acl", "bucket_key", "cache_control", "content_disposition", "content_encoding", "content_language", "content_type",
  "kms_key", "metadata", "sse", "tagging" }

-- The upload of this object that was begun last and can be continued, and its parts. None if who asks may not list them.
local function find_leftover(client, place, options)
  local found
  for _, name in ipairs(UNTOLD) do
    if options[name] ~= nil then return nil end
  end
  for _, entry in ipairs(list.uploads_to(client, place) or {}) do
    if multipart.fits(entry, client, options) and (not found or (entry.started or 0) > (found.started or 0)) then found = entry end
  end
  local upload = found and multipart.open(client, place, found.id, options)
  local parts = upload and list.parts(client, place, found.id, upload.algorithm)
  if parts then return upload, parts end
end

-- Goes on with what an earlier run left: the pieces that are still to be sent.
local function resume(upload, parts, path, pieces)
  local by_number, missing = {}, {}
  for _, part in ipairs(parts) do by_number[part.number] = part end
  task.map(pieces, { at_once = AT_ONCE }, function(piece)
    if not take_if_same(upload, path, piece, by_number[piece.number]) then missing[#missing + 1] = piece end
  end)
  table.sort(missing, function(a, b) return a.number < b.number end)
  return missing
end

-- An upload, and the pieces of the file that it lacks.
local function begin(client, place, path, size, options)
  local pieces = pieces_of(size)
  if options.resume then
    local leftover, parts = find_leftover(client, place, options)
    if leftover then return leftover, resume(leftover, parts, path, pieces) end
  end
  local upload, err = multipart.create(client, place, options)
  return upload, upload and pieces or err
end

-- Sends pieces; after the first failure no more are begun.
local function send(upload, path, pieces, at_once)
  local failure
  task.map(pieces, { at_once = at_once }, function(piece)
    if failure then return end
    local body <close>, err = http.file(path, piece.first, piece.size)
    local part = body
    if body then part, err = upload:put(piece.number, body) end
    if not part then failure = failure or err end
  end)
  return not failure, failure
end

local function same_file(path, before)
  local now = fs.stat(path)
  return now and now.size == before.size and now.mtime == before.mtime
end

local function in_parts(client, place, path, stat, options)
  local upload <close>, pieces = begin(client, place, path, stat.size, options)
  if not upload then return nil, pieces end
  local sent, err = send(upload, path, pieces, options.at_once or AT_ONCE)
  if not sent then return nil, err end
  if not same_file(path, stat) then
    return nil, errors.new({ place = place, op = "s3.upload" }, "io", "%s was changed while it was sent; send it again", path)
  end
  return upload:complete()
end

local function in_one(client, place, path, options)
  local body <close>, err = http.file(path)
  if not body then return nil, err end
  local single = {}
  for name, value in pairs(options) do
    if name ~= "at_once" and name ~= "resume" then single[name] = value end
  end
  return object.put(client, place, body, single)
end

-- See Client:upload.
return function(client, path, place, options)
  local stat = fs.stat(path)
  if stat and stat.type == "file" and stat.size >= LARGE then return in_parts(client, place, path, stat, options) end
  return in_one(client, place, path, options)
end
