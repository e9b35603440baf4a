-- SPDX-License-Identifier: MIT
-- What an evaluation compares: which images ask, which may be found, what they show, and the groups that are looked at apart.
-- Pure bookkeeping: no vectors here.
local trial = {}

local NO_FINDING = "No Finding"
local MOST_LABELS = 64 -- vec.retrieval keeps a set of findings in one integer
local AGES = { { "under 18", 0, 17 }, { "18 to 39", 18, 39 }, { "40 to 59", 40, 59 }, { "60 to 79", 60, 79 }, { "80 and over", 80, 999 } }

function trial.is_abnormal(doc) return doc.findings[1] ~= NO_FINDING end

-- test if there is one, else validation.
function trial.choose_split(docs)
  local has = {}
  for _, doc in ipairs(docs) do has[doc.split or ""] = true end
  return has.test and "test" or has.validation and "validation" or nil
end

-- How many training images show each finding.
function trial.count_training(docs)
  local counts = {}
  for _, doc in ipairs(docs) do
    if doc.split == "train" then
      for _, finding in ipairs(doc.findings) do counts[finding] = (counts[finding] or 0) + 1 end
    end
  end
  return counts
end

-- head: more than options.head training images; tail: fewer than options.tail; medium: between.
function trial.band(count, options)
  return count > options.head and "head" or count < options.tail and "tail" or "medium"
end

local function rows_of_split(docs, split)
  local rows = {}
  for row, doc in ipairs(docs) do
    if doc.split == split then rows[#rows + 1] = row end
  end
  return rows
end

local function findings_of(docs, training)
  local names, seen = {}, {}
  for _, doc in ipairs(docs) do
    for _, finding in ipairs(doc.findings) do
      if not seen[finding] then
        seen[finding] = true
        names[#names + 1] = finding
      end
    end
  end
  table.sort(names, function(a, b)
    local x, y = training[a] or 0, training[b] or 0
    if x ~= y then return x > y end
    return a < b
  end)
  return names
end

-- The findings, their bits by name, and the names of those that there was no bit for, or nil.
local function describe_findings(docs, training, options)
  local findings, bits, left_out = {}, {}, {}
  for i, name in ipairs(findings_of(docs, training)) do
    local count = training[name] or 0
    if i <= MOST_LABELS then
      bits[name] = 1 << (i - 1)
      findings[i] = { name = name, bit = bits[name], training = count, band = trial.band(count, options) }
    else
      left_out[#left_out + 1] = name
    end
  end
  return findings, bits, left_out[1] and left_out
end

local function label_set(doc, bits)
  local set = 0
  for _, finding in ipairs(doc.findings) do set = set | (bits[finding] or 0) end
  return set
end

-- Patients as numbers from 1, in order of appearance.
local function patient_numbers()
  local numbers, count = {}, 0
  return function(patient)
    if not numbers[patient] then
      count = count + 1
      numbers[patient] = count
    end
    return numbers[patient]
  end
end

-- One side of the trial: the rows of the embeddings that ask, or that may be found.
local function side(docs, rows, bits, number_of)
  local s = { rows = rows, docs = {}, labels = {}, patients = {} }
  for i, row in ipairs(rows) do
    local doc = docs[row]
    s.docs[i], s.labels[i], s.patients[i] = doc, label_set(doc, bits), number_of(doc.patient or doc.image)
  end
  return s
end

local function age_group(doc)
  for _, age in ipairs(AGES) do
    if doc.age and doc.age >= age[2] and doc.age <= age[3] then return age[1] end
  end
end

local GROUPINGS = {
  { by = "view", of = function(doc) return doc.view end },
  { by = "sex", of = function(doc) return doc.sex end },
  { by = "age", of = age_group },
}

local function age_rank(name)
  for i, age in ipairs(AGES) do if age[1] == name then return i end end
  return 0
end

local function groups_of(queries)
  local groups = {}
  for _, grouping in ipairs(GROUPINGS) do
    local found, values = {}, {}
    for i, doc in ipairs(queries.docs) do
      local value = grouping.of(doc)
      if value and not found[value] then
        found[value] = { by = grouping.by, value = value, count = 0, has = {} }
        values[#values + 1] = value
      end
      if value then
        found[value].has[i] = true
        found[value].count = found[value].count + 1
      end
    end
    table.sort(values, function(a, b)
      local x, y = age_rank(a), age_rank(b)
      if x ~= y then return x < y end
      return a < b
    end)
    for _, value in ipairs(values) do groups[#groups + 1] = found[value] end
  end
  return groups
end

local function abnormal(queries)
  local has = {}
  for i, doc in ipairs(queries.docs) do has[i] = trial.is_abnormal(doc) or nil end
  return has
end

-- options: split, gallery ("same" or "train"), head, tail, enough (training images below which little can be learnt of a finding).
-- training: counts by finding.
function trial.new(docs, training, options)
  local query_rows = rows_of_split(docs, options.split)
  local gallery_rows = options.gallery == "train" and rows_of_split(docs, "train") or query_rows
  local used = {}
  for _, rows in ipairs { query_rows, gallery_rows } do
    for _, row in ipairs(rows) do used[#used + 1] = docs[row] end
  end
  local findings, bits, left_out = describe_findings(used, training, options)
  local number_of = patient_numbers()
  local queries = side(docs, query_rows, bits, number_of)
  local gallery = gallery_rows == query_rows and queries or side(docs, gallery_rows, bits, number_of)
  return { split = options.split, gallery_name = options.gallery, enough = options.enough, findings = findings, left_out = left_out,
    queries = queries, gallery = gallery, groups = groups_of(queries), abnormal = abnormal(queries) }
end

return trial
