-- SPDX-License-Identifier: MIT
-- Running a workflow: its options, the `ctx` it is given, the record it leaves in run.jsonl.
local host = require "hilum.host"
local options = require "host.options"
local manifest = require "host.manifest"
local verbs = require "host.verbs"

local context = {}

local function usage_of(name)
  return function(message) error(host.error("usage", ("%s; `hilum help %s` shows how"):format(message, name)), 0) end
end

local function say(text)
  io.stdout:flush() -- what was printed before stands before
  io.stderr:write(text, "\n")
end

-- One for a whole run, shared by the workflows that it runs in turn; `locked` while one of them holds the project's lock.
local function new_context(project, common)
  return { project = project, json = common.json, quiet = common.quiet, force = common.force, locked = false }
end

-- The ctx that a workflow is given. Its functions are called with a dot: ctx.say("%d images", count).
local function bind(ctx)
  local bound = setmetatable({}, { __index = ctx })
  function bound.say(format, ...) if not ctx.quiet then say(format:format(...)) end end
  function bound.warn(format, ...)
    if not ctx.quiet then say(require "hilum.term".color("warning: ", "yellow") .. format:format(...)) end
  end
  function bound.print(format, ...) if not ctx.json then io.stdout:write(format:format(...), "\n") end end
  function bound.fail(format, ...) error(host.error("integrity", format:format(...)), 0) end
  function bound.usage(format, ...) error(host.error("usage", format:format(...)), 0) end
  function bound.progress(total, label, settings) return require "hilum.term".progress(total, label, settings) end
  function bound.run(name, given) return context.run(ctx, name, given or {}) end
  function bound.in_project(folder) return context.open(folder, ctx) end
  return bound
end

-- The ctx of a project folder, for a prompt.
function context.open(folder, common) return bind(new_context(require "lib.project".open(folder), common)) end

