-- SPDX-License-Identifier: MIT
local t = require "t"
local fs = require "hilum.fs"
local json = require "hilum.json"

local FINDINGS = { "Atelectasis", "Cardiomegaly", "Pleural Thickening", "Mass", "No Finding" }

local function lt(rows)
  local lines = { "id," .. table.concat(FINDINGS, ",") .. ",subj_id" }
  for _, row in ipairs(rows) do lines[#lines + 1] = table.concat(row, ",") end
  return table.concat(lines, "\n") .. "\n"
end

local ENTRY_HEADER = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
  .. "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n"

-- A project with these files; returns its folder.
local function study(files)
  local dir = t.tmp()
  for name, text in pairs(files) do
    assert(fs.mkdir(fs.join(dir, fs.dir(name))))
    assert(fs.write(fs.join(dir, name), text))
  end
  return dir
end

local function labels(dir, arguments)
  return t.run(("cd %s && %s labels %s"):format(dir, t.hilum, arguments))
end

local function records(dir)
  local list = {}
  for record in json.lines(fs.join(dir, "dataset.jsonl")) do list[#list + 1] = record end
  return list
end

local TRAIN = lt { { "1_0.png", 0, 1, 0, 0, 0, 1 }, { "1_1.png", 0, 1, 1, 1, 0, 1 }, { "2_0.png", 0, 0, 0, 0, 1, 2 } }
local TEST = lt { { "3_0.png", 1, 0, 0, 0, 0, 3 } }

t.test("the NIH-CXR-LT table alone", function()
  local dir = study { ["labels_train.csv"] = TRAIN, ["labels_test.csv"] = TEST }
  local status, _, err = labels(dir, "labels_train.csv labels_test.csv")
  t.eq(status, 0, err)
  t.eq(fs.read(dir .. "/dataset.jsonl"), [[
{"image":"1_0.png","caption":"Cardiomegaly","findings":["Cardiomegaly"],"patient":"1","split":"train"}
{"image":"1_1.png","caption":"Cardiomegaly, Pleural Thickening, Mass","findings":["Cardiomegaly","Pleural Thickening","Mass"],]]
    .. [["patient":"1","split":"train"}
{"image":"2_0.png","caption":"No Finding","findings":["No Finding"],"patient":"2","split":"train"}
{"image":"3_0.png","caption":"Atelectasis","findings":["Atelectasis"],"patient":"3","split":"test"}
]])
  t.eq(json.read(dir .. "/labels.json"), { ["1_0.png"] = "Cardiomegaly", ["1_1.png"] = "Cardiomegaly, Pleural Thickening, Mass",
    ["2_0.png"] = "No Finding", ["3_0.png"] = "Atelectasis" })
  t.match(err, "4 records of 3 patients, with 4 different sets of findings")
  t.match(err, "Cardiomegaly +2\n")
end)

t.test("joined with Data_Entry, in a folder", function()
  local dir = study { ["tables/train.csv"] = TRAIN, ["tables/notes.csv"] = "a,b\n1,2\n",
    ["tables/Data_Entry_2017.csv"] = ENTRY_HEADER .. "2_0.png,No Finding,0,2,058Y,F,AP,1,1,0.1,0.1\n"
      .. "1_0.png,Cardiomegaly|Mass,0,1,414,M,PA,1,1,0.1,0.1\n" }
  local status, out, err = labels(dir, "tables --json")
  t.eq(status, 0, err)
  local list = records(dir)
  t.eq({ list[1].view, list[1].age, list[1].sex, list[1].caption }, { "PA", nil, "M", "Cardiomegaly" })
  t.eq({ list[2].view, list[2].age, list[2].sex }, {})
  t.eq({ list[3].view, list[3].age, list[3].sex }, { "AP", 58, "F" })
  t.match(err, "1 row is not in")
  local result = json.decode(out)
  t.eq({ result.records, result.patients, result.findings.Cardiomegaly }, { 3, 2, 2 })
end)

t.test("Data_Entry alone", function()
  local dir = study { ["d.csv"] = ENTRY_HEADER .. "1.png,Pleural_Thickening|Mass,0,7,057,M,PA,1,1,0.1,0.1\n" }
  local status, _, err = labels(dir, "d.csv")
  t.eq(status, 0, err)
  t.eq(fs.read(dir .. "/dataset.jsonl"), '{"image":"1.png","caption":"Pleural Thickening, Mass","findings":["Pleural Thickening","Mass"],'
    .. '"patient":"7","view":"PA","age":57,"sex":"M"}\n')
  status, _, err = labels(dir, "d.csv --captions seed")
  t.eq(status, 2)
  t.match(err, "a column for each finding")
end)

-- The original rule, written independently: for each row the names of the columns that hold "1", in order, with blanks between.
t.test("--captions seed is the original rule without subj_id", function()
  local rows, state = {}, 1
  for i = 1, 300 do
    local row = { ("%d.png"):format(i) }
    for c = 1, #FINDINGS do
      state = state * 1103515245 + 12345 & 0x7fffffff
      row[c + 1] = (state >> 16) % 3 == 0 and 1 or 0
    end
    row[#row + 1] = i % 2 -- patient 1 is where the original went wrong
    rows[i] = row
  end
  rows[1] = { "1.png", 0, 0, 0, 0, 1, 1 }
  local dir = study { ["l.csv"] = lt(rows) }
  local status, _, err = labels(dir, "l.csv --captions seed")
  t.eq(status, 0, err)
  local got = json.read(dir .. "/labels.json")
  local n = 0
  for _, row in ipairs(rows) do
    local caption = ""
    for c, name in ipairs(FINDINGS) do
      if row[c + 1] == 1 then caption = caption == "" and name or caption .. " " .. name end
    end
    t.eq(got[row[1]], caption)
    n = n + 1
  end
  t.eq(n, 300)
end)

t.test("a template, also with a % in it", function()
  local dir = study { ["l.csv"] = TEST }
  t.eq(labels(dir, "l.csv --template '100% \"{findings}\" %1'"), 0)
  t.eq(records(dir)[1].caption, '100% "Atelectasis" %1')
end)

t.test("a mapping in project.lua", function()
  local dir = study { ["l.csv"] = "file;pid;labels;a\nx.png;p1;Mass/Lung_Nodule ;40\ny.png;p2;;\n",
    ["m.csv"] = "file,pid,Mass,Node,other\nx.png,p1,1.0,0,1\ny.png,p2,True,1,1\n",
    ["project.lua"] = 'return { labels = { mapping = { id = "file", patient = "pid", findings = { "Mass", "Node" } } } }' }
  local status, _, err = labels(dir, "m.csv")
  t.eq(status, 0, err)
  t.eq(records(dir)[1].findings, { "Mass" })
  t.eq(records(dir)[2].caption, "Mass, Node")
  assert(fs.write(dir .. "/l.csv", "file,pid,labels,a\nx.png,p1,Mass/Lung_Nodule ,40\ny.png,p2,,\n"))
  assert(fs.write(dir .. "/project.lua",
    'return { labels = { mapping = { id = "file", patient = "pid", findings = "labels", separator = "/", age = "a" } } }'))
  t.eq(labels(dir, "l.csv"), 0)
  t.eq(records(dir)[1].findings, { "Mass", "Lung Nodule" })
  t.eq(records(dir)[1].age, 40)
  t.eq(records(dir)[2].findings, { "No Finding" })
  for text, message in pairs { ['{ id = "nope", patient = "pid", findings = "labels" }'] = "no column 'nope'",
    ['{ id = "file", findings = "labels" }'] = "must name the column of the patient", ["{ ids = 1 }"] = "unknown key 'ids'" } do
    assert(fs.write(dir .. "/project.lua", "return { labels = { mapping = " .. text .. " } }"))
    status, _, err = labels(dir, "l.csv")
    t.eq(status, 1)
    t.match(err, message)
  end
end)

t.test("without a folder of images it says that they were not looked for", function()
  local dir = study { ["l.csv"] = TRAIN, ["images/1_1.png"] = "" }
  local _, _, err = labels(dir, "l.csv")
  t.match(err, "the images of all 3 rows were not looked for: say %-%-images FOLDER, or write defaults = { images = \"FOLDER\" } into")
  assert(fs.write(dir .. "/project.lua", 'return { defaults = { images = "images" } }'))
  t.ok(not select(3, labels(dir, "l.csv")):find("looked for", 1, true))
end)

t.test("only images that are there", function()
  local dir = study { ["l.csv"] = TRAIN, ["images/1_1.png"] = "", ["images/other.png"] = "", ["none/x"] = "" }
  local status, out, err = labels(dir, "l.csv --images images --json")
  t.eq(status, 0, err)
  t.eq(#records(dir), 1)
  t.match(err, "2 of 3 rows are left out")
  t.eq(json.decode(out).left_out, 2)
  local _
  status, _, err = labels(dir, "l.csv --images none")
  t.eq(status, 1)
  t.match(err, "none of the 3 images")
end)

t.test("what must not be is refused, and nothing is written", function()
  for message, files in pairs {
    ["1_0.png is there twice: a.csv:2 and a.csv:4"] = { ["a.csv"] = TRAIN:gsub("2_0", "1_0") },
    ["1_0.png is there twice: a.csv:2 and b.csv:2"] = { ["a.csv"] = TRAIN, ["b.csv"] = TRAIN },
    ["a.csv:3: the column subj_id is empty"] = { ["a.csv"] = lt { { "1.png", 1, 0, 0, 0, 0, 1 }, { "2.png", 1, 0, 0, 0, 0, "" } } },
    ["a.csv:2: the column id is empty"] = { ["a.csv"] = lt { { "", 1, 0, 0, 0, 0, 1 } } },
    ["1 patient is in more than one of the train, val and test tables %(3%)"] = { ["train.csv"] = TRAIN:gsub(",1\n", ",3\n"),
      ["val.csv"] = TEST },
    ["a.csv: neither a NIH%-CXR%-LT nor"] = { ["a.csv"] = "x,y\n1,2\n" },
    ["a.csv:3: 2 cells"] = { ["a.csv"] = TEST .. "x,1\n" },
    ["a.csv: no rows"] = { ["a.csv"] = lt {} },
    ["a.csv: is compressed: run gunzip"] = { ["a.csv"] = "\31\139\8\0" },
  } do
    local names = {}
    for name in pairs(files) do names[#names + 1] = name end
    table.sort(names)
    local dir = study(files)
    local status, _, err = labels(dir, table.concat(names, " "))
    t.eq(status, 1, message .. ": " .. err)
    t.match(err, message)
    t.eq(fs.stat(dir .. "/dataset.jsonl"), nil)
  end
end)
