-- SPDX-License-Identifier: MIT
-- The study on Amazon Bedrock: one sum for all of it is asked about, once; then each step is the workflow that does it. What is done is
-- known by what exists: the job by its name, vectors by the cache, throughput by its record.
local bedrock = require "lib.aws.bedrock"
local charge = require "lib.finetune.charge"
local cost = require "lib.cost"
local held_out = require "lib.study.held_out"
local ledger = require "lib.cost.ledger"
local model = require "lib.model"
local places = require "lib.study.places"
local plural = require "lib.plural"
local ready = require "lib.ready"
local tenure = require "lib.study.tenure"

local study = {}

local Study = {}
Study.__index = Study

-- The job.

local function finetune_options(opt)
  return { model = "bedrock", role = opt.role, train = opt.train, output = opt.output, name = opt.name, yes = true, anyway = opt.anyway,
    poll = opt.poll }
end

-- The request, as `hilum finetune` would make it.
local function request_of(opt, ctx)
  local silent = require "host.context".open(ctx.project.folder, { json = true, quiet = true })
  local options = finetune_options(opt)
  options.dry_run = true
  return silent.run("finetune", options).request
end

local function find_job(client, name)
  local job, err = client:get_customization_job(name)
  if err and err.code ~= "ResourceNotFoundException" then error(err, 0) end
  return job
end

function Study:train()
  local options = finetune_options(self.opt)
  options.watch = true
  local result = self.ctx.run("finetune", options)
  if not result.model then
    self.ctx.fail("the job %s is %s%s", result.job, result.status, result.failure and ": " .. result.failure or "")
  end
  return { arn = result.model, name = self.request.customModelName }
end

-- What is missing.

