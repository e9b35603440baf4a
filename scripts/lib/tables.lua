-- SPDX-License-Identifier: MIT
-- Label tables of the layouts that hilum knows: what their columns mean. Rows stay in hilum.csv.
local csv = require "hilum.csv"
local fs = require "hilum.fs"
local host = require "hilum.host"

local tables = {}

tables.FILE = "(file)" -- the column that says which file a row is from
tables.NO_FINDING = "No Finding"

-- A column that is 0 or 1 is a finding if it is called one of these; other columns never become words.
local FINDINGS = {
  "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis", "Hernia", "Infiltration", "Mass",
  "Nodule", "Pleural Thickening", "Pneumonia", "Pneumothorax", "Pneumoperitoneum", "Pneumomediastinum", "Subcutaneous Emphysema",
  "Tortuous Aorta", "Calcification of the Aorta", tables.NO_FINDING,
  "Airspace Opacity", "Enlarged Cardiomediastinum", "Fracture", "Lung Lesion", "Lung Opacity", "Pleural Effusion", "Pleural Other",
  "Support Devices",
}

local function fail(format, ...) error(host.error("parse", format:format(...)), 0) end

-- A finding as it is spelled in captions: Pleural_Thickening is Pleural Thickening.
function tables.spell(name) return (name:gsub("_", " ")) end

local known = {}
for _, name in ipairs(FINDINGS) do known[name] = true end

local function set_of(names)
  local set = {}
  for _, name in ipairs(names) do set[name] = true end
  return set
end

local function known_findings(columns)
  local findings = {}
  for _, name in ipairs(columns) do
    if known[tables.spell(name)] then findings[#findings + 1] = name end
  end
  return findings
end

-- The layouts. Each says by the names of the columns whether a table has it, and then what the columns mean:
-- id, patient, findings (columns of 0 and 1) or list and separator (one column of names), view, age, sex.

local function read_as_lt(columns, has)
  if not (has.id and has.subj_id and has[tables.NO_FINDING]) then return nil end
  return { layout = "NIH-CXR-LT", id = "id", patient = "subj_id", findings = known_findings(columns) }
end

local function read_as_entry(_, has)
  if not (has["Image Index"] and has["Finding Labels"] and has["Patient ID"]) then return nil end
  local function optional(name) return has[name] and name or nil end
  return { layout = "Data_Entry_2017", id = "Image Index", patient = "Patient ID", list = "Finding Labels", separator = "|",
    view = optional "View Position", age = optional "Patient Age", sex = optional "Patient Gender" or optional "Patient Sex" }
end

local MAPPING_KEYS = set_of { "id", "patient", "findings", "separator", "view", "age", "sex" }

-- project.lua's labels.mapping says it.
local function read_as_mapped(mapping, columns, has, path)
  for key in pairs(mapping) do
    if not MAPPING_KEYS[key] then fail("project.lua: labels.mapping has the unknown key '%s'", key) end
  end
  local meaning = { layout = "mapping", id = mapping.id, patient = mapping.patient, view = mapping.view, age = mapping.age,
    sex = mapping.sex }
  if type(mapping.findings) == "table" then
    meaning.findings = mapping.findings
  else
    meaning.list, meaning.separator = mapping.findings, mapping.separator or "|"
  end
  for _, key in ipairs { "id", "patient", "findings" } do
    if not mapping[key] then fail("project.lua: labels.mapping must name the column of the %s", key) end
  end
  local used = table.move(meaning.findings or { meaning.list }, 1, #(meaning.findings or { 1 }), 1, {})
  for _, key in ipairs { "id", "patient", "view", "age", "sex" } do used[#used + 1] = meaning[key] end
  for _, name in ipairs(used) do
    if not has[name] then
      fail("%s: no column '%s', which labels.mapping in project.lua names; its first line is: %s", path, name,
        table.concat(columns, ","):sub(1, 300):gsub("%c", "?"))
    end
  end
  return meaning
end

-- What the columns of the table at path mean; nil if its layout is not known.
function tables.recognise(path, mapping)
  local first = assert(csv.rows(path, { header = false }))()
  local columns = first or {}
  local has = set_of(columns)
  if mapping then return read_as_mapped(mapping, columns, has, path) end
  return read_as_lt(columns, has) or read_as_entry(columns, has)
end

-- Which part of a split a file's name says it is: labels_train.csv, val.csv, …; nil if none or several.
local PARTS = { train = "train", training = "train", val = "validation", valid = "validation", validation = "validation",
  dev = "validation", test = "test", testing = "test" }
function tables.part_of(path)
  local part
  for word in fs.base(path):lower():gmatch("%a+") do
    if PARTS[word] and part and part ~= PARTS[word] then return nil end
    part = PARTS[word] or part
  end
  return part
end

-- The .csv files among the paths, in order; folders stand for theirs. Explicit paths must be tables, those of folders may be others.
local function list_files(paths)
  local files = {}
  for _, path in ipairs(paths) do
    local stat = fs.stat(path)
    if path:find("^s3://") then fail("%s: label tables are read from this machine: `hilum cp %s .` first", path, path) end
    if not stat then fail("%s does not exist", path) end
    for _, name in ipairs(stat.type == "dir" and assert(fs.list(path)) or {}) do
      if name:lower():find("%.csv%.gz$") then fail("%s is compressed: run gunzip on it first", fs.join(path, name)) end
      if name:lower():find("%.csv$") then files[#files + 1] = { path = fs.join(path, name), given = false } end
    end
    if stat.type ~= "dir" then files[#files + 1] = { path = path, given = true } end
  end
  return files
end

-- Sorts the tables at paths (files and folders) by their layout: an array of {meaning, paths}, in which NIH-CXR-LT is first.
function tables.sort(paths, mapping)
  local by_layout, groups = {}, {}
  for _, file in ipairs(list_files(paths)) do
    local meaning = tables.recognise(file.path, mapping)
    if meaning then
      local group = by_layout[meaning.layout]
      if not group then
        group = { meaning = meaning, paths = {} }
        by_layout[meaning.layout] = group
        table.insert(groups, meaning.layout == "NIH-CXR-LT" and 1 or #groups + 1, group)
      end
      table.insert(group.paths, file.path)
    elseif file.given then
      fail("%s: neither a NIH-CXR-LT nor a Data_Entry_2017 table: say in project.lua what its columns mean (labels.mapping; see "
        .. "`hilum help labels`)", file.path)
    end
  end
  if #groups == 0 then fail("no label table in %s", table.concat(paths, ", ")) end
  return groups
end

-- The rows of a group as a csv Table with one column more, tables.FILE.
function tables.load(group) return assert(csv.load(group.paths, { file_column = tables.FILE })) end

return tables
