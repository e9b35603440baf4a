-- SPDX-License-Identifier: MIT
-- labels: label tables into dataset.jsonl and labels.json. Captions are made here, once for each distinct row of labels.
local json = require "hilum.json"
local plural = require "lib.plural"
local tables = require "lib.tables"
local task = require "hilum.task"

-- Change these to change what is learned. -----------------------------------------------------------------------------------------

-- The words of a row's findings.
local function caption_of(findings, template)
  return (template:gsub("{findings}", function() return table.concat(findings, ", ") end))
end

-- The rule of the original scripts: the columns that hold 1, in order, with one blank between them.
local function seed_caption_of(findings) return table.concat(findings, " ") end

local function is_positive(cell) return cell == "1" or tonumber(cell) == 1 or cell:lower() == "true" end

local function is_negative(cell) return cell == "" or tonumber(cell) == 0 or cell:lower() == "false" end

-- The findings of a row: from its cells, one for each column of meaning.findings, or from its list of names.
local function findings_of(cells, meaning)
  local findings = {}
  if meaning.list then
    for name in cells[1]:gmatch("[^" .. meaning.separator:gsub("%W", "%%%0") .. "]+") do
      findings[#findings + 1] = tables.spell(name:match("^%s*(.-)%s*$"))
    end
  else
    for i, column in ipairs(meaning.findings) do
      if is_positive(cells[i]) then findings[#findings + 1] = tables.spell(column) end
    end
  end
  return findings
end

-- "058Y" is 58, "006M" is 0. Ages that nobody has reached were typed wrong.
local function age_of(cell)
  local number, unit = cell:match("^0*(%d+)(%a?)$")
  if not number then return nil end
  local age = (unit == "" or unit:upper() == "Y") and tonumber(number) or 0
  return age <= 120 and age or nil
end

local function sex_of(cell)
  local letter = cell:sub(1, 1):upper()
  return (letter == "M" or letter == "F") and letter or nil
end

------------------------------------------------------------------------------------------------------------------------------------

-- The texts that stand in the lines for each group of rows with the same labels: {in dataset.jsonl, in labels.json}.
local function label_texts(groups, meaning, opt)
  local records, captions, counts = {}, {}, {}
  for i = 1, #groups do
    local findings = findings_of(groups:cells(i), meaning)
    local caption = opt.captions == "seed" and seed_caption_of(findings)
    if #findings == 0 then findings[1] = tables.NO_FINDING end
    caption = json.encode(caption or caption_of(findings, opt.template))
    records[i] = (',"caption":%s,"findings":%s,"patient":'):format(caption, json.encode(findings))
    captions[i] = ": " .. caption
    for _, name in ipairs(findings) do counts[name] = (counts[name] or 0) + groups:count(i) end
  end
  return records, captions, counts
end

-- What is known about a person, for each group of rows in which it is the same.
local function person_texts(groups, names)
  local texts = {}
  for i = 1, #groups do
    local cell = {}
    for j, text in ipairs(groups:cells(i)) do cell[names[j]] = text end
    local age, sex = age_of(cell.age or ""), sex_of(cell.sex or "")
    texts[i] = (cell.view or "") ~= "" and ',"view":' .. json.encode(cell.view) or ""
    if age then texts[i] = ('%s,"age":%d'):format(texts[i], age) end
    if sex then texts[i] = ('%s,"sex":"%s"'):format(texts[i], sex) end
  end
  return texts
end

-- A piece of each line with view, age and sex: of the table itself, or of the other one that has a row of the same id.
local function person_piece(rows, meaning, other, ctx)
  local from, match = { rows = rows, meaning = meaning }, nil
  if other then
    local ids = other.rows:distinct(other.meaning.id)
    match = rows:match(meaning.id, ids)
    from = other
    if match:missing() > 0 then
      ctx.warn("%s not in %s: view, age and sex unknown", plural(match:missing(), "row is", "rows are"), other.paths[1])
    end
  end
  local columns, names = {}, {}
  for _, name in ipairs { "view", "age", "sex" } do
    if from.meaning[name] then
      names[#names + 1], columns[#columns + 1] = name, from.meaning[name]
    end
  end
  if #columns == 0 then return "" end
  local groups = from.rows:distinct(columns)
  return { groups = groups, texts = person_texts(groups, names), match = match }
end

-- What must not be. -----------------------------------------------------------------------------------------------------------------

local function place(rows, row) return ("%s:%d"):format(rows:cell(row, tables.FILE), rows:line(row)) end

local function refuse_empty(rows, groups, column, ctx)
  local group = groups:find("")
  if group then ctx.fail("%s: the column %s is empty", place(rows, groups:row(group)), column) end
end

local function refuse_duplicates(rows, ids, meaning, ctx)
  if #ids == #rows then return end
  for row = 1, #rows do
    local first = ids:row(ids:of(row))
    if first ~= row then
      ctx.fail("%s is there twice: %s and %s (%d rows are repeated in all)", rows:cell(row, meaning.id), place(rows, first),
        place(rows, row), #rows - #ids)
    end
  end
end

-- Cells of findings that are neither 1 nor 0 count as 0, such as the -1 of what is uncertain.
local function warn_of_others(rows, groups, meaning, ctx)
  local count, first = 0, nil
  for i = 1, meaning.findings and #groups or 0 do
    for j, cell in ipairs(groups:cells(i)) do
      if not is_positive(cell) and not is_negative(cell) then
        count = count + groups:count(i)
        first = first or ("'%s' in column %s of %s"):format(cell, meaning.findings[j], place(rows, groups:row(i)))
      end
    end
  end
  if not first then return end
  ctx.warn("%s neither 1 nor 0 and count as 0: %s is the first", plural(count, "cell of findings is", "cells of findings are"), first)
end

-- Tables that are called train, val and test must not share patients.
local function refuse_leaks(patients, in_files, parts, ctx)
  if #in_files == #patients then return end
  local parts_of, leaking = {}, {}
  for i = 1, #in_files do
    local patient, file = table.unpack(in_files:cells(i))
    local part, before = parts[file], parts_of[patient]
    if before and part and part ~= before then leaking[#leaking + 1] = patient end
    parts_of[patient] = part or before
  end
  if #leaking == 0 then return end
  ctx.fail("%s in more than one of the train, val and test tables (%s%s): a model would be tested on patients it was trained on; give "
    .. "tables that share none, or a table at a time", plural(#leaking, "patient is", "patients are"),
    table.concat(leaking, ", ", 1, math.min(5, #leaking)), #leaking > 5 and ", …" or "")
end

-- Rows whose image is there.
local function select_present(rows, meaning, folder, ctx)
  local present = {}
  for _, name in ipairs(assert(require "lib.store".open(folder)):list()) do present[name] = true end
  local selected = rows:select(meaning.id, present)
  if #selected == 0 then
    ctx.fail("none of the %d images of the tables is in %s (the first would be %s)", #rows, folder, rows:cell(1, meaning.id))
  end
  if #selected < #rows then
    ctx.say("%d of %s left out: the images are not in %s", #rows - #selected, plural(#rows, "row is", "rows are"), folder)
  end
  return selected
end

local function say_unchecked(rows, ctx)
  ctx.say("the images of %s were not looked for: say --images FOLDER, or write defaults = { images = \"FOLDER\" } into project.lua",
    #rows == 1 and "the row" or ("all %d rows"):format(#rows))
end

local function parts_of_files(paths)
  local parts = {}
  for _, path in ipairs(paths) do parts[path] = tables.part_of(path) end
  return parts
end

local function split_texts(files, parts)
  local texts = {}
  for i = 1, #files do
    local part = parts[files:cells(i)[1]]
    texts[i] = part and (',"split":"%s"}\n'):format(part) or "}\n"
  end
  return texts
end

local function write_files(rows, meaning, piece, opt)
  local id = { column = meaning.id }
  local jobs = {
    { opt.out, { '{"image":', id, piece.record, { column = meaning.patient }, piece.person, piece.split } },
    { opt.out_labels, { id, piece.caption }, { before = "{\n", between = ",\n", after = "\n}\n" } },
  }
  task.map(jobs, function(job) assert(rows:write(table.unpack(job))) end)
end

local function report(result, opt, ctx)
  local lines = {}
  for name, count in pairs(result.findings) do lines[#lines + 1] = { finding = name, images = count } end
  table.sort(lines, function(a, b) return a.images > b.images or a.images == b.images and a.finding < b.finding end)
  ctx.say("%s", require "hilum.term".table(lines, { "finding", "images" }))
  ctx.say("%s of %s, with %s of findings, in %s and %s", plural(result.records, "record"), plural(result.patients, "patient"),
    plural(result.label_sets, "set", "different sets"), opt.out, opt.out_labels)
end

-- The groups with their rows; a second table is only looked up in.
local function load_groups(opt)
  local groups = tables.sort(opt.tables, opt.mapping)
  task.map(groups, function(group) group.rows = tables.load(group) end)
  return table.unpack(groups)
end

local function run(opt, ctx)
  local main, other = load_groups(opt)
  local meaning, rows = main.meaning, main.rows
  if opt.captions == "seed" and not meaning.findings then ctx.usage("--captions seed needs a table with a column for each finding") end
  if #rows == 0 then ctx.fail("%s: no rows", main.paths[1]) end
  if opt.images then rows = select_present(rows, meaning, opt.images, ctx) else say_unchecked(rows, ctx) end
  local labels, ids, patients, in_files, files =
    rows:distinct(meaning.findings or meaning.list, meaning.id, meaning.patient, { meaning.patient, tables.FILE }, tables.FILE)
  local parts = parts_of_files(main.paths)
  refuse_empty(rows, ids, meaning.id, ctx)
  refuse_empty(rows, patients, meaning.patient, ctx)
  refuse_duplicates(rows, ids, meaning, ctx)
  refuse_leaks(patients, in_files, parts, ctx)
  warn_of_others(rows, labels, meaning, ctx)
  local records, captions, counts = label_texts(labels, meaning, opt)
  write_files(rows, meaning, {
    record = { groups = labels, texts = records },
    caption = { groups = labels, texts = captions },
    person = person_piece(rows, meaning, other, ctx),
    split = { groups = files, texts = split_texts(files, parts) },
  }, opt)
  local result = { records = #rows, patients = #patients, label_sets = #labels, left_out = #main.rows - #rows, findings = counts,
    dataset = opt.out, labels = opt.out_labels }
  report(result, opt, ctx)
  return result
end

return {
  summary = "Turn label tables into captions",
  step = 2,
  details = [[
Reads label tables (files, or the .csv files of a folder) and writes one record for each image to dataset.jsonl, and the captions
alone to labels.json.

Tables that are known by their columns: NIH-CXR-LT (id, a column of 0 and 1 for each finding, subj_id) and the NIH's own
Data_Entry_2017(_v2020). Given both, the findings come from the first, and view, age and sex from the second, by the image's
name. Files called train, val and test give each record its split, and are refused if they share patients.

For any other table, project.lua says what the columns mean:

  labels = { mapping = {
    id = "file", patient = "patient_id",             -- required
    findings = { "Effusion", "Pneumothorax" },       -- columns that hold 1 or 0; or the name of one column that lists them:
    -- findings = "labels", separator = "|",
    view = "view", age = "age", sex = "sex",         -- optional
  } }

A caption is the findings joined with ", "; --template puts words around them. --captions seed is the rule of the scripts that hilum
began from (the columns that hold 1, one blank between them), without their mistake of taking subj_id for a finding. For any other
rule copy this workflow (its file is named below) into the project's scripts/ folder: there it takes the place of this one, and the
rule is a few lines of Lua.

Tables are often about more images than are there: --images, or `images` under `defaults` in project.lua, keeps the rows of those that
are.]],
  options = {
    { "tables", type = "list", of = "path", positional = true, required = true, metavar = "TABLE",
      help = "label tables, or folders of them" },
    { "mapping", type = "table", help = "what the columns of tables of your own mean: only in project.lua" },
    { "images", type = "path", is = "dir", help = "keep only the rows whose image is in this folder" },
    { "captions", type = "choice", choices = { "list", "seed" }, default = "list", help = "how findings become a caption" },
    { "template", type = "string", default = "{findings}", metavar = "TEXT", help = "the caption; {findings} stands for the list" },
    { "out", type = "path", default = "dataset.jsonl", help = "the records" },
    { "out-labels", type = "path", default = "labels.json", help = "the captions by image" },
  },
  examples = {
    "hilum labels labels/",
    "hilum labels train.csv val.csv test.csv Data_Entry_2017_v2020.csv --images images",
    "hilum labels labels.csv --template 'Chest X-ray showing {findings}'",
  },
  reads = { "tables" },
  writes = { "out", "out-labels" },
  run = run,
}