-- Where the images are that are there.
local function paths_of(images, names)
  local paths, there = {}, {}
  for i, name in ipairs(names) do paths[i] = images:path(name) end
  for i, stat in ipairs(require "lib.store".stats(paths)) do if stat then there[#there + 1] = paths[i] end end
  return there
end

-- id: of a model of Bedrock's, or the ARN of a custom one. project: where it may be asked through throughput.
function Study:model(id, project) return assert(model.open("bedrock:" .. id, { project = project, length = self.opt.length })) end

-- How often a model would have to be asked.
function Study:count_missing(id)
  return self:model(id):count_missing(self.ctx.project, self.paths, self.opt.batch and {} or self.held.findings)
end

-- The gate.

local function add(items, more) table.move(more, 1, #more, #items + 1, items) end

function Study:training_items()
  if self.job then return {} end
  local seen = require "lib.ready.records".on_s3(self.objects, self.request.trainingDataConfig.s3Uri)
  return charge.estimate(self.request, seen and seen.records or nil, self.session.region, self.ctx).items
end

function Study:embedding_items(what, count, id)
  local prices = self:model(id).adapter.prices
  local key = self.opt.batch and (prices.batch_image or prices.image) or prices.image
  return { { price = key, count = count, what = ("%d images and texts to the %s model"):format(count, what) } }
end

-- Of all that is not done yet.
function Study:estimate()
  local base = self.opt.base_model
  local base_missing, made = self:count_missing(base), self.job and self.job.outputModelArn
  local tuned_missing = made and self:count_missing(made) or #self.paths + #self.held.findings
  local items = {}
  add(items, self:training_items())
  if base_missing > 0 then add(items, self:embedding_items("base", base_missing, base)) end
  if tuned_missing > 0 and self.opt.batch then add(items, self:embedding_items("tuned", tuned_missing, base)) end
  if tuned_missing > 0 and not self.opt.batch then
    add(items, require "lib.deploy.order".items { units = self.opt.units, commitment = "none", ["for"] = self.opt["for"] })
  end
  return cost.estimate({ step = "study", region = self.session.region, items = items }, self.ctx)
end

-- The end of its throughput, which is ordered when the training has been paid for.
function Study:schedule()
  local config = self.ctx.project.config
  return { schedule = { prefix = (config.provision or {}).prefix or "hilum", role = (config.deploy or {}).expiry_role,
    name = tenure.name { name = self.request.customModelName } } }
end

-- Could the training succeed, and its model be called? `hilum finetune` asks again, and tells what may turn out badly.
function Study:check_ready()
  if self.job or self.opt.anyway then return end
  local stops = ready.of(ready.check("finetune", self.request, self.session, self.ctx), "stop")
  if not self.opt.batch then add(stops, ready.of(ready.check("expiry", self:schedule(), self.session, self.ctx), "stop")) end
  if #stops == 0 then return end
  self.ctx.say("%s", ready.show(stops))
  self.ctx.fail("nothing was ordered: %s in the way; --anyway goes on all the same", plural(#stops, "thing is", "things are"))
end

function Study:gate()
  self:check_ready()
  local estimate = self:estimate()
  if #estimate.items == 0 then return end
  cost.gate(estimate, self.opt, self.ctx)
end

-- The steps behind the training.

-- Are there embeddings by a model of images that the study leaves out? They would be lost.
function Study:holds_more(id)
  local embeddings = require "lib.embeddings"
  local folder = self.ctx.project:path((self.ctx.project.config.embed or {}).out or "embeddings")
  local paths, is_held = embeddings.paths(folder, self:model(id).name), {}
  if not require "hilum.fs".stat(paths.docs) then return false end
  for _, name in ipairs(self.held.images) do is_held[name] = true end
  for _, doc in ipairs(embeddings.read_docs(paths.docs)) do
    if not is_held[doc.image] then return true end
  end
  return false
end

-- The folders of embeddings and indexes: those of the project, or the study's own where the former hold more.
function Study:choose_places()
  local made = self.job and self.job.outputModelArn
  if not self:holds_more(self.opt.base_model) and not (made and self:holds_more(made)) then return {} end
  self.ctx.say("there are embeddings of more images by these models, which stay as they are: the study's go to study/")
  return { embeddings = self.ctx.project:path(places.embeddings), index = self.ctx.project:path(places.index) }
end

function Study:embed(id)
  local opt = self.opt
  local result = self.ctx.run("embed", { images = opt.images, model = { "bedrock:" .. id }, length = opt.length, splits = self.held.path,
    out = self.places.embeddings, batch = opt.batch, work = opt.work, role = opt.batch and opt.role or nil, poll = opt.poll,
    yes = true, anyway = opt.anyway })
  self.exit = self.exit or result.exit
end

-- The names of findings are kept like the images' vectors, so that evaluating does not need throughput again.
function Study:embed_findings(id)
  self:model(id, self.ctx.project):remember_texts(self.ctx.project, self.held.findings, { say = self.ctx.say })
end

function Study:ask_tuned(tuned)
  if self.opt.batch then return self:embed(tuned.arn) end
  local during <close> = tenure.open(tuned, self.opt, self.ctx) -- luacheck: ignore 211
  if self:count_missing(tuned.arn) > 0 then
    self.say("deploy", "throughput for the tuned model, which deletes itself")
    tenure.buy(tuned, self.opt, self.ctx)
  end
  self.say("embed", "held-out patients by the tuned model")
  self:embed(tuned.arn)
  self:embed_findings(tuned.arn)
end

function Study:measure(tuned)
  local names = {}
  for i, id in ipairs { self.opt.base_model, tuned.arn } do names[i] = self:model(id).name end
  self.say("index", "the vectors become searchable")
  self.ctx.run("index", { names = names, embeddings = self.places.embeddings, out = self.places.index })
  self.say("evaluate", "on patients that were never trained on")
  return self.ctx.run("evaluate", { on = self.held.part, gallery = self.opt.gallery, images = self.opt.images, base = names[1],
    model = names[2], splits = self.opt.splits, embeddings = self.places.embeddings })
end

-- What came to be charged since the study began, in words.
function Study:charged()
  local total, lines = 0.0, ledger.lines(self.ctx.project)
  for i = self.noted + 1, #lines do
    if lines[i].ledger == "actual" then total = total and lines[i].total and total + lines[i].total end
  end
  return total == 0 and "nothing" or cost.total { total = total }
end

local function prepare(opt, ctx, say)
  local session = assert(require "lib.aws.session".open {})
  local self = setmetatable({ opt = opt, ctx = ctx, say = say, session = session, request = request_of(opt, ctx),
    noted = #ledger.lines(ctx.project), held = held_out.write(opt, ctx), objects = require "lib.aws.s3".open { session = session } }, Study)
  self.job = find_job(bedrock.client(session), self.request.jobName)
  self.paths = paths_of(assert(require "lib.store".open(opt.images)), self.held.images)
  return self
end

function study.run(opt, ctx, say)
  local self = prepare(opt, ctx, say)
  self:gate()
  local settled <close> = cost.settle(ctx) -- luacheck: ignore 211
  self.places = self:choose_places()
  say("finetune", "Bedrock trains the model")
  local tuned = self:train()
  say("embed", "held-out patients by the base model")
  self:embed(opt.base_model)
  if not opt.batch then self:embed_findings(opt.base_model) end
  if opt.batch then say("embed", "held-out patients by the tuned model, as a batch job") end
  self:ask_tuned(tuned)
  local result = self:measure(tuned)
  ctx.say("%s charged for this run, as far as can be told from here; each part of it stands in run.jsonl", self:charged())
  ctx.say("the model %s stays, and is charged by the month: `hilum finetune delete-model %s`", tuned.name, tuned.name)
  return { model = tuned.arn, job = self.request.jobName, part = self.held.part, page = result.page, evaluation = result, exit = self.exit }
end

return study
