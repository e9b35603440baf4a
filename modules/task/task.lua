-- The part of hilum.task that calls back into Lua; its one argument is the module table. Reference: task.meta.lua.
local task = ...

-- A value to be closed that calls f unless it was disarmed.
local function on_error(f)
  return setmetatable({ armed = true }, { __close = function(guard)
    if guard.armed then f() end
  end })
end

function task.map(list, options, f)
  if f == nil then options, f = {}, options end
  for key in pairs(options) do
    if key ~= "at_once" then error("bad argument #2 to 'map' (unknown option '" .. tostring(key) .. "')", 2) end
  end
  local at_once = options.at_once or 32
  if math.type(at_once) ~= "integer" or at_once < 1 then error("bad argument #2 to 'map' (at_once must be at least 1)", 2) end
  local results, errors, taken, workers = {}, nil, 0, {}

  local function work()
    local guard <close> = on_error(function() taken = #list end)
    while taken < #list do
      taken = taken + 1
      local i = taken
      local value, err = f(list[i], i)
      results[i] = value
      if value == nil and err ~= nil then
        errors = errors or {}
        errors[i] = err
      end
    end
    guard.armed = false
    return true
  end

  local guard <close> = on_error(function()
    for _, worker in ipairs(workers) do worker:cancel() end
  end)
  for i = 1, math.min(at_once, #list) do workers[i] = task.spawn(work) end
  for _, worker in ipairs(workers) do
    local ok, err = worker:join()
    if not ok then error(err, 0) end
  end
  guard.armed = false
  return results, errors
end
