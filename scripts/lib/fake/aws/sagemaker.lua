-- SPDX-License-Identifier: MIT
-- SageMaker notebook instances. What is missing is 400, "RecordNotFound"; an instance takes server.steps looks to be there, to stop and to
-- be gone; a role that is new is not known at first (role.strangeness of aws.iam). Tests look into server.notebooks[name] and
-- server.lifecycles[name].
local refuse = require "lib.fake.s3.refuse".refuse

local NEXT = { Pending = "InService", Stopping = "Stopped" }

local function invalid(format, ...) refuse(400, "ValidationException", format:format(...)) end

return function(server)
  server.notebooks, server.lifecycles = {}, {}
  local operations = {}

  local function notebook_of(params)
    server.require(params, "NotebookInstanceName")
    return server.notebooks[params.NotebookInstanceName] or invalid("RecordNotFound")
  end

  local function set(notebook, status) notebook.NotebookInstanceStatus, notebook.looks = status, 0 end

  local function check_role(arn)
    local role = server.roles[arn:match("role/(.*)$")]
    if role and role.strangeness == 0 then return end
    if role then role.strangeness = role.strangeness - 1 end
    invalid("Could not assume role %s. Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume it.",
      arn)
  end

  function operations.CreateNotebookInstance(params)
    server.require(params, "NotebookInstanceName", "InstanceType", "RoleArn")
    if server.notebooks[params.NotebookInstanceName] then invalid("Cannot create a duplicate notebook instance") end
    if #params.NotebookInstanceName > 63 then invalid("NotebookInstanceName") end
    check_role(params.RoleArn)
    if params.LifecycleConfigName and not server.lifecycles[params.LifecycleConfigName] then invalid("RecordNotFound") end
    local notebook = { tags = params.Tags }
    for _, name in ipairs { "NotebookInstanceName", "InstanceType", "RoleArn", "VolumeSizeInGB", "PlatformIdentifier" } do
      notebook[name] = params[name]
    end
    notebook.NotebookInstanceLifecycleConfigName = params.LifecycleConfigName
    set(notebook, "Pending")
    server.notebooks[params.NotebookInstanceName] = notebook
    return { NotebookInstanceArn = "arn:aws:sagemaker:" .. server.region .. ":" .. server.account .. ":notebook-instance/x" }
  end

  function operations.DescribeNotebookInstance(params)
    local notebook = notebook_of(params)
    notebook.looks = notebook.looks + 1
    if notebook.looks >= server.steps then
      if notebook.NotebookInstanceStatus == "Deleting" then
        server.notebooks[params.NotebookInstanceName] = nil
        invalid("RecordNotFound")
      end
      set(notebook, NEXT[notebook.NotebookInstanceStatus] or notebook.NotebookInstanceStatus)
    end
    local shown = { CreationTime = 1767225600.123, Url = params.NotebookInstanceName .. ".notebook.us-east-1.sagemaker.aws" }
    for name, value in pairs(notebook) do if name ~= "looks" and name ~= "tags" then shown[name] = value end end
    return shown
  end

  local function move(from, to)
    return function(params)
      local notebook = notebook_of(params)
      if not from[notebook.NotebookInstanceStatus] then
        invalid("Status (%s) not in ([%s]). Unable to transition to (%s)", notebook.NotebookInstanceStatus, table.concat(from, ", "), to)
      end
      set(notebook, to)
      return {}
    end
  end

  operations.StartNotebookInstance = move({ "Stopped", Stopped = true }, "Pending")
  operations.StopNotebookInstance = move({ "InService", InService = true }, "Stopping")
  operations.DeleteNotebookInstance = move({ "Stopped", "Failed", Stopped = true, Failed = true }, "Deleting")

  function operations.CreatePresignedNotebookInstanceUrl(params)
    notebook_of(params)
    return { AuthorizedUrl = "https://notebook.example/?authToken=x" }
  end

  local function lifecycle_of(params)
    server.require(params, "NotebookInstanceLifecycleConfigName")
    return server.lifecycles[params.NotebookInstanceLifecycleConfigName] or invalid(
      "Unable to describe Notebook Instance Lifecycle Config '%s'. Details: RecordNotFound", params.NotebookInstanceLifecycleConfigName)
  end

  function operations.CreateNotebookInstanceLifecycleConfig(params)
    server.require(params, "NotebookInstanceLifecycleConfigName")
    if server.lifecycles[params.NotebookInstanceLifecycleConfigName] then invalid("NotebookInstanceLifecycleConfig already exists") end
    server.lifecycles[params.NotebookInstanceLifecycleConfigName] = { NotebookInstanceLifecycleConfigName =
      params.NotebookInstanceLifecycleConfigName, OnCreate = params.OnCreate, OnStart = params.OnStart }
    return { NotebookInstanceLifecycleConfigArn = "arn:aws:sagemaker:x" }
  end

  function operations.DescribeNotebookInstanceLifecycleConfig(params) return lifecycle_of(params) end

  function operations.UpdateNotebookInstanceLifecycleConfig(params)
    local lifecycle = lifecycle_of(params)
    lifecycle.OnCreate, lifecycle.OnStart = params.OnCreate, params.OnStart
    return {}
  end

  function operations.DeleteNotebookInstanceLifecycleConfig(params)
    for _, notebook in pairs(server.notebooks) do
      if notebook.NotebookInstanceLifecycleConfigName == params.NotebookInstanceLifecycleConfigName then
        invalid("The lifecycle configuration is in use by a notebook instance")
      end
    end
    lifecycle_of(params)
    server.lifecycles[params.NotebookInstanceLifecycleConfigName] = nil
    return {}
  end

  return { name = "sagemaker", protocol = "json", version = "1.1", target = "SageMaker", operations = operations }
end
