-- SPDX-License-Identifier: MIT
-- Typed options: one declaration becomes flag, environment variable, project.lua key, help and validation.
-- A new type is one row of `types`.
local options = {}

local function number_in_range(value, spec)
  if spec.min and value < spec.min then return nil, ("must be at least %s"):format(spec.min) end
  if spec.max and value > spec.max then return nil, ("must be at most %s"):format(spec.max) end
  return value
end

local SIZES = { B = 1, K = 1000, M = 1000 ^ 2, G = 1000 ^ 3, T = 1000 ^ 4, KI = 1024, MI = 1024 ^ 2, GI = 1024 ^ 3, TI = 1024 ^ 4 }
local SECONDS = { ms = 1e-3, s = 1, m = 60, h = 3600, d = 86400 }

local function parse_size(text)
  local number, unit = tostring(text):match("^(%d+%.?%d*)%s*(%a*)$")
  unit = unit and unit:upper():gsub("(.)B$", "%1")
  local factor = unit and (unit == "" and 1 or SIZES[unit])
  if not factor then return nil, "must be a size such as 64MiB" end
  return math.floor(tonumber(number) * factor)
end

local function parse_duration(text)
  local number, unit = tostring(text):match("^(%d+%.?%d*)%s*(%a*)$")
  local factor = unit and (unit == "" and 1 or SECONDS[unit])
  if not factor then return nil, "must be a duration such as 30s, 5m or 2h" end
  return tonumber(number) * factor + 0.0
end

local function parse_s3uri(text)
  local bucket, key = tostring(text):match("^s3://([^/]+)/?(.*)$")
  if not bucket then return nil, "must look like s3://bucket/key" end
  return setmetatable({ bucket = bucket, key = key }, { __tostring = function(u) return ("s3://%s/%s"):format(u.bucket, u.key) end })
end

local function parse_choice(text, spec)
  for _, choice in ipairs(spec.choices) do
    if tostring(text) == tostring(choice) then return choice end
  end
  return nil, "must be one of " .. table.concat(spec.choices, ", ")
end

local function parse_path(text, spec)
  if type(text) ~= "string" or text == "" then return nil, "must be a path" end
  if not spec.must_exist then return text end
  local stat = require "hilum.fs".stat(text)
  if not stat then return nil, ("does not exist: %s"):format(text) end
  if spec.is and stat.type ~= spec.is then return nil, ("is not a %s: %s"):format(spec.is == "dir" and "folder" or "file", text) end
  return text
end

-- parse(value, spec) takes the text of a flag or a value of project.lua, and returns the Lua value or nil and what is wrong.
local types = {
  string = { metavar = "TEXT", parse = function(v)
    if type(v) ~= "string" then return nil, "must be a string" end
    return v
  end },
  integer = { metavar = "N", parse = function(v, spec)
    local n = math.tointeger(v) or math.tointeger(tonumber(v))
    if not n then return nil, "must be a whole number" end
    return number_in_range(n, spec)
  end },
  number = { metavar = "X", parse = function(v, spec)
    local n = tonumber(v)
    if not n or n ~= n then return nil, "must be a number" end
    return number_in_range(n + 0.0, spec)
  end },
  flag = { parse = function(v)
    if v == true or v == "true" or v == "1" then return true end
    if v == false or v == "false" or v == "0" then return false end
    return nil, "must be true or false"
  end },
  choice = { metavar = "CHOICE", parse = parse_choice },
  path = { metavar = "PATH", parse = parse_path },
  s3uri = { metavar = "S3URI", parse = parse_s3uri },
  size = { metavar = "SIZE", parse = parse_size },
  duration = { metavar = "TIME", parse = parse_duration },
}

-- Only project.lua can say it.
types.table = { metavar = "TABLE", parse = function(v)
  if type(v) ~= "table" then return nil, "must be a table, in project.lua" end
  return v
end }

