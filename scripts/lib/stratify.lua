-- SPDX-License-Identifier: MIT
-- Splitting patients so that each part has its share of every finding: iterative stratification (Sechidis, Tsoumakas and Vlahavas
-- 2011), with a patient's images as one indivisible example. The rarest finding is dealt out first, to the part that lacks it most.
local random = require "lib.random"

local stratify = {}

-- The patients of records: an array, in an order that does not depend on that of the records, of
-- {name=, records={…}, counts={[finding]=images}}.
function stratify.patients(records)
  local by_name, patients = {}, {}
  for _, record in ipairs(records) do
    local patient = by_name[record.patient]
    if not patient then
      patient = { name = record.patient, records = {}, counts = {} }
      by_name[record.patient] = patient
      patients[#patients + 1] = patient
    end
    table.insert(patient.records, record)
    for _, finding in ipairs(record.findings) do patient.counts[finding] = (patient.counts[finding] or 0) + 1 end
  end
  table.sort(patients, function(a, b) return a.name < b.name end)
  return patients
end

-- For each finding the patients that have it, in their order; and the findings' names, sorted.
local function list_by_finding(patients)
  local having, names = {}, {}
  for _, patient in ipairs(patients) do
    for finding in pairs(patient.counts) do
      if not having[finding] then
        having[finding] = {}
        names[#names + 1] = finding
      end
      table.insert(having[finding], patient)
    end
  end
  table.sort(names)
  return having, names
end

local function without_empty(parts)
  local kept = {}
  for _, part in ipairs(parts) do
    if part.fraction > 0 then kept[#kept + 1] = part end
  end
  return kept
end

-- What each part still wants: images, and images of each finding; and which findings it has.
local function count_wishes(patients, parts)
  local totals, images = {}, 0
  for _, patient in ipairs(patients) do
    images = images + #patient.records
    for finding, count in pairs(patient.counts) do totals[finding] = (totals[finding] or 0) + count end
  end
  local wishes = {}
  for i, part in ipairs(parts) do
    wishes[i] = { images = images * part.fraction, has = {} }
    for finding, count in pairs(totals) do wishes[i][finding] = count * part.fraction end
  end
  return wishes
end

-- The part that wants the finding most; of equals the one that wants most images, then the first. While no more patients are left
-- than parts without the finding, only those are considered.
local function choose(wishes, finding, left)
  local lacking = 0
  for i in ipairs(wishes) do lacking = lacking + (wishes[i].has[finding] and 0 or 1) end
  local best
  for i in ipairs(wishes) do
    local eligible = left > lacking or not wishes[i].has[finding]
    local better = not best or wishes[i][finding] > wishes[best][finding]
      or wishes[i][finding] == wishes[best][finding] and wishes[i].images > wishes[best].images
    if eligible and better then best = i end
  end
  return best
end

local function assign(patient, wish)
  wish.images = wish.images - #patient.records
  for finding, count in pairs(patient.counts) do
    wish[finding] = wish[finding] - count
    wish.has[finding] = true
  end
end

local function rarest(names, left)
  local best
  for _, name in ipairs(names) do
    if left[name] > 0 and (not best or left[name] < left[best]) then best = name end
  end
  return best
end

-- Deals patients out to parts, an array of {name=, fraction=} whose fractions sum to 1. Returns a table from patient to part name.
function stratify.deal(patients, parts, seed)
  parts = without_empty(parts)
  local order = random.shuffle(table.move(patients, 1, #patients, 1, {}), random.generator(seed))
  local having, names = list_by_finding(order)
  local wishes, part_of, left = count_wishes(order, parts), {}, {}
  for _, name in ipairs(names) do left[name] = #having[name] end
  local finding = rarest(names, left)
  while finding do
    for _, patient in ipairs(having[finding]) do
      if not part_of[patient] then
        local i = choose(wishes, finding, left[finding])
        part_of[patient] = parts[i].name
        assign(patient, wishes[i])
        for name in pairs(patient.counts) do left[name] = left[name] - 1 end
      end
    end
    finding = rarest(names, left)
  end
  return part_of
end

return stratify
