-- SPDX-License-Identifier: MIT
-- The notebook instance, for those who work in a browser. It must be stopped before it can be deleted.
local HOURS_A_MONTH = 730

local FIELDS = { InstanceType = "InstanceType", RoleArn = "RoleArn", VolumeSizeInGB = "VolumeSizeInGB",
  NotebookInstanceLifecycleConfigName = "LifecycleConfigName", PlatformIdentifier = "PlatformIdentifier" }

local function wanted(env)
  local settings = env.settings
  if not settings.notebook then return nil end
  return { InstanceType = settings.instance, RoleArn = env:role_arn "notebook-role", VolumeSizeInGB = settings.volume,
    NotebookInstanceLifecycleConfigName = env.names.lifecycle, PlatformIdentifier = settings.platform }
end

local function read(env)
  local found, err = env.sagemaker:notebook(env.names.notebook)
  if not found then return found, err end
  found.status, found.failureMessage = found.NotebookInstanceStatus, found.FailureReason
  return found
end

local function create(env, want)
  local fields = { NotebookInstanceName = env.names.notebook, Tags = { { Key = "hilum", Value = env.settings.prefix } },
    InstanceMetadataServiceConfiguration = { MinimumInstanceMetadataServiceVersion = "2" } }
  for name, field in pairs(FIELDS) do fields[field] = want[name] end
  return env.sagemaker:create_notebook(fields)
end

-- Stopped first; the walk waits until it is, and asks again.
local function delete(env, found)
  if found.status == "InService" then return env.sagemaker:stop(env.names.notebook) end
  return env.sagemaker:delete_notebook(env.names.notebook)
end

local TERRAFORM = [[
resource "aws_sagemaker_notebook_instance" "notebook" {
  name                  = %q
  instance_type         = %q
  role_arn              = aws_iam_role.notebook_role.arn
  volume_size           = %d
  platform_identifier   = %q
  lifecycle_config_name = aws_sagemaker_notebook_instance_lifecycle_configuration.lifecycle.name
  tags                  = { hilum = %q }

  instance_metadata_service_configuration {
    minimum_instance_metadata_service_version = "2"
  }
}
]]

return {
  name = "notebook", kind = "notebook instance",
  fixed = { InstanceType = true, RoleArn = true, VolumeSizeInGB = true, NotebookInstanceLifecycleConfigName = true,
    PlatformIdentifier = true },
  pending = { Pending = true, Stopping = true, Deleting = true, Updating = true, PendingMaintenance = true, InMaintenance = true },
  failed = { Failed = true },
  wanted = wanted,
  read = read,
  create = create,
  delete = delete,
  costs = function(env)
    local settings = env.settings
    return { { price = settings.instance == "ml.t3.medium" and "notebook-hour" or "notebook-other-hour", count = HOURS_A_MONTH,
      what = ("%s, if it is never stopped"):format(settings.instance) },
      { price = "notebook-gb-month", count = settings.volume, what = ("its disk of %d GB"):format(settings.volume) } }
  end,
  terraform = function(env, want)
    return TERRAFORM:format(env.names.notebook, want.InstanceType, want.VolumeSizeInGB, want.PlatformIdentifier, env.settings.prefix)
  end,
}
