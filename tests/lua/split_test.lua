-- SPDX-License-Identifier: MIT
local t = require "t"
local dataset = require "lib.dataset"
local fs = require "hilum.fs"
local json = require "hilum.json"

-- count patients with 1 to 6 images each; "Rare" in 6 patients, "Half" in every second, else "No Finding".
local function make_records(count)
  local records = {}
  for p = 1, count do
    for k = 0, p * 7 % 6 do
      local findings = { p % 50 == 1 and "Rare" or nil }
      if p % 2 == 0 then findings[#findings + 1] = "Half" end
      if #findings == 0 then findings[1] = "No Finding" end
      records[#records + 1] = { image = ("%d_%d.png"):format(p, k), caption = table.concat(findings, ", "), findings = findings,
        patient = tostring(p) }
    end
  end
  return records
end

local function study(records)
  local dir = t.tmp()
  dataset.write(fs.join(dir, "dataset.jsonl"), records)
  return dir
end

local function split(dir, arguments)
  local status, out, err = t.run(("cd %s && %s split --json %s"):format(dir, t.hilum, arguments or ""))
  t.eq(status, 0, err)
  return json.decode(out), dataset.read(fs.join(dir, "splits.jsonl")), err
end

local function check_no_leak(records)
  local part_of = {}
  for _, record in ipairs(records) do
    t.eq(part_of[record.patient] or record.split, record.split)
    part_of[record.patient] = record.split
  end
end

t.test("by patient, in proportion, rare findings everywhere", function()
  local records = make_records(300)
  local result, splits = split(study(records))
  t.eq(#splits, #records)
  t.eq(splits[5].image, records[5].image)
  check_no_leak(splits)
  t.eq(result.by, "patient")
  for part, share in pairs { train = 0.7, validation = 0.15, test = 0.15 } do
    t.near(result.records[part] / #records, share, 0.02)
    t.near(result.patients[part] / 300, share, 0.05)
    t.ok(result.findings.Rare[part] > 0, part)
    t.near(result.findings.Half[part] / result.records[part], 0.5, 0.15)
  end
end)

t.test("a finding with as many patients as parts is in each", function()
  local records = make_records(60) -- "Rare" has patients 1 and 51
  records[#records + 1] = { image = "x", caption = "Rare", findings = { "Rare" }, patient = "x" }
  local result = split(study(records))
  t.eq({ result.findings.Rare.train > 0, result.findings.Rare.validation > 0, result.findings.Rare.test > 0 }, { true, true, true })
end)

t.test("the same seed, the same split, in whatever order the records are", function()
  local records = make_records(100)
  local dir = study(records)
  local function parts(list)
    local of = {}
    for _, record in ipairs(list) do of[record.image] = record.split end
    return of
  end
  local _, first = split(dir)
  local _, other = split(dir, "--seed 2")
  for i = 1, #records // 2 do records[i], records[#records + 1 - i] = records[#records + 1 - i], records[i] end
  dataset.write(fs.join(dir, "dataset.jsonl"), records)
  local _, again = split(dir)
  t.eq(parts(again), parts(first))
  t.ok(json.encode(parts(other)) ~= json.encode(parts(first)))
end)

t.test("fractions, also of nothing", function()
  local result = split(study(make_records(200)), "--val-fraction 0.3 --test-fraction 0")
  t.eq(result.records.test, 0)
  t.near(result.records.validation / (result.records.train + result.records.validation), 0.3, 0.02)
  local status, _, err = t.run(("cd %s && %s split --val-fraction 0.6 --test-fraction 0.5"):format(study(make_records(2)), t.hilum))
  t.eq(status, 2)
  t.match(err, "leave nothing to train on")
end)

t.test("given parts are kept, if all are given and share no patient", function()
  local records = make_records(30)
  for _, record in ipairs(records) do record.split = tonumber(record.patient) > 20 and "test" or "train" end
  local dir = study(records)
  local result, splits = split(dir)
  t.eq(result.by, "given")
  t.eq(splits, records)
  t.eq(split(dir, "--by patient").by, "patient")
  local function warned(arguments) return (select(3, split(dir, arguments))):match("nothing is changed by ([%a, -]+): the tables gave") end
  t.eq({ warned "--seed 3", warned "--val-fraction 0.2 --seed 3" }, { "--seed", "--seed, --val-fraction" })
  t.eq({ warned "", warned "--seed 3 --by patient", warned "--seed 3 --sample 9" }, {})
  records[1].split = "validation"
  dataset.write(fs.join(dir, "dataset.jsonl"), records)
  local status, _, err = t.run(("cd %s && %s split"):format(dir, t.hilum))
  t.eq(status, 1)
  t.match(err, "1 patient is in more than one given part %(1%)")
  records[1].split = nil
  dataset.write(fs.join(dir, "dataset.jsonl"), records)
  t.eq(split(dir).by, "patient")
  t.eq(t.run(("cd %s && %s split --by given"):format(dir, t.hilum)), 1)
end)

t.test("samples are exact, by patient and in proportion", function()
  local dir = study(make_records(300))
  local whole = split(dir)
  local result, splits = split(dir, "--sample 200 --sample-validation 50 --sample-test 7")
  t.eq(result.records, { train = 200, validation = 50, test = 7 })
  t.eq(#splits, 257)
  check_no_leak(splits)
  t.near(result.findings.Half.train / 200, whole.findings.Half.train / whole.records.train, 0.05)
  t.ok(result.findings.Rare.train > 0)
  local _, _, err = split(dir, "--sample 100000")
  t.match(err, "train has only %d+ records, not 100000")
end)

t.test("--balance drops training records without a finding only", function()
  local records = make_records(300)
  for i, record in ipairs(records) do
    if i % 10 ~= 0 then record.findings = { "No Finding" } end
  end
  local dir = study(records)
  local whole, balanced = split(dir), split(dir, "--balance --balance-ratio 1.5")
  local normal = balanced.findings["No Finding"].train
  t.eq(normal, (balanced.records.train - normal) * 3 // 2)
  t.eq(balanced.records.test, whole.records.test)
  t.eq(balanced.findings["No Finding"].validation, whole.findings["No Finding"].validation)
end)

t.test("Bedrock's bounds are warned of", function()
  local _, _, err = split(study(make_records(20)))
  t.match(err, "%d+ training records; Bedrock takes 1000 to 500000")
end)

t.test("a dataset that is none", function()
  local dir = t.tmp()
  assert(fs.write(dir .. "/dataset.jsonl", '{"image":"a"}\n'))
  local status, _, err = t.run(("cd %s && %s split"):format(dir, t.hilum))
  t.eq(status, 1)
  t.match(err, "dataset.jsonl:1: no record: %a+ is missing")
end)
