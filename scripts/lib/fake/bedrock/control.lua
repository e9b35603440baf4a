-- SPDX-License-Identifier: MIT
-- The control plane of the fake Bedrock: which request is for which of fine-tuning jobs, custom models, throughput, the foundation model.
local foundation = require "lib.fake.bedrock.foundation"
local jobs = require "lib.fake.bedrock.jobs"
local lists = require "lib.fake.bedrock.lists"
local refuse = require "lib.fake.s3.refuse".refuse_with
local throughput = require "lib.fake.bedrock.throughput"

-- Custom models.

local function delete_model(server, request)
  local model = lists.find(server.models, request.id, "model")
  for arn, one in pairs(server.throughputs) do
    if one.modelArn == model.arn then refuse(400, "ConflictException", "The model is used by %s", arn) end
  end
  for i, one in ipairs(server.models) do if one == model then table.remove(server.models, i) break end end
  return 200, ""
end

local function show_models(server, request)
  return 200, lists.page(server, request, server.models, "modelSummaries", function(model) return jobs.show_model(server, model, true) end)
end

local function show_model(server, request)
  return 200, jobs.show_model(server, lists.find(server.models, request.id, "model"))
end

local function row(method, path, run) return { method = method, path = path, run = run } end

return {
  row("POST", "^/model%-customization%-jobs()$", jobs.create),
  row("GET", "^/model%-customization%-jobs()$", jobs.list),
  row("GET", "^/model%-customization%-jobs/([^/]+)$", jobs.get),
  row("POST", "^/model%-customization%-jobs/([^/]+)/stop$", jobs.stop),
  row("GET", "^/custom%-models()$", show_models),
  row("GET", "^/custom%-models/([^/]+)$", show_model),
  row("DELETE", "^/custom%-models/([^/]+)$", delete_model),
  row("GET", "^/foundation%-models()$", foundation.list),
  row("GET", "^/foundation%-models/([^/]+)$", foundation.get),
  row("GET", "^/foundation%-model%-availability/([^/]+)$", foundation.availability),
  row("GET", "^/logging/modelinvocations()$", foundation.logging),
  row("POST", "^/provisioned%-model%-throughput()$", throughput.create),
  row("GET", "^/provisioned%-model%-throughputs()$", throughput.list),
  row("GET", "^/provisioned%-model%-throughput/([^/]+)$", throughput.get),
  row("PATCH", "^/provisioned%-model%-throughput/([^/]+)$", throughput.update),
  row("DELETE", "^/provisioned%-model%-throughput/([^/]+)$", throughput.delete),
}
