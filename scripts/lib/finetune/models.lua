-- SPDX-License-Identifier: MIT
-- `hilum finetune delete-model`: the end of a custom model on Bedrock, which only another paid training brings back.
local models = {}

local function in_use(client, model)
  local names = {}
  for i, one in ipairs(assert(require "lib.deploy.throughput".list(client, model.arn))) do names[i] = one.provisionedModelName end
  return names
end

local function confirm(model, opt, ctx)
  local question = ("delete the custom model %s (%s), which only another paid training brings back"):format(model.name, model.arn)
  require "lib.consent"(question, model.name .. " was not deleted", opt, ctx)
end

function models.delete(opt, ctx)
  local session = assert(require "lib.aws.session".open { profile = opt.profile, region = opt.region })
  local client = require "lib.aws.bedrock".client(session)
  local model = assert(require "lib.deploy.models".find(client, opt.id))
  local throughputs = in_use(client, model)
  if #throughputs > 0 then
    ctx.fail("%s answers through the throughput %s, which bills: `hilum deploy %s --delete` first", model.name,
      table.concat(throughputs, ", "), throughputs[1])
  end
  confirm(model, opt, ctx)
  local done, err = client:delete_custom_model(model.arn)
  if not done and err.code ~= "ResourceNotFoundException" then error(err, 0) end -- else the answer before was lost
  require "lib.finetune.ordered".forget(ctx.project, model.arn, model.name)
  ctx.say("%s is deleted", model.name)
  return { model = model.name, arn = model.arn }
end

return models
