-- SPDX-License-Identifier: MIT
-- What people read in place of a model's name where there is little room: titan-embed-image-v1 for bedrock:amazon.titan-embed-image-v1, for
-- a custom model's ARN the name that it was given. project: knows what it trained and deployed.
local function of_arn(arn, project)
  local deployed = require "lib.deploy.records".find(project, arn)
  return deployed and deployed.model_name or require "lib.finetune.ordered".name_of(project, arn) or arn:match("[^:]+$")
end

return function(name, project)
  local id = name:match("^bedrock:(.+)$")
  if not id then return name end
  if id:find("^arn:") then return of_arn((id:gsub("%%2F", "/")), project) end
  return id:match("^%l+%.(.+)$") or id
end
