-- SPDX-License-Identifier: MIT
-- The manual page, hilum(1), from what `hilum help` is made of. Macros of man(7).
local help = require "host.help"
local host = require "hilum.host"
local options = require "host.options"
local verbs = require "host.verbs"

local man = {}

-- Text that roff takes as it is.
local function plain(words)
  words = words:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("\n([.'])", "\n\\&%1"):gsub("…", "..."):gsub("→", "\\->")
  return (words:gsub("^([.'])", "\\&%1"))
end

-- Paragraphs as they stand in a manifest; what is indented stays as it is.
local function paragraphs(details)
  local lines, literal = {}, false
  for line in (details .. "\n"):gmatch("(.-)\n") do
    local wants = line:find("^%s+%S") ~= nil
    if wants ~= literal and line ~= "" then
      lines[#lines + 1] = wants and ".nf" or ".fi"
      literal = wants
    end
    lines[#lines + 1] = line == "" and ".PP" or plain(line)
  end
  if literal then lines[#lines + 1] = ".fi" end
  while lines[#lines] == ".PP" do lines[#lines] = nil end
  return table.concat(lines, "\n")
end

local function add_options(out, specs)
  for _, spec in ipairs(specs) do
    if not spec.hidden then
      out[#out + 1] = (".TP\n\\fB%s\\fR\n%s"):format(plain(help.flag_text(spec)), plain(spec.help .. help.notes(spec)))
    end
  end
end

local function add_examples(out, examples)
  local lines = {}
  for i, example in ipairs(examples) do lines[i] = plain(example) end
  out[#out + 1] = ".PP\nExamples:\n.PP\n.nf\n" .. table.concat(lines, "\n") .. "\n.fi"
end

local function add_workflow(out, m)
  out[#out + 1] = (".SS \"%s %s\"\n%s."):format(m.name, plain(help.arguments(m)), plain(m.summary:gsub("%p$", "")))
  if m.details then out[#out + 1] = ".PP\n" .. paragraphs((m.details:gsub("^%s*\n", ""):gsub("%s+$", ""))) end
  add_options(out, m.options)
  if m.examples then add_examples(out, m.examples) end
end

local function add_commands(out)
  for _, command in ipairs(require "host.builtins".in_order) do
    if command.summary then
      out[#out + 1] = (".SS \"%s %s\"\n%s.\n.PP\n%s"):format(plain(command.name), plain(command.arguments),
        plain(command.summary:gsub("%p$", "")), paragraphs(command.details))
      add_examples(out, command.examples)
    end
  end
end

local HEAD = [[
.TH HILUM 1 "" "hilum %s" "User Commands"
.SH NAME
hilum \- search medical images by image and by words
.SH SYNOPSIS
.B hilum
.RI [ options ] " name " [ arguments ]
.br
.B hilum
.RB [ \-l " module] ... [" \-e " code] ..."
.br
.B hilum
.SH DESCRIPTION
hilum makes a folder of medical images and a label table searchable by image and by words, with a model fine\-tuned on them.
Each step is a workflow, a Lua file that reads files and writes files; without a name hilum is a prompt for Lua.
The steps come in the order in which they are listed under WORKFLOWS.
hilum is a research tool. It is not for clinical use.]]

local TAIL = [[
.SH ENVIRONMENT
.TP
.B HILUM_OPT_OPTION
The value of an option, in upper case and with underscores, where the command line does not say it.
.TP
.B HILUM_PATH
Folders with workflows, separated by colons.
.TP
.B NO_COLOR
No colour.
.SH FILES
.TP
.I project.lua
Marks a project folder; values of options for its steps.
.TP
.I scripts/
The project's own workflows.
.TP
.I run.jsonl
What was made from what.
.SH EXIT STATUS
0 done, 1 failed, 2 wrong usage, 130 interrupted.
.SH SEE ALSO
.B hilum help
.I module
for the functions of Lua modules.]]

function man.page(project)
  local out = { HEAD:format(host.version), ".SH OPTIONS" }
  add_options(out, options.common)
  out[#out + 1] = ".SH COMMANDS"
  add_commands(out)
  out[#out + 1] = ".SH WORKFLOWS"
  for _, m in ipairs(help.workflows(project)) do
    add_workflow(out, m)
    for _, name in ipairs(verbs.names(m)) do add_workflow(out, verbs.manifest(m, name)) end
  end
  out[#out + 1] = TAIL
  return table.concat(out, "\n")
end

return man
