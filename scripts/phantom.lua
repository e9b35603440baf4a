-- SPDX-License-Identifier: MIT
-- phantom: a folder of synthetic radiographs with label tables in the NIH's layouts.
local fs = require "hilum.fs"
local json = require "hilum.json"
local phantom = require "hilum.phantom"
local plural = require "lib.plural"

local FORMAT = 1
local MARK = "phantom.json" -- says that a folder is ours, and which set is in it
local PICTURE = "^%d%d%d%d%d%d%d%d_%d%d%d%.png$"
local FIELD_OF_VIEW = 360 -- mm, what a chest film shows

-- Patients from 1, each with all follow-ups, until there are at least count pictures.
local function list_pictures(count, seed, folder)
  local pictures, patient = {}, 0
  while #pictures < count do
    patient = patient + 1
    for followup = 0, phantom.followups(patient, seed) - 1 do
      local name = ("%08d_%03d.png"):format(patient, followup)
      pictures[#pictures + 1] = { name = name, patient = patient, followup = followup, path = fs.join(folder, name),
        findings = phantom.findings(patient, followup, seed) }
    end
  end
  return pictures, patient
end

local function write_rows(path, header, rows)
  assert(fs.write(path, header .. "\n" .. table.concat(rows, "\n") .. "\n"))
end

-- The table of NIH-CXR-LT: a column of 0 and 1 for each finding.
local function write_labels(path, pictures)
  local rows = {}
  for i, picture in ipairs(pictures) do
    local present = {}
    for _, finding in ipairs(picture.findings) do present[finding] = true end
    local cells = { picture.name }
    for _, finding in ipairs(phantom.names) do cells[#cells + 1] = present[finding] and 1 or 0 end
    cells[#cells + 1] = #picture.findings == 0 and 1 or 0
    cells[#cells + 1] = picture.patient
    rows[i] = table.concat(cells, ",")
  end
  write_rows(path, ("id,%s,No Finding,subj_id"):format(table.concat(phantom.names, ",")), rows)
end

-- The table of ChestX-ray14, whose names of findings have no blanks.
local function write_entries(path, pictures, size, seed)
  local rows = {}
  for i, picture in ipairs(pictures) do
    local info = phantom.info(picture.patient, picture.followup, seed)
    local labels = #picture.findings == 0 and "No Finding" or table.concat(picture.findings, "|"):gsub(" ", "_")
    local spacing = ("%.3f"):format(FIELD_OF_VIEW / size)
    rows[i] = table.concat({ picture.name, labels, picture.followup, picture.patient, info.age, info.sex, info.view, size, size,
      spacing, spacing }, ",")
  end
  write_rows(path, "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    .. "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]", rows)
end

local function remove_pictures(folder)
  for _, name in ipairs(assert(fs.list(folder))) do
    if name:find(PICTURE) then assert(fs.remove(fs.join(folder, name))) end
  end
end

-- Leaves in opt.out a mark that fits, and in images no picture of another set. The names are the NIH's own: real images must not
-- be taken for phantoms, let alone be overwritten.
local function claim_folder(opt, images, ctx)
  local path = fs.join(opt.out, MARK)
  local text = fs.stat(path) and assert(fs.read(path))
  local mark = text and json.decode(text)
  if not mark then
    if fs.stat(fs.join(opt.out, "labels.csv")) or #(fs.stat(images) and assert(fs.list(images)) or {}) > 0 then
      ctx.fail("%s holds images or labels that are not phantoms; choose another folder with --out", opt.out)
    end
  elseif mark.format ~= FORMAT or mark.size ~= opt.size or mark.seed ~= opt.seed then
    if not ctx.force then
      ctx.fail("%s holds phantoms of size %s and seed %s; choose another folder with --out, or --force to replace them", opt.out,
        mark.size, mark.seed)
    end
  end
  assert(fs.mkdir(images))
  fs.sweep(images)
  if mark and ctx.force then remove_pictures(images) end
  assert(fs.write(path, json.encode { format = FORMAT, size = opt.size, seed = opt.seed } .. "\n"))
end

local function without_existing(pictures, images)
  local present, missing = {}, {}
  for _, name in ipairs(assert(fs.list(images))) do present[name] = true end
  for _, picture in ipairs(pictures) do
    if not present[picture.name] then missing[#missing + 1] = picture end
  end
  return missing
end

local function draw(pictures, opt, ctx)
  local progress <close> = ctx.progress(#pictures, "drawing")
  assert(phantom.write(pictures, { size = opt.size, seed = opt.seed, progress = progress }))
end

return {
  summary = "Draw synthetic chest radiographs with known findings",
  details = [[
Writes OUT/images/*.png and, last, OUT/labels.csv in the layout of NIH-CXR-LT and OUT/Data_Entry.csv in that of ChestX-ray14 (view,
sex, age). Each patient has one to six follow-ups, which share anatomy and most findings; the last patient's are completed, so
there may be a few pictures more than asked for. The same seed draws the same set. Pictures that are there already are kept.

The phantoms are cartoons, meant for learning and testing: sex and view show in the pictures, the ages are invented, and no result
on them says anything about real patients.]],
  options = {
    { "count", type = "integer", default = 1500, min = 1, max = 1000000, short = "n", help = "at least so many pictures" },
    { "size", type = "integer", default = 256, min = 64, max = 2048, help = "width and height in pixels, a multiple of 8" },
    { "seed", type = "integer", default = 1, help = "which set; another seed gives other patients" },
    { "out", type = "path", default = "phantoms", short = "o", help = "the folder to fill" },
  },
  examples = { "hilum phantom", "hilum phantom --count 200 --size 512 --seed 7 --out phantoms512" },
  writes = { "out" },
  run = function(opt, ctx)
    if opt.size % 8 ~= 0 then ctx.usage("--size %d is not a multiple of 8", opt.size) end
    local images = fs.join(opt.out, "images")
    claim_folder(opt, images, ctx)
    local pictures, patients = list_pictures(opt.count, opt.seed, images)
    local missing = without_existing(pictures, images)
    draw(missing, opt, ctx)
    write_entries(fs.join(opt.out, "Data_Entry.csv"), pictures, opt.size, opt.seed)
    write_labels(fs.join(opt.out, "labels.csv"), pictures)
    ctx.print("%s of %s in %s (%d drawn now)", plural(#pictures, "picture"), plural(patients, "patient"), opt.out, #missing)
    return { images = images, pictures = #pictures, patients = patients, drawn = #missing, labels = fs.join(opt.out, "labels.csv"),
      entries = fs.join(opt.out, "Data_Entry.csv") }
  end,
}
