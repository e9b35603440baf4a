-- SPDX-License-Identifier: MIT
-- finetune: the offline model from the files that Bedrock's fine-tuning takes; or a job on Bedrock itself (lib/finetune).
local cost = require "lib.cost"
local fs = require "hilum.fs"
local ready = require "lib.ready"
local store = require "lib.store"

local MOST_PROBLEMS_SHOWN = 20

-- By Bedrock's names, which a job file uses, and with what is taken where nobody says anything.
local HYPERPARAMETERS = {
  { "epochs", bedrock = "epochCount", type = "integer", min = 1, max = 100, default = 5, help = "how often each record is seen" },
  { "batch-size", bedrock = "batchSize", type = "integer", min = 2, max = 9216, default = 256, help = "records a step" },
  { "learning-rate", bedrock = "learningRate", type = "number", min = 5e-8, max = 1, default = 0.01, help = "Adam's step size" },
}

-- Without a default, so that it shows whether a job file may speak.
local function option_of(spec)
  return { spec[1], type = spec.type, min = spec.min, max = spec.max,
    help = ("%s; Bedrock's %s (default %g)"):format(spec.help, spec.bedrock, spec.default) }
end

-- A Bedrock job with its hyperparameters: texts, as CreateModelCustomizationJob takes them.
local function read_job(path, ctx)
  if not path then return { hyperParameters = {} } end
  local job, err = require "hilum.json".decode(assert(fs.read(path)))
  local given = type(job) == "table" and job.hyperParameters
  if type(given) ~= "table" then ctx.fail("%s: no object hyperParameters in it%s", path, err and " (" .. tostring(err) .. ")" or "") end
  return job
end

-- Auto lets Bedrock choose; here it is the default.
local function parse_hyperparameter(given, spec, path, ctx)
  if given == nil or tostring(given):lower() == "auto" then return nil end
  local value, why = require "host.options".types[spec.type].parse(given, spec)
  if not value then ctx.fail("%s: %s (%s) %s", path, spec.bedrock, given, why) end
  return value
end

-- Flag, environment or project.lua; else the job file; else the default.
local function hyperparameters(opt, ctx)
  local job, chosen = read_job(opt.job, ctx).hyperParameters, { seed = opt.seed }
  for _, spec in ipairs(HYPERPARAMETERS) do
    local key = spec[1]:gsub("-", "_")
    chosen[key] = opt[key] or parse_hyperparameter(job[spec.bedrock], spec, opt.job, ctx) or spec.default
  end
  return chosen
end

local function is_file(path)
  local stat = fs.stat(path)
  return stat and stat.type == "file"
end

-- Where the image of a reference is: a path from the file's folder or the project, else by its name alone in the folder of images,
-- which is the only place for a reference to S3 unless that is on S3 itself. Returns nil and why, if nowhere.
local function locate(reference, folders)
  local remote = reference:find("^%w+://")
  for _, folder in ipairs(remote and {} or folders) do
    local path = fs.join(folder, reference)
    if is_file(path) then return path end
  end
  if remote and store.is_url(folders.images) then return reference end
  local name = fs.base(reference)
  local by_name = fs.join(folders.images, name)
  if is_file(by_name) then return by_name end
  return nil, remote and ("%s is not here; give the folder that has %s with --images"):format(reference, name)
    or reference .. ": no such image"
end

