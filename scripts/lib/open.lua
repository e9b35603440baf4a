-- SPDX-License-Identifier: MIT
-- Shows a file or a URL in the user's browser.
local function open(location, ctx)
  local quoted = require "host.text".quoted(location)
  if not os.execute("xdg-open " .. quoted .. " >/dev/null 2>&1") then ctx.say("no browser could be started: open %s yourself", location) end
end

return open
