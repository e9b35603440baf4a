-- SPDX-License-Identifier: MIT
-- What project.lua should say of what was provisioned, so that no other workflow has to be told; as text to be pasted, and as a table.
local settings = {}

-- Options of provision that are about one run of it.
local PASSING = { adopt = true, poll = true, profile = true, region = true, endpoint = true }

-- Which options were given: what they do not ask for any more would be deleted.
local function chosen(specs, opt)
  local list = {}
  for _, spec in ipairs(specs) do
    local key = require "host.options".key(spec)
    if not PASSING[key] and opt[key] ~= nil and opt[key] ~= spec.default then list[#list + 1] = { key, opt[key] } end
  end
  return list
end

-- Sections in order: { place = "finetune.bedrock", { key, value }, … }. outputs: as lib/provision/show has them.
local function sections_of(outputs, specs, opt)
  local bucket, list = outputs.bucket, { chosen(specs, opt) }
  list[1].place = "provision"
  if not bucket then return {} end
  list[2] = { place = "prepare", { "prefix", bucket .. "/images/" } }
  list[3] = { place = "finetune.bedrock", { "role", outputs.role }, { "train", bucket .. "/train.jsonl" }, { "output", outputs.output } }
  list[4] = { place = "embed", { "work", outputs.output .. "batch/" } }
  return list
end

-- Those that put indexes on the server.
local function remote_sections(outputs)
  local url = outputs.endpoint
  if not url then return {} end
  return { { place = "index", { "out", url } }, { place = "query", { "index", url } }, { place = "serve", { "index", url } } }
end

-- Of project.lua's own table.
local function said(config, place)
  for name in place:gmatch("[^.]+") do config = type(config) == "table" and config[name] or nil end
  return type(config) == "table" and config or {}
end

-- What project.lua does not say yet.
local function missing(sections, config)
  local left = {}
  for _, section in ipairs(sections) do
    local rest, there = { place = section.place }, said(config, section.place)
    for _, entry in ipairs(section) do if there[entry[1]] == nil then rest[#rest + 1] = entry end end
    if #rest > 0 then left[#left + 1] = rest end
  end
  return left
end

-- A value as Lua has it.
local function lua_of(value)
  if type(value) ~= "table" then return type(value) == "string" and ("%q"):format(value) or tostring(value) end
  local items = {}
  for i, item in ipairs(value) do items[i] = lua_of(item) end
  return "{ " .. table.concat(items, ", ") .. " }"
end

-- "prepare = { prefix = … }"
local function line_of(section)
  local entries = {}
  for i, entry in ipairs(section) do entries[i] = ("%s = %s"):format(entry[1], lua_of(entry[2])) end
  local body = table.concat(entries, #entries > 2 and ",\n    " or ", ")
  local form = #entries > 2 and "%s = {\n    %s\n  }" or "%s = { %s }"
  local outer, inner = section.place:match("^(.-)%.(.+)$")
  return outer and ("%s = { %s }"):format(outer, form:format(inner, body)) or form:format(section.place, body)
end

local function lines_of(sections, config)
  local lines = {}
  for i, section in ipairs(sections) do
    local outer, line = section.place:match("^[^.]+"), line_of(section)
    -- A second table of that name would replace the first.
    if config[outer] then line = ("-- %s is there already; make one of both: %s"):format(outer, line:gsub("\n%s*", " "))
    else line = line .. "," end
    lines[i] = "  " .. line
  end
  return lines
end

local REMOTE = "  -- For indexes in the collection instead of the folder index/, which costs nothing, take away the dashes:"

-- What project.lua does not say yet, to be pasted into its table; nil if there is nothing.
function settings.text(outputs, specs, opt, config)
  local lines = lines_of(missing(sections_of(outputs, specs, opt), config), config)
  for i, line in ipairs(lines_of(missing(remote_sections(outputs), config), {})) do
    if i == 1 then lines[#lines + 1] = REMOTE end
    lines[#lines + 1] = "  -- " .. line:sub(3)
  end
  if #lines == 0 then return nil end
  return "  -- For project.lua, between `return {` and the last `}`:\n" .. table.concat(lines, "\n")
end

-- All of it as project.lua would have it, but for the indexes.
function settings.tree(outputs, specs, opt)
  local tree = {}
  for _, section in ipairs(sections_of(outputs, specs, opt)) do
    local at = tree
    for name in section.place:gmatch("[^.]+") do
      at[name] = at[name] or {}
      at = at[name]
    end
    for _, entry in ipairs(section) do at[entry[1]] = entry[2] end
  end
  return tree
end

return settings
