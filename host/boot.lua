-- SPDX-License-Identifier: MIT
-- The Lua half of the host: finds what the command line names, runs it, reports how it ended. Returns the exit status.
local host = require "hilum.host"

local DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

-- What has a reference is a module.
local function is_module(name)
  if type(name) ~= "string" or not name:find("^%l%w*$") then return false end
  local file = io.open(("%s/share/hilum/reference/%s.meta.lua"):format(host.root, name))
  if file then file:close() end
  return file ~= nil
end

-- `hilum.image`, and `image` alone, require themselves on first use.
local function install_globals()
  local known = {}
  local function load_on_use(t, name)
    if known[name] == nil then known[name] = is_module(name) end
    if not known[name] then return nil end
    local module = require("hilum." .. name)
    rawset(t, name, module)
    return module
  end
  hilum = setmetatable({ version = host.version }, { __index = load_on_use }) -- luacheck: globals hilum
  package.loaded.hilum = hilum
  setmetatable(_G, { __index = load_on_use })
end

-- Loaded when it is needed: most runs find all they require.
local function explain_what_is_not_found()
  table.insert(package.searchers, function(name) return require "host.searcher"(name) end)
end

-- os.exit leaves the state open: the workers may be reading what closing it would free.
local function keep_open_at_exit()
  local exit = os.exit
  function os.exit(status) exit(status) end -- luacheck: ignore 122
end

-- A table is how the world failed: one line, and with --verbose where. A string is a bug: with its traceback.
local function with_traceback(err)
  if type(err) == "string" then return debug.traceback(err, 2) end
  if os.getenv("HILUM_VERBOSE") then io.stderr:write(debug.traceback(nil, 2), "\n") end
  return err
end

local function report(err)
  io.stderr:write("hilum: ", host.message(err), "\n")
  local kind = type(err) == "table" and rawget(err, "kind")
  return kind == "interrupted" and INTERRUPTED or kind == "usage" and USAGE or FAILED
end

local function usage(message) error(host.error("usage", message), 0) end

-- Lua given on the command line.

local function run_chunk(chunk, message, ...)
  if not chunk then usage(message) end
  chunk(...)
  return DONE
end

local function require_module(name)
  local short = name:match("^hilum%.(.+)$") or name
  _G[short] = require(name)
end

local function run_stdin(arguments)
  local source, why = io.read("a")
  if not source then error(host.error("io", "stdin: " .. why), 0) end
  arg = arguments -- luacheck: globals arg
  local chunk, message = load((source:gsub("^#[^\n]*", "")), "=stdin")
  return run_chunk(chunk, message, table.unpack(arguments))
end

-- The workflow, built-in or file that the first word names.

local function run_named(name, arguments, globals)
  local builtins = require "host.builtins"
  if builtins.by_name[name] then return builtins.run(name, arguments, globals) end
  local manifest = require "host.manifest"
  local path, why = manifest.find(name, globals.project)
  if not path then usage(why) end
  return require "host.context".run_from_command_line(manifest.load(path), arguments, globals)
end

-- The first words that no workflow follows; the prompt has none, as stdin.
local OWN_LUA = { ["-e"] = true, ["-l"] = true, ["-"] = true }

-- Splits what stands before the name from what follows it.
local function dispatch(arguments)
  local options = require "host.options"
  local globals, rest = options.parse_globals(arguments, usage)
  globals.project = globals.project or os.getenv("HILUM_OPT_PROJECT")
  if next(globals) and OWN_LUA[rest[1] or "-"] then require "host.context".apply_globals(globals, usage) end
  local chunks = false
  while rest[1] == "-l" or rest[1] == "-e" do
    local flag, value = table.remove(rest, 1), table.remove(rest, 1)
    if not value then usage(flag .. " needs an argument") end
    if flag == "-l" then
      require_module(value)
    else
      run_chunk(load(value, "=(command line)"))
      chunks = true
    end
    rest = select(2, options.parse_globals(rest, usage)) -- they may stand behind it as well
  end
  local name = table.remove(rest, 1)
  if not name then
    if chunks then return DONE end
    return require "host.repl".run(globals)
  end
  if name == "-" then return run_stdin(rest) end
  return run_named(name, rest, globals)
end

return (function(arguments)
  install_globals()
  explain_what_is_not_found()
  keep_open_at_exit()
  local ok, status, leave = xpcall(dispatch, with_traceback, arguments)
  if not ok then return report(status) end
  if leave then return status end
  local clean = host.drain()
  if clean == nil then return INTERRUPTED end
  if status == DONE and not clean then return FAILED end
  return status
end)(...)
