-- SPDX-License-Identifier: MIT
-- status: what exists, from what it was made, what is stale, what to run next.
local fs = require "hilum.fs"

-- The steps in order. A step of your own that writes files needs no row here to be recorded; a row puts it into the chain.
-- after: a step whose outputs it uses although they are none of its options; takes_images: it must be told where they are, unless
-- project.lua says so.
local CHAIN = {
  { workflow = "labels", makes = "dataset.jsonl", run = "hilum labels TABLE…" },
  { workflow = "split", makes = "splits.jsonl", run = "hilum split" },
  { workflow = "prepare", makes = "train.jsonl", run = "hilum prepare", takes_images = true },
  { workflow = "finetune", makes = "models", run = "hilum finetune" },
  { workflow = "embed", makes = "embeddings", after = "finetune", run = "hilum embed", takes_images = true },
  { workflow = "index", makes = "index", run = "hilum index" },
  { workflow = "evaluate", makes = "reports/evaluation.html", run = "hilum evaluate" },
}

local MOST_INPUTS_SHOWN = 2

local function count_lines(path)
  local lines = 0
  for _ in io.lines(path) do lines = lines + 1 end
  return lines
end

-- A custom model's ARN is too long for a column.
local function readable(name, project)
  return name:find("^bedrock:arn:") and require "lib.model.shown"(name, project) or name
end

-- What is in it, in a word or two.
local function contents(path, stat, project)
  if stat.type ~= "dir" then return path:find("%.html$") and "page" or require "lib.plural"(count_lines(path), "record") end
  local names = {}
  for _, name in ipairs(assert(fs.list(path))) do
    local short = name:gsub("%.npy$", "")
    local entry = fs.stat(fs.join(path, name))
    if short ~= name or entry and entry.type == "dir" then names[#names + 1] = readable(short, project) end
  end
  return table.concat(names, ", ")
end

-- The inputs: all of them, and by their last names what a column has room for.
local function inputs_of(record)
  local names, short = require "hilum.json".array {}, {}
  for name in pairs(record and record.reads or {}) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do short[i] = fs.base(name) end
  if #names > MOST_INPUTS_SHOWN then return names, ("%s and %d more"):format(short[1], #names - 1) end
  return names, table.concat(short, ", ")
end

-- A step is stale too when one of its inputs is the output of a stale one, or newer than what was made from it.
local function inherited(step, record, stale_files, fresh)
  for name in pairs(record.reads or {}) do
    if stale_files[name] then return name .. " is stale" end
  end
  local before = step.after and fresh:record(step.after)
  if before and before.at > record.at then return step.after .. " ran since" end
end

local function is_url(place) return place:find("^%w+://") ~= nil end

-- What a step made: its name, where it is, and fs.stat's word of it (nil: it is missing). Its last run may have made it elsewhere than
-- usual, also on a server, which has no path here and is not asked.
local function output_of(step, record, project)
  local other, path = record and type(record.options) == "table" and record.options.out, project:path(step.makes)
  if type(other) ~= "string" or fs.stat(path) and not is_url(other) then return step.makes, path, fs.stat(path) end
  if is_url(other) then return other end
  local stat = fs.stat(other)
  return stat and other or step.makes, other, stat
end

local function row_of(step, fresh, stale_files, project)
  local record = fresh:record(step.workflow)
  local name, path, stat = output_of(step, record, project)
  local row = { step = step.workflow, file = name, made = record and record.at or "", contents = "" }
  row.reads, row.from = inputs_of(record)
  if path and not stat then
    row.state = "missing"
    return row
  end
  row.contents = path and contents(path, stat, project) or "on a server"
  if not record then
    row.state = "there, but no run of it is recorded"
    return row
  end
  local why = fresh:why(step.workflow) or inherited(step, record, stale_files, fresh)
  row.state = why and "stale: " .. why or "up to date"
  if why then
    for file in pairs(record.writes or {}) do stale_files[file] = true end
  end
  return row
end

-- Does a step find the images without being told?
local function knows_images(step, project)
  local own, shared = project.config[step.workflow] or {}, project.config.defaults or {}
  return own.images or shared.images or fs.stat(project:path("images"))
end

-- What to ask, and where, when all is there.
local function question(rows, project)
  local ask = "hilum query --text Effusion"
  for _, row in ipairs(rows) do
    if row.step == "index" and is_url(row.file) and not (project.config.query or {}).index then return ask .. " --index " .. row.file end
  end
  return ask
end

-- The first step whose output is missing or stale.
local function next_step(rows, project)
  for i, row in ipairs(rows) do
    local step = CHAIN[i]
    if row.run or row.state == "missing" or row.state:find("^stale") then
      local command = row.run or step.run
      local takes_images = step.takes_images and command:find("^" .. step.run)
      return takes_images and not knows_images(step, project) and command .. " IMAGES" or command
    end
  end
  return question(rows, project)
end

-- All rows, with what Bedrock trained.
local function all_rows(project, jobs)
  local fresh, trained = require "lib.freshness".new(project), require "lib.status.trained"
  local rows, stale_files = {}, {}
  for i, step in ipairs(CHAIN) do
    rows[i] = row_of(step, fresh, stale_files, project)
    if step.workflow == "finetune" then trained.show(rows[i], jobs, project) end
    if step.workflow == "embed" then trained.ask(rows[i], jobs, project) end
  end
  return rows
end

local function run(_, ctx)
  local ordered = require "lib.finetune.ordered"
  local jobs = ordered.list(ctx.project)
  local rows = all_rows(ctx.project, jobs)
  ctx.print("%s", require "hilum.term".table(rows, { "step", "file", "contents", "made", "from", "state" }))
  local following, doubt = next_step(rows, ctx.project), ctx.project:doubt()
  for _, line in ipairs(ordered.lines(jobs)) do ctx.print("%s", line) end
  local standing = require "lib.deploy.standing"
  local throughputs = standing.list(ctx)
  for _, line in ipairs(standing.lines(throughputs)) do ctx.print("%s", line) end
  local batch = require "lib.model.batch.standing"
  local batch_jobs = batch.list(ctx.project)
  for _, line in ipairs(batch.lines(batch_jobs)) do ctx.print("%s", line) end
  local hint = require "lib.study.places".hint(ctx.project)
  if hint then ctx.print("%s", hint) end
  ctx.print("\nnext: %s", following)
  if doubt then ctx.say("%s", doubt) end
  return { steps = rows, next = following, jobs = jobs, throughputs = throughputs, batch_jobs = batch_jobs }
end

return {
  summary = "What exists, from what it was made, and what is stale",
  step = 10,
  details = [[
Compares the SHA-256 of inputs and outputs, as run.jsonl has them from the last run of each step, with the files as they are now. For
a folder of images names, sizes and times are compared.

If the project has bought throughput for a model (`hilum deploy`), AWS is asked whether it still stands: each that does is shown in red,
since it bills until it is deleted. It is asked, too, about a fine-tuning job that is not known to have ended. Without any, nobody is
asked; of indexes on a server the record is shown. Batch jobs (`hilum embed --batch`) are shown as long as they are not over
or their images are on S3.]],
  options = {},
  examples = { "hilum status", "hilum status --json" },
  run = run,
}
