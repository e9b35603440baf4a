-- SPDX-License-Identifier: MIT
-- Chromium as a user would drive it, by its DevTools protocol over a WebSocket of hilum.net:
--   local browser <close> = devtools.start(folder)
--   local page = browser:open("http://127.0.0.1:8417/", { width = 1280, height = 900, dark = true })
--   page:eval("document.title")   page:wait("document.images.length > 3")   page:click("#search")   page:type("Effusion")
--   page:press("Enter")   page:drop("x.png", "#drop")   page:screenshot("x.png")
--   page.complaints: what the console said of warnings and errors, and exceptions; page.requests: the URLs that were asked for
local command_of = require "browser".find
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local http_client = require "http_client"
local json = require "hilum.json"
local net = require "hilum.net"
local task = require "hilum.task"

local devtools = {}

local FLAGS = { "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-port=0", "--no-proxy-server" }
local PATIENCE = 60 -- seconds

-- WebSocket (RFC 6455), client side. The mask is 0: there is no proxy that it would have to protect.

local TEXT, CONTINUATION, PING = 1, 0, 9

local function connect(port, path)
  local connection = assert(net.connect(port))
  assert(connection:write(("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    .. "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"):format(path, port)))
  assert(assert(connection:upto("\r\n\r\n")):find("^HTTP/1.1 101"), "the browser speaks no WebSocket")
  return connection
end

local function send(connection, text)
  local size = #text
  local length = size < 126 and ("B"):pack(0x80 | size) or size < 65536 and (">BI2"):pack(0x80 | 126, size)
    or (">BI8"):pack(0x80 | 127, size)
  assert(connection:write(("B"):pack(0x80 | TEXT) .. length .. "\0\0\0\0" .. text))
end

local function receive_frame(connection)
  local first, second = ("BB"):unpack(assert(connection:exactly(2)))
  local size = second & 0x7F
  if size == 126 then size = (">I2"):unpack(connection:exactly(2)) elseif size == 127 then size = (">I8"):unpack(connection:exactly(8)) end
  return first & 0x0F, first & 0x80 ~= 0, size > 0 and assert(connection:exactly(size)) or ""
end

local function receive(connection)
  local parts = {}
  while true do
    local kind, is_last, data = receive_frame(connection)
    if kind == TEXT or kind == CONTINUATION then
      parts[#parts + 1] = data
      if is_last then return table.concat(parts) end
    elseif kind ~= PING then
      error("the browser has gone")
    end
  end
end

-- Browser.

local Browser = {}
Browser.__index = Browser

local function read_port(folder)
  local deadline = task.now() + PATIENCE
  while task.now() < deadline do
    local port = (fs.read(folder .. "/DevToolsActivePort") or ""):match("^(%d+)\n")
    if port then return tonumber(port) end
    task.sleep(0.02)
  end
  error("the browser did not start")
end

function devtools.start(folder)
  local command = { command_of() }
  table.move(FLAGS, 1, #FLAGS, 2, command)
  command[#command + 1] = "--user-data-dir=" .. folder
  local process = net.spawn(command, { errors = folder .. "/chromium.log" })
  return setmetatable({ process = process, port = read_port(folder), pages = {} }, Browser)
end

Browser.__close = function(browser)
  for _, page in ipairs(browser.pages) do page.connection:close() end
  browser.process:kill(9)
  browser.process:wait()
  browser.process:close()
end

-- Page.

local Page = {}
Page.__index = Page

local LISTENERS = {
  ["Runtime.exceptionThrown"] = function(page, event)
    local details = event.exceptionDetails
    table.insert(page.complaints, details.exception and details.exception.description or details.text)
  end,
  ["Runtime.consoleAPICalled"] = function(page, event)
    if event.type == "error" or event.type == "warning" then table.insert(page.complaints, json.encode(event.args)) end
  end,
  ["Log.entryAdded"] = function(page, event)
    if event.entry.level ~= "info" and event.entry.level ~= "verbose" then
      table.insert(page.complaints, event.entry.text .. " " .. (event.entry.url or ""))
    end
  end,
  ["Network.requestWillBeSent"] = function(page, event) table.insert(page.requests, event.request.url) end,
}

-- Calls a method of the protocol, and notes the events that come before its answer.
function Page:call(method, parameters)
  self.number = self.number + 1
  send(self.connection, json.encode { id = self.number, method = method, params = parameters })
  while true do
    local message = assert(json.decode(receive(self.connection)))
    if message.id == self.number then
      if message.error then error(method .. ": " .. message.error.message, 2) end
      return message.result
    end
    local listener = LISTENERS[message.method]
    if listener then listener(self, message.params) end
  end
end

-- The value of an expression, which may be a promise.
function Page:eval(expression)
  local result = self:call("Runtime.evaluate", { expression = expression, awaitPromise = true, returnByValue = true, userGesture = true })
  local details = result.exceptionDetails
  if details then error(expression .. ": " .. (details.exception and details.exception.description or details.text), 2) end
  return result.result.value
end

-- Waits until an expression is true; its value.
function Page:wait(expression)
  return self:eval(([[new Promise((resolve, reject) => {
    const give_up = Date.now() + %d, look = () => {
      let value;
      try { value = (%s); } catch (error) { value = false; }
      if (value) resolve(value);
      else if (Date.now() > give_up) reject(new Error("never true"));
      else setTimeout(look, 15);
    };
    look();
  })]]):format(PATIENCE * 1000, expression))
end

function Page:resize(width, height, dark)
  self:call("Emulation.setDeviceMetricsOverride", { width = width, height = height, deviceScaleFactor = 1, mobile = false })
  self:call("Emulation.setEmulatedMedia", { features = { { name = "prefers-color-scheme", value = dark and "dark" or "light" } } })
end

function Page:go(url)
  self:call("Page.navigate", { url = url })
  self:wait(("location.href.startsWith(%s) && document.readyState === 'complete'"):format(json.encode(url)))
end

local function middle(page, selector)
  local place = page:wait(([[(() => {
    const element = document.querySelector(%s);
    element.scrollIntoView({ block: "center" });
    const box = element.getBoundingClientRect();
    return box.width && { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  })()]]):format(json.encode(selector)))
  return place.x, place.y
end

function Page:click(selector)
  local x, y = middle(self, selector)
  for _, kind in ipairs { "mousePressed", "mouseReleased" } do
    self:call("Input.dispatchMouseEvent", { type = kind, x = x, y = y, button = "left", clickCount = 1 })
  end
end

function Page:type(text)
  for _, code in utf8.codes(text) do
    local character = utf8.char(code)
    self:call("Input.dispatchKeyEvent", { type = "keyDown", key = character, text = character })
    self:call("Input.dispatchKeyEvent", { type = "keyUp", key = character })
  end
end

local CODES = { Enter = 13, Escape = 27, Tab = 9, Backspace = 8, ArrowLeft = 37, ArrowUp = 38, ArrowRight = 39, ArrowDown = 40, Space = 32 }

-- A key by its name; shift: with it.
function Page:press(key, shift)
  local text = key == "Enter" and "\r" or key == "Space" and " " or nil
  local name = key == "Space" and " " or key
  local event = { key = name, code = key, windowsVirtualKeyCode = CODES[key], modifiers = shift and 8 or 0 }
  event.type, event.text = text and "keyDown" or "rawKeyDown", text
  self:call("Input.dispatchKeyEvent", event)
  event.type, event.text = "keyUp", nil
  self:call("Input.dispatchKeyEvent", event)
end

-- A file from the desktop.
function Page:drop(path, selector)
  local x, y = middle(self, selector)
  local data = { items = json.array {}, files = { fs.real(path) }, dragOperationsMask = 1 }
  for _, kind in ipairs { "dragEnter", "dragOver", "drop" } do
    self:call("Input.dispatchDragEvent", { type = kind, x = x, y = y, data = data })
  end
end

function Page:screenshot(path)
  assert(fs.write(path, hash.base64_decode(self:call("Page.captureScreenshot", { format = "png" }).data)))
end

-- options: width, height, dark.
function Browser:open(url, options)
  local answer = assert(http_client.ask(self.port, { method = "PUT", target = "/json/new?about:blank" }))
  local path = json.decode(answer.body).webSocketDebuggerUrl:match("^ws://[^/]+(/.*)$")
  local page = setmetatable({ connection = connect(self.port, path), number = 0, complaints = {}, requests = {} }, Page)
  self.pages[#self.pages + 1] = page
  for _, domain in ipairs { "Page", "Runtime", "Log", "Network" } do page:call(domain .. ".enable") end
  page:call("Emulation.setFocusEmulationEnabled", { enabled = true })
  page:resize(options.width, options.height, options.dark)
  page:go(url)
  return page
end

return devtools
