-- SPDX-License-Identifier: MIT
-- Many objects at once, a thousand a request (DeleteObjects).
local aws_errors = require "lib.aws.errors"
local exchange = require "lib.aws.s3.exchange"
local list = require "lib.aws.s3.list"
local object = require "lib.aws.s3.object"
local payload = require "lib.aws.s3.payload"
local task = require "hilum.task"
local uri = require "lib.aws.s3.uri"
local xml = require "hilum.xml"

local BATCH = 1000
local AT_ONCE = 4

-- XML 1.0 has no way to write the other control characters, nor bytes that are not UTF-8.
local function fits_xml(key) return not key:find("[\0-\8\11\12\14-\31]") and not key:find("\u{FFFE}", 1, true)
  and not key:find("\u{FFFF}", 1, true) and utf8.len(key) ~= nil end

local function write(batch)
  local lines = { '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>' }
  for i, item in ipairs(batch) do
    lines[i + 1] = "<Object><Key>" .. xml.escape(item.key) .. "</Key></Object>"
  end
  lines[#lines + 1] = "</Delete>"
  return table.concat(lines)
end

local function error_of(entry, bucket)
  local err = aws_errors.make { status = 200, code = entry.Code, message = entry.Message, op = "s3.delete_many" }
  err.message = ("%s: %s"):format(uri.show { bucket = bucket, key = entry.Key }, err.message)
  return err
end

-- The errors of a batch, by key; or nil and the error of the request.
local function send(client, bucket, batch)
  local request = payload.add_document({ op = "s3.delete_many", action = "s3:DeleteObject", place = { bucket = bucket, key = "" },
    method = "POST", query = "delete", headers = { ["content-type"] = "application/xml" } }, write(batch))
  request.read = function(response)
    local document, err = list.document(request, response, { "Error" })
    if not document then return nil, err end
    local failed = {}
    for _, entry in ipairs(document.Error or {}) do failed[entry.Key] = error_of(entry, bucket) end
    return failed
  end
  return exchange.run(client, request)
end

-- The keys as batches of {key, index}; those that XML cannot carry each in one of its own.
local function batches(keys)
  local all, open = {}, nil
  for i, key in ipairs(keys) do
    if not fits_xml(key) then
      all[#all + 1] = { single = true, { key = key, index = i } }
    else
      if not open or #open == BATCH then
        open = {}
        all[#all + 1] = open
      end
      open[#open + 1] = { key = key, index = i }
    end
  end
  return all
end

local function delete_single(client, bucket, key)
  local done, err = object.delete(client, { bucket = bucket, key = key }, {})
  return { [key] = not done and err or nil }
end

-- See Client:delete_many.
return function(client, bucket, keys)
  local errors, left = {}, 0
  task.map(batches(keys), { at_once = AT_ONCE }, function(batch)
    local failed, err
    if batch.single then failed = delete_single(client, bucket, batch[1].key) else failed, err = send(client, bucket, batch) end
    for _, item in ipairs(batch) do
      errors[item.index] = err or failed[item.key]
      if errors[item.index] then left = left + 1 end
    end
  end)
  return #keys - left, left > 0 and errors or nil
end
