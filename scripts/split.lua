-- SPDX-License-Identifier: MIT
-- split: dataset.jsonl into training, validation and test records, each patient in one of them.
local dataset = require "lib.dataset"
local plural = require "lib.plural"
local random = require "lib.random"
local stratify = require "lib.stratify"
local titan = require "lib.titan"

local NO_FINDING = "No Finding"
local SEED, FRACTION = 1, 0.15

local function by_part(records)
  local parts = {}
  for _, name in ipairs(dataset.PARTS) do parts[name] = {} end
  for _, record in ipairs(records) do table.insert(parts[record.split], record) end
  return parts
end

-- Parts that the tables gave. -----------------------------------------------------------------------------------------------------

-- How many records have a part, and which parts there are.
local function count_given(records)
  local count, kinds, seen = 0, 0, {}
  for _, record in ipairs(records) do
    if record.split then
      count = count + 1
      if not seen[record.split] then kinds = kinds + 1 end
      seen[record.split] = true
    end
  end
  return count, kinds
end

local function refuse_leaks(records, ctx)
  local part_of, leaking, names = {}, {}, {}
  for _, record in ipairs(records) do
    local patient = record.patient
    if (part_of[patient] or record.split) ~= record.split and not leaking[patient] then
      leaking[patient] = true
      names[#names + 1] = patient
    end
    part_of[patient] = record.split
  end
  if #names == 0 then return end
  table.sort(names)
  ctx.fail("%s in more than one given part (%s%s): use --by patient", plural(#names, "patient is", "patients are"),
    table.concat(names, ", ", 1, math.min(5, #names)), #names > 5 and ", …" or "")
end

local function keep_given(records, opt, ctx)
  local count = count_given(records)
  if count < #records then
    ctx.fail("%d of %s in %s without a part: use --by patient", #records - count, plural(#records, "record"), opt.dataset)
  end
  refuse_leaks(records, ctx)
end

-- What was asked for and counts only where parts are drawn.
local function say_unused(opt, ctx)
  local unused, draws = {}, opt.balance or opt.sample + opt.sample_validation + opt.sample_test > 0
  if opt.seed ~= SEED and not draws then unused[1] = "--seed" end
  if opt.val_fraction ~= FRACTION then unused[#unused + 1] = "--val-fraction" end
  if opt.test_fraction ~= FRACTION then unused[#unused + 1] = "--test-fraction" end
  if #unused > 0 then
    ctx.warn("nothing is changed by %s: the tables gave the parts; --by patient draws others", table.concat(unused, ", "))
  end
end

-- Parts made here. ----------------------------------------------------------------------------------------------------------------

local function make_parts(records, opt, ctx)
  local rest = 1 - opt.val_fraction - opt.test_fraction
  if rest <= 0 then ctx.usage("--val-fraction and --test-fraction leave nothing to train on") end
  local patients = stratify.patients(records)
  local part_of = stratify.deal(patients, { { name = "train", fraction = rest }, { name = "validation", fraction = opt.val_fraction },
    { name = "test", fraction = opt.test_fraction } }, opt.seed)
  for _, patient in ipairs(patients) do
    for _, record in ipairs(patient.records) do record.split = part_of[patient] end
  end
end

-- Taking less. --------------------------------------------------------------------------------------------------------------------

local function is_normal(record) return record.findings[1] == NO_FINDING end

-- At most ratio times as many records without a finding as with one; which of them go is drawn.
local function balance(records, ratio, seed)
  local normal, abnormal = {}, {}
  for _, record in ipairs(records) do table.insert(is_normal(record) and normal or abnormal, record) end
  random.shuffle(normal, random.generator(seed))
  return table.move(normal, 1, math.min(#normal, math.floor(#abnormal * ratio)), #abnormal + 1, abnormal)
end

-- count records of whole patients, stratified; the last patient taken may lose images, so that the number is exact.
local function sample(records, count, seed)
  if count >= #records then return records end
  local patients = stratify.patients(records)
  local fraction = count / #records
  local part_of = stratify.deal(patients, { { name = "in", fraction = fraction }, { name = "out", fraction = 1 - fraction } }, seed)
  random.shuffle(patients, random.generator(seed))
  local taken = {}
  for _, wanted in ipairs { "in", "out" } do
    for _, patient in ipairs(patients) do
      if part_of[patient] == wanted then
        table.move(patient.records, 1, math.min(#patient.records, count - #taken), #taken + 1, taken)
      end
    end
  end
  return taken
end

-- The records that are kept, in the order of the dataset.
local function reduce(records, opt, ctx)
  local parts, kept = by_part(records), {}
  if opt.balance then parts.train = balance(parts.train, opt.balance_ratio, opt.seed) end
  for name, wanted in pairs { train = opt.sample, validation = opt.sample_validation, test = opt.sample_test } do
    if wanted > 0 and wanted > #parts[name] then ctx.warn("%s has only %s, not %d", name, plural(#parts[name], "record"), wanted) end
    if wanted > 0 then parts[name] = sample(parts[name], wanted, opt.seed) end
  end
  for _, list in pairs(parts) do
    for _, record in ipairs(list) do kept[record] = true end
  end
  local left = {}
  for _, record in ipairs(records) do
    if kept[record] then left[#left + 1] = record end
  end
  return left
end

-- Saying what came of it. ---------------------------------------------------------------------------------------------------------

local function count(records)
  local result = { records = { train = 0, validation = 0, test = 0 }, patients = { train = 0, validation = 0, test = 0 }, findings = {} }
  local seen = {}
  for _, record in ipairs(records) do
    local part = record.split
    result.records[part] = result.records[part] + 1
    if not seen[record.patient] then result.patients[part] = result.patients[part] + 1 end
    seen[record.patient] = true
    for _, name in ipairs(record.findings) do
      local finding = result.findings[name] or { train = 0, validation = 0, test = 0 }
      finding[part] = finding[part] + 1
      result.findings[name] = finding
    end
  end
  return result
end

local function say_table(result, ctx)
  local rows = {}
  for name, counts in pairs(result.findings) do
    rows[#rows + 1] = { finding = name, train = counts.train, validation = counts.validation, test = counts.test }
  end
  table.sort(rows, function(a, b) return a.train > b.train or a.train == b.train and a.finding < b.finding end)
  for _, what in ipairs { "records", "patients" } do
    local counts = result[what]
    rows[#rows + 1] = { finding = what, train = counts.train, validation = counts.validation, test = counts.test }
  end
  ctx.say("%s", require "hilum.term".table(rows, { "finding", "train", "validation", "test" }))
end

local SPOKEN = { train = "training", validation = "validation" }

-- prepare refuses what Bedrock would; here it is only said.
local function warn_of_limits(result, ctx)
  local limits = titan.limits
  for name, bounds in pairs { train = { limits.min_records, limits.max_records },
    validation = { limits.min_validation, limits.max_validation } } do
    local records = result.records[name]
    if records < bounds[1] or records > bounds[2] then
      ctx.warn("%d %s records; Bedrock takes %d to %d", records, SPOKEN[name], bounds[1], bounds[2])
    end
  end
end

local function run(opt, ctx)
  if not require "hilum.fs".stat(opt.dataset) then ctx.fail("there is no %s; `hilum labels TABLE…` writes it", opt.dataset) end
  local records = dataset.read(opt.dataset)
  if #records == 0 then ctx.fail("%s has no records", opt.dataset) end
  local given, kinds = count_given(records)
  local by = opt.by or (given == #records and kinds > 1 and "given" or "patient")
  if by == "given" then
    keep_given(records, opt, ctx)
    say_unused(opt, ctx)
  else
    make_parts(records, opt, ctx)
  end
  local kept = reduce(records, opt, ctx)
  dataset.write(opt.out, kept)
  local result = count(kept)
  result.by, result.left_out, result.splits = by, #records - #kept, opt.out
  say_table(result, ctx)
  ctx.say("%s: %s", opt.out, by == "given" and "the parts that the tables gave" or "parts by patient, drawn with seed " .. opt.seed)
  warn_of_limits(result, ctx)
  return result
end

return {
  summary = "Divide records into training, validation and test",
  step = 3,
  details = [[
Gives each record of dataset.jsonl a part and writes splits.jsonl. All images of a patient are in one part, so that nothing is
tested on a patient that it was trained on. Parts that the label tables gave (files called train, val and test) are kept; else
patients are dealt out so that each part has its share of every finding, the rarest first (iterative stratification), and at least
one patient with it where there are enough. The same seed gives the same parts on every machine.

--sample takes some of the training records only, again by patient and with all findings in proportion. --balance drops training
records without a finding until they are no more than --balance-ratio times the others; validation and test stay as they are.]],
  options = {
    { "dataset", type = "path", default = "dataset.jsonl", help = "the records, made by `hilum labels`" },
    { "by", type = "choice", choices = { "given", "patient" },
      help = "keep the parts that the tables gave, or make them (default: keep them if every record has one)" },
    { "val-fraction", type = "number", default = FRACTION, min = 0, max = 0.9, help = "share of the images for validation" },
    { "test-fraction", type = "number", default = FRACTION, min = 0, max = 0.9, help = "share of the images for the test" },
    { "seed", type = "integer", default = SEED, min = 0, help = "another seed, another split" },
    { "sample", type = "integer", default = 0, min = 0, help = "take so many training records; 0: all" },
    { "sample-validation", type = "integer", default = 0, min = 0, help = "take so many validation records" },
    { "sample-test", type = "integer", default = 0, min = 0, help = "take so many test records" },
    { "balance", type = "flag", default = false, help = "keep 'No Finding' from filling the batches" },
    { "balance-ratio", type = "number", default = 1, min = 0, help = "with --balance: so many records without a finding for one with" },
    { "out", type = "path", default = "splits.jsonl", help = "the records with their parts" },
  },
  examples = {
    "hilum split",
    "hilum split --by patient --val-fraction 0.1 --test-fraction 0.2 --seed 7",
    "hilum split --sample 1000 --sample-validation 300 --balance",
  },
  reads = { "dataset" },
  writes = { "out" },
  run = run,
}
