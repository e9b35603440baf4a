-- SPDX-License-Identifier: MIT
-- demo: the whole workflow in a folder of its own, on images made for it or on yours.
local fs = require "hilum.fs"

local FORMAT = 1
local MARK = "demo.json"
local PHANTOMS = "phantoms"
local BEDROCK = require "lib.titan".limits

-- What the demo was made with; a folder that has another answer to this is not gone on with.
local function identity_of(opt)
  if not opt.images then return { format = FORMAT, count = opt.count, size = opt.size, seed = opt.seed } end
  local labels = {}
  for i, path in ipairs(opt.labels) do labels[i] = fs.real(path) end
  return { format = FORMAT, images = fs.real(opt.images), labels = labels, seed = opt.seed }
end

local PROJECT = [==[
-- Made by `hilum demo`. The steps can be run again one by one in this folder: `hilum status` tells which.
return {
  defaults = {
    images = %s,
    seed = %d,
  },
}
]==]

-- Makes the folder, or recognises it as this demo's.
local function claim(opt, ctx)
  local json = require "hilum.json"
  local mark, identity = fs.join(opt.out, MARK), json.encode(identity_of(opt))
  local before = fs.read(mark)
  if before and before ~= identity .. "\n" and not ctx.force then
    ctx.fail("%s was made with other options; --force makes it again, --out FOLDER makes another", opt.out)
  elseif not before and fs.stat(opt.out) and #assert(fs.list(opt.out)) > 0 then
    ctx.fail("%s is there and no demo; give another folder with --out", opt.out)
  end
  assert(fs.mkdir(opt.out))
  assert(fs.write(mark, identity .. "\n"))
  local images = opt.images and fs.real(opt.images) or PHANTOMS .. "/images"
  assert(fs.write(fs.join(opt.out, "project.lua"), PROJECT:format(("%q"):format(images), opt.seed)))
end

-- How good a record is to ask with: best one of the test part that shows something, and of that an effusion, which anyone can see.
local function worth(record)
  local finding = record.findings[1]
  return (record.split == "test" and 4 or 0) + (finding ~= "No Finding" and 2 or 0) + (finding == "Effusion" and 1 or 0)
end

-- How many records of splits.jsonl are in each part, and the first of those that are best to ask with.
local function look_at_splits(project)
  local counts, best = { train = 0, validation = 0, test = 0 }, nil
  for _, record in ipairs(require "lib.dataset".read(project:path("splits.jsonl"))) do
    counts[record.split] = counts[record.split] + 1
    if not best or worth(record) > worth(best) then best = record end
  end
  return counts, best
end

