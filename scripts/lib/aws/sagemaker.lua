-- SPDX-License-Identifier: MIT
-- SageMaker notebook instances, and the scripts that set them up. What is looked for and not there is false; nil and an error is a failure.
local call = require "lib.aws.call"
local hash = require "hilum.hash"

local sagemaker = {}

---@class hilum.sagemaker.Client
local Client = {}
Client.__index = Client

function sagemaker.client(session)
  return setmetatable({ call = call.client { session = session, service = "sagemaker", protocol = "json", version = "1.1",
    target = "SageMaker" } }, Client)
end

local function send(self, op, params) return self.call:call { op = op, params = params } end

local function done(result, err)
  if not result then return nil, err end
  return true
end

-- There is no 404: what is missing is "RecordNotFound" in the message of a ValidationException.
local function is_missing(err)
  if err.code == "ResourceNotFound" then return true end
  return err.code == "ValidationException" and err.message:find("RecordNotFound", 1, true) ~= nil
end

local function find(self, op, params)
  local result, err = send(self, op, params)
  if err and is_missing(err) then return false end
  return result, err
end

-- As the service has it: NotebookInstanceStatus, InstanceType, RoleArn, VolumeSizeInGB, Url … (API: DescribeNotebookInstance).
function Client:notebook(name) return find(self, "DescribeNotebookInstance", { NotebookInstanceName = name }) end

-- fields: NotebookInstanceName, InstanceType, RoleArn, VolumeSizeInGB … (API: CreateNotebookInstance).
function Client:create_notebook(fields) return done(send(self, "CreateNotebookInstance", fields)) end

function Client:start(name) return done(send(self, "StartNotebookInstance", { NotebookInstanceName = name })) end
function Client:stop(name) return done(send(self, "StopNotebookInstance", { NotebookInstanceName = name })) end

-- It must be stopped, or have failed (API: DeleteNotebookInstance).
function Client:delete_notebook(name) return done(send(self, "DeleteNotebookInstance", { NotebookInstanceName = name })) end

-- Where a browser may go, for some minutes (API: CreatePresignedNotebookInstanceUrl).
function Client:url(name)
  local result, err = send(self, "CreatePresignedNotebookInstanceUrl", { NotebookInstanceName = name })
  if not result then return nil, err end
  return result.AuthorizedUrl
end

local function script_of(list)
  return type(list) == "table" and list[1] and hash.base64_decode(list[1].Content) or nil
end

local function script(text) return text and { { Content = hash.base64(text) } } or nil end

-- {arn, on_create, on_start}: the scripts (API: DescribeNotebookInstanceLifecycleConfig).
function Client:lifecycle(name)
  local result, err = find(self, "DescribeNotebookInstanceLifecycleConfig", { NotebookInstanceLifecycleConfigName = name })
  if not result then return result, err end
  return { arn = result.NotebookInstanceLifecycleConfigArn, on_create = script_of(result.OnCreate), on_start = script_of(result.OnStart) }
end

-- scripts: {on_create, on_start}, each run for five minutes at most.
function Client:create_lifecycle(name, scripts)
  return done(send(self, "CreateNotebookInstanceLifecycleConfig", { NotebookInstanceLifecycleConfigName = name,
    OnCreate = script(scripts.on_create), OnStart = script(scripts.on_start) }))
end

function Client:update_lifecycle(name, scripts)
  return done(send(self, "UpdateNotebookInstanceLifecycleConfig", { NotebookInstanceLifecycleConfigName = name,
    OnCreate = script(scripts.on_create), OnStart = script(scripts.on_start) }))
end

function Client:delete_lifecycle(name)
  return done(send(self, "DeleteNotebookInstanceLifecycleConfig", { NotebookInstanceLifecycleConfigName = name }))
end

return sagemaker
