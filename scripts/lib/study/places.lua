-- SPDX-License-Identifier: MIT
-- Where a study on Bedrock keeps what is its own, as paths in the project; and what is there to be asked.
local index = require "lib.index"

local places = { embeddings = "study/embeddings", index = "study/index" }

-- How to ask the study's indexes; nil: there are none.
function places.hint(project)
  local names = index.names(project:path(places.index))
  if #names == 0 then return nil end
  return ("`hilum study` has %s: --index %s asks there"):format(require "lib.plural"(#names, "index", "indexes"),
    project:path(places.index))
end

return places
