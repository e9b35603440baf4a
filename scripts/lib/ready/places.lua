-- SPDX-License-Identifier: MIT
-- What a job reads and writes on S3, from its request: of CreateModelCustomizationJob or of CreateModelInvocationJob.
local places = {}

-- A batch job's input is a file or what is below a prefix.
local function batch_input(request) return request.inputDataConfig and request.inputDataConfig.s3InputDataConfig.s3Uri end
local function batch_output(request) return request.outputDataConfig.s3OutputDataConfig end

function places.train(request) return request.trainingDataConfig and request.trainingDataConfig.s3Uri end

function places.validation(request)
  local first = request.validationDataConfig and request.validationDataConfig.validators[1]
  return first and first.s3Uri
end

-- The URIs that are read, and that below which is written; nil: none.
function places.inputs(request)
  local list = {}
  for _, uri in pairs { places.train(request) or batch_input(request), places.validation(request) } do list[#list + 1] = uri end
  table.sort(list)
  return list
end

function places.output(request)
  if not request.outputDataConfig then return nil end
  return request.outputDataConfig.s3Uri or batch_output(request).s3Uri
end

-- "bucket", "key"
function places.split(uri) return uri:match("^s3://([^/]+)/?(.*)$") end

local function arn(partition, what) return ("arn:%s:s3:::%s"):format(partition, what) end

-- ARNs of an object and of its bucket, in a partition ("aws", "aws-cn"). What ends in a slash is a prefix: an object below it.
function places.object_arn(uri, partition)
  local bucket, key = places.split(uri)
  if key == "" or key:find("/$") then key = key .. "hilum" end
  return arn(partition, bucket .. "/" .. key)
end

function places.bucket_arn(uri, partition) return arn(partition, (places.split(uri))) end

return places
