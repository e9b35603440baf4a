-- SPDX-License-Identifier: MIT
-- hilum --jobs 1 primitives.lua check|decode FILE…: what bench_image.c times as image.check and image.decode.
local image = require "hilum.image"

local runs = {}

function runs.check(files)
  for _, report in ipairs(image.check(files)) do assert(report.format == "png") end
end

-- A few at a time, so that the memory of dropped images is used again, as in the peers.
function runs.decode(files)
  for from = 1, #files, 4 do
    local _, errors = image.decode(table.move(files, from, math.min(from + 3, #files), 1, {}), { mode = "gray" })
    assert(not errors)
    collectgarbage()
  end
end

return {
  summary = "Check or decode files, for bench_image",
  options = {
    { "what", type = "choice", choices = { "check", "decode" }, positional = true, required = true, help = "primitive" },
    { "files", type = "list", of = "path", positional = true, required = true, help = "images" },
  },
  run = function(opt) runs[opt.what](opt.files) end,
}
