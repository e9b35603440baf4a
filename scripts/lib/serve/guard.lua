-- SPDX-License-Identifier: MIT
-- Who may ask. A page of some other site, open in the same browser, can send requests to this machine; it must neither read patients'
-- images nor change anything:
--   Host     must name this server, so that no foreign name can be pointed at it (DNS rebinding)
--   Origin   and Sec-Fetch-Site, where a browser sends them, must be of this page
--   token    a random word that only this page knows must come with whatever is not a GET or HEAD
-- All answers forbid to be framed, embedded elsewhere, sniffed, or to run or fetch anything but what this server has.
local guard = {}

local HEADERS = {
  ["Content-Security-Policy"] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    .. "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  ["X-Content-Type-Options"] = "nosniff",
  ["X-Frame-Options"] = "DENY",
  ["Referrer-Policy"] = "no-referrer",
  ["Cross-Origin-Resource-Policy"] = "same-origin",
  ["Cross-Origin-Opener-Policy"] = "same-origin",
}

local Guard = {}
Guard.__index = Guard

local function random_token()
  local file <close> = assert(io.open("/dev/urandom", "rb"))
  return (file:read(24):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- For a server at a numeric address; is_local: nobody but this machine reaches it.
function guard.new(address, port)
  local is_local = address == "::1" or address:find("^127%.") ~= nil
  local names = { localhost = true, ["127.0.0.1"] = true, ["[::1]"] = true, [address] = true, ["[" .. address .. "]"] = true }
  return setmetatable({ names = names, port = port, is_local = is_local, token = random_token() }, Guard)
end

local function is_address(name) return name:find("^%d+%.%d+%.%d+%.%d+$") ~= nil or name:find("^%[[%x:.]+%]$") ~= nil end

-- Names other than localhost are never taken: what they lead to is for somebody else to say.
function Guard:is_host(host)
  local name, port = (host or ""):lower():match("^(.-):?(%d*)$")
  if host and host:find("^%[") then name, port = host:lower():match("^(%[[^%]]*%]):?(%d*)$") end
  if not name or (port == "" and 80 or tonumber(port)) ~= self.port then return false end
  return self.names[name] or not self.is_local and is_address(name)
end

local function is_of_page(headers)
  local site = headers["sec-fetch-site"]
  if site and site ~= "same-origin" and site ~= "none" then return false end
  return not headers.origin or headers.origin == "http://" .. headers.host
end

-- Some other site may lead to the page, as it leads to any other, but not load it or anything else.
local function is_visit(request)
  local headers = request.headers
  return request.method == "GET" and request.path == "/" and not headers.origin and headers["sec-fetch-mode"] == "navigate"
    and headers["sec-fetch-dest"] == "document"
end

local function same_token(a, b)
  if type(a) ~= "string" or #a ~= #b then return false end
  local difference = 0
  for i = 1, #b do difference = difference | (a:byte(i) ~ b:byte(i)) end
  return difference == 0
end

-- nil, or why the request is refused.
function Guard:refusal(request)
  local headers = request.headers
  if not self:is_host(headers.host) then return "this server is not reached under that name: open the address that hilum printed" end
  if not is_of_page(headers) and not is_visit(request) then return "requests of other pages are not answered" end
  if request.method == "GET" or request.method == "HEAD" then return nil end
  if not same_token(headers["x-hilum-token"], self.token) then return "the token is missing or old: load the page again" end
end

-- Adds to an answer what every answer says, unless it has its own word on it.
function guard.protect(answer)
  answer.headers = answer.headers or {}
  for name, value in pairs(HEADERS) do answer.headers[name] = answer.headers[name] or value end
  return answer
end

return guard
