-- SPDX-License-Identifier: MIT
-- The built-in commands that tell: help, list, version; and new, init, which write a file to start from.
local host = require "hilum.host"
local options = require "host.options"

local help = {}

local ORDER = [[
hilum - search medical images by image and by words, with a model fine-tuned on your own data

  hilum demo                     the whole workflow, offline, on images made for it
  hilum init FOLDER              begin a project

The steps, in order; each reads what the one before wrote:
  hilum check IMAGES             is every image whole, and one that a model takes?
  hilum labels TABLE…            label tables to captions              -> dataset.jsonl, labels.json
  hilum split                    by patient                            -> splits.jsonl
  hilum prepare IMAGES           the training files, checked           -> train.jsonl, validation.jsonl
  hilum finetune                 the model                             -> models/
  hilum embed IMAGES             images to vectors                     -> embeddings/
  hilum index                    vectors to an index                   -> index/
  hilum query --text Effusion    or --image FILE, or both
  hilum evaluate                 base against fine-tuned, as a page    -> reports/
  hilum status                   what exists, what is stale

  hilum list                     all workflows and where they are
  hilum help NAME                a workflow, a module (image) or a function (image.check)
  hilum new NAME                 begin a workflow of your own
  hilum -e CODE | - | FILE.lua   run Lua; hilum alone is a prompt

hilum is a research tool. It is not for clinical use.]]

-- Options.

local function flag_text(spec)
  if spec.positional then return spec.metavar or spec[1]:upper() end
  local text = (spec.short and "-" .. spec.short .. ", " or "") .. "--" .. spec[1]
  if spec.type ~= "flag" then text = text .. " " .. (spec.metavar or options.types[spec.type].metavar) end
  return text
end

