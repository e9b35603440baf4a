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
  { workflow = "evaluate", makes = "reports", run = "hilum evaluate" },
}

local MOST_INPUTS_SHOWN = 2

local function count_lines(path)
  local lines = 0
  for _ in io.lines(path) do lines = lines + 1 end
  return lines
end

-- What is in it, in a word or two.
local function contents(path, stat)
  if stat.type ~= "dir" then return require "lib.plural"(count_lines(path), "record") end
  local names = {}
  for _, name in ipairs(assert(fs.list(path))) do
    local short = name:gsub("%.npy$", "")
    local entry = fs.stat(fs.join(path, name))
    if short ~= name or name:find("%.html$") or entry and entry.type == "dir" then names[#names + 1] = short end
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

local function row_of(step, fresh, stale_files, project)
  local path = project:path(step.makes)
  local stat, record = fs.stat(path), fresh:record(step.workflow)
  local row = { step = step.workflow, file = step.makes, made = record and record.at or "", contents = "" }
  row.reads, row.from = inputs_of(record)
  if not stat then
    row.state = "missing"
    return row
  end
  row.contents = contents(path, stat)
  if not record then
    row.state = "there, but no run of it is recorded"
    return row
  end
  local why = fresh:why(step.workflow) or inherited(step, record, stale_files, fresh)
  row.state = why and "stale: " .. why or "up to date"
  if why then
    for name in pairs(record.writes or {}) do stale_files[name] = true end
  end
  return row
end

-- Does a step find the images without being told?
local function knows_images(step, project)
  local own, shared = project.config[step.workflow] or {}, project.config.defaults or {}
  return own.images or shared.images or fs.stat(project:path("images"))
end

-- The first step whose output is missing or stale.
local function next_step(rows, project)
  for i, row in ipairs(rows) do
    local step = CHAIN[i]
    if row.state == "missing" or row.state:find("^stale") then
      return step.takes_images and not knows_images(step, project) and step.run .. " IMAGES" or step.run
    end
  end
  return "hilum query --text Effusion"
end

local function run(_, ctx)
  local fresh = require "lib.freshness".new(ctx.project)
  local rows, stale_files = {}, {}
  for i, step in ipairs(CHAIN) do rows[i] = row_of(step, fresh, stale_files, ctx.project) end
  ctx.print("%s", require "hilum.term".table(rows, { "step", "file", "contents", "made", "from", "state" }))
  local following, doubt = next_step(rows, ctx.project), ctx.project:doubt()
  local standing = require "lib.deploy.standing"
  local throughputs = standing.list(ctx)
  for _, line in ipairs(standing.lines(throughputs)) do ctx.print("%s", line) end
  local batch = require "lib.model.batch.standing"
  local batch_jobs = batch.list(ctx.project)
  for _, line in ipairs(batch.lines(batch_jobs)) do ctx.print("%s", line) end
  ctx.print("\nnext: %s", following)
  if doubt then ctx.say("%s", doubt) end
  return { steps = rows, next = following, throughputs = throughputs, batch_jobs = batch_jobs }
end

return {
  summary = "What exists, from what it was made, and what is stale",
  step = 10,
  details = [[
Compares the SHA-256 of inputs and outputs, as run.jsonl has them from the last run of each step, with the files as they are now. For
a folder of images names, sizes and times are compared.

If the project has bought throughput for a model (`hilum deploy`), AWS is asked whether it still stands: each that does is shown in red,
since it bills until it is deleted. Without any, nobody is asked. Batch jobs (`hilum embed --batch`) are shown as long as they are not over
or their images are on S3.]],
  options = {},
  examples = { "hilum status", "hilum status --json" },
  run = run,
}
