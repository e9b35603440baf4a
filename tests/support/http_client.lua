-- SPDX-License-Identifier: MIT
-- HTTP/1.1 as a client that does exactly what a test says, over one connection of hilum.net:
--   local client <close> = http_client.connect(port)
--   local answer = client:ask { method = "GET", target = "/", headers = {…}, body = }      -> { status=, headers=, body= } | nil, err
--   client.connection: for bytes that are no HTTP; client:receive(method) then reads an answer
local net = require "hilum.net"

local http_client = {}

local Client = {}
Client.__index = Client
Client.__close = function(client) client.connection:close() end

function http_client.connect(port)
  return setmetatable({ port = port, connection = assert(net.connect(port)) }, Client)
end

function Client:receive(method)
  local head, err = self.connection:upto("\r\n\r\n")
  if not head then return nil, err end
  local answer = { status = tonumber(head:match("^HTTP/1.1 (%d%d%d)")), headers = {}, head = head, body = "" }
  for name, value in head:gmatch("\r\n([^:\r\n]+):[ \t]*([^\r\n]*)") do
    local before = answer.headers[name:lower()]
    answer.headers[name:lower()] = before and before .. ", " .. value or value
  end
  local length = tonumber(answer.headers["content-length"]) or 0
  if method ~= "HEAD" and length > 0 then
    answer.body, err = self.connection:exactly(length)
    if not answer.body then return nil, err end
  end
  return answer
end

function Client:send(request)
  local lines = { ("%s %s HTTP/1.1"):format(request.method or "GET", request.target or "/") }
  local headers = { Host = "127.0.0.1:" .. self.port }
  if request.body then headers["Content-Length"] = tostring(#request.body) end
  for name, value in pairs(request.headers or {}) do headers[name] = value end
  for name, value in pairs(headers) do if value then lines[#lines + 1] = ("%s: %s"):format(name, value) end end
  return self.connection:write(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (request.body or ""))
end

function Client:ask(request)
  local sent, err = self:send(request)
  if not sent then return nil, err end
  return self:receive(request.method)
end

-- One question on a connection of its own.
function http_client.ask(port, request)
  local client <close> = http_client.connect(port)
  return client:ask(request)
end

return http_client