local function notes(spec)
  local parts = {}
  if spec.required then parts[#parts + 1] = "required" end
  if spec.choices then parts[#parts + 1] = "one of " .. table.concat(spec.choices, ", ") end
  if spec.type == "list" then parts[#parts + 1] = "may be repeated" end
  if spec.default ~= nil and spec.type ~= "flag" then parts[#parts + 1] = "default " .. tostring(spec.default) end
  if spec.type == "flag" and spec.default then parts[#parts + 1] = "on unless --no-" .. spec[1] end
  return #parts > 0 and (" (%s)"):format(table.concat(parts, "; ")) or ""
end

local function wrap(text, width, indent)
  local lines, line = {}, ""
  for word in text:gmatch("%S+") do
    if #line > 0 and #line + 1 + #word > width then
      lines[#lines + 1] = line
      line = word
    else
      line = #line > 0 and line .. " " .. word or word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n" .. (" "):rep(indent))
end

local function print_options(specs)
  for _, spec in ipairs(specs) do
    if not spec.hidden then
      local flag = flag_text(spec)
      local gap = #flag < 28 and (" "):rep(30 - #flag - 2) or "\n" .. (" "):rep(30)
      print("  " .. flag .. gap .. wrap(spec.help .. notes(spec), 88, 30))
    end
  end
end

local function usage_line(m)
  local words = { "hilum", m.name }
  for _, spec in ipairs(m.options) do
    if spec.positional then
      local word = spec.metavar or spec[1]:upper()
      if spec.type == "list" then word = word .. "…" end
      words[#words + 1] = spec.required and word or "[" .. word .. "]"
    end
  end
  return table.concat(words, " ") .. " [options]"
end

-- A workflow's help. Returns the exit status.
function help.workflow(m)
  print(m.summary .. "\n\nUsage: " .. usage_line(m))
  if m.details then print("\n" .. m.details:gsub("%s+$", "")) end
  if #m.options > 0 then
    print("\nOptions:")
    print_options(m.options)
  end
  print("\nOptions of every workflow:")
  print_options(options.common)
  if m.examples then print("\nExamples:\n  " .. table.concat(m.examples, "\n  ")) end
  print("\nThis workflow is the file " .. m.path)
  if help.reference(m.name) then print(("There is also a module of that name: `hilum help hilum.%s`"):format(m.name)) end
  return 0
end

-- Modules and functions, from modules/NAME/NAME.meta.lua.

-- The reference of a module: an array of entries {name=, signature=, text=}, the first of them the module's own paragraph.
function help.reference(module)
  local file = io.open(("%s/share/hilum/reference/%s.meta.lua"):format(host.root, module))
  if not file then return nil end
  local entries, block, classes, started = { { name = module, signature = "hilum." .. module, text = {} } }, {}, {}, false
  for line in file:lines() do
    local comment = line:match("^%-%-%-?%s?(.*)$")
    local owner, separator, name, parameters = line:match("^function ([%w_]+)([.:])([%w_]+)%((.-)%) end$")
    local class = line:match("^local ([%w_]+) = {}$")
    local constant = line:match("^([%w_]+%.[%w_]+) = ")
    if comment then
      if not comment:find("^@meta") then block[#block + 1] = comment end
    elseif owner then
      local prefix = classes[owner] or owner
      entries[#entries + 1] = { name = prefix .. separator .. name, text = block,
        signature = ("%s%s%s(%s)"):format(prefix, separator, name, parameters) }
      block = {}
    elseif class then
      if not started then
        entries[1].text, started = block, true
      else
        for _, text in ipairs(block) do classes[class] = text:match("^@class ([%w_.]+)") or classes[class] end
      end
      block = {}
    elseif constant then
      local text = entries[1].text
      table.move({ "", constant }, 1, 2, #text + 1, text)
      table.move(block, 1, #block, #text + 1, text)
      block = {}
    elseif line == "" and #block > 0 and not started then
      block[#block + 1] = ""
    end
  end
  file:close()
  return entries
end

local TAGS = { param = "  %s", ["return"] = "  returns %s", usage = "  example: %s", field = "  .%s", class = "%s" }

local function print_entry(entry)
  print(entry.signature)
  for _, line in ipairs(entry.text) do
    local tag, rest = line:match("^@(%w+)%s*(.*)$")
    if not tag then print("    " .. line) elseif TAGS[tag] then print("  " .. TAGS[tag]:format(rest)) end
  end
end

local function module_help(word)
  word = word:gsub("^hilum%.", "")
  local module, name = word:match("^([%w_]+)[.:]?(.*)$")
  local entries = module and help.reference(module)
  if not entries then return false end
  for _, entry in ipairs(entries) do
    local short = entry.name:match("[%w_]+$")
    if name == "" or name == short or word == entry.name then
      print_entry(entry)
      print ""
    end
  end
  return true
end

-- Built-ins.

local function usage(message) error(host.error("usage", message), 0) end

local builtins = {}
help.builtins = builtins

function builtins.help(arguments, globals)
  local word = arguments[1]
  if not word then print(ORDER) return 0 end
  if builtins[word] then print(ORDER) return 0 end
  local manifest = require "host.manifest"
  local path, why = manifest.find(word, globals.project or ".")
  if path then return help.workflow(manifest.load(path)) end
  if module_help(word) then return 0 end
  usage(why)
end

function builtins.version()
  print(("hilum %s (%s, %s)"):format(host.version, _VERSION, host.cpu))
  return 0
end

function builtins.list(_, globals)
  local manifest = require "host.manifest"
  local rows = {}
  for _, entry in ipairs(manifest.list(globals.project or ".")) do
    local ok, m = pcall(manifest.load, entry.path)
    rows[#rows + 1] = { workflow = entry.name, ["what it does"] = ok and m.summary or "cannot be loaded: " .. tostring(m),
      file = entry.path }
  end
  if globals.json then
    print(require "hilum.json".encode(rows))
  else
    print(require "hilum.term".table(rows, { "workflow", "what it does", "file" }))
  end
  return 0
end

-- Writes a file that must not exist yet.
local function write_new(path, text)
  local fs = require "hilum.fs"
  if fs.stat(path) then error(host.error("io", path .. " is already there; nothing was changed"), 0) end
  assert(fs.write(path, text))
  print("wrote " .. path)
end

function builtins.new(arguments)
  local name = arguments[1]
  if not name or not name:find("^%l[%w_-]*$") then usage("hilum new NAME: a name in lower-case letters, digits and dashes") end
  local fs = require "hilum.fs"
  local folder = fs.stat("project.lua") and "scripts" or require "host.manifest".data_folder()
  assert(fs.mkdir(folder))
  write_new(fs.join(folder, name .. ".lua"), (require "host.templates".workflow:gsub("NAME", name)))
  print(("run it: hilum %s --help"):format(name))
  return 0
end

function builtins.init(arguments)
  local fs = require "hilum.fs"
  local folder = arguments[1]
  if folder then assert(fs.mkdir(folder)) end
  write_new(folder and fs.join(folder, "project.lua") or "project.lua", require "host.templates".project)
  print(("next: %s`hilum help` tells the steps"):format(folder and ("cd %s, then "):format(folder) or ""))
  return 0
end

return help
