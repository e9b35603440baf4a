-- SPDX-License-Identifier: MIT
-- For functions that return nil and an error, and use iterators, which raise theirs: what f returns, or nil and the error that it raised. A
-- mistake of the program is raised on.
--     local all, err = caught(function() … for page in client:pages(request, "Marker") do … end … return all end)
return function(f)
  local done, result = pcall(f)
  if done then return result end
  if type(result) ~= "table" then error(result, 0) end
  return nil, result
end
