-- SPDX-License-Identifier: MIT
-- How long `hilum -e ''` takes beside `lua5.4 -e ''`, whole processes in turn: hilum tests/bench/start.lua
local timing = require "timing"

return {
  summary = "Start-up beside Lua's",
  options = {
    { "hilum", type = "path", default = "hilum", help = "the program to time" },
    { "rounds", type = "integer", min = 1, default = 101, help = "how often each runs" },
  },
  run = function(opt, ctx)
    local ours, theirs = {}, {}
    for i = 1, opt.rounds do
      ours[i] = timing.seconds(opt.hilum .. " -e ''")
      theirs[i] = timing.seconds "lua5.4 -e ''"
    end
    local a, b = 1000 * timing.median(ours), 1000 * timing.median(theirs)
    ctx.print("hilum %.2f ms, lua %.2f ms: %.2f times (both with the shell that starts them)", a, b, a / b)
    return { hilum_ms = a, lua_ms = b, ratio = a / b }
  end,
}
