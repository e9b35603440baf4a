-- SPDX-License-Identifier: MIT
-- The patients that a study measures on: the records of one part of splits.jsonl, as a file of their own for `hilum embed`, so that nothing
-- else is paid for.
local fs = require "hilum.fs"
local json = require "hilum.json"

local held_out = {}

-- The lines of splits.jsonl, with what they say.
local function read(path, ctx)
  if not fs.stat(path) then ctx.fail("there is no %s; `hilum split` makes it", path) end
  local records = {}
  for line in assert(fs.read(path)):gmatch("[^\n]+") do
    local record = json.decode(line)
    if type(record) ~= "table" or not record.split then ctx.fail("%s: not all lines name their part; `hilum split` makes it", path) end
    records[#records + 1] = { line = line, image = record.image, part = record.split, findings = record.findings or {} }
  end
  return records
end

-- The part to measure on, as `hilum evaluate` chooses it.
local function part_of(records, wanted, ctx)
  local count = {}
  for _, record in ipairs(records) do count[record.part] = (count[record.part] or 0) + 1 end
  local part = wanted or count.test and "test" or "validation"
  if not count[part] then ctx.fail("splits.jsonl has no %s part; `hilum split` makes one", part) end
  return part
end

local function distinct_findings(records)
  local names, seen = {}, {}
  for _, record in ipairs(records) do
    for _, finding in ipairs(record.findings) do
      if not seen[finding] then names[#names + 1] = finding end
      seen[finding] = true
    end
  end
  table.sort(names)
  return names
end

-- opt: splits, on, gallery. Writes the file: {part, path, images = names, findings = their names}.
function held_out.write(opt, ctx)
  local all, chosen, lines, images = read(opt.splits, ctx), {}, {}, {}
  local part = part_of(all, opt.on, ctx)
  for _, record in ipairs(all) do
    if record.part == part or record.part == opt.gallery then
      chosen[#chosen + 1], lines[#lines + 1], images[#images + 1] = record, record.line, record.image
    end
  end
  local path = ctx.project:path(("cache/study-%s.jsonl"):format(part))
  assert(fs.mkdir(fs.dir(path)))
  assert(fs.write(path, table.concat(lines, "\n") .. "\n"))
  return { part = part, path = path, images = images, findings = distinct_findings(chosen) }
end

return held_out
