-- SPDX-License-Identifier: MIT
-- The records of a fine-tuning job, read line by line where they are on S3: one line that Bedrock cannot read makes the job fail, after it
-- was paid for. How many there are decides what the job costs.
local json = require "hilum.json"
local limits = require "lib.titan".limits
local places = require "lib.ready.places"

local records = {}

local WINDOW = 8 << 20 -- bytes that are in memory at a time
local MOST_BUCKETS = 8 -- of which an image is remembered

local function is_record(line)
  local record = json.decode(line)
  return type(record) == "table" and type(record.caption) == "string" and type(record["image-ref"]) == "string" and record["image-ref"]
end

-- Counts one line. seen: {records, line, bad = {number, text}, images, buckets}
local function take(seen, line)
  seen.line = seen.line + 1
  if not line:find("%S") then return end
  seen.records = seen.records + 1
  local image = is_record(line)
  local bucket = image and places.split(image)
  if not bucket then
    seen.bad = seen.bad or { line = seen.line, why = image and "its image-ref is no s3:// URI" or "it is no record" }
  elseif not seen.buckets[bucket] and #seen.images < MOST_BUCKETS then
    seen.buckets[bucket], seen.images[#seen.images + 1] = true, image
  end
end

-- Counts what read(offset, length) gives, from 0 to size; window: bytes at a time, for tests. Returns {records, bad = the first line that
-- Bedrock cannot read {line, why}, images = URIs, one of each bucket}; nil and an error.
function records.count(size, read, window)
  window = window or WINDOW
  local seen, rest = { records = 0, line = 0, images = {}, buckets = {} }, ""
  for offset = 0, size - 1, window do
    local part, err = read(offset, math.min(window, size - offset))
    if not part then return nil, err end
    local text = rest .. part
    rest = text:sub((text:find("\n[^\n]*$") or 0) + 1)
    for line in text:sub(1, #text - #rest):gmatch("([^\n]*)\n") do take(seen, line) end
  end
  if rest ~= "" then take(seen, rest) end
  return seen
end

-- The same of an object on S3; false: there is none.
function records.on_s3(s3, uri)
  local head, err = s3:head(uri)
  if err and err.status == 404 then return false end
  if not head then return nil, err end
  return records.count(head.size, function(offset, length)
    local part, why = s3:get(uri, { range = { offset, offset + length - 1 }, if_match = head.etag })
    return part and part.body, why
  end)
end

local function judge_count(inquiry, what, count, least, most, state)
  if count >= least and count <= most then return inquiry:ok(what, ("%d, of %d to %d"):format(count, least, most)) end
  local advice = count < least and "add records; `hilum prepare` makes the file" or "leave some out; `hilum prepare` makes the file"
  inquiry[state](inquiry, what, ("%d, outside of %d to %d"):format(count, least, most), advice)
end

local function look(inquiry, what, uri)
  local seen, err = records.on_s3(inquiry:client("s3"), uri)
  if seen == false then
    inquiry:stop(what, uri .. " is not there", ("`hilum upload FILE %s` puts it there"):format(uri))
    return nil
  end
  seen = inquiry:got(what, seen, err)
  if seen and seen.bad then
    inquiry:stop(what, ("line %d of %s: %s"):format(seen.bad.line, uri, seen.bad.why), "`hilum prepare` writes what Bedrock takes")
  end
  return seen
end

-- Training and validation records: there, readable, and as many as Bedrock takes.
function records.counted(inquiry)
  local train, validation = places.train(inquiry.request), places.validation(inquiry.request)
  local seen = look(inquiry, "training records", train)
  if seen then
    inquiry.known.records, inquiry.known.images = seen.records, seen.images
    judge_count(inquiry, "training records", seen.records, limits.min_records, limits.max_records, "stop")
  end
  local also = validation and look(inquiry, "validation records", validation)
  if not also then return end
  inquiry.known.validation_records = also.records
  judge_count(inquiry, "validation records", also.records, limits.min_validation, limits.max_validation, "warn")
end

return records