-- One file's records {path=, caption=, place="train.jsonl:12"}; what is wrong is added to problems.
local function read_records(path, opt, ctx, problems)
  local folders = { images = opt.images, fs.dir(path), ctx.project.folder }
  local records, remote = {}, 0
  for record, line in assert(require "hilum.json".lines(path)) do
    local place, reference = ("%s:%d"):format(path, line), type(record) == "table" and record["image-ref"]
    local found, why
    if type(reference) == "string" and type(record.caption) == "string" then
      found, why = locate(reference, folders)
    else
      why = 'not a record {"image-ref":…,"caption":…}'
    end
    if found then records[#records + 1] = { path = found, caption = record.caption, place = place }
    else problems[#problems + 1] = ("%s: %s"):format(place, why) end
    if found and found ~= reference and reference:find("^s3://") then remote = remote + 1 end
  end
  if remote > 0 then ctx.say("%s: %d images named on S3 are read from %s", path, remote, opt.images) end
  return records
end

-- Keeps the records whose image can be read, and their features.
local function describe(records, ctx, problems)
  local features, paths = require "lib.model.features", {}
  for i, record in ipairs(records) do paths[i] = record.path end
  local progress <close> = ctx.progress(#paths, "features")
  local matrix, errors = features.of(ctx.project, store.anywhere, paths, { progress = progress })
  progress:finish()
  if not errors then return records, matrix end
  local whole, rows = {}, {}
  for i, record in ipairs(records) do
    if errors[i] then
      problems[#problems + 1] = ("%s: %s"):format(record.place, errors[i].message)
    else
      whole[#whole + 1], rows[#rows + 1] = record, i
    end
  end
  return whole, matrix:gather(rows)
end

local function report_problems(problems, opt, ctx)
  if #problems == 0 then return end
  local show = opt.skip_broken and ctx.warn or ctx.print
  for i = 1, math.min(#problems, MOST_PROBLEMS_SHOWN) do show("%s", problems[i]) end
  if #problems > MOST_PROBLEMS_SHOWN then show("and %d more", #problems - MOST_PROBLEMS_SHOWN) end
  if not opt.skip_broken then
    ctx.fail("%d records cannot be used, nothing was trained; --skip-broken leaves them out", #problems)
  end
end

local function read_set(path, opt, ctx, problems)
  local records, features = describe(read_records(path, opt, ctx, problems), ctx, problems)
  local captions = {}
  for i, record in ipairs(records) do captions[i] = record.caption end
  return { features = features, captions = captions }
end

local function refuse_too_little(train, opt, ctx)
  local text, told = require "lib.model.text", {}
  for i, caption in ipairs(train.captions) do told[i] = table.concat(text.words(caption), " ") end
  if #told < 2 then ctx.fail("%s has %d usable records; there is nothing to learn from", opt.train, #told) end
  if #text.distinct(told) < 2 then
    ctx.fail("%s has one caption only (%s); a model learns by telling captions apart", opt.train, train.captions[1])
  end
end

-- The training set, and the validation set if there is one.
local function read_sets(opt, ctx)
  if not fs.stat(opt.train) then ctx.fail("there is no %s; `hilum prepare` writes it", opt.train) end
  local problems = {}
  local train = read_set(opt.train, opt, ctx, problems)
  local validation = fs.stat(opt.validation) and read_set(opt.validation, opt, ctx, problems) or nil
  report_problems(problems, opt, ctx)
  refuse_too_little(train, opt, ctx)
  if validation and #validation.captions < 2 then validation = nil end
  return train, validation
end

local function say_epoch(ctx, epochs)
  return function(epoch, loss, validation)
    ctx.say("epoch %d of %d: loss %.4f%s", epoch, epochs, loss, validation and (", validation %.4f"):format(validation) or "")
  end
end

-- What model.json tells of the training. Nothing in it depends on when or where.
local function info_of(opt, chosen, train, validation, history)
  local given = {}
  for _, spec in ipairs(HYPERPARAMETERS) do given[spec.bedrock] = chosen[spec[1]:gsub("-", "_")] end
  return { name = opt.name, hyperParameters = given, seed = chosen.seed, components = history.components,
    train_sha256 = assert(require "hilum.hash".sha256_file(opt.train)), records = #train.captions,
    validation_records = validation and #validation.captions or 0, loss = history.loss, validation_loss = history.validation_loss }
end

local function check_name(name, ctx)
  if name == "base" or not name:find("^%w[%w._-]*$") then
    ctx.usage("--name %s: a name in letters, digits, dots and dashes, other than base", name)
  end
end

local function train_here(opt, ctx)
  check_name(opt.name, ctx)
  local chosen = hyperparameters(opt, ctx)
  local train, validation = read_sets(opt, ctx)
  local began = require "hilum.task".now()
  local towers, history = require "lib.model.training".train(train, chosen,
    { validation = validation, on_epoch = say_epoch(ctx, chosen.epochs) })
  local folder, info = fs.join(opt.models, opt.name), info_of(opt, chosen, train, validation, history)
  local id = require "lib.model.local_model".save(towers, folder, info)
  ctx.say("%s: learned from %d records in %.1f s. A baseline, far below deep models; not a clinical tool.", folder, info.records,
    require "hilum.task".now() - began)
  return { name = opt.name, folder = folder, model = id, records = info.records, validation_records = info.validation_records,
    loss = info.loss, validation_loss = info.validation_loss }
end

-- What is said for this run, and not in project.lua, and means nothing here.
local OF_BEDROCK = { "dry_run", "watch", "role", "output", "job_name", "base_model", "kms_key" }
local function check_local(opt, ctx)
  local section = ctx.project.config.finetune or {}
  for _, key in ipairs(OF_BEDROCK) do
    if opt[key] and opt[key] ~= section[key] then ctx.usage("--%s goes with --model bedrock", (key:gsub("_", "-"))) end
  end
end

local function run(opt, ctx)
  if opt.model == "bedrock" then return require "lib.finetune.bedrock".run(opt, read_job(opt.job, ctx), ctx) end
  check_local(opt, ctx)
  return train_here(opt, ctx)
end

-- Of jobs on Bedrock.
local function verb(summary, name, options, examples)
  return { summary = summary, options = options, examples = examples, run = function(opt, ctx)
    return require "lib.finetune.bedrock"[name](opt, ctx)
  end }
end

local JOB = { "id", type = "string", positional = true, required = true, metavar = "JOB", help = "the job's name or ARN" }

return {
  summary = "Train the offline model on your captions",
  step = 5,
  details = [[
Reads the JSON Lines that Bedrock's fine-tuning of Titan Multimodal Embeddings takes, {"image-ref":…,"caption":…}, and trains the
offline model: 780 features of each image and the words of its caption are brought together in one space of 1,024 numbers. The loss is
shown for each epoch; validation.jsonl, if there is one, is only measured. Writes models/NAME/model.safetensors and model.json.
The same files, hyperparameters and seed give the same bytes, whatever --jobs says. --job FILE takes epochCount, batchSize and learningRate
from the JSON of a Bedrock job.

An image-ref is a path from the file's folder or the project. Where there is no such file, and for a reference to S3, the image is looked
up by its name alone in the folder --images.

With --model bedrock it is Bedrock that fine-tunes Titan Multimodal Embeddings: the files are read from S3 by the role that --role names,
and the job costs money for every image and epoch. Before it is ordered, all that `hilum ready finetune` looks at must be well (--anyway
goes on in spite of it), and the estimate must be agreed to: at the terminal, by --max-cost USD or by --yes. What was ordered, and what
came of it, stands in run.jsonl. What is asked for stands in flags or in project.lua,
finetune = { bedrock = { role=, train=, output=, name=, epochs=, tags=, vpc=, ... } }; its hyperparameters have ranges and defaults of
their own (epochs 5, batch size 576 from 256 up, learning rate 0.00005), which those of the offline model in project.lua do not touch. The
same request is never a second job. `hilum finetune status JOB` tells how it is and, once Bedrock has written them to --output, draws its
losses here and in reports/finetune-JOB.html; --watch follows it; `list` shows all, `stop JOB` ends one; `hilum deploy` lets its model
answer, and `delete-model` deletes it.

What to expect: this is a baseline for learning how such a search works. It sees 64 x 64 pixels and is far below deep models (on neutral
chest X-rays 0.09 to 0.23 area under the curve below CheXNet on the common findings). It knows the words of the captions and nothing
else: no synonyms, and no negation, "no effusion" finds effusions. It is not a clinical tool.]],
  options = {
    { "model", type = "choice", choices = { "local", "bedrock" }, default = "local", help = "the offline model, or Titan" },
    { "images", type = "path", default = "images", help = "where images are looked up by name" },
    { "train", type = "path", default = "train.jsonl", help = "the training records" },
    { "validation", type = "path", default = "validation.jsonl", help = "records on which the loss is measured too" },
    { "name", type = "string", default = "tuned", help = "the name of the model" },
    { "models", type = "path", default = "models", help = "the folder of the models" },
    { "job", type = "path", must_exist = true, metavar = "FILE", help = "take the hyperparameters from this Bedrock job" },
    option_of(HYPERPARAMETERS[1]),
    option_of(HYPERPARAMETERS[2]),
    option_of(HYPERPARAMETERS[3]),
    { "seed", type = "integer", min = 0, max = 2147483647, default = 1, help = "of the order of the records and the noise" },
    { "skip-broken", type = "flag", default = false, help = "leave out records that cannot be used instead of refusing" },
    { "role", type = "string", metavar = "ARN", help = "Bedrock: the role that reads the images and writes the output" },
    { "output", type = "string", metavar = "S3URI", help = "Bedrock: where the metrics are written" },
    { "job-name", type = "string", metavar = "NAME", help = "Bedrock: the job's name (default: from the model's and what is asked)" },
    { "base-model", type = "string", metavar = "ID", help = "Bedrock: what is fine-tuned (default amazon.titan-embed-image-v1:0)" },
    { "kms-key", type = "string", metavar = "KEY", help = "Bedrock: encrypts the model" },
    { "bedrock", type = "table", help = "Bedrock: the job, in project.lua" },
    { "dry-run", type = "flag", default = false, help = "Bedrock: print the request and send nothing" },
    { "watch", type = "flag", default = false, help = "Bedrock: follow the job to its end" },
    { "poll", type = "duration", default = 60, metavar = "TIME", help = "Bedrock: between two looks at the job" },
    cost.OPTIONS[1],
    cost.OPTIONS[2],
    ready.OPTIONS[1],
    { "profile", type = "string", metavar = "NAME", help = "the AWS profile" },
    { "region", type = "string", metavar = "REGION", help = "the AWS region" },
  },
  verbs = {
    list = verb("The jobs on Bedrock, the newest first", "list", {}, { "hilum finetune list", "hilum finetune list --json" }),
    status = verb("How a job on Bedrock is", "status", { JOB },
      { "hilum finetune status tuned-0a1b2c3d", "hilum finetune status tuned-0a1b2c3d --watch" }),
    ["delete-model"] = { summary = "Delete a custom model on Bedrock, which no throughput may use",
      options = { { "id", type = "string", positional = true, required = true, metavar = "MODEL", help = "its name, ARN, or job" } },
      examples = { "hilum finetune delete-model cxr", "hilum finetune delete-model cxr --yes" },
      run = function(opt, ctx) return require "lib.finetune.models".delete(opt, ctx) end },
    stop = verb("End a job on Bedrock", "stop", { JOB }, { "hilum finetune stop tuned-0a1b2c3d", "hilum finetune stop tuned-0a1b2c3d -q" }),
  },
  examples = {
    "hilum finetune",
    "hilum finetune --epochs 10 --learning-rate 0.003 --name slower",
    "hilum finetune --job job.json --images images",
    "hilum finetune --model bedrock --role arn:aws:iam::123456789012:role/x --train s3://b/train.jsonl --output s3://b/out/ --dry-run",
  },
  reads = { "train", "validation" },
  writes = { "models" },
  run = run,
}
