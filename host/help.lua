-- SPDX-License-Identifier: MIT
-- What `hilum help` and `hilum NAME --help` print.
local options = require "host.options"
local reference = require "host.reference"
local text = require "host.text"

local help = {}

help.ORDER = [[
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

local HELP_COLUMN = 30

local function flag_text(spec)
  if spec.positional then return options.shown(spec) end
  local flag = (spec.short and "-" .. spec.short .. ", " or "") .. options.shown(spec)
  if spec.type == "flag" then return flag end
  return flag .. " " .. (spec.metavar or options.types[spec.type].metavar)
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

local function print_options(specs)
  local margin = (" "):rep(HELP_COLUMN)
  for _, spec in ipairs(specs) do
    if not spec.hidden then
      local flag = "  " .. flag_text(spec)
      local gap = #flag < HELP_COLUMN - 1 and margin:sub(#flag + 1) or "\n" .. margin
      print(flag .. gap .. text.wrap(spec.help .. notes(spec), text.width() - HELP_COLUMN, HELP_COLUMN))
    end
  end
end

local function usage_line(m)
  local words = { "hilum", m.name }
  for _, spec in ipairs(m.options) do
    if spec.positional then
      local word = options.shown(spec)
      if spec.type == "list" then word = word .. "…" end
      words[#words + 1] = spec.required and word or "[" .. word .. "]"
    end
  end
  return table.concat(words, " ") .. " [options]"
end

-- A workflow's help. Returns the exit status.
function help.workflow(m)
  print(m.summary .. "\n\nUsage: " .. usage_line(m))
  if m.details then print("\n" .. text.reflow(text.lines(m.details), 0)) end
  if #m.options > 0 then
    print("\nOptions:")
    print_options(m.options)
  end
  print("\nOptions of every workflow:")
  print_options(options.common)
  if m.examples then print("\nExamples:\n  " .. table.concat(m.examples, "\n  ")) end
  print("\nThis workflow is the file " .. m.path)
  if reference.read(m.name) then print(("There is also a module of that name: `hilum help hilum.%s`"):format(m.name)) end
  return 0
end

local TAGS = { param = "  %s", ["return"] = "  returns %s", usage = "  example: %s", field = "  .%s" }

local function print_entry(entry)
  local plain, tagged = {}, {}
  for _, line in ipairs(entry.text) do
    local tag, rest = line:match("^@(%w+)%s*(.*)$")
    if not tag then plain[#plain + 1] = line elseif TAGS[tag] then tagged[#tagged + 1] = "  " .. TAGS[tag]:format(rest) end
  end
  print(entry.signature)
  if #plain > 0 then print(text.reflow(plain, 4)) end
  if #tagged > 0 then print(table.concat(tagged, "\n")) end
  print ""
end

-- Prints what the references say of a module, function, method or type. False and why if there is nothing of that name.
function help.module(word)
  local entries, why = reference.find(word)
  for _, entry in ipairs(entries or {}) do print_entry(entry) end
  return entries ~= nil, why
end

return help
