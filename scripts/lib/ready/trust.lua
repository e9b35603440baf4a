-- SPDX-License-Identifier: MIT
-- Who may take a role: its trust policy, read as IAM reads it (IAM user guide: "Policy evaluation logic", "Condition operators"), as far as
-- that can be told from outside. To take a service's role oneself is not possible, so that it is not tried.
local trust = {}

local function list_of(value)
  if value == nil then return {} end
  if type(value) == "table" and (value[1] ~= nil or next(value) == nil) then return value end
  return { value }
end

-- "arn:aws:bedrock:*" with its * and ? against a text.
function trust.matches(pattern, text)
  local escaped = pattern:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("*", ".*"):gsub("?", ".")
  return text:find("^" .. escaped .. "$") ~= nil
end

local function any(values, matches, text)
  for _, value in ipairs(list_of(values)) do
    if matches(tostring(value), text) then return true end
  end
  return false
end

local function same(a, b) return a == b end
local function same_letters(a, b) return a:lower() == b:lower() end

local OPERATORS = { stringequals = same, stringequalsignorecase = same_letters, stringlike = trust.matches, arnequals = trust.matches,
  arnlike = trust.matches }

-- Does one condition hold? nil: it cannot be told.
local function holds(operator, key, values, context)
  local name = operator:lower():gsub("ifexists$", ""):gsub("^for%l+:", "")
  local plain = name:gsub("not", "", 1)
  local matches, text = OPERATORS[plain], context[key:lower()]
  if not matches or not text then return nil end
  return any(values, matches, text) == (plain == name)
end

-- Do all conditions of a statement hold? True; false and the one that does not; nil and the one that cannot be told.
local function judge_conditions(statement, context)
  local verdict, which = true, nil
  for operator, keys in pairs(statement.Condition or {}) do
    for key, values in pairs(keys) do
      local one = holds(operator, key, values, context)
      if one == false then return false, key end
      if one == nil then verdict, which = nil, key end
    end
  end
  return verdict, which
end

local function names_service(statement, service)
  local principal = statement.Principal
  if principal == "*" then return true end
  return type(principal) == "table" and any(principal.Service, same, service)
end

local function is_about(statement, service)
  return names_service(statement, service) and any(statement.Action, function(pattern, action)
    return trust.matches(pattern:lower(), action:lower())
  end, "sts:AssumeRole")
end

-- Does the statement keep other customers' jobs out?
local function is_guarded(statement)
  for _, keys in pairs(statement.Condition or {}) do
    for key in pairs(keys) do
      if key:lower() == "aws:sourceaccount" or key:lower() == "aws:sourcearn" then return true end
    end
  end
  return false
end

local function verdict_of(statement, service, context)
  if not is_about(statement, service) then return false end
  return judge_conditions(statement, context)
end

local RANK = { no = 1, unsure = 2, unguarded = 3, yes = 4 }

-- What an Allow statement amounts to.
local function grade(statement, verdict)
  if verdict == nil then return "unsure" end
  return verdict and (is_guarded(statement) and "yes" or "unguarded") or "no"
end

-- May a service take the role? context: the values of condition keys, by their names in lower case. Returns "yes", "unguarded" (yes, also
-- for the jobs of others), "unsure" or "no", and for the last two the condition on which it hangs, if it is one.
function trust.judge(policy, service, context)
  local best, reason, doubt = "no", nil, nil
  for _, statement in ipairs(list_of(type(policy) == "table" and policy.Statement or nil)) do
    local verdict, which = verdict_of(statement, service, context)
    if statement.Effect == "Deny" then
      if verdict then return "no", "a statement that denies it" end
      if verdict == nil then doubt = which end
    else
      local one = grade(statement, verdict)
      if RANK[one] > RANK[best] then best, reason = one, which else reason = reason or which end
    end
  end
  if doubt and best ~= "no" then return "unsure", doubt end
  return best, reason
end

return trust
