-- SPDX-License-Identifier: MIT
-- prepare: the training files, refused here rather than by Bedrock.
local fs = require "hilum.fs"
local plural = require "lib.plural"
local store = require "lib.store"
local titan = require "lib.titan"

local OUTPUTS = { train = "out_train", validation = "out_validation", test = "out_test" }
local PARTS = { "train", "validation", "test" }
local MOST_PROBLEMS_SHOWN = 20

-- dataset.jsonl and splits.jsonl, made here if they can be.
local function make_inputs(opt, ctx)
  if opt.labels and (ctx.force or not fs.stat(opt.dataset)) then
    ctx.run("labels", { tables = opt.labels, images = opt.images, out = opt.dataset })
  end
  if fs.stat(opt.splits) and not (ctx.force and opt.labels) then return end
  if not fs.stat(opt.dataset) then
    ctx.fail("there is no %s; give --labels TABLE…, or run `hilum labels TABLE…` and `hilum split` first", opt.dataset)
  end
  ctx.run("split", { dataset = opt.dataset, out = opt.splits })
end

-- The records of splits.jsonl, each with its line; what cannot be read is a problem of that line.
local function read_records(path, problems)
  local records = {}
  for record, line in require "hilum.json".lines(path) do
    if type(record) == "table" and OUTPUTS[record.split] and type(record.image) == "string" then
      records[#records + 1] = { line = line, image = record.image, caption = record.caption, part = record.split,
        patient = record.patient }
    else
      problems[#problems + 1] = { line = line, code = "record", message = "no image, or its split is none of train, validation, test" }
    end
  end
  return records
end

-- How an image is named in the files: below prefix; else by its URL, else relative to the project if it is there, else with its
-- whole path.
local function reference_prefix(opt, images, ctx)
  if opt.prefix then return opt.prefix:find("/$") and opt.prefix or opt.prefix .. "/" end
  if store.is_url(images.url) then return images.url end
  local folder, project = fs.real(images.url), fs.real(ctx.project.folder)
  if folder:sub(1, #project + 1) == project .. "/" then folder = folder:sub(#project + 2) end
  return folder .. "/"
end

-- Bedrock says of the places of its jobs which characters it takes, and of those in the records nothing.
local function warn_of_characters(prefix, warnings)
  local uri = require "lib.aws.bedrock_uri"
  local bad = prefix:find("^s3://") and uri.refused(prefix:sub(#"s3://" + 1))
  if not bad then return end
  warnings[#warnings + 1] = { code = "prefix", message = ("%s has '%s', which Bedrock refuses in the places of a job, and may in records; "
    .. "it takes %s"):format(prefix, bad, uri.USABLE) }
end

-- The names and locations of the records' images that are there, each once.
local function present_images(records, images)
  local all, locations, seen = {}, {}, {}
  for _, record in ipairs(records) do
    if not seen[record.image] then
      all[#all + 1], locations[#locations + 1] = record.image, images:path(record.image)
    end
    seen[record.image] = true
  end
  local names, paths = {}, {}
  for i, stat in ipairs(store.stats(locations)) do
    if stat then names[#names + 1], paths[#paths + 1] = all[i], locations[i] end
  end
  return names, paths
end

-- What image.check found about the images of the records: reports by name; none for a file that is not there.
local function check_images(records, images, opt, ctx)
  local names, paths = present_images(records, images)
  local progress <close> = ctx.progress(#paths, "check")
  local reports = require "lib.checked".reports(paths, { progress = progress, memory = ctx.project:path("cache/check.jsonl"),
    limits = titan.image_limits(opt) })
  progress:finish()
  local by_name = {}
  for i, name in ipairs(names) do by_name[name] = reports[i] end
  return by_name
end

local function append(list, findings) table.move(findings, 1, #findings, #list + 1, list) end

-- Everything about one record: its problems and warnings.
local function judge(record, report, opt)
  local problems, warnings = {}, {}
  if not utf8.len(record.image) then problems[1] = { code = "utf-8", message = "the image's name is not UTF-8" } end
  if not report then
    problems[#problems + 1] = { code = "missing", message = "the image does not exist in " .. opt.images }
  else
    append(problems, report.problems)
    append(warnings, report.warnings)
  end
  local refused, doubtful = titan.judge_caption(record.caption, opt)
  append(problems, refused)
  append(warnings, doubtful)
  return problems, warnings
end

-- Fills lines by part, problems and warnings; returns how many records have problems.
local function judge_all(records, reports, prefix, opt, problems, warnings)
  local lines, broken = { train = {}, validation = {}, test = {} }, 0
  for _, record in ipairs(records) do
    local bad, doubtful = judge(record, reports[record.image], opt)
    for _, list in ipairs { { bad, problems }, { doubtful, warnings } } do
      for _, finding in ipairs(list[1]) do
        table.insert(list[2], { line = record.line, image = record.image, code = finding.code, message = finding.message })
      end
    end
    if #bad == 0 then
      table.insert(lines[record.part], titan.line(prefix .. record.image, record.caption))
    else
      broken = broken + 1
    end
  end
  return lines, broken
end

local function judge_counts(lines, opt, problems, warnings)
  problems[#problems + 1] = titan.judge_count("training", #lines.train, opt.min_records, opt.max_records)
  if #lines.validation == 0 then
    table.insert(warnings, { code = "validation", message = "no validation records: no validation file is written" })
    return
  end
  problems[#problems + 1] = titan.judge_count("validation", #lines.validation, opt.min_validation, opt.max_validation)
  table.insert(warnings, { code = "validation",
    message = "one of Bedrock's pages says that image models take no validation set; if the job refuses it, leave it out there" })
end

-- Splits that were edited by hand can leak.
local function warn_of_leaks(records, warnings)
  local part_of, leaking, count = {}, {}, 0
  for _, record in ipairs(records) do
    local patient = record.patient
    if patient and (part_of[patient] or record.part) ~= record.part and not leaking[patient] then
      leaking[patient], count = true, count + 1
    end
    if patient then part_of[patient] = part_of[patient] or record.part end
  end
  if count > 0 then
    table.insert(warnings, { code = "leak",
      message = plural(count, "patient is", "patients are") .. " in more than one part; `hilum split` keeps them apart" })
  end
end

local function place(finding, opt)
  if not finding.line then return "" end
  local image = finding.image and " " .. require "lib.images".show(finding.image) .. ":" or ""
  return ("%s:%d:%s "):format(opt.splits, finding.line, image)
end

-- Warnings that many lines share are one line each.
local function say_warnings(warnings, opt, ctx)
  local count, order = {}, {}
  for _, warning in ipairs(warnings) do
    local key = warning.code
    if not count[key] then order[#order + 1] = warning end
    count[key] = (count[key] or 0) + 1
  end
  for _, warning in ipairs(order) do
    local more = count[warning.code] > 1 and (" (and %d more like it; --json lists them)"):format(count[warning.code] - 1) or ""
    ctx.warn("%s%s%s", place(warning, opt), warning.message, more)
  end
end

-- Writes what has lines; an older file of a part without any goes.
local function write_parts(lines, opt)
  for _, part in ipairs(PARTS) do
    local path = opt[OUTPUTS[part]]
    if #lines[part] > 0 then
      assert(store.write(path, table.concat(lines[part], "\n") .. "\n"))
    elseif not store.is_url(path) and fs.stat(path) then
      assert(fs.remove(path))
    end
  end
end

-- What can be done about it: missing images by the thousand are those of tables about more images than there are.
local function way_out(result, opt)
  for _, problem in ipairs(result.problems) do
    if problem.code == "missing" then
      return ("; `hilum labels TABLE… --images %s` keeps what has an image, --skip-broken leaves the rest out here"):format(opt.images)
    end
  end
  return result.broken > 0 and "; --skip-broken leaves out the records with problems" or ""
end

-- What is wrong with the whole is always shown, of what is wrong with lines the first.
local function print_problems(problems, opt, ctx)
  local lines = 0
  for _, problem in ipairs(problems) do
    if problem.line then lines = lines + 1 end
    if not problem.line or lines <= MOST_PROBLEMS_SHOWN then ctx.print("%s%s", place(problem, opt), problem.message) end
  end
  if lines > MOST_PROBLEMS_SHOWN then ctx.print("and %d more (--json lists all)", lines - MOST_PROBLEMS_SHOWN) end
end

local function refuse(result, opt, ctx)
  local problems = result.problems
  print_problems(problems, opt, ctx)
  ctx.say("prepare: refused for %d %s, nothing was written%s", #problems, #problems == 1 and "reason" or "reasons",
    way_out(result, opt))
  result.exit = 1
  return result
end

local function run(opt, ctx)
  make_inputs(opt, ctx)
  local array = require "hilum.json".array
  local problems, warnings, left_out = array(), array(), array()
  local records = read_records(opt.splits, problems)
  local images = assert(store.open(opt.images))
  local reports = check_images(records, images, opt, ctx)
  local prefix = reference_prefix(opt, images, ctx)
  warn_of_characters(prefix, warnings)
  local lines, broken = judge_all(records, reports, prefix, opt, problems, warnings)
  if opt.skip_broken then problems, left_out = left_out, problems end
  judge_counts(lines, opt, problems, warnings)
  warn_of_leaks(records, warnings)
  local result = { train = #lines.train, validation = #lines.validation, test = #lines.test, broken = broken,
    problems = problems, left_out = left_out, warnings = warnings }
  say_warnings(warnings, opt, ctx)
  if #problems > 0 then return refuse(result, opt, ctx) end
  write_parts(lines, opt)
  if broken > 0 then ctx.warn("%s with problems left out (--json lists them)", plural(broken, "record")) end
  ctx.say("prepared %d training, %d validation and %d test records: %s, %s", #lines.train, #lines.validation, #lines.test,
    opt.out_train, opt.out_validation)
  return result
end

local limits = titan.limits

return {
  summary = "The training files, checked before they are paid for",
  step = 4,
  details = [[
Writes Bedrock's lines {"image-ref":…,"caption":…} from splits.jsonl, after every image was read completely (as `hilum check` does; what
is known from before is not read again). With --labels, tables become dataset.jsonl and splits.jsonl first if these are not there.

Refuses whatever Bedrock would refuse, with line and reason, and writes nothing then: too few or too many records, an image that is
broken, missing, too large, too small or too long, an empty or too long caption. Every limit is an option, in project.lua too. What
Bedrock's pages disagree about is a warning. test.jsonl is for use here; Bedrock has no test file.

An image-ref is a path below the project, or below --prefix: with --prefix s3://bucket/images/ the images must be there under the
same names before the job starts. IMAGES may be s3://bucket/prefix itself, and the files may be written to S3 too.]],
  options = {
    { "images", type = "path", positional = true, default = "images", help = "the folder or s3:// prefix of the images" },
    { "labels", type = "list", of = "path", metavar = "TABLE", help = "label tables, to make dataset.jsonl from" },
    { "dataset", type = "path", default = "dataset.jsonl", help = "the records, made by `hilum labels`" },
    { "splits", type = "path", default = "splits.jsonl", help = "the records with their split, made by `hilum split`" },
    { "prefix", type = "string", help = "what stands before an image's name in image-ref, such as s3://bucket/images/" },
    { "skip-broken", type = "flag", default = false, help = "leave out records with problems instead of refusing" },
    { "min-records", type = "integer", min = 1, default = limits.min_records, help = "fewest training records" },
    { "max-records", type = "integer", min = 1, default = limits.max_records, help = "most training records" },
    { "min-validation", type = "integer", min = 1, default = limits.min_validation, help = "fewest validation records, if any" },
    { "max-validation", type = "integer", min = 1, default = limits.max_validation, help = "most validation records" },
    { "max-image-bytes", type = "size", default = limits.max_image_bytes, help = "largest image file" },
    { "min-side", type = "integer", min = 1, default = limits.min_side, help = "shortest side in pixels" },
    { "max-side", type = "integer", min = 1, default = limits.max_side, help = "longest side in pixels" },
    { "max-pixels", type = "integer", min = 1, default = limits.max_pixels, help = "most pixels" },
    { "max-aspect", type = "number", min = 1, default = limits.max_aspect, help = "longest side over shortest" },
    { "max-caption", type = "integer", min = 1, default = limits.max_caption, help = "longest caption in characters" },
    { "out-train", type = "path", default = "train.jsonl", help = "the training file" },
    { "out-validation", type = "path", default = "validation.jsonl", help = "the validation file" },
    { "out-test", type = "path", default = "test.jsonl", help = "the test records in the same form" },
  },
  examples = {
    "hilum prepare images --labels labels.csv",
    "hilum prepare --prefix s3://my-bucket/images/ --skip-broken",
    "hilum prepare --min-records 100",
    "hilum prepare s3://my-bucket/images/ --out-train s3://my-bucket/train.jsonl --out-validation s3://my-bucket/validation.jsonl",
  },
  reads = { "images", "splits" },
  writes = { "out-train", "out-validation", "out-test" },
  run = run,
}
