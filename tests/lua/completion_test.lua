-- SPDX-License-Identifier: MIT
-- Tab in the shells: each is really run with the completion loaded.
local t = require "t"
local fs = require "hilum.fs"
local terminal = require "terminal"

local function installed(program) return os.execute("command -v " .. program .. " >/dev/null") == true end

-- Embeddings and indexes of two models for three images.
local function write_indexes(dir)
  local vectors = require "hilum.vec".from { { 1, 0 }, { 0, 1 }, { 1, 0 } }
  local docs = { { image = "a.png", findings = { "Effusion" }, patient = "7", view = "PA" },
    { image = "b.png", findings = { "No Finding" }, patient = "8" },
    { image = "c.png", findings = { "Edema", "Effusion" }, patient = "9" } }
  for _, name in ipairs { "base", "tuned" } do
    assert(require "lib.index".create(dir .. "/index/" .. name, { model = name, length = 2, embedded = "image" }, docs, vectors, {}))
    assert(fs.mkdir(dir .. "/embeddings"))
    for _, kind in ipairs { "npy", "json" } do assert(fs.write(("%s/embeddings/%s.%s"):format(dir, name, kind), "")) end
    assert(fs.mkdir(dir .. "/models/" .. name .. "-2"))
    assert(fs.write(dir .. "/models/" .. name .. "-2/model.json", ""))
  end
end

-- A folder with hilum on its path, an image and a project with a workflow of its own.
local function lay_out()
  local dir = t.tmp()
  assert(fs.mkdir(dir .. "/scripts"))
  assert(fs.mkdir(dir .. "/images of mine"))
  assert(fs.write(dir .. "/project.lua", "return {}"))
  assert(fs.write(dir .. "/labels.csv", ""))
  assert(fs.write(dir .. "/own.lua", ""))
  assert(fs.write(dir .. "/scripts/odd name.lua", ""))
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
  write_indexes(dir)
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

bash_test("bash: workflows, commands and Lua files stand first, and no other file", function()
  local dir = lay_out()
  local function candidates(words)
    local _, out = t.run(("cd '%s' && '%s' completion complete -- %s | cut -f1"):format(dir, fs.real(t.hilum), words))
    local set = {}
    for word in out:gmatch("[^\n]+") do set[word] = true end
    return set
  end
  local first = candidates "''"
  for _, word in ipairs { "mine", "split", "init", "own.lua" } do t.ok(first[word], word) end
  for _, word in ipairs { "labels.csv", "project.lua.txt", "images of mine", ":files" } do t.ok(not first[word], word) end
  t.ok(candidates "scripts/"["scripts/mine.lua"])
  local help = candidates "help ''"
  for _, word in ipairs { "mine", "split", "init", "edit", "new", "image", "vec" } do t.ok(help[word], word) end
  t.eq(candidates "help aws ''", { whoami = true })
end)

bash_test("bash: the names that the project has", function()
  local dir = lay_out()
  write_indexes(dir)
  local function try(words, wanted)
    assert(fs.write(dir .. "/try.sh", BASH:format(fs.dir(fs.real(t.hilum)), "try " .. words)))
    local _, out = t.run(("cd '%s' && bash try.sh"):format(dir))
    t.eq((out:gsub("\n$", "")), wanted, words)
  end
  try("hilum query --model ''", "base tuned")
  try("hilum serve --model = t", "tuned")
  try("hilum embed --model ''", "base base-2 tuned-2")
  try("hilum evaluate --base b", "base")
  try("hilum index ''", "delete base tuned")
  try("hilum query --where finding = Eff", "Effusion")
  try("hilum query --where finding = N", "No\\ Finding")
  try("hilum query --where finding = '\"No F'", "No Finding")
  try("hilum query --where v", "view=PA")
  try("hilum query --where patient =", "7 8 9")
  try("hilum --project nowhere query --where finding = E", "")
end)

-- Types at a shell that has the completion, and looks at what Tab made of it.
local function at_shell(name, command, load)
  local open = terminal.exists and installed(name)
  if not open then return t.skip(name .. " on a terminal", "tmux or " .. name .. " is not installed") end
  t.test(name .. " on a terminal", function()
    local dir = lay_out()
    write_indexes(dir)
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
    p:press("C-u")
    p:type("hilum query --where finding=N")
    p:press("Tab")
    p:see("hilum query %-%-where finding=['\"]?No[\\ ]+Finding")
  end)
end

at_shell("bash", "bash --norc", 'eval "$(hilum completion bash)"')
at_shell("zsh", "zsh -f", 'autoload -U compinit; compinit -u -D; eval "$(hilum completion zsh)"')
at_shell("fish", "fish --private", "hilum completion fish | source")
