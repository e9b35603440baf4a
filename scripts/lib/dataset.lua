-- SPDX-License-Identifier: MIT
-- dataset.jsonl and splits.jsonl: one record a line, {"image", "caption", "findings", "patient", "view", "age", "sex", "split"}.
local host = require "hilum.host"
local json = require "hilum.json"

local dataset = {}

dataset.ORDER = { "image", "caption", "findings", "patient", "view", "age", "sex", "split" }
dataset.PARTS = { "train", "validation", "test" }

local TYPES = { image = "string", caption = "string", findings = "table", patient = "string" }

local function check(record, path, line)
  for key, wanted in pairs(TYPES) do
    if type(record) ~= "table" or type(record[key]) ~= wanted then
      error(host.error("parse", ("%s:%d: no record: %s is missing or of the wrong type; `hilum labels` makes the file"):format(path, line,
        key)), 0)
    end
  end
end

-- All records of a file, in order.
function dataset.read(path)
  local records = {}
  for record, line in assert(json.lines(path)) do
    check(record, path, line)
    records[#records + 1] = record
  end
  return records
end

function dataset.write(path, records) return assert(json.write_lines(path, records, { order = dataset.ORDER })) end

-- The records of .jsonl files, or of label tables (then with nothing but the image).
function dataset.read_any(paths, ctx)
  local records, labels = {}, {}
  for _, path in ipairs(paths) do
    if path:find("%.jsonl$") then
      local read = dataset.read(path)
      table.move(read, 1, #read, #records + 1, records)
    else
      labels[#labels + 1] = path
    end
  end
  if #labels == 0 then return records end
  local tables = require "lib.tables"
  local group = tables.sort(labels, (ctx.project.config.labels or {}).mapping)[1]
  for _, image in ipairs(tables.load(group):column(group.meaning.id)) do records[#records + 1] = { image = image } end
  return records
end

return dataset
