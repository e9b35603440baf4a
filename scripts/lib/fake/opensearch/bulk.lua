-- SPDX-License-Identifier: MIT
-- Many writes in one request: a line says what is to be done, the next one has the document. One that fails does not stop the others.
local errors = require "lib.fake.opensearch.errors"
local json = require "hilum.json"

local bulk = {}

local ACTIONS = { index = true, create = true, update = true, delete = true }

local function parse_action(line, number)
  local entry = json.decode(line)
  if type(entry) ~= "table" then
    errors.refuse(400, "json_parse_exception", ("Unrecognized token in line [%d]"):format(number))
  end
  local action, meta = next(entry)
  if not ACTIONS[action] then
    errors.argument("Malformed action/metadata line [%d], expected one of [create, delete, index, update] but found [%s]", number,
      tostring(action))
  end
  return { action = action, id = meta._id and tostring(meta._id) or nil, index = meta._index }
end

-- The actions of a request's body: { action, id, index, text }.
local function parse(body, default)
  if body == "" then errors.refuse(400, "parse_exception", "request body is required") end
  if body:sub(-1) ~= "\n" then errors.argument("The bulk request must be terminated by a newline [\\n]") end
  local list, number, waiting = {}, 0, nil
  for line in body:gmatch("([^\n]*)\n") do
    number = number + 1
    if waiting then
      waiting.text, list[#list + 1], waiting = line, waiting, nil
    elseif line ~= "" then
      waiting = parse_action(line, number)
      waiting.index = waiting.index or default
      if waiting.action == "delete" then list[#list + 1], waiting = waiting, nil end
    end
  end
  return list
end

local function check(list)
  local wrong = #list == 0 and "no requests added"
  for _, one in ipairs(list) do if not one.index then wrong = "index is missing" end end
  if wrong then errors.refuse(400, "action_request_validation_exception", ("Validation Failed: 1: %s;"):format(wrong)) end
end

local function perform(server, one)
  local fault = server:item_fault()
  if fault then errors.refuse(fault.status, fault.type, fault.reason) end
  local index = server:index_to_write(one.index)
  if one.action == "delete" then return index:delete(one.id) end
  if one.action == "update" then return index:update(one.id, json.decode(one.text) or {}) end
  server:check_id(one.id)
  one.id = one.id or index:new_id()
  return index:write(one.id, one.text, one.action == "create")
end

-- The result of one action; its error, if it has one, is its own.
local function item_of(server, one, is_forced)
  local done, result, status = pcall(perform, server, one)
  if not done then
    if not errors.is_refusal(result) then error(result, 0) end
    result, status = { error = errors.item(result) }, result.status
  end
  result._index, result._id, result.status = one.index, result._id or one.id, status
  if is_forced and not result.error then result.forced_refresh = true end
  return { [one.action] = result }, result.error ~= nil
end

-- Does what a request's body says. default: the index of lines that name none.
function bulk.run(server, body, default, is_forced)
  local list = parse(body, default)
  check(list)
  local items, has_errors = json.array(), false
  for i, one in ipairs(list) do
    local failed
    items[i], failed = item_of(server, one, is_forced)
    has_errors = has_errors or failed
  end
  return { took = 1, errors = has_errors, items = items }
end

return bulk