local function element_spec(spec)
  return setmetatable({ type = spec.of or "string" }, { __index = spec })
end

types.list = { metavar = "ITEM", parse = function(v, spec)
  local items, values = type(v) == "table" and v or { v }, {}
  for i, item in ipairs(items) do
    local value, why = types[spec.of or "string"].parse(item, element_spec(spec))
    if value == nil then return nil, why end
    values[i] = value
  end
  for key in pairs(items) do
    if values[key] == nil then return nil, "must be a list" end
  end
  return values
end }

options.types = types

-- What every workflow understands besides its own options.
options.common = {
  { "project", type = "path", metavar = "DIR", default = ".", help = "the project folder" },
  { "json", type = "flag", default = false, help = "print the result as one JSON value" },
  { "quiet", type = "flag", short = "q", default = false, help = "say nothing but errors" },
  { "verbose", type = "flag", short = "v", default = false, help = "say where an error came from" },
  { "color", type = "flag", default = true, help = "colour on a terminal" },
  { "jobs", type = "integer", short = "j", min = 1, max = 1024, metavar = "N", help = "worker threads (default: one a processor)" },
  { "force", type = "flag", default = false, help = "do again what is there already" },
  { "show-options", type = "flag", default = false, help = "print each option's value and where it comes from" },
  { "help", type = "flag", short = "h", default = false, help = "show this help" },
}

function options.key(spec) return (spec[1]:gsub("-", "_")) end

