-- SPDX-License-Identifier: MIT
-- What the policies of a role allow, as far as those that hilum writes go: Allow, stars in actions and resources, conditions that
-- compare texts. known: the values of condition keys, {["aws:SourceAccount"] = "123456789012"}.
local json = require "hilum.json"

local policies = {}

local function matches(pattern, text)
  return text:find("^" .. pattern:gsub("[%-%.%+%[%]%(%)%$%^%%%?]", "%%%0"):gsub("%*", ".*") .. "$") ~= nil
end

-- Does a text match any of the patterns?
local function any(patterns, text)
  for _, pattern in ipairs(type(patterns) == "table" and patterns or { patterns }) do
    if matches(pattern, text) then return true end
  end
  return false
end
policies.any = any

local function holds(conditions, known)
  for _, condition in pairs(conditions or {}) do
    for key, patterns in pairs(condition) do
      if not known[key] or not any(patterns, known[key]) then return false end
    end
  end
  return true
end

-- Does a statement of the document (text) that fits allow it?
local function allows(text, known, fits)
  for _, statement in ipairs(json.decode(text).Statement) do
    if statement.Effect == "Allow" and fits(statement) and holds(statement.Condition, known) then return true end
  end
  return false
end

-- May a service be the role?
function policies.trusts(role, service, known)
  return allows(role.trust, known, function(statement) return (statement.Principal or {}).Service == service end)
end

-- Do the role's inline policies allow an action on a resource?
function policies.permits(role, action, resource, known)
  for _, text in pairs(role.policies) do
    if allows(text, known, function(statement) return any(statement.Action, action) and any(statement.Resource, resource) end) then
      return true
    end
  end
  return false
end

return policies
