-- SPDX-License-Identifier: MIT
-- HTTP/1.1 as a server speaks it, for tests that need to decide what goes over the wire.
--   local server <close> = http_server.start({}, function(request) return { status = 200, body = "hello" } end)
--   server.url, server.port, server.requests (answered so far), server.accepted (connections so far)
-- The server runs as tasks of this process: client and server share the loop.
local net = require "hilum.net"
local task = require "hilum.task"

local http_server = {}

-- Requests. request.method, target ("/a?b" as it came), path, query ("" if none), headers (by lower-case name; repeats joined by ", "),
-- fields (each {name, value} as it came), number (of the request to this server), connection (of hilum.net, for what is not HTTP),
-- connection_number.
local Request = {}
Request.__index = Request

local function parse(head)
  local request = setmetatable({ headers = {}, fields = {} }, Request)
  request.method, request.target, request.version = head:match("^(%S+) (%S+) HTTP/(1%.[01])\r\n")
  if not request.method then return nil end
  request.path, request.query = request.target:match("^([^?]*)%??(.*)$")
  for line in head:gmatch("\r\n([^\r\n]+)") do
    local name, value = line:match("^([^:%s]+):[ \t]*(.-)[ \t]*$")
    if not name then return nil end
    request.fields[#request.fields + 1] = { name, value }
    local before = request.headers[name:lower()]
    request.headers[name:lower()] = before and before .. ", " .. value or value
  end
  return request
end

-- The client waits to be asked for the body.
function Request:invite()
  local expected = (self.headers.expect or ""):lower() == "100-continue"
  if expected and not self.invited then self.connection:write("HTTP/1.1 100 Continue\r\n\r\n") end
  self.invited = true
end

local function chunks(request)
  local connection = request.connection
  return function()
    if request.trailers then return nil end
    local line, err = connection:upto("\r\n")
    local size = tonumber((line or ""):match("^%x+"), 16)
    if not size then return nil, err or "no size of a chunk" end
    if size > 0 then
      local data = connection:exactly(size + 2)
      return data and data:sub(1, -3)
    end
    request.trailers = {}
    for trailer in function() return connection:upto("\r\n") end do
      if trailer == "\r\n" then return nil end
      local name, value = trailer:match("^([^:]+):%s*(.-)\r\n$")
      request.trailers[name:lower()] = value
    end
  end
end

-- Iterates over the body, in pieces of at most 64 KiB where its length is known. request.complete: it came to its end.
function Request:pieces()
  self:invite()
  local left = tonumber(self.headers["content-length"]) or 0
  local next_chunk = (self.headers["transfer-encoding"] or ""):lower() == "chunked" and chunks(self)
  return function()
    local piece
    if next_chunk then
      piece = next_chunk()
      self.complete = self.trailers ~= nil
    elseif left > 0 then
      piece = self.connection:read(math.min(left, 65536))
      left = left - #(piece or "")
    end
    self.complete = self.complete or not next_chunk and left == 0
    return piece
  end
end

-- All of the body, as it was sent (see aws_chunked for what is in it); nil if the client left before its end.
function Request:body()
  if not self.text then
    local list = {}
    for piece in self:pieces() do list[#list + 1] = piece end
    self.text = table.concat(list)
  end
  return self.complete and self.text or nil
end

-- Takes what is left of the body, so that another request may follow. False: none can.
local function drain(request)
  if request.complete then return true end
  if request.text or request.headers.expect and not request.invited then return false end
  for _ in request:pieces() do end -- luacheck: ignore
  return request.complete
end

-- Responses: { status=200, reason=, headers={name = value or list of values}, body=string or function(write), close=bool }. A body
-- from a function goes out in chunks. Content-Length is the body's size if headers has none.
local REASONS = { [200] = "OK", [206] = "Partial Content" }

local function head_of(response)
  local lines, status = {}, response.status or 200
  for name, values in pairs(response.headers) do
    for _, value in ipairs(type(values) == "table" and values or { values }) do lines[#lines + 1] = name .. ": " .. value end
  end
  table.sort(lines)
  table.insert(lines, 1, ("HTTP/1.1 %d %s"):format(status, response.reason or REASONS[status] or "Status"))
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function has_header(response, wanted)
  for name in pairs(response.headers) do if name:lower() == wanted then return true end end
end

-- Gives the bytes of a response to write(data), which is true as long as there is somebody to write to.
function Request:render(response, write)
  local body = response.body or ""
  response.headers = response.headers or {}
  local streams = type(body) == "function"
  if streams then
    response.headers["Transfer-Encoding"] = "chunked"
  elseif not has_header(response, "content-length") and response.status ~= 204 and response.status ~= 304 then
    response.headers["Content-Length"] = #body
  end
  if response.close then response.headers.Connection = "close" end
  local head = head_of(response)
  if self.method == "HEAD" then return write(head) end
  if not streams then return write(head .. body) end
  local sent = write(head)
  body(function(data) sent = sent and (data == "" or write(("%x\r\n%s\r\n"):format(#data, data))) return sent end)
  return sent and write("0\r\n\r\n")
end

-- Sends a response. For a handler that wants to do something to the connection afterwards.
function Request:respond(response)
  return self:render(response, function(data) return self.connection:write(data) end)
end

-- The loop.

local function next_request(server, connection, connection_number)
  local head = connection:upto("\r\n\r\n")
  if not head then return nil end
  server.requests = server.requests + 1
  local request = parse(head)
  if not request then
    connection:write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    return nil
  end
  request.number, request.connection, request.connection_number = server.requests, connection, connection_number
  request.server = server
  return request
end

-- A connection closed with bytes unread is reset, and the client may lose the response: read on for a while.
local function linger(server, connection)
  connection:shutdown()
  local timer = task.spawn(function() task.sleep(2) connection:close() end)
  server.tasks[timer] = true
  while connection:read() do end -- luacheck: ignore
  server.tasks[timer] = nil
  timer:cancel()
end

local function serve(server, connection, number)
  local connection <close> = connection -- luacheck: ignore
  for request in function() return next_request(server, connection, number) end do
    local response = server.handler(request)
    if not response or not request:respond(response) then return end
    if response.close or request.headers.connection == "close" or not drain(request) then return linger(server, connection) end
  end
end

local Server = {}
Server.__index = Server

local function accept(server)
  for connection in function() return server.listener:accept() end do
    server.accepted = server.accepted + 1
    local one
    one = task.spawn(function(number)
      serve(server, connection, number)
      server.tasks[one] = nil
    end, server.accepted)
    server.tasks[one] = true
  end
end

-- Ends all connections.
function Server:close()
  for running in pairs(self.tasks) do running:cancel() end
  for running in pairs(self.tasks) do pcall(running.join, running) end
  self.listener:close()
end
Server.__close = Server.close

-- For a process that does nothing else: says the port on stdout, and never returns.
function Server:run()
  print("port " .. self.port)
  io.stdout:flush()
  self.acceptor:join()
end

-- options: {port=, backlog=, certificate=, key=} as net.listen has them. handler(request) -> response; nil when it has done with the
-- connection whatever it wanted, which is closed then.
function http_server.start(options, handler)
  local server = setmetatable({ handler = handler, tasks = {}, requests = 0, accepted = 0 }, Server)
  server.listener = assert(net.listen(options))
  server.port = server.listener:port()
  server.url = ("%s://127.0.0.1:%d"):format(options.certificate and "https" or "http", server.port)
  server.acceptor = task.spawn(accept, server)
  server.tasks[server.acceptor] = true
  return server
end

return http_server