-- The nearest of names to word, if it is near enough to be what was meant (Levenshtein distance).
function options.nearest(word, names)
  local best, best_distance = nil, math.max(2, #word // 3) + 1
  for _, name in ipairs(names) do
    local row = {}
    for j = 0, #name do row[j] = j end
    for i = 1, #word do
      local diagonal = row[0]
      row[0] = i
      for j = 1, #name do
        local substitute = diagonal + (word:byte(i) == name:byte(j) and 0 or 1)
        diagonal = row[j]
        row[j] = math.min(substitute, row[j] + 1, row[j - 1] + 1)
      end
    end
    if row[#name] < best_distance then best, best_distance = name, row[#name] end
  end
  return best
end

function options.did_you_mean(word, names)
  local near = options.nearest(word, names)
  return near and (" (did you mean %s?)"):format(near) or ""
end

local function index_flags(specs)
  local by_flag, flags = {}, {}
  for _, spec in ipairs(specs) do
    if not spec.positional then
      by_flag["--" .. spec[1]] = spec
      flags[#flags + 1] = "--" .. spec[1]
      if spec.short then by_flag["-" .. spec.short] = spec end
      if spec.type == "flag" then by_flag["--no-" .. spec[1]] = spec end
    end
  end
  return by_flag, flags
end

-- What the user knows an option by.
function options.shown(spec) return spec.positional and (spec.metavar or spec[1]:upper()) or "--" .. spec[1] end

local function set(values, spec, text)
  local key = options.key(spec)
  if spec.type == "list" then
    values[key] = values[key] or {}
    table.insert(values[key], text)
  else
    values[key] = text
  end
end

-- One flag at arguments[i]; returns the index of the next argument.
local function take_flag(arguments, i, by_flag, flags, values, fail)
  local word, inline = arguments[i]:match("^(%-%-[^=]+)=(.*)$")
  word = word or arguments[i]
  local spec = by_flag[word]
  if not spec then fail(("unknown option %s%s"):format(word, options.did_you_mean(word, flags))) end
  local negated = word == "--no-" .. spec[1]
  if negated and inline then fail(word .. " takes no value") end
  if spec.type == "flag" and not inline then
    set(values, spec, not negated)
    return i + 1
  end
  if inline then
    set(values, spec, inline)
    return i + 1
  end
  if arguments[i + 1] == nil then fail(word .. " needs a value") end
  set(values, spec, arguments[i + 1])
  return i + 2
end

local function take_positional(positionals, word, values, fail)
  local spec = positionals[1]
  if not spec then fail(("unexpected argument %q"):format(word)) end
  set(values, spec, word)
  if spec.type ~= "list" then table.remove(positionals, 1) end
end

-- Reads the arguments by the specs: texts (and true or false for flags) by key. fail(message) must not return.
function options.parse(arguments, specs, fail)
  local by_flag, flags = index_flags(specs)
  local values, positionals, i, only_positionals = {}, {}, 1, false
  for _, spec in ipairs(specs) do
    if spec.positional then positionals[#positionals + 1] = spec end
  end
  while i <= #arguments do
    local word = arguments[i]
    if word == "--" and not only_positionals then
      only_positionals, i = true, i + 1
    elseif word:find("^%-.") and not only_positionals then
      i = take_flag(arguments, i, by_flag, flags, values, fail)
    else
      take_positional(positionals, word, values, fail)
      i = i + 1
    end
  end
  return values
end

-- The options before the first word: `hilum --json check …`. Returns their texts and the remaining arguments.
function options.parse_globals(arguments, fail)
  local by_flag, flags = index_flags(options.common)
  by_flag["--version"] = { "version", type = "flag" }
  local values, i = {}, 1
  while arguments[i] and arguments[i]:find("^%-.") and arguments[i] ~= "-e" and arguments[i] ~= "-l" do
    i = take_flag(arguments, i, by_flag, flags, values, fail)
  end
  local rest = table.move(arguments, i, #arguments, 1, {})
  if values.version then rest = { "version" } end
  if values.help and not rest[1] then rest, values.help = { "help" }, nil end
  return values, rest
end

local function from_environment(spec)
  return os.getenv("HILUM_OPT_" .. options.key(spec):upper())
end

-- flag > environment > project.lua (its section for this workflow, then its section `defaults`) > default.
local function look_up(spec, given, sections)
  local key = options.key(spec)
  if given[key] ~= nil then return given[key], "command line" end
  local text = from_environment(spec)
  if text then return text, "environment" end
  for _, section in ipairs(sections) do
    if section[key] ~= nil then return section[key], "project.lua" end
  end
  return spec.default, "default"
end

-- A path option may name a URL where the workflow takes one.
function options.is_url(path) return path:find("^%w+://") ~= nil end

-- Paths that the user did not type are relative to the project folder.
local function relative_to(folder, raw)
  if type(raw) == "table" then
    local list = {}
    for i, path in ipairs(raw) do list[i] = relative_to(folder, path) end
    return list
  end
  if type(raw) ~= "string" then return raw end
  local home = raw:find("^~/") and os.getenv("HOME") -- as a shell would have it
  if home then return home .. raw:sub(2) end
  if folder == "." or raw:find("^/") or options.is_url(raw) then return raw end
  return folder .. "/" .. raw
end

-- What an option is called where its value is from.
local function called(spec, origin)
  return origin == "command line" and options.shown(spec) or spec.positional and options.key(spec) or "--" .. spec[1]
end

-- Turns texts into values: returns the option table and, by key, where each value is from.
function options.resolve(specs, given, project, sections, fail)
  local values, origins = {}, {}
  for _, spec in ipairs(specs) do
    local key = options.key(spec)
    local raw, origin = look_up(spec, given, sections)
    local is_path = spec.type == "path" or spec.of == "path"
    if is_path and (origin == "default" or origin == "project.lua") then raw = relative_to(project, raw) end
    if raw == nil and spec.required then
      fail(("%s is missing: %s"):format(options.shown(spec), spec.help))
    end
    if raw ~= nil then
      local value, why = types[spec.type].parse(raw, spec)
      if value == nil then fail(("%s (%s) %s"):format(called(spec, origin), origin, why)) end
      values[key] = value
    end
    origins[key] = origin
  end
  return values, origins
end

return options
