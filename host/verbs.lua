-- SPDX-License-Identifier: MIT
-- A workflow that does several things has a verb for each: `hilum aws whoami`. Its manifest has `verbs`: a manifest for each, by name,
-- without what they share; the workflow's options are theirs too, but for those that are its `own`. With a `run` of its own it can go
-- without a verb.
local options = require "host.options"

local verbs = {}

function verbs.names(m)
  local names = {}
  for name in pairs(m.verbs or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- What a verb's manifest says.
function verbs.fields(m, name)
  local fields = {}
  for key, value in pairs(m.verbs[name]) do fields[key] = value end
  fields.options = table.move(fields.options or {}, 1, #(fields.options or {}), 1, {})
  for _, spec in ipairs(m.options) do
    if not spec.own then table.insert(fields.options, spec) end
  end
  return fields
end

-- A verb as a workflow, of a loaded one.
function verbs.manifest(m, name)
  return setmetatable({ name = m.name .. " " .. name, path = m.path, family = m }, { __index = verbs.fields(m, name) })
end

-- What the first of the arguments asks for: a verb's manifest and the arguments behind it, or m and all of them. fail(message) must not
-- return.
function verbs.take(m, arguments, fail)
  local word = arguments[1]
  if not m.verbs then return m, arguments end
  if m.verbs[word] then return verbs.manifest(m, word), table.move(arguments, 2, #arguments, 1, {}) end
  local known = verbs.names(m)
  if m.run or word == "--help" or word == "-h" then return m, arguments end
  if not word or word:find("^%-") then fail(("%s needs a verb first: %s"):format(m.name, table.concat(known, ", "))) end
  fail(("%s has no verb '%s'%s"):format(m.name, word, options.did_you_mean(word, known)))
end

-- The options of a workflow and of all its verbs, which a section of project.lua may have.
function verbs.all_options(m)
  m = m.family or m
  local all = table.move(m.options, 1, #m.options, 1, {})
  for _, name in ipairs(verbs.names(m)) do
    local own = m.verbs[name].options or {}
    table.move(own, 1, #own, #all + 1, all)
  end
  return all
end

return verbs
