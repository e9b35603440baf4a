-- SPDX-License-Identifier: MIT
-- Several queries whose scores are made comparable before they are added: what a search pipeline with a normalization-processor does.
local errors = require "lib.fake.opensearch.errors"

local hybrid = {}

local LEAST = 0.001 -- what the worst hit of a query gets

-- From 0 to 1, by the best and the worst.
local function min_max(scores)
  local low, high, made = math.huge, -math.huge, {}
  for _, score in pairs(scores) do low, high = math.min(low, score), math.max(high, score) end
  for i, score in pairs(scores) do
    made[i] = high == low and 1 or math.max((score - low) / (high - low), LEAST)
  end
  return made
end

local function l2(scores)
  local sum, made = 0, {}
  for _, score in pairs(scores) do sum = sum + score * score end
  for i, score in pairs(scores) do made[i] = score / math.sqrt(sum) end
  return made
end

local TECHNIQUES = { min_max = min_max, l2 = l2 }

-- The mean of all scores; a query that does not find a document gives it 0.
local function arithmetic_mean(list, weights)
  local sums, total = {}, 0
  for q, scores in ipairs(list) do
    total = total + (weights and weights[q] or 1)
    for i, score in pairs(scores) do sums[i] = (sums[i] or 0) + (weights and weights[q] or 1) * score end
  end
  for i, sum in pairs(sums) do sums[i] = sum / total end
  return sums
end

-- Without a pipeline scores are of no use in OpenSearch either.
function hybrid.plain()
  errors.argument("hybrid query must be a top level query and needs a search_pipeline with a normalization-processor")
end

local function processor_of(pipeline)
  for _, processor in ipairs(pipeline and pipeline.phase_results_processors or {}) do
    if processor["normalization-processor"] then return processor["normalization-processor"] end
  end
  hybrid.plain()
end

-- body: of the query; pipeline: the search's; run: of a query.
function hybrid.run(view, body, pipeline, run)
  local processor = processor_of(pipeline)
  local normalize = TECHNIQUES[(processor.normalization or {}).technique or "min_max"]
    or errors.argument("provided normalization technique is not supported")
  local combination = processor.combination or {}
  if (combination.technique or "arithmetic_mean") ~= "arithmetic_mean" then
    errors.argument("provided combination technique is not supported")
  end
  local list = {}
  for i, clause in ipairs(body.queries) do list[i] = normalize(run(view, clause)) end
  return arithmetic_mean(list, combination.parameters and combination.parameters.weights)
end

return hybrid
