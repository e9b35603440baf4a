-- SPDX-License-Identifier: MIT
-- check: is every image whole, and one that a model takes?
local fs = require "hilum.fs"
local titan = require "lib.titan"

-- The files of the arguments: paths to look at and their names as label tables have them, those known to be DICOM, and how many
-- others were left out, by extension.
local function gather(arguments, ctx)
  local store, images = require "lib.store", require "lib.images"
  local found = { paths = {}, names = {}, dicom = {}, skipped = {}, skipped_count = 0 }
  local function take(path, name, is_named)
    local kind, extension = images.kind(path)
    if kind == "dicom" then
      table.insert(found.dicom, path)
    elseif kind or is_named then
      table.insert(found.paths, path)
      table.insert(found.names, name)
    else
      found.skipped[extension] = (found.skipped[extension] or 0) + 1
      found.skipped_count = found.skipped_count + 1
    end
  end
  for _, argument in ipairs(arguments) do
    local stat = fs.stat(argument)
    if store.is_url(argument) or stat and stat.type == "dir" then
      local opened = assert(store.open(argument))
      for _, name in ipairs(opened:list()) do take(opened:path(name), name, false) end
    elseif stat then
      take(argument, fs.base(argument), true)
    else
      ctx.usage("%s does not exist; name a folder or an image, as in hilum check FOLDER, or say in project.lua where the images are",
        images.show(argument))
    end
  end
  return found
end

-- The names that label tables or a dataset.jsonl speak of.
local function labelled_names(tables, ctx)
  local names = {}
  for _, record in ipairs(require "lib.dataset".read_any(tables, ctx)) do names[record.image] = true end
  return names
end

local function sorted_keys(set)
  local keys = {}
  for key in pairs(set) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- What stands in one of labels and images only.
