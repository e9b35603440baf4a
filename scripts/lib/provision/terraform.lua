-- SPDX-License-Identifier: MIT
-- The same for Terraform, for those who have all else in it. It makes the same names: it is either Terraform that provisions, or hilum.
local json = require "hilum.json"

local terraform = {}

local HEAD = [[
# Written by hilum provision export. What is in it has the names that `hilum provision apply` would use: use one or the other.
# The collection can be used by: %s
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = %q
}
]]

-- What one refers to in another; Terraform knows the order by that.
local REFERENCES = { collection = "${aws_opensearchserverless_collection.collection.arn}",
  ["bedrock-role"] = "${aws_iam_role.bedrock_role.arn}", ["notebook-role"] = "${aws_iam_role.notebook_role.arn}" }

-- A policy as a value, indented by that many blanks.
function terraform.document(value, indent)
  local pad = (" "):rep(indent)
  local text = json.encode(value, { indent = 2 }):gsub("\n", "\n" .. pad)
  return ("<<-JSON\n%s%s\n%sJSON"):format(pad, text, pad)
end

function terraform.export(env)
  for name, reference in pairs(REFERENCES) do env.found[name] = { arn = reference } end
  local principals = table.concat(env:principals(), ", "):gsub("%$", "$$")
  local blocks = { HEAD:format(principals, env.region) }
  for _, resource in ipairs(require "lib.provision.resources") do
    local wanted = resource.wanted(env)
    if wanted then blocks[#blocks + 1] = resource.terraform(env, wanted) end
  end
  return table.concat(blocks, "\n")
end

return terraform
