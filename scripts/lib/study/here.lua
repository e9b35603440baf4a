-- SPDX-License-Identifier: MIT
-- The study with the offline model. Each step knows by itself what is done already.
local here = {}

-- Does the model that was trained last still hold?
local function is_trained(name, project)
  local fresh = require "lib.freshness".new(project)
  local record = fresh:record "finetune"
  return record and record.options.name == name and not fresh:why "finetune"
end

local function train(opt, ctx)
  if is_trained(opt.name, ctx.project) and not ctx.force then return ctx.say("done before, and nothing changed") end
  ctx.run("finetune", { name = opt.name, images = opt.images })
end

-- say(step, what it does): before each.
function here.run(opt, ctx, say)
  say("finetune", "the offline model learns from the training captions")
  train(opt, ctx)
  say("embed", "every image becomes a vector, untrained and fine-tuned")
  local models = { "base", opt.name }
  local embedded = ctx.run("embed", { images = opt.images, model = models, length = opt.length, splits = opt.splits })
  say("index", "the vectors become searchable")
  ctx.run("index", { names = models })
  say("evaluate", "on patients that were never trained on")
  local result = ctx.run("evaluate", { on = opt.on, gallery = opt.gallery, images = opt.images, base = "base", model = opt.name,
    splits = opt.splits })
  return { model = opt.name, page = result.page, evaluation = result, exit = embedded.exit }
end

return here
