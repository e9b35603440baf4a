-- SPDX-License-Identifier: MIT
-- Amazon Bedrock's control plane: jobs that fine-tune models, the models, the throughput that is bought for them, batch jobs.
--     local client = bedrock.client(session)
--     local job, err = client:create_customization_job { jobName = "cxr-1", … }      -- {jobArn}
--     local job, err = client:get_customization_job(name_or_arn)                       -- as AWS's GetModelCustomizationJob
--     for summary in client:list_customization_jobs { nameContains = "cxr" } do … end  -- raises the error
-- Fields are AWS's own. What is created takes a clientRequestToken, which is made where the caller has none.
local bedrock = {}

local Client = {}
Client.__index = Client

-- Method = { AWS's name, HTTP's method, path }; {} in a path is the first argument, a name or an ARN. token: it makes something that must
-- not be made twice; items: the field of an answer in pages that has what is listed.
local OPERATIONS = {
  create_customization_job = { "CreateModelCustomizationJob", "POST", "/model-customization-jobs", token = true },
  get_customization_job = { "GetModelCustomizationJob", "GET", "/model-customization-jobs/{}" },
  list_customization_jobs = { "ListModelCustomizationJobs", "GET", "/model-customization-jobs", items = "modelCustomizationJobSummaries" },
  stop_customization_job = { "StopModelCustomizationJob", "POST", "/model-customization-jobs/{}/stop" },

  get_custom_model = { "GetCustomModel", "GET", "/custom-models/{}" },
  list_custom_models = { "ListCustomModels", "GET", "/custom-models", items = "modelSummaries" },
  delete_custom_model = { "DeleteCustomModel", "DELETE", "/custom-models/{}" },

  get_foundation_model = { "GetFoundationModel", "GET", "/foundation-models/{}" },
  get_availability = { "GetFoundationModelAvailability", "GET", "/foundation-model-availability/{}" },
  list_foundation_models = { "ListFoundationModels", "GET", "/foundation-models", items = "modelSummaries" },

  create_throughput = { "CreateProvisionedModelThroughput", "POST", "/provisioned-model-throughput", token = true },
  get_throughput = { "GetProvisionedModelThroughput", "GET", "/provisioned-model-throughput/{}" },
  update_throughput = { "UpdateProvisionedModelThroughput", "PATCH", "/provisioned-model-throughput/{}" },
  delete_throughput = { "DeleteProvisionedModelThroughput", "DELETE", "/provisioned-model-throughput/{}" },
  list_throughputs = { "ListProvisionedModelThroughputs", "GET", "/provisioned-model-throughputs", items = "provisionedModelSummaries" },

  create_batch_job = { "CreateModelInvocationJob", "POST", "/model-invocation-job", token = true },
  get_batch_job = { "GetModelInvocationJob", "GET", "/model-invocation-job/{}" },
  list_batch_jobs = { "ListModelInvocationJobs", "GET", "/model-invocation-jobs", items = "invocationJobSummaries" },
  stop_batch_job = { "StopModelInvocationJob", "POST", "/model-invocation-job/{}/stop" },

  get_logging = { "GetModelInvocationLoggingConfiguration", "GET", "/logging/modelinvocations" },
}

-- The items of all pages, one after the other.
local function each(pages, field)
  local items, at = {}, 0
  return function()
    while at == #items do
      local page = pages()
      if not page then return nil end
      items, at = page[field] or {}, 0
    end
    at = at + 1
    return items[at]
  end
end

local function request_of(operation, id, params)
  local op, method, path = table.unpack(operation)
  local request = { op = op, method = method, path = require "lib.aws.call".path(path, id),
    token = operation.token and "clientRequestToken" }
  request[method == "GET" and "query" or "body"] = params
  return request
end

local REFUSED = { [400] = true, [404] = true } -- as AWS answers to an ARN that it does not have

-- Why a thing with that ARN is not found from a region; nil: that is not why.
function bedrock.elsewhere(id, region)
  local named = tostring(id):match("^arn:[^:]*:bedrock:([^:]+):")
  if not named or named == region then return nil end
  return ("the ARN names the region %s, and %s is in use: AWS_REGION=%s asks there"):format(named, region, named)
end

-- The region that it asks in.
function Client:region() return self.call.region or self.call.session.region end

-- Of a thing by its name or ARN. What is in another region is refused as if it were nowhere.
local function call_for(self, request, id)
  local result, err, response = self.call:call(request)
  local why = err and REFUSED[err.status] and bedrock.elsewhere(id, self:region())
  if why then err.message = ("%s; %s"):format(err.message, why) end
  return result, err, response
end

for name, operation in pairs(OPERATIONS) do
  local has_id = operation[3]:find("{}", 1, true)
  Client[name] = function(self, ...)
    local id, params
    if has_id then id, params = ... else params = ... end
    local request = request_of(operation, id, params)
    if operation.items then return each(self.call:pages(request, "nextToken"), operation.items) end
    return call_for(self, request, id)
  end
end

-- A client in the session's region, or another.
function bedrock.client(session, region)
  return setmetatable({ call = require "lib.aws.call".client { session = session, service = "bedrock", protocol = "rest-json",
    region = region } }, Client)
end

return bedrock
