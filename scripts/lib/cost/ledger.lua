-- SPDX-License-Identifier: MIT
-- What was ordered from AWS for money, in the project's run.jsonl: a line when it was taken, and a line when it is known what came of it.
--     {"format":1,"at":…,"ledger":"submitted","step":"finetune","what":{"arn":…,"job":…},"items":[…],"total":196.27}
--     {"format":1,"at":…,"ledger":"actual","step":"finetune","what":{"arn":…,"status":"Completed"},"items":[…],"total":196.27}
local ledger = {}

-- kind: "submitted" or "actual". what: a table that says which; its arn, job or name finds it again.
function ledger.add(project, kind, step, what, estimate)
  project:note { ledger = kind, step = step, what = what, items = estimate.items, total = estimate.total, region = estimate.region }
end

-- All lines, the oldest first.
function ledger.lines(project)
  local lines = {}
  for record in project:records() do
    if record.ledger then lines[#lines + 1] = record end
  end
  return lines
end

local function is_about(line, id)
  local what = line.what or {}
  return what.arn == id or what.job == id or what.name == id
end

-- The last line of a kind about what has this ARN, job name or name; nil if there is none.
function ledger.find(project, kind, id)
  local found
  for _, line in ipairs(ledger.lines(project)) do
    if line.ledger == kind and is_about(line, id) then found = line end
  end
  return found
end

return ledger
