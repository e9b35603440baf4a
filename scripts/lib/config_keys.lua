-- SPDX-License-Identifier: MIT
-- Fails when a table in project.lua has a key that is not known. given: the table, or nil; known: a table with the keys; where: what it is
-- called, finetune.bedrock.
local options = require "host.options"

return function(given, known, where, ctx)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  for key in pairs(given or {}) do
    if not known[key] then ctx.fail("project.lua: %s has no '%s'%s", where, tostring(key), options.did_you_mean(tostring(key), names)) end
  end
end
