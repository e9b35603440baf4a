-- SPDX-License-Identifier: MIT
-- The other side of Signature Version 4: what a server does with what it received, step by step as the specification has it. It shares
-- nothing with the signer.
local hash = require "hilum.hash"

local function sha256_bytes(s) return (hash.sha256(s):gsub("%x%x", function(x) return string.char(tonumber(x, 16)) end)) end

local function xor_pad(key, byte)
  return (key .. ("\0"):rep(64 - #key)):gsub(".", function(c) return string.char(c:byte() ~ byte) end)
end

local function hmac(key, message)
  if #key > 64 then key = sha256_bytes(key) end
  return sha256_bytes(xor_pad(key, 0x5c) .. sha256_bytes(xor_pad(key, 0x36) .. message))
end

local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

local function decode(s) return (s:gsub("%%(%x%x)", function(x) return string.char(tonumber(x, 16)) end)) end

local function encode(s, safe)
  return (s:gsub("[^A-Za-z0-9%-._~" .. (safe or "") .. "]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function resolve(path)
  local kept = {}
  for segment in path:gmatch("[^/]+") do
    if segment == ".." then
      table.remove(kept)
    elseif segment ~= "." then
      kept[#kept + 1] = segment
    end
  end
  return "/" .. table.concat(kept, "/") .. (path:sub(-1) == "/" and #kept > 0 and "/" or "")
end

local function canonical_query(query)
  local pairs_of = {}
  for piece in query:gmatch("[^&]+") do
    local name, value = piece:match("^([^=]*)=?(.*)$")
    if decode(name) ~= "X-Amz-Signature" then pairs_of[#pairs_of + 1] = { encode(decode(name)), encode(decode(value)) } end
  end
  table.sort(pairs_of, function(a, b) if a[1] ~= b[1] then return a[1] < b[1] end return a[2] < b[2] end)
  for i, pair in ipairs(pairs_of) do pairs_of[i] = pair[1] .. "=" .. pair[2] end
  return table.concat(pairs_of, "&")
end

local keys = {}

local function signing_key(secret, scope)
  local name = secret .. "/" .. scope
  if not keys[name] then
    keys[name] = "AWS4" .. secret
    for part in scope:gmatch("[^/]+") do keys[name] = hmac(keys[name], part) end
  end
  return keys[name]
end

-- The signature of a request {method, path, query, headers = list of {name, value}} that was signed {date, scope, names, payload, s3};
-- the key; what was signed.
local function expected(request, signed, secret)
  local values = {}
  for _, header in ipairs(request.headers) do
    local name, value = header[1]:lower(), header[2]:gsub("[ \t]+", " "):gsub("^ ", ""):gsub(" $", "")
    values[name] = values[name] and values[name] .. "," .. value or value
  end
  local lines = {}
  for name in signed.names:gmatch("[^;]+") do
    assert(values[name], name .. " is signed and not sent")
    lines[#lines + 1] = name .. ":" .. values[name] .. "\n"
  end
  local path = request.path == "" and "/" or request.path
  if not signed.s3 then path = encode(resolve(path), "/") end
  local canonical = table.concat({ request.method, path, canonical_query(request.query), table.concat(lines), signed.names,
    signed.payload }, "\n")
  local to_sign = table.concat({ "AWS4-HMAC-SHA256", signed.date, signed.scope, hash.sha256(canonical) }, "\n")
  local key = signing_key(secret, signed.scope)
  return hex(hmac(key, to_sign)), key, canonical
end

-- Are the names of signed headers in order, and each there once?
local function sorted(names)
  local before = ""
  for name in names:gmatch("[^;]+") do
    if name <= before then return false end
    before = name
  end
  return true
end

return { decode = decode, encode = encode, hex = hex, hmac = hmac, sorted = sorted, expected = expected }
