-- SPDX-License-Identifier: MIT
-- EventBridge Scheduler: schedules that happen once, at their time by server.now() (os.time, if it is not set; a test that moves it on
-- makes time pass). Then AWS itself makes the call, as far as the role lets it: its trust and its policy are read. What failed is tried
-- again with each call to the server. Tests look into server.schedules[name] and server.fired, a list of {name, error = what was said}.
local dates = require "lib.dates"
local json = require "hilum.json"
local policies = require "lib.fake.policies"
local refusals = require "lib.fake.s3.refuse"
local throughput = require "lib.fake.bedrock.throughput"

local refuse = refusals.refuse_with
local PRINCIPAL = "scheduler.amazonaws.com"

-- What may be called, by the end of the target's ARN: which action it is, what it is done to, and how.
local TARGETS = {
  ["bedrock:deleteProvisionedModelThroughput"] = { action = "bedrock:DeleteProvisionedModelThroughput",
    find = function(server, input)
      for arn, one in pairs(server.throughputs) do
        if input.ProvisionedModelId == arn or input.ProvisionedModelId == one.provisionedModelName then return arn, one.tags end
      end
    end,
    call = function(server, input) throughput.delete(server, { id = input.ProvisionedModelId }) end },
}

local function invalid(...) refuse(400, "ValidationException", ...) end

-- The role, if the scheduler may be it.
local function role_of(server, arn)
  for _, role in pairs(server.roles) do
    if role.arn == arn and policies.trusts(role, PRINCIPAL, { ["aws:SourceAccount"] = server.account,
      ["aws:SourceArn"] = ("arn:aws:scheduler:%s:%s:schedule-group/default"):format(server.region, server.account) }) then return role end
  end
end

local function known_of(tags)
  local known = {}
  for _, tag in ipairs(tags or {}) do known["aws:ResourceTag/" .. tag.key] = tag.value end
  return known
end

-- Firing.

local function call_target(server, schedule)
  local target, input = TARGETS[schedule.Target.Arn:match("aws%-sdk:(.*)$")], json.decode(schedule.Target.Input)
  local resource, tags = target.find(server, input)
  if not resource then refuse(404, "ResourceNotFoundException", "%s is not there", tostring(input.ProvisionedModelId)) end
  local role = role_of(server, schedule.Target.RoleArn)
  if not role or not policies.permits(role, target.action, resource, known_of(tags)) then
    refuse(403, "AccessDeniedException", "%s is not authorized to perform %s on %s", schedule.Target.RoleArn, target.action, resource)
  end
  target.call(server, input)
end

-- A thing that is not there is not tried again.
local function fire(server, schedule)
  local done, why = pcall(call_target, server, schedule)
  if not done and not refusals.is_refusal(why) then error(why, 0) end
  table.insert(server.fired, { name = schedule.Name, error = not done and why.message or nil })
  if done or why.status == 404 then server.schedules[schedule.Name] = nil end
end

local function fire_all(server)
  local due = {}
  for _, schedule in pairs(server.schedules) do
    if schedule.at <= (server.now or os.time)() then due[#due + 1] = schedule end
  end
  for _, schedule in ipairs(due) do fire(server, schedule) end
end

-- The API.

local function check(server, body)
  local at = (body.ScheduleExpression or ""):match("^at%((%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d)%)$")
  if not at then invalid("Invalid Schedule Expression %s.", tostring(body.ScheduleExpression)) end
  if (body.FlexibleTimeWindow or {}).Mode ~= "OFF" then invalid "FlexibleTimeWindow is missing" end
  local target = body.Target or {}
  local name = (target.Arn or ""):match("^arn:aws:scheduler:::aws%-sdk:(.*)$")
  if not TARGETS[name] then invalid("Provided Arn is not in correct format: %s", tostring(target.Arn)) end
  if not json.decode(target.Input or "") then invalid "Input is no JSON" end
  if (server.unready_schedules or 0) > 0 or not role_of(server, target.RoleArn) then
    server.unready_schedules = math.max((server.unready_schedules or 0) - 1, 0)
    invalid "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
  end
  return dates.read(at .. "Z")
end

local function put(server, request)
  local name = request.id
  if #name > 64 or name:find("[^%w_.-]") then invalid("Name %s", name) end
  local at = check(server, request.body)
  server.schedules[name] = request.body
  request.body.Name, request.body.at = name, at
  return 200, { ScheduleArn = ("arn:aws:scheduler:%s:%s:schedule/default/%s"):format(server.region, server.account, name) }
end

local function needed(server, name)
  return server.schedules[name] or refuse(404, "ResourceNotFoundException", "Schedule %s does not exist.", name)
end

-- The same token: the same answer.
local function create(server, request)
  local known = server.schedules[request.id]
  if known and known.ClientToken ~= request.body.ClientToken then
    refuse(409, "ConflictException", "Schedule %s already exists.", request.id)
  end
  return put(server, request)
end

local function update(server, request)
  needed(server, request.id)
  return put(server, request)
end

local function get(server, request)
  local found, shown = needed(server, request.id), { GroupName = "default", State = "ENABLED" }
  for key, value in pairs(found) do if key ~= "at" and key ~= "ClientToken" then shown[key] = value end end
  return 200, shown
end

-- One a page.
local function list(server, request)
  local names, prefix = {}, request.query.NamePrefix or ""
  for name in pairs(server.schedules) do if name:sub(1, #prefix) == prefix then names[#names + 1] = name end end
  table.sort(names)
  local first = tonumber(request.query.NextToken or 1)
  return 200, { Schedules = json.array { names[first] and { Name = names[first] } }, NextToken = names[first + 1] and tostring(first + 1) }
end

local function delete(server, request)
  needed(server, request.id)
  server.schedules[request.id] = nil
  return 200, {}
end

local function row(method, path, run) return { method = method, path = path, run = run } end

return function(server)
  server.schedules, server.fired = {}, {}
  server.tick = function() fire_all(server) end
  return { name = "scheduler", protocol = "rest", routes = { row("POST", "^/schedules/([^/]+)$", create),
    row("PUT", "^/schedules/([^/]+)$", update), row("GET", "^/schedules/([^/]+)$", get), row("DELETE", "^/schedules/([^/]+)$", delete),
    row("GET", "^/schedules()$", list) } }
end