local function prepare(state)
  local counts = look_at_splits(state.project)
  local options = { skip_broken = true }
  if counts.train < BEDROCK.min_records then
    options.min_records = math.max(counts.train // 2, 1)
    state.ctx.say("      Bedrock wants %d training records, and here are %d: lowered to --min-records %d for the demo", BEDROCK.min_records,
      counts.train, options.min_records)
  end
  if counts.validation < BEDROCK.min_validation then options.min_validation = 1 end
  local result = state.ctx.run("prepare", options)
  if result.exit then state.ctx.fail("too few images to go on with: %s", result.problems[1].message) end
  return result
end

local function query(state)
  local _, example = look_at_splits(state.project)
  local image = fs.join(state.images, example.image)
  local finding = example.findings[1]
  local queries = {
    { page = "query-image", options = { image = image }, what = "like " .. example.image .. " (" .. example.caption .. ")" },
    { page = "query-text", options = { text = finding }, what = "'" .. finding .. "'" },
    { page = "query-both", options = { image = image, text = finding }, what = "both" },
  }
  for _, q in ipairs(queries) do
    state.ctx.say("      %s", q.what)
    q.options.page = state.project:path("reports/" .. q.page .. ".html")
    q.options.k = 6
    q.options.not_patient = q.options.image and { example.patient } or nil
    state.ctx.run("query", q.options)
    table.insert(state.pages, q.options.page)
  end
end

-- The steps: workflow, what it is for, and how it is run where that takes more than its name.
local STEPS = {
  { "phantom", "draws chest phantoms with findings, and their label table", only_without_images = true,
    run = function(state)
      local opt = state.opt
      return state.ctx.run("phantom", { count = opt.count, size = opt.size, seed = opt.seed, out = state.project:path(PHANTOMS) })
    end },
  { "check", "reads every image completely, looking for damage and for what a model would refuse", always = true,
    run = function(state)
      local result = state.ctx.run("check", { images = { state.images } })
      table.insert(state.pages, result.page)
      return result
    end },
  { "labels", "turns the label tables into captions: dataset.jsonl",
    run = function(state) return state.ctx.run("labels", { tables = state.tables, images = state.images }) end },
  { "split", "training, validation and test, each patient in one of them: splits.jsonl" },
  { "prepare", "writes the files that Bedrock takes: train.jsonl, validation.jsonl", run = prepare },
  { "finetune", "fits the local model to the training captions: models/tuned" },
  { "embed", "turns every image into a vector, with the untrained and with the fine-tuned model: embeddings/" },
  { "index", "makes the vectors searchable: index/" },
  { "query", "asks with an image, with a word, and with both", always = true, run = query },
  { "evaluate", "measures retrieval on patients that were never trained on, base against fine-tuned", always = true,
    run = function(state)
      local result = state.ctx.run("evaluate")
      table.insert(state.pages, result.page)
      return result
    end },
}

local function steps_of(opt)
  local steps = {}
  for _, step in ipairs(STEPS) do
    if not (step.only_without_images and opt.images) then steps[#steps + 1] = step end
  end
  return steps
end

-- Runs a step unless what it made last time still holds; after one that ran, those behind it run too.
local function take_step(state, step)
  local name = step[1]
  if not step.always and not state.changed and not require "lib.freshness".new(state.project):why(name) then
    state.ctx.say("      done before, nothing changed")
    return
  end
  state.changed = state.changed or not step.always
  if step.run then state.results[name] = step.run(state) else state.results[name] = state.ctx.run(name) end
end

local function run_steps(state)
  local task = require "hilum.task"
  local steps, timings = steps_of(state.opt), {}
  for i, step in ipairs(steps) do
    state.ctx.say("\n[%d/%d] %s: %s", i, #steps, step[1], step[2])
    local began = task.now()
    take_step(state, step)
    timings[i] = { step = step[1], seconds = task.now() - began }
    state.ctx.say("      %.1f s", timings[i].seconds)
  end
  return timings
end

local HEADLINES = {
  { list = "all", key = "map", what = "like an image: mean average precision" },
  { list = "abnormal", key = "map", what = "like an abnormal image: mean average precision" },
  { list = "words", key = "auc", what = "by the name of a finding: area under the curve" },
  { list = "learnt", key = "auc", what = "… of a finding with at least 30 training images" },
}

-- The numbers to look at first: an array of {what=, base=, tuned=, chance=}.
local function headline_of(evaluation)
  local numbers = {}
  for _, headline in ipairs(HEADLINES) do
    for _, measure in ipairs(evaluation[headline.list]) do
      if measure.key == headline.key and measure.base.value then
        numbers[#numbers + 1] = { what = headline.what, base = measure.base.value, tuned = measure.tuned.value, chance = measure.chance }
      end
    end
  end
  return numbers
end

local function print_headline(numbers, print)
  local rows, title = {}, "on patients never trained on"
  for i, n in ipairs(numbers) do
    rows[i] = { [title] = n.what, base = ("%.2f"):format(n.base), ["fine-tuned"] = ("%.2f"):format(n.tuned),
      chance = ("%.2f"):format(n.chance) }
  end
  print("\n%s", require "hilum.term".table(rows, { title, "base", "fine-tuned", "chance" }))
end

local MADE = {
  { "phantoms/", "the images and their label tables" },
  { "dataset.jsonl, splits.jsonl", "each image's findings, caption, patient and part" },
  { "train.jsonl, validation.jsonl", "captions, in the form that Bedrock takes" },
  { "models/tuned/", "the fine-tuned model" },
  { "embeddings/, index/", "the vectors of both models, and what is searched" },
}

local function print_what_was_made(state)
  local print = state.ctx.print
  for _, made in ipairs(MADE) do
    if not (made[1] == "phantoms/" and state.opt.images) then print("  %-32s %s", made[1], made[2]) end
  end
  print("  pages to open in a browser:")
  for _, page in ipairs(state.pages) do print("    %s", page) end
end

local function summarise(state, result)
  local print = state.ctx.print
  print_headline(result.headline, print)
  print("\nDone in %.1f s. In %s there are:", result.seconds, state.opt.out)
  print_what_was_made(state)
  print("\nNext:  cd %s && hilum serve --open", require "host.text".quoted(state.opt.out))
  print("       hilum query --text Cardiomegaly, hilum status")
  print("Your own data:  hilum demo --images FOLDER --labels TABLE, or step by step: hilum init my-study")
end

local function run(opt, ctx)
  if (opt.images == nil) ~= (opt.labels == nil) then
    ctx.usage("--images (or `images` in project.lua) and --labels belong together: give both, or neither for made-up images")
  end
  claim(opt, ctx)
  local inner = ctx.in_project(opt.out)
  local phantoms = inner.project:path(PHANTOMS)
  local state = { opt = opt, ctx = inner, project = inner.project, pages = {}, results = {}, changed = ctx.force,
    images = opt.images or fs.join(phantoms, "images"),
    tables = opt.labels or { fs.join(phantoms, "labels.csv"), fs.join(phantoms, "Data_Entry.csv") } }
  local result = { project = opt.out, steps = run_steps(state), pages = state.pages, seconds = 0.0 }
  for _, step in ipairs(result.steps) do result.seconds = result.seconds + step.seconds end
  result.headline = headline_of(state.results.evaluate)
  summarise(state, result)
  return result
end

return {
  summary = "The whole workflow, offline, in under a minute",
  step = 0,
  details = [[
Makes a project folder and takes every step of the workflow in it: images, check, labels, split, prepare, fine-tune, embed, index, three
queries, evaluation. Without --images it draws chest phantoms; with --images and --labels the same is done with yours, which stay where
they are. Run again, it goes on where it was; what is done is not done again, unless --force.

The local model is a baseline that fits on any machine, far below deep models; it does not understand negation. Nothing here is for
clinical use.]],
  options = {
    { "out", type = "path", default = "hilum-demo", help = "the project folder to make" },
    { "count", type = "integer", min = 100, max = 1000000, default = 1500, help = "at least so many phantoms" },
    { "size", type = "integer", min = 128, max = 2048, default = 256, help = "their side in pixels, a multiple of 8" },
    { "seed", type = "integer", min = 0, default = 1, help = "the same seed gives the same demo" },
    { "images", type = "path", must_exist = true, is = "dir", help = "a folder of your images instead of phantoms" },
    { "labels", type = "list", of = "path", must_exist = true, metavar = "TABLE", help = "your label tables, or a folder of them" },
  },
  examples = { "hilum demo", "hilum demo --images images --labels labels.csv --out my-demo" },
  run = run,
}
