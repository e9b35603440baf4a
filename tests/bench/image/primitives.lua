-- SPDX-License-Identifier: MIT
-- hilum --jobs 1 primitives.lua check|decode FILE…: what bench_image.c times as image.check and image.decode.
local image = require "hilum.image"

local runs = {}

function runs.check(files)
  for _, report in ipairs(image.check(files)) do assert(report.format == "png") end
end

-- A few at a time, as a workflow would: a thousand decoded images are a gigabyte.
function runs.decode(files)
  for from = 1, #files, 16 do
    local _, errors = image.decode(table.move(files, from, math.min(from + 15, #files), 1, {}), { mode = "gray" })
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