local function with_common(own)
  local specs = table.move(own, 1, #own, 1, {})
  return table.move(options.common, 1, #options.common, #specs + 1, specs)
end

local function all_specs(m) return with_common(m.options) end

-- Reading an option that was not declared is a mistake in the script.
local function strict(values, specs)
  local declared = {}
  for _, spec in ipairs(specs) do declared[options.key(spec)] = true end
  return setmetatable(values, { __index = function(_, key)
    if not declared[key] then error(("no option '%s' is declared"):format(key), 2) end
  end })
end

-- What the user named to be read must be there; whether a default is, the workflow knows better what to say about.
local function check_inputs(m, values, origins)
  local is_read = {}
  for _, name in ipairs(m.reads or {}) do is_read[name] = true end
  for _, spec in ipairs(m.options) do
    local value = values[options.key(spec)]
    local is_named = is_read[spec[1]] and origins[options.key(spec)] == "command line"
    for _, path in ipairs(is_named and (type(value) == "table" and value or { value }) or {}) do
      if not options.is_url(path) and not require "hilum.fs".stat(path) then
        usage_of(m.name)(("%s: %s does not exist"):format(options.shown(spec), path))
      end
    end
  end
end

-- The options that project.lua has for a workflow, or for all of them.
local function section(project, name)
  local keys = project.config[name] or {}
  if type(keys) ~= "table" then
    error(host.error("parse", ("%s: %s must be a table"):format(project:path("project.lua"), name)), 0)
  end
  return keys
end

-- Their keys: a list, and a set.
local function keys_of(specs)
  local list, set = {}, {}
  for i, spec in ipairs(specs) do
    list[i] = options.key(spec)
    set[list[i]] = true
  end
  return list, set
end

local function check_section(m, section_of_m, project)
  local names, known = keys_of(with_common(verbs.all_options(m)))
  for key in pairs(section_of_m) do
    if not known[key] then
      local message = "%s: %s has no option '%s'%s"
      error(host.error("parse", message:format(project:path("project.lua"), m.name, key,
        options.did_you_mean(tostring(key), names))), 0)
    end
  end
end

-- Is it an option of any workflow?
local function is_known_anywhere(key, folder)
  for _, entry in ipairs(manifest.list(folder)) do
    local ok, m = pcall(manifest.load, entry.path)
    for _, spec in ipairs(ok and verbs.all_options(m) or {}) do if options.key(spec) == key then return true end end
  end
  return false
end

-- `defaults` is for all workflows: a key that this one does not have is looked at when it is nearly one that it has.
local function check_defaults(m, defaults, project)
  local names, known = keys_of(with_common(verbs.all_options(m)))
  for key in pairs(defaults) do
    local hint = known[key] and "" or options.did_you_mean(tostring(key), names)
    if hint ~= "" and not is_known_anywhere(key, project.folder) then
      error(host.error("parse", ("%s: no workflow has the option '%s' of defaults%s"):format(project:path("project.lua"), key, hint)), 0)
    end
  end
end

-- A section that is nobody's may be for the user's own code, unless its name is nearly that of a workflow.
local function check_sections(project)
  for name, keys in pairs(project.config) do
    if type(keys) ~= "table" then
      local message = "%s: '%s' stands outside of a section; what many workflows read goes into defaults = { %s = … }"
      error(host.error("parse", message:format(project:path("project.lua"), name, name)), 0)
    end
    if name ~= "defaults" and not manifest.find(tostring(name), project.folder) then
      local names = { "defaults" }
      for _, entry in ipairs(manifest.list(project.folder)) do names[#names + 1] = entry.name end
      local hint = options.did_you_mean(tostring(name), names)
      if hint ~= "" then
        error(host.error("parse", ("%s: there is no workflow '%s'%s"):format(project:path("project.lua"), name, hint)), 0)
      end
    end
  end
end

local function resolve(m, given, project)
  local specs = all_specs(m)
  local sections = { section(project, (m.family or m).name), section(project, "defaults") }
  check_section(m, sections[1], project)
  check_defaults(m, sections[2], project)
  check_sections(project)
  local values, origins = options.resolve(specs, given, project.folder, sections, usage_of(m.name))
  check_inputs(m, values, origins)
  return strict(values, specs), origins
end

-- The files on this machine; what is on S3 is not looked at.
local function files_of(m, field, values)
  local files = {}
  for _, name in ipairs(m[field] or {}) do
    local value = values[(name:gsub("-", "_"))]
    for _, path in ipairs(type(value) == "table" and value or { value }) do
      if not options.is_url(path) then files[#files + 1] = path end
    end
  end
  return files
end

local function plain_options(m, values)
  local plain = {}
  for _, spec in ipairs(m.options) do
    local value = values[options.key(spec)]
    if value ~= nil then plain[options.key(spec)] = spec.type == "s3uri" and tostring(value) or value end
  end
  return plain
end

-- The project's lock until it is closed, or nil if a workflow further out holds it.
local function hold_lock(ctx)
  if ctx.locked then return nil end
  local lock = assert(ctx.project:lock())
  ctx.locked = true
  return setmetatable({}, { __close = function()
    ctx.locked = false
    lock:close()
  end })
end

-- The exit status that a result asks for.
local function exit_of(m, result)
  if result ~= nil and type(result) ~= "table" then error(("workflow %s returned a %s, not a table"):format(m.name, type(result)), 0) end
  local exit = result and result.exit or 0
  if math.type(exit) ~= "integer" or exit < 0 or exit > 255 then
    error(("workflow %s returned exit = %s; a whole number from 0 to 255 is an exit status"):format(m.name, exit), 0)
  end
  return exit
end

-- Those that are not older than a time: what a run wrote that did not end well.
local function written_since(time, paths)
  local written = {}
  for _, path in ipairs(paths) do
    local stat = require "hilum.fs".stat(path)
    if stat and stat.mtime >= time then written[#written + 1] = path end
  end
  return written
end

-- Runs m with resolved options under the project's lock if it writes; leaves a record of inputs and outputs, if there are any.
local function execute(ctx, m, values)
  local writes = m.writes and #m.writes > 0
  local held <close> = writes and hold_lock(ctx) or nil
  if held then ctx.project:sweep(files_of(m, "writes", values)) end
  local time, began = os.time(), require "hilum.task".now()
  local result = m.run(values, bind(ctx))
  local done = exit_of(m, result) == 0
  local written = files_of(m, "writes", values)
  if not done then written = written_since(time, written) end
  local recorded = not result or result.recorded ~= false
  if writes and recorded and (done or #written > 0) then
    ctx.project:record { workflow = m.name, seconds = require "hilum.task".now() - began, options = plain_options(m, values),
      reads = files_of(m, "reads", values), writes = written }
  end
  return result
end

-- The manifest that a name means, "check" or with a verb "aws whoami". fail(message) must not return.
local function find_named(name, folder, fail)
  local word, verb = name:match("^(%S+)%s+(%S+)$")
  local path, why = manifest.find(word or name, folder)
  if not path then fail(why) end
  local m, left = verbs.take(manifest.load(path), { verb }, fail)
  if left[1] then fail(("workflow %s has no verb '%s'"):format(word, verb)) end
  return m
end

local function check_given(m, given, fail)
  local names, known = keys_of(all_specs(m))
  for key in pairs(given) do
    if not known[key] then fail(("workflow %s has no option '%s'%s"):format(m.name, key, options.did_you_mean(tostring(key), names))) end
  end
end

-- Fails with a message and the line of the script from which ctx.run was called; at the prompt, of which nothing is left by then, with
-- the message alone.
local function blame_caller(message)
  local level, source = 2, debug.getinfo(2, "S").source
  while source == "=host.context" or source == "=host.verbs" do
    level = level + 1
    source = debug.getinfo(level, "S").source
  end
  error(message, source:find("^=host%.") and 0 or level)
end

-- ctx.run: another workflow, with typed values; returns what its run returned.
function context.run(ctx, name, given)
  local m = find_named(name, ctx.project.folder, blame_caller)
  check_given(m, given, blame_caller)
  if given.force == nil then given.force = ctx.force end
  return execute(ctx, m, (resolve(m, given, ctx.project)))
end

local function apply_common(common)
  if common.quiet then host.setenv("HILUM_QUIET", "1") end
  if common.verbose then host.setenv("HILUM_VERBOSE", "1") end
  if not common.color then host.setenv("HILUM_COLOR", "never") end
  if common.jobs then require "hilum.task".jobs(common.jobs) end
end

-- Applies the options that stood before Lua of one's own or the prompt, where no workflow resolves them.
function context.apply_globals(globals, fail)
  apply_common((options.resolve(options.common, globals, ".", {}, fail)))
end

local function show_options(m, values, origins)
  local rows = {}
  for _, spec in ipairs(m.options) do
    local value = values[options.key(spec)]
    rows[#rows + 1] = { option = spec[1], value = value == nil and "" or require "hilum.json".encode(value),
      from = origins[options.key(spec)] }
  end
  print(require "hilum.term".table(rows, { "option", "value", "from" }))
  return 0
end

local function print_result(result)
  local plain = {}
  for key, value in pairs(result or {}) do if key ~= "exit" then plain[key] = value end end
  print(require "hilum.json".encode(plain))
end

-- Is an input not there that nobody named?
local function lacks_input(m, values, origins)
  local is_written = {}
  for _, name in ipairs(m.writes or {}) do is_written[name] = true end
  for _, spec in ipairs(m.options) do
    local key, is_path = options.key(spec), spec.type == "path" or spec.of == "path"
    local paths = is_path and not is_written[spec[1]] and origins[key] == "default" and values[key] or {}
    for _, path in ipairs(type(paths) == "table" and paths or { paths }) do
      if not require "hilum.fs".stat(path) then return true end
    end
  end
  return false
end

-- When a run fails for want of an input, and there is no project.lua, then this may be the wrong folder: the error says so.
local function watch_folder(project, m, values, origins)
  return setmetatable({}, { __close = function(_, err)
    if type(err) ~= "table" or not err.message or err.kind == "interrupted" or not lacks_input(m, values, origins) then return end
    local doubt = project:doubt()
    if doubt then err.message = ("%s (%s)"):format(err.message, doubt) end
  end })
end

-- Returns the exit status.
function context.run_from_command_line(m, arguments, globals)
  m, arguments = verbs.take(m, arguments, usage_of(m.name))
  local fail = usage_of(m.name)
  local given = options.parse(arguments, all_specs(m), fail)
  for key, text in pairs(globals) do if given[key] == nil then given[key] = text end end
  if given.help then
    print(require "host.help".workflow(m))
    return 0
  end
  local folder, why = options.types.path.parse(given.project or ".", {})
  if not folder then fail("--project " .. why) end
  local project = require "lib.project".open(folder)
  given.project = nil
  local values, origins = resolve(m, given, project)
  apply_common(values)
  if values.show_options then return show_options(m, values, origins) end
  local watch <close> = watch_folder(project, m, values, origins) -- luacheck: ignore 211
  local result = execute(new_context(project, values), m, values)
  if values.json then print_result(result) end
  return result and result.exit or 0
end

return context
