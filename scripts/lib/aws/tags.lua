-- SPDX-License-Identifier: MIT
-- { owner = "lab" } of project.lua as Bedrock takes tags, in order; nil stays nil.
return function(tags)
  if not tags then return nil end
  local list = {}
  for key, value in pairs(tags) do list[#list + 1] = { key = key, value = tostring(value) } end
  table.sort(list, function(a, b) return a.key < b.key end)
  return list
end
