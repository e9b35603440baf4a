-- The part of hilum.httpd that calls back into Lua; its arguments: the module, the methods of a server, and what C gives for this
-- file alone. Reference: httpd.meta.lua.
local httpd, Server, listen, send = ...
local task = require "hilum.task"

-- The task of each server that takes its requests.
local takers = setmetatable({}, { __mode = "k" })

local FAILED = { status = 500, headers = { ["Content-Type"] = "text/plain; charset=utf-8" },
  body = "the server failed to answer; its terminal says why\n" }

-- One line, whatever a client sent.
local function report(request, err)
  local line = ("%s %s: %s"):format(request.method, request.raw_path, require "hilum.host".message(err))
  io.stderr:write("hilum: ", (line:match("^[^\n]*"):gsub("%c", "?")), "\n")
end

local function is_stop(err)
  local kind = type(err) == "table" and rawget(err, "kind")
  return kind == "cancelled" or kind == "interrupted"
end

-- A handler that is stopped leaves the exchange without an answer.
local function answer(exchange, request, handler)
  local ok, reply = pcall(handler, request)
  if not ok and is_stop(reply) then return end
  if ok then
    local sent, why
    ok, sent, why = pcall(send, exchange, reply)
    if ok and sent then return end
    reply = why or sent
  end
  report(request, reply)
  send(exchange, FAILED)
end

-- running: the tasks by their exchange, which is dropped unless it was answered.
local function run(running, exchange, request, handler)
  local open <close> = exchange -- luacheck: ignore
  answer(exchange, request, handler)
  running[exchange] = nil
end

local function take(server, accept, handler)
  local running = {}
  for exchange, request in accept, server do running[exchange] = task.spawn(run, running, exchange, request, handler) end
  for _, one in pairs(running) do one:cancel() end
  for _, one in pairs(running) do one:join() end
end

function httpd.serve(options)
  if type(options) ~= "table" then error("bad argument #1 to 'serve' (table expected, got " .. type(options) .. ")", 2) end
  local handler = options.handler
  if type(handler) ~= "function" then error("bad argument #1 to 'serve' (option 'handler': function expected)", 2) end
  local settings = {}
  for key, value in pairs(options) do if key ~= "handler" then settings[key] = value end end
  local server, accept = listen(settings)
  if not server then return nil, accept end
  takers[server] = task.spawn(take, server, accept, handler)
  return server
end

function Server:wait()
  local ended, err = takers[self]:join()
  if not ended and err then error(err, 0) end
end

function httpd.has(request, etag)
  local known = request.headers["if-none-match"]
  if not known then return false end
  if known == "*" then return true end
  for tag in known:gmatch('"[^"]*"') do if tag == etag then return true end end
  return false
end
