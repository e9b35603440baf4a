-- SPDX-License-Identifier: MIT
-- From object to object, within S3: in one request up to 5 GiB, in parts beyond.
local exchange = require "lib.aws.s3.exchange"
local list = require "lib.aws.s3.list"
local multipart = require "lib.aws.s3.multipart"
local object = require "lib.aws.s3.object"
local options_of = require "lib.aws.s3.options"
local sigv4 = require "hilum.sigv4"
local task = require "hilum.task"

local KNOWN = options_of.set "version at_once size"
local LARGEST = 5 << 30
local PART = 512 << 20
local PARTS = 10000
local PATIENCE = 600 -- seconds; S3 answers when the copy is done
local AT_ONCE = 8

local function source_of(from, version)
  local source = "/" .. from.bucket .. "/" .. sigv4.escape(from.key, true)
  return version and source .. "?versionId=" .. sigv4.escape(version) or source
end

local function in_one(client, from, to, options)
  local headers = options_of.headers(options, KNOWN)
  headers["x-amz-copy-source"] = source_of(from, options.version)
  -- What is said about the new object replaces what the old one had.
  if options.metadata or options.content_type then headers["x-amz-metadata-directive"] = "REPLACE" end
  local request = { op = "s3.copy", action = "s3:PutObject", place = to, method = "PUT", headers = headers, is_late = true,
    patience = PATIENCE }
  request.read = function(response)
    local document, err = list.document(request, response)
    if not document then return nil, err end
    return { etag = object.etag(document.ETag), version = response.headers["x-amz-version-id"] }
  end
  return exchange.run(client, request)
end

-- An upload does not take over what the old object is called; so it is told.
local function inherit(options, head)
  local all = { content_type = head.content_type, content_encoding = head.content_encoding, cache_control = head.cache_control,
    metadata = head.metadata }
  for name, value in pairs(options) do
    if not KNOWN[name] then all[name] = value end
  end
  return all
end

local function pieces_of(size)
  local part, pieces = PART, {}
  while (size + part - 1) // part > PARTS do part = part * 2 end
  for first = 0, size - 1, part do
    pieces[#pieces + 1] = { number = #pieces + 1, first = first, last = math.min(first + part, size) - 1 }
  end
  return pieces
end

local function in_parts(client, from, to, head, options)
  local upload <close>, err = multipart.create(client, to, inherit(options, head))
  if not upload then return nil, err end
  local source, failure = source_of(from, options.version), nil
  task.map(pieces_of(head.size), { at_once = options.at_once or AT_ONCE }, function(piece)
    if failure then return end
    local part, why = upload:copy(piece.number, source, piece.first, piece.last)
    if not part then failure = failure or why end
  end)
  if failure then return nil, failure end
  return upload:complete()
end

-- See Client:copy.
return function(client, from, to, options)
  if not options.size or options.size > LARGEST then
    local head, err = object.head(client, from, { version = options.version })
    if not head then return nil, err end
    if head.size > LARGEST then return in_parts(client, from, to, head, options) end
  end
  return in_one(client, from, to, options)
end
