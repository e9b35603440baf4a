-- SPDX-License-Identifier: MIT
-- A server's score is never negative and depends on the space; the cosine of vectors of length 1, which a local index gives, comes back
-- from each by the inverse of its formula (those of the k-NN plugin, the same for all engines).
local scores = {}

scores.SPACES = { "cosinesimil", "innerproduct", "l2" }

local COSINE = {
  cosinesimil = function(score) return 2.0 * score - 1 end,                              -- (1 + cos) / 2
  innerproduct = function(score) return score >= 1 and score - 1.0 or 1 - 1 / score end, -- 1 + ip, or 1 / (1 - ip) if ip < 0
  l2 = function(score) return 1 - (1 / score - 1) / 2 end,                               -- 1 / (1 + d²), and d² = 2 - 2 cos
}

function scores.to_cosine(space) return COSINE[space] end

return scores
