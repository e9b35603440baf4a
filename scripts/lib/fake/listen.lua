-- SPDX-License-Identifier: MIT
-- A fake on a port of this machine: hilum's httpd in front of what tests have their own server for.
--   local server = assert(listen(aws.handler, { port = 8418 }))
local httpd = require "hilum.httpd"

-- Single requests: a part of a large object, or an object of a program that knows no parts.
local MOST_BODY = 1 << 30

-- What is the server's to say.
local OWN = { ["content-length"] = true, date = true, connection = true }

local function fields_of(headers)
  local fields = {}
  for name, value in pairs(headers) do fields[#fields + 1] = { name, value } end
  return fields
end

-- A request of httpd as the fakes know requests: what was signed, byte by byte.
local function adapt(request, number)
  local query = request.raw_query or ""
  return { method = request.method, path = request.raw_path, query = query, number = number, connection_number = number,
    target = request.raw_path .. (query ~= "" and "?" .. query or ""), headers = request.headers, fields = fields_of(request.headers),
    body = function() return request.body end }
end

-- A body that comes in pieces: all of it.
local function whole(body)
  if type(body) ~= "function" then return body end
  local pieces = {}
  body(function(piece) pieces[#pieces + 1] = piece return true end)
  return table.concat(pieces)
end

local function reply(response)
  local headers = {}
  for name, value in pairs(response.headers or {}) do
    if not OWN[name:lower()] then headers[name] = value end
  end
  return { status = response.status, headers = headers, body = whole(response.body) }
end

-- options: port, tls as httpd.serve has them. nil and an error: it cannot be listened there.
return function(handler, options)
  local count = 0
  return httpd.serve { port = options.port, tls = options.tls, max_body = MOST_BODY, handler = function(request)
    count = count + 1
    return reply(handler(adapt(request, count)))
  end }
end
