-- SPDX-License-Identifier: MIT
-- The last place where `require` looks. What arrives here is nowhere: a line says so, and what may have been meant, instead of all the
-- paths that were tried.
local host = require "hilum.host"
local options = require "host.options"
local reference = require "host.reference"

local CALLER = 3 -- on the stack of a searcher: itself, require, and who called that

local function known_names()
  local names = {}
  for i, module in ipairs(reference.modules()) do names[i] = "hilum." .. module end
  return table.move(reference.libraries(), 1, #reference.libraries(), #names + 1, names)
end

local function where()
  local info = debug.getinfo(CALLER + 1, "Sl")
  return info and info.currentline > 0 and ("%s:%d: "):format(info.short_src, info.currentline) or ""
end

return function(name)
  local hint = options.did_you_mean(name, known_names())
  if hint == "" then hint = ": it is none of hilum's, and neither beside the script nor in package.path" end
  error(host.error("parse", ("%sthere is no module '%s'%s"):format(where(), name, hint)), 0)
end
