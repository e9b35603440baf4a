-- SPDX-License-Identifier: MIT
-- A server that sends back what it is sent, for tests whose own tasks cannot run meanwhile.
package.path = debug.getinfo(1, "S").source:match("^@(.*)/servers/[^/]*$") .. "/support/?.lua;" .. package.path

return {
  summary = "Send back what comes",
  options = {},
  run = function()
    require "http_server".start({}, function(request) return { body = request:body() } end):run()
    return {}
  end,
}
