-- SPDX-License-Identifier: MIT
-- A certificate for this machine alone, which vouches for itself: { certificate =, key = paths }, or nil and an error.
local fs = require "hilum.fs"
local host = require "hilum.host"
local task = require "hilum.task"

local function openssl(words)
  local result, err = task.command { "openssl", table.unpack(words) }
  if not result then return nil, err end
  if result.status ~= 0 then return nil, host.error("tls", "openssl made no certificate; its message stands above") end
  return true
end

return function(folder)
  local made = { certificate = fs.join(folder, "certificate.pem"), key = fs.join(folder, "key.pem") }
  local ok, err = openssl { "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", made.key }
  if ok then
    ok, err = openssl { "req", "-x509", "-key", made.key, "-out", made.certificate, "-days", "30", "-subj", "/CN=localhost", "-addext",
      "subjectAltName=DNS:localhost,IP:127.0.0.1" }
  end
  if not ok then return nil, err end
  return made
end
