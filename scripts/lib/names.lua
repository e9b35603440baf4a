-- SPDX-License-Identifier: MIT
-- What a project has that an option can name. The `names` of an option says which of these Tab offers; a new kind is a function here.
local index = require "lib.index"

local names = {}

function names.models(project) return require "lib.model".names(project) end

function names.embeddings(project) return require "lib.embeddings".names(project:path("embeddings")) end

function names.indexes(project) return index.names(project:path("index")) end

-- The conditions of --where, as the index that answers spells them. Patients, who may be many, come when they are asked for.
function names.filters(project, word)
  local folder = project:path("index")
  local name = require "lib.embeddings".preferred(index.names(folder))
  local idx = name and index.open(folder .. "/" .. name)
  local list = {}
  for _, field in ipairs(idx and require "lib.index.rows".FIELDS or {}) do
    local wanted = field ~= "patient" or word:find("^patient=")
    for _, value in ipairs(wanted and idx:values(field) or {}) do list[#list + 1] = ("%s=%s"):format(field, value) end
  end
  return list
end

return names
