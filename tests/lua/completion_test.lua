-- SPDX-License-Identifier: MIT
-- Tab in the shells: each is really run with the completion loaded.
local t = require "t"
local fs = require "hilum.fs"
local terminal = require "terminal"

local function installed(program) return os.execute("command -v " .. program .. " >/dev/null") == true end

-- A folder with hilum on its path, an image and a project with a workflow of its own.
local function lay_out()
  local dir = t.tmp()
  assert(fs.mkdir(dir .. "/scripts"))
  assert(fs.mkdir(dir .. "/images of mine"))
  assert(fs.write(dir .. "/project.lua", "return {}"))
  assert(fs.write(dir .. "/labels.csv", ""))
  assert(fs.write(dir .. "/scripts/mine.lua", [[return { summary = "Mine", options = {
    { "by", type = "choice", choices = { "alpha", "beta" }, help = "how" }, { "names", type = "flag", default = true, help = "h" } },
    verbs = { go = { summary = "Go", options = { { "far", type = "flag", default = false, help = "h" } }, run = print } } }]]))
  return dir
end

local BASH = [[
PATH=%s:$PATH
eval "$(hilum completion bash)"
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _hilum 2>/dev/null; echo "${COMPREPLY[*]}"; }
%s
]]

local bash_test = installed "bash" and t.test or function(name) t.skip(name, "bash is not installed") end

bash_test("bash: names, verbs, options, choices, files, modules", function()
  local dir = lay_out()
  local function try(words, wanted)
    assert(fs.write(dir .. "/try.sh", BASH:format(fs.dir(fs.real(t.hilum)), "try " .. words)))
    local status, out = t.run(("cd '%s' && bash try.sh"):format(dir))
    t.eq({ status, (out:gsub("\n$", "")) }, { 0, wanted }, words)
  end
  try("hilum spl", "split")
  try("hilum min", "mine")
  try("hilum ini", "init")
  try("hilum mine ''", "go")
  try("hilum mine go --fa", "--far")
  try("hilum mine --by ''", "alpha beta")
  try("hilum mine --by = be", "beta")
  try("hilum mine --no-n", "--no-names")
  try("hilum --project . mine --by a", "alpha")
  try("hilum check --lab", "--labels")
  try("hilum check --labels lab", "labels.csv")
  try("hilum check ima", "images of mine")
  try("hilum help image.deco", "image.decode")
  try("hilum completion f", "fish")
  try("hilum nosuch labe", "labels.csv")
end)

-- Types at a shell that has the completion, and looks at what Tab made of it.
local function at_shell(name, command, load)
  local open = terminal.exists and installed(name)
  if not open then return t.skip(name .. " on a terminal", "tmux or " .. name .. " is not installed") end
  t.test(name .. " on a terminal", function()
    local dir = lay_out()
    local bin = fs.dir(fs.real(t.hilum))
    local p <close> = terminal.open(dir, command, { environment = ("PATH=%s:$PATH PS1='ready: ' HOME=%s"):format(bin, dir), width = 100 })
    p:see("%S")
    p:enter(load .. "; echo load''ed")
    p:see("\nloaded")
    p:type("hilum fine")
    p:press("Tab")
    p:see("hilum finetune")
    p:press("C-u")
    p:type("hilum mine --by al")
    p:press("Tab")
    p:see("hilum mine %-%-by alpha")
  end)
end

at_shell("bash", "bash --norc", 'eval "$(hilum completion bash)"')
at_shell("zsh", "zsh -f", 'autoload -U compinit; compinit -u -D; eval "$(hilum completion zsh)"')
at_shell("fish", "fish --private", "hilum completion fish | source")
