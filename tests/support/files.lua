-- SPDX-License-Identifier: MIT
-- Files as web servers give them, with the habits of bad ones, which the URL asks for: files.handler(folder) serves
--   /name?drop=N         the connection ends after N bytes of the body; times=K: only the first K requests for that URL
--   /name?reset=N        the same with a reset
--   /name?slow=N         N bytes a second
--   /name?range=ignore   Range is not known here
--   /name?range=wrong    a 206 of another range than was asked for
--   /name?length=N       Content-Length is wrong by N
--   /name?length=none    there is no Content-Length; the connection's end is the end
--   /name?status=N       that status; times as above
--   /name?redirect=N     a chain of N redirects before it
--   /name?etag=changing  the file is another each time
-- handler, log = files.handler(folder): log holds { target=, range=, status= } of each request.
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local ranged = require "lib.fake.ranged"
local task = require "hilum.task"

local function parameters_of(query)
  local parameters = {}
  for name, value in query:gmatch("([^&=]+)=([^&]*)") do parameters[name] = tonumber(value) or value end
  return parameters
end

-- The bytes of a response, to be sent in some other way than at once.
local function bytes_of(request, response)
  local parts = {}
  request:render(response, function(data) parts[#parts + 1] = data return true end)
  local bytes = table.concat(parts)
  return bytes, #bytes:match("^.-\r\n\r\n")
end

local function send_part(request, response, size, ending)
  local bytes, head = bytes_of(request, response)
  request.connection:write(bytes:sub(1, head + size))
  request.connection[ending](request.connection)
end

local function send_slowly(request, response, rate)
  local bytes, head = bytes_of(request, response)
  local step, at = math.max(1, rate // 20), head + 1
  if not request.connection:write(bytes:sub(1, head)) then return end
  while at <= #bytes and request.connection:write(bytes:sub(at, at + step - 1)) do
    at = at + step
    task.sleep(step / rate)
  end
  return at > #bytes
end

local function send_without_length(request, data)
  request.connection:write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" .. data)
end

local function respond(request, data, asked)
  if asked.range == "ignore" then return { body = data } end
  local response = ranged(request, data, { ETag = '"' .. hash.md5(data) .. '"', ["Content-Type"] = "application/octet-stream" })
  if asked.etag then response.headers.ETag = ('"%d"'):format(request.number) end
  if asked.range == "wrong" and response.status == 206 then response.body = data:sub(1, #response.body) end
  if type(asked.length) == "number" then
    response.headers["Content-Length"], response.close = #response.body + asked.length, true
  end
  return response
end

local function serve(folder, request, asked, count)
  local due = count <= (asked.times or math.huge)
  if asked.redirect and asked.redirect > 0 then
    return { status = 302, headers = { Location = request.target:gsub("redirect=%d+", "redirect=" .. asked.redirect - 1) } }
  end
  local data = not request.path:find("/..", 1, true) and fs.read(folder .. request.path)
  if not data then return { status = 404, body = "no such file\n" } end
  if asked.status and due then return { status = asked.status, body = "no\n" } end
  local response = respond(request, data, asked)
  request.answered = response.status or 200
  if asked.drop and due then return send_part(request, response, asked.drop, "close") end
  if asked.reset and due then return send_part(request, response, asked.reset, "reset") end
  if asked.slow then return send_slowly(request, response, asked.slow) and nil end
  if asked.length == "none" then return send_without_length(request, data) end
  return response
end

local function handler(folder)
  local counts, log = {}, {}
  return function(request)
    counts[request.target] = (counts[request.target] or 0) + 1
    local response = serve(folder, request, parameters_of(request.query), counts[request.target])
    log[#log + 1] = { target = request.target, range = request.headers.range,
      status = response and (response.status or 200) or request.answered }
    return response
  end, log
end

return { handler = handler }
