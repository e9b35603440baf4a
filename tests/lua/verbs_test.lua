-- SPDX-License-Identifier: MIT
-- Workflows with verbs: which one is meant, whose options count, what help says.
local t = require "t"
local fs = require "hilum.fs"
local manifest = require "host.manifest"
local verbs = require "host.verbs"

local WORKFLOW = [[
local function report(name)
  return function(opt, ctx)
    ctx.print("%s size=%s colour=%s", name, opt.size, rawget(opt, "colour"))
    return { name = name }
  end
end
return {
  summary = "Things", options = { { "size", type = "integer", default = 1, help = "how large" } },
  verbs = {
    list = { summary = "All things", run = report "list" },
    paint = { summary = "Paint one", options = { { "colour", type = "string", required = true, help = "which" } }, run = report "paint" },
    all = { summary = "Both", run = function(_, ctx)
      ctx.run("things list", { size = 7 })
      return ctx.run("things paint", { colour = "red" })
    end },
  },
}
]]

-- A project with that workflow, and what `hilum …` prints in it.
local function project(workflow, config)
  local dir = t.tmp()
  assert(fs.mkdir(dir .. "/scripts"))
  assert(fs.write(dir .. "/project.lua", config or "return {}"))
  assert(fs.write(dir .. "/scripts/things.lua", workflow))
  return function(words)
    local status, out, err = t.run(("cd %s && %s %s"):format(dir, t.hilum, words))
    return status, status == 0 and out or err
  end
end

t.test("a verb has its own options and those of the workflow", function()
  local run = project(WORKFLOW)
  t.eq({ run "things list" }, { 0, "list size=1 colour=nil\n" })
  t.eq({ run "things paint --colour blue --size 3" }, { 0, "paint size=3 colour=blue\n" })
  t.eq({ run "--json things list" }, { 0, '{"name":"list"}\n' })
  t.eq({ run "things all" }, { 0, "list size=7 colour=nil\npaint size=1 colour=red\n" })
  t.eq({ run "things paint" }, { 2, "hilum: --colour is missing: which; `hilum help things paint` shows how\n" })
  t.eq({ run "things list --colour x" },
    { 2, "hilum: unknown option --colour (did you mean --color?); `hilum help things list` shows how\n" })
end)

t.test("without a verb, with a wrong one", function()
  local run = project(WORKFLOW)
  t.eq({ run "things" }, { 2, "hilum: things needs a verb first: all, list, paint; `hilum help things` shows how\n" })
  t.eq({ run "things --size 2" }, { 2, "hilum: things needs a verb first: all, list, paint; `hilum help things` shows how\n" })
  t.eq({ run "things lits" }, { 2, "hilum: things has no verb 'lits' (did you mean list?); `hilum help things` shows how\n" })
  run = project((WORKFLOW:gsub("verbs =", "run = report 'none', verbs =")))
  t.eq({ run "things" }, { 0, "none size=1 colour=nil\n" })
  t.eq({ run "things --size 2" }, { 0, "none size=2 colour=nil\n" })
  t.eq({ run "things list" }, { 0, "list size=1 colour=nil\n" })
end)

t.test("project.lua has one section for a workflow and its verbs", function()
  local run = project(WORKFLOW, "return { things = { size = 5, colour = 'green' } }")
  t.eq({ run "things list" }, { 0, "list size=5 colour=nil\n" })
  t.eq({ run "things paint" }, { 0, "paint size=5 colour=green\n" })
  run = project(WORKFLOW, "return { things = { colours = 'green' } }")
  local status, err = run "things list"
  t.eq(status, 1)
  t.match(err, "things list has no option 'colours' %(did you mean colour%?%)")
end)

t.test("help lists the verbs, and has a page for each", function()
  local run = project(WORKFLOW)
  local _, page = run "help things"
  for _, pattern in ipairs { "Usage: hilum things VERB %[options%]", "Verbs", "paint%s+Paint one" } do t.match(page, pattern) end
  t.eq({ run "things --help" }, { 0, page })
  _, page = run "help things paint"
  for _, pattern in ipairs { "^Paint one", "Usage: hilum things paint %[options%]", "%-%-colour TEXT", "%-%-size N" } do
    t.match(page, pattern)
  end
  t.eq({ run "things paint --help" }, { 0, page })
end)

t.test("ctx.run says what is wrong", function()
  local function of(name)
    local run = project("return { summary = 's', options = {}, verbs = { go = { summary = 's', run = function(_, ctx) ctx.run('"
      .. name .. "', {}) end } } }")
    local _, err = run "things go"
    return err
  end
  t.match(of "things", "things needs a verb first: go")
  t.match(of "things og", "things has no verb 'og' %(did you mean go%?%)")
  t.match(of "status quo", "workflow status has no verb 'quo'")
end)

t.test("manifests of verbs are checked like others", function()
  local function check(verb, more)
    local m = { summary = "s", options = { { "size", type = "integer", help = "" } }, verbs = { go = verb } }
    for key, value in pairs(more or {}) do m[key] = value end
    return function() manifest.check(m, "x.lua") end
  end
  local function run() end
  check({ summary = "s", run = run })()
  t.raises("x.lua: verb go: field 'summary' is missing", check { run = run })
  t.raises("x.lua: verb go: field 'run' is missing", check { summary = "s" })
  t.raises("verb go: two options are called size", check { summary = "s", run = run, options = { { "size", type = "flag", help = "" } } })
  t.raises("verb go: unknown field 'runs'", check { summary = "s", run = run, runs = run })
  t.raises("verb Go: a word and its manifest are needed", check(nil, { verbs = { Go = { summary = "s", run = run } } }))
  t.raises("field 'run' is missing", check(nil))
end)

t.test("the bundled ones", function()
  local found = 0
  for _, entry in ipairs(manifest.list(".")) do
    local m = manifest.load(entry.path)
    for _, name in ipairs(verbs.names(m)) do
      t.eq(verbs.manifest(m, name).name, m.name .. " " .. name)
      found = found + 1
    end
  end
  t.ok(found >= 1)
end)
