-- SPDX-License-Identifier: MIT
-- What is to be done that one side becomes as the other: both are read in step, in the order of their names.
local plan = {}

local WILD = { ["*"] = ".*", ["?"] = "." }

local function quote(text) return (text:gsub("%W", function(byte) return WILD[byte] or "%" .. byte end)) end

-- A glob as a Lua pattern: * is any text, slashes too, ? any byte, [a-z] one of these, [!a-z] none; a bracket alone is itself.
local function pattern_of(glob)
  local pattern, rest = "^", 1
  for first, no, set, behind in glob:gmatch("()%[(!?)([^%]]+)%]()") do
    pattern = ("%s%s[%s%s]"):format(pattern, quote(glob:sub(rest, first - 1)), no ~= "" and "^" or "", (set:gsub("[%%%^]", "%%%0")))
    rest = behind
  end
  return pattern .. quote(glob:sub(rest)) .. "$"
end

local function patterns_of(globs)
  local patterns = {}
  for i, glob in ipairs(globs or {}) do patterns[i] = pattern_of(glob) end
  return patterns
end

local function matches_any(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

-- Does a name take part? A folder of which nobody knows what is in it does if it might. filter: include, exclude (globs), names (a set;
-- nil: all).
function plan.filter(filter)
  local include, exclude = patterns_of(filter.include), patterns_of(filter.exclude)
  return function(name, is_folder)
    if filter.names and not filter.names[name] then return false end
    if #include > 0 and not is_folder and not matches_any(name, include) then return false end
    return not matches_any(name, exclude)
  end
end

local function filtered(next_entry, takes_part)
  return function()
    for entry in next_entry do
      if takes_part(entry.name, entry.is_folder) then return entry end
    end
  end
end

-- The same entries. closed gets the names that those with an error have as folders: what is below is not known.
local function noting_closed(next_entry, closed)
  return function()
    local entry = next_entry()
    if entry and entry.error then closed[entry.name:gsub("/$", "") .. "/"] = true end
    return entry
  end
end

local function is_below(name, folders)
  for cut in name:gmatch("()/") do
    if folders[name:sub(1, cut)] then return true end
  end
  return false
end

-- Is what is there already what would be sent? compare: "time": of the same size and not older, "size", or "content", which only who has
-- the bytes can tell.
local function judge(from, to, compare)
  if from.error then return "fail" end
  if from.size ~= to.size then return "send" end
  if compare == "size" then return "same" end
  if compare == "content" then return "compare" end
  return math.floor(from.mtime) <= to.mtime and "same" or "send"
end

-- A function that gives one action after the other: {what = "send"|"same"|"compare"|"fail"|"delete", name, from, to}, from and to being
-- the entries of the sides; one that has an error fails, and nothing of that name or below is deleted. takes_part: as plan.filter gives it.
-- Without `delete` what only the target has is passed over.
function plan.actions(source, target, takes_part, compare, delete)
  local closed = {}
  local next_from, next_to = filtered(noting_closed(source, closed), takes_part), filtered(target, takes_part)
  local from, to = next_from(), next_to()
  return function()
    while from or delete and to do
      local name, action
      if not to or from and from.name < to.name then
        name, action = from.name, { what = from.error and "fail" or "send", from = from }
        from = next_from()
      elseif not from or to.name < from.name then
        name, action = to.name, delete and not to.error and not is_below(to.name, closed) and { what = "delete", to = to } or nil
        to = next_to()
      else
        name, action = from.name, { what = judge(from, to, compare), from = from, to = to }
        from, to = next_from(), next_to()
      end
      if action then
        action.name = name
        return action
      end
    end
  end
end

return plan
