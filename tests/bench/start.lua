-- SPDX-License-Identifier: MIT
-- How long `hilum -e ''` takes beside `lua5.4 -e ''`, whole processes in turn: hilum tests/bench/start.lua
local task = require "hilum.task"

local function seconds(command)
  local began = task.now()
  assert(os.execute(command))
  return task.now() - began
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

return {
  summary = "Start-up beside Lua's",
  options = {
    { "hilum", type = "path", default = "hilum", help = "the program to time" },
    { "rounds", type = "integer", min = 1, default = 101, help = "how often each runs" },
  },
  run = function(opt, ctx)
    local ours, theirs = {}, {}
    for i = 1, opt.rounds do
      ours[i] = seconds(opt.hilum .. " -e ''")
      theirs[i] = seconds "lua5.4 -e ''"
    end
    local a, b = 1000 * median(ours), 1000 * median(theirs)
    ctx.print("hilum %.2f ms, lua %.2f ms: %.2f times (both with the shell that starts them)", a, b, a / b)
    return { hilum_ms = a, lua_ms = b, ratio = a / b }
  end,
}
