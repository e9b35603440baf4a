-- SPDX-License-Identifier: MIT
-- study: the whole question in one command: does fine-tuning find better than the base model, on patients that were never trained on?
local cost = require "lib.cost"
local ready = require "lib.ready"

-- Says a step and what it does, numbered.
local function teller(ctx)
  local number = 0
  return function(step, what)
    number = number + 1
    ctx.say("\n[%d] %s: %s", number, step, what)
  end
end

local function run(opt, ctx)
  if opt.batch and opt.model == "local" then ctx.usage("--batch goes with --model bedrock") end
  local where = opt.model == "local" and "here" or "bedrock"
  local result = require("lib.study." .. where).run(opt, ctx, teller(ctx))
  ctx.print("%s", result.page)
  return result
end

return {
  summary = "The whole question in one command: train, embed, evaluate",
  details = [[
From a project with its splits and training records (`hilum labels`, `split`, `prepare`) to the answer: a model is trained, held-out
patients are embedded with the base and the tuned model, indexed, and compared (`hilum evaluate`). Each step is the workflow of its name,
and knows what it has done: after any end the same command goes on.

With --model local (the default) all of it happens on this machine.

With --model bedrock Amazon Bedrock trains and embeds, as finetune's block in project.lua says (role, train, output, hyperparameters). One
sum of all that is to be paid is asked about once, at the terminal, by --max-cost or by --yes. The tuned model answers through throughput
that deletes itself after --for, and that is deleted as soon as it is not needed, also when the study fails or is stopped by Ctrl-C; or,
with --batch, through a batch job without any throughput, where findings are not asked for by their names. Only the part that is measured
on is embedded; where embeddings of more images are there already, they stay, and the study's go to study/. The custom model stays.]],
  options = {
    { "model", type = "choice", choices = { "local", "bedrock" }, default = "local", help = "the offline model, or Titan on Bedrock" },
    { "name", type = "string", default = "tuned", metavar = "NAME", help = "of the trained model" },
    { "images", type = "path", default = "images", help = "the folder of the images" },
    { "splits", type = "path", default = "splits.jsonl", help = "the records and their parts, made by `hilum split`" },
    { "on", type = "choice", choices = { "validation", "test" }, help = "the part to measure on (default: test if there is one)" },
    { "gallery", type = "choice", choices = { "same", "train" }, default = "same", help = "where is searched: the same part, or train" },
    { "length", type = "choice", choices = { 256, 384, 1024 }, default = 1024, help = "numbers in a vector" },
    { "for", type = "duration", default = 4 * 3600, metavar = "TIME", help = "Bedrock: the most that throughput may stand" },
    { "units", type = "integer", min = 1, default = 1, metavar = "N", help = "Bedrock: model units of it" },
    { "batch", type = "flag", default = false, help = "Bedrock: embed by batch jobs, without throughput" },
    { "work", type = "string", metavar = "S3URI", help = "batch: below which the images and the answers are written" },
    { "role", type = "string", metavar = "ARN", help = "Bedrock: the role of the jobs" },
    { "train", type = "string", metavar = "S3URI", help = "Bedrock: the training records" },
    { "output", type = "string", metavar = "S3URI", help = "Bedrock: where the job writes" },
    { "base-model", type = "string", default = "amazon.titan-embed-image-v1", metavar = "ID", help = "Bedrock: what it is compared with" },
    cost.OPTIONS[1],
    cost.OPTIONS[2],
    ready.OPTIONS[1],
    { "poll", type = "duration", default = 30, metavar = "TIME", help = "Bedrock: between two looks at throughput or a batch job" },
  },
  examples = { "hilum study", "hilum study --model bedrock --for 2h --max-cost 60",
    "hilum study --model bedrock --batch --work s3://b/study/" },
  run = run,
}
