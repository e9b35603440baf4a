-- SPDX-License-Identifier: MIT
-- tests/support/files.lua as a process.
local here = debug.getinfo(1, "S").source:match("^@(.*)/servers/files%.lua$") or "."
package.path = ("%s/support/?.lua;%s"):format(here, package.path)
local files = require "files"
local http_server = require "http_server"

return {
  summary = "Serve files as web servers do, and as bad ones do",
  options = {
    { "folder", type = "path", positional = true, required = true, help = "what is served" },
    { "port", type = "integer", default = 0, min = 0, help = "0: any that is free" },
    { "certificate", type = "path", help = "https with this certificate" },
    { "key", type = "path", help = "and its key" },
  },
  run = function(opt)
    local options = { port = opt.port, certificate = opt.certificate, key = opt.key }
    http_server.start(options, (files.handler(opt.folder))):run()
  end,
}
