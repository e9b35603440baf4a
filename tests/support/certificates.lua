-- SPDX-License-Identifier: MIT
-- TLS for the servers of tests: certificates.make(folder) -> { ca=path, certificate=path, key=path } for 127.0.0.1 and localhost;
-- certificates.make(folder, "other") for another host, "stranger" from nobody. See certificates.sh.
local fs = require "hilum.fs"

local certificates = {}

local SCRIPT = debug.getinfo(1, "S").source:match("^@(.*)%.lua$") .. ".sh"

function certificates.make(folder, name)
  name = name or "server"
  if not fs.stat(fs.join(folder, "ca.pem")) then assert(os.execute(("sh '%s' '%s'"):format(SCRIPT, folder)), "is openssl installed?") end
  return { ca = fs.join(folder, "ca.pem"), certificate = fs.join(folder, name .. ".pem"), key = fs.join(folder, name .. ".key") }
end

return certificates