local function compare_with_labels(found, labelled)
  local array = require "hilum.json".array
  local present, unlabelled, imageless = {}, array(), array()
  for i, name in ipairs(found.names) do
    present[name] = true
    if not labelled[name] then unlabelled[#unlabelled + 1] = found.paths[i] end
  end
  for _, name in ipairs(sorted_keys(labelled)) do
    if not present[name] then imageless[#imageless + 1] = name end
  end
  return unlabelled, imageless
end

local function collect(found, reports)
  local array = require "hilum.json".array
  local result = { problems = array(), warnings = array(), broken = #found.dicom }
  local problem = require "lib.images".dicom_problem
  for i, path in ipairs(found.dicom) do
    local message = i == 1 and problem.message or "a DICOM file, too"
    table.insert(result.problems, { file = path, code = problem.code, message = message })
  end
  for i, path in ipairs(found.paths) do
    for _, field in ipairs { "problems", "warnings" } do
      for _, finding in ipairs(reports[i][field]) do
        table.insert(result[field], { file = path, code = finding.code, message = finding.message })
      end
    end
    if #reports[i].problems > 0 then result.broken = result.broken + 1 end
  end
  return result
end

local function print_findings(result, ctx)
  local show = require "lib.images".show
  for _, problem in ipairs(result.problems) do ctx.print("%s: %s", show(problem.file), problem.message) end
  for _, warning in ipairs(result.warnings) do ctx.print("%s: warning: %s", show(warning.file), warning.message) end
  for _, group in ipairs(result.duplicates) do
    local names = {}
    for i, path in ipairs(group) do names[i] = show(path) end
    ctx.print("%s: warning: the same file %d times; a copy in another split would leak", table.concat(names, ", "), #group)
  end
  for _, group in ipairs(result.near_duplicates) do
    local names = {}
    for i, path in ipairs(group.files) do names[i] = show(path) end
    ctx.print("%s: warning: the same picture %d times (correlation %.3f)", table.concat(names, ", "), #group.files, group.correlation)
  end
end

local function say_skipped(found, ctx)
  if found.skipped_count == 0 then return end
  local parts = {}
  for _, extension in ipairs(sorted_keys(found.skipped)) do
    parts[#parts + 1] = ("%d %s"):format(found.skipped[extension], extension == "" and "without extension" or "." .. extension)
  end
  ctx.say("left out, not images by their names: %s", table.concat(parts, ", "))
end

local EXAMPLES_SHOWN = 3

local function say_examples(names, what, ctx)
  if #names == 0 then return end
  local shown = {}
  for i = 1, math.min(#names, EXAMPLES_SHOWN) do shown[i] = require "lib.images".show(names[i]) end
  ctx.warn("%d %s: %s%s", #names, what, table.concat(shown, ", "), #names > #shown and ", …" or "")
end

local count = require "lib.plural"

local function say_counts(result, ctx)
  ctx.say("%s: %d ok, %d with problems; %s, %s of duplicates, %d of near duplicates (%.1f s, %.0f images/s)",
    count(result.images, "image"), result.ok, result.broken, count(#result.warnings, "warning"), count(#result.duplicates, "group"),
    #result.near_duplicates, result.seconds, result.images / math.max(result.seconds, 1e-9))
end

-- What is in a project is remembered there; a folder that is none stays as it is.
local function in_project(project, name)
  for _, mark in ipairs { "project.lua", "run.jsonl" } do
    if fs.stat(project:path(mark)) then return project:path(name) end
  end
end

local function find_near(found, reports, exact, ctx)
  local progress <close> = ctx.progress(#found.paths, "compare")
  local near = require "lib.check.duplicates".near(found.paths, reports, exact, function(paths)
    return require "lib.checked".hashes(paths, { progress = progress, memory = in_project(ctx.project, "cache/phash.jsonl") })
  end)
  progress:finish()
  return near
end

local function fix(folder, found, reports, ctx)
  local progress <close> = ctx.progress(#found.paths, "fix")
  local strictest = require "hilum.image".limits
  local counts, left_out = require "lib.check.fixing".into(folder, found, reports, strictest, progress)
  progress:finish()
  ctx.say("%s: %s as it was, %d written anew, %d left out", folder, count(counts.kept, "image"), counts.rewritten, #left_out)
  return { folder = folder, kept = counts.kept, rewritten = counts.rewritten, left_out = require "hilum.json".array(left_out) }
end

local function write_page(path, result, found, reports, ctx)
  local dataset = require "lib.dataset"
  local records
  for _, name in ipairs { "splits.jsonl", "dataset.jsonl" } do
    local file = ctx.project:path(name)
    if not records and fs.stat(file) then records = dataset.read(file) end
  end
  local written, err = require "lib.store".write(path, require "lib.check.page".render(result, found, reports, records))
  if written then ctx.say("page: %s", path) else ctx.warn("no page: %s", err.message) end
  return written and path or nil
end

local function judge(opt, ctx, found)
  local progress <close> = ctx.progress(#found.paths, "check")
  local reports = require "lib.checked".reports(found.paths, { progress = progress,
    memory = in_project(ctx.project, "cache/check.jsonl"), limits = titan.image_limits(titan.limits) })
  progress:finish()
  local array = require "hilum.json".array
  local result = collect(found, reports)
  result.duplicates = array(require "lib.check.duplicates".exact(found.paths, reports))
  result.near_duplicates = array(opt.exact and {} or find_near(found, reports, result.duplicates, ctx))
  return result, reports
end

local function run(opt, ctx)
  local task = require "hilum.task"
  local began = task.now()
  local found = gather(opt.images, ctx)
  local result, reports = judge(opt, ctx, found)
  result.images = #found.paths + #found.dicom
  result.ok = result.images - result.broken
  result.skipped = found.skipped_count
  result.seconds = task.now() - began
  if opt.labels then
    result.unlabelled, result.imageless = compare_with_labels(found, labelled_names(opt.labels, ctx))
    say_examples(result.unlabelled, "images have no label", ctx)
    say_examples(result.imageless, "labels have no image", ctx)
  end
  print_findings(result, ctx)
  say_skipped(found, ctx)
  say_counts(result, ctx)
  if result.images == 0 then ctx.fail("no images there; hilum reads .png and .jpg") end
  if opt.fix then result.fixed = fix(opt.fix, found, reports, ctx) end
  local page = opt.page or in_project(ctx.project, "reports/check.html")
  result.page = page and write_page(page, result, found, reports, ctx)
  result.exit = result.broken > 0 and 1 or 0
  return result
end

return {
  summary = "Is every image whole, and one that a model takes?",
  step = 1,
  details = [[
Reads every PNG and JPEG completely: chunk structure, checksums, the compressed data to its last byte, rows, size, and the limits of
Titan Multimodal Embeddings (PNG or JPEG, 5 MB, sides of 128 to 4,096 pixels, sides at most 1 to 4). Prints a line for each
problem and warning. Found too: copies of a file, copies of a picture in another size, format or brightness (perceptual hashes,
confirmed by correlation of the pixels), and text or camera data that may name a patient. Nothing is deleted.

--fix writes to a new folder what is sound, and what can be made so: without alpha, text and interlacing, with 8 bits a sample, within
the limits, in the format that the name says. Inside a project a page goes to reports/check.html, and what was found is kept in cache/
until a file changes.

Exit status 1 if any image has a problem; warnings and duplicates alone give 0.]],
  options = {
    { "images", type = "list", of = "path", positional = true, default = "images", metavar = "FOLDER|FILE|S3URI",
      help = "folders and s3:// prefixes, searched below, or files" },
    { "labels", type = "list", of = "path", metavar = "TABLE",
      help = "label tables, or dataset.jsonl: say which images have no label, and the reverse" },
    { "exact", type = "flag", help = "look for copies of files only, not of pictures" },
    { "fix", type = "path", metavar = "FOLDER", help = "write what is sound or can be made so there" },
    { "page", type = "path", metavar = "FILE", help = "write a page of what there is and what is wrong with it" },
  },
  examples = {
    "hilum check images",
    "hilum check images --labels labels.csv --json",
    "hilum check exported --fix images --page check.html",
    "hilum check one.png another.jpg",
    "hilum check s3://my-bucket/images/ --exact",
  },
  run = run,
}
