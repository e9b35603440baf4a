-- SPDX-License-Identifier: MIT
-- Options, manifests, projects: the Lua half of the host.
local t = require "t"
local fs = require "hilum.fs"
local options = require "host.options"
local manifest = require "host.manifest"

local function fail(message) error(message, 0) end

local specs = {
  { "name", type = "string", help = "" },
  { "count", type = "integer", min = 1, max = 10, default = 3, short = "n", help = "" },
  { "share", type = "number", min = 0, max = 1, help = "" },
  { "dry-run", type = "flag", default = false, help = "" },
  { "by", type = "choice", choices = { "patient", "given" }, help = "" },
  { "size", type = "size", help = "" },
  { "wait", type = "duration", help = "" },
  { "to", type = "s3uri", help = "" },
  { "class", type = "list", of = "integer", help = "" },
  { "file", type = "path", positional = true, help = "" },
  { "more", type = "list", of = "path", positional = true, help = "" },
}

local function parse(...) return options.parse({ ... }, specs, fail) end
local function resolve(given, sections) return options.resolve(specs, given, ".", sections or {}, fail) end

t.test("flags in their forms", function()
  t.eq(parse("--name", "x", "--count=4", "--dry-run", "--class", "1", "--class=2"),
    { name = "x", count = "4", dry_run = true, class = { "1", "2" } })
  t.eq(parse("-n", "5", "--no-dry-run"), { count = "5", dry_run = false })
  t.eq(parse("a", "b", "c"), { file = "a", more = { "b", "c" } })
  t.eq(parse("--", "--name"), { file = "--name" })
  t.eq(parse("--name=a=b"), { name = "a=b" })
  t.eq(parse("-"), { file = "-" })
  t.eq(parse("--name", "-1", "--name=", "--", ""), { name = "", file = "" })
end)

t.test("what cannot be parsed is said", function()
  t.raises("unknown option %-%-nam %(did you mean %-%-name%?%)", parse, "--nam", "x")
  t.raises("%-%-name needs a value", parse, "--name")
  t.raises("%-%-no%-dry%-run takes no value", parse, "--no-dry-run=true")
  t.raises("unexpected argument", options.parse, { "x" }, {}, fail)
end)

t.test("types", function()
  local values = resolve { count = "7", share = "0.5", dry_run = true, by = "given", size = "64MiB", wait = "2m", to = "s3://b/k/x",
    class = { "1", "2" } }
  t.eq({ values.count, values.share, values.dry_run, values.by, values.size, values.wait, values.class },
    { 7, 0.5, true, "given", 64 * 1024 * 1024, 120.0, { 1, 2 } })
  t.eq({ values.to.bucket, values.to.key, tostring(values.to) }, { "b", "k/x", "s3://b/k/x" })
  for text, bytes in pairs { ["10"] = 10, ["1.5K"] = 1500, ["2kb"] = 2000, ["1GiB"] = 1024 ^ 3 // 1 | 0 } do
    t.eq(resolve({ size = text }).size, bytes)
  end
end)

t.test("values that do not fit", function()
  for text, pattern in pairs { ["0"] = "at least 1", ["11"] = "at most 10", ["1.5"] = "whole number", x = "whole number" } do
    t.raises("%-%-count %(command line%) must be .*" .. pattern, resolve, { count = text })
  end
  t.raises("one of patient, given", resolve, { by = "age" })
  t.raises("a size such as", resolve, { size = "big" })
  t.raises("a duration such as", resolve, { wait = "5y" })
  t.raises("s3://bucket/key", resolve, { to = "bucket" })
  t.raises("must be a number", resolve, { share = "nan" })
  t.raises("must be a path", resolve, { file = "" })
  for _, list in ipairs { { a = 1 }, { 1, nil, 3 } } do t.raises("must be a list", resolve, {}, { { class = list } }) end
  t.raises("is missing", options.resolve, { { "in", type = "path", required = true, help = "what to read" } }, {}, ".", {}, fail)
end)

t.test("flag, then project.lua, then default; and from where", function()
  local values, origins = resolve({}, { { count = 5 }, { count = 6, name = "shared" } })
  t.eq({ values.count, values.name, origins.count, origins.name, origins.share }, { 5, "shared", "project.lua", "project.lua", "default" })
  values, origins = resolve({ count = "2" }, { { count = 5 } })
  t.eq({ values.count, origins.count }, { 2, "command line" })
end)

t.test("the environment stands between flag and project.lua", function()
  local status, out = t.run(([[cd %s && HILUM_OPT_COUNT=9 %s phantom --show-options]]):format(t.tmp(), t.hilum))
  t.eq(status, 0)
  t.match(out, "count%s+9%s+environment")
end)

t.test("the nearest name", function()
  t.eq(options.nearest("evalute", { "embed", "evaluate", "index" }), "evaluate")
  t.eq(options.nearest("xyzzy", { "embed", "evaluate" }), nil)
end)

local function good() return { summary = "s", options = {}, run = function() end } end

t.test("a manifest is checked strictly", function()
  manifest.check(good(), "x.lua")
  local function bad(pattern, change)
    local m = good()
    change(m)
    t.raises(pattern, manifest.check, m, "x.lua")
  end
  bad("unknown field 'sumary' %(did you mean summary%?%)", function(m) m.sumary = "" end)
  bad("field 'run' is missing", function(m) m.run = nil end)
  bad("field 'examples' must be a table", function(m) m.examples = "" end)
  bad("kebab%-case", function(m) m.options = { { "a_b", type = "flag", help = "" } } end)
  bad("unknown key 'defualt' %(did you mean default%?%)", function(m) m.options = { { "a", type = "flag", help = "", defualt = 1 } } end)
  bad("two options are called a", function(m) m.options = { { "a", type = "flag", help = "" }, { "a", type = "flag", help = "" } } end)
  bad("two options are called %-q", function(m) m.options = { { "a", type = "flag", help = "", short = "q" } } end)
  bad("needs a name", function(m) m.options = { 5 } end)
  bad("two options are called json", function(m) m.options = { { "json", type = "flag", help = "" } } end)
  bad("type is one of", function(m) m.options = { { "a", type = "int", help = "" } } end)
  bad("help is missing", function(m) m.options = { { "a", type = "flag" } } end)
  bad("required and default", function(m) m.options = { { "a", type = "integer", help = "", required = true, default = 1 } } end)
  bad("its default must be at most 2", function(m) m.options = { { "a", type = "integer", help = "", max = 2, default = 3 } } end)
  bad("choices are missing", function(m) m.options = { { "a", type = "choice", help = "" } } end)
  bad("reads names 'b'", function(m) m.reads = { "b" } end)
  t.raises("returns a table", manifest.check, 1, "x.lua")
end)

t.test("bundled workflows load without doing anything; each has two examples that it would take", function()
  local script_check, seen = require "host.script_check", 0
  for _, entry in ipairs(manifest.list(".")) do
    local m = manifest.load(entry.path)
    local examples = script_check.examples(m)
    t.ok(#examples >= 2, entry.name .. " has no two examples")
    for _, example in ipairs(examples) do t.eq(script_check.example_problem(m, example), nil, example) end
    seen = seen + 1
  end
  t.ok(seen >= 12)
end)

t.test("check-script finds no fault in the bundled workflows", function()
  for _, entry in ipairs(manifest.list(".")) do
    t.eq(require "host.script_check".problems(entry.path), {}, entry.name)
  end
end)

t.test("workflow.meta.lua says what ctx is", function()
  local ctx, documented = require "host.context".open(t.tmp(), {}), {}
  for _, entry in ipairs(require "host.reference".read("workflow")) do
    local name = entry.name:match("^hilum%.Context%.(.*)$")
    if name then
      documented[name] = true
      t.eq(type(ctx[name]), "function", name)
    end
  end
  for name, value in pairs(ctx) do
    if type(value) == "function" then t.ok(documented[name], "ctx." .. name .. " is not in scripts/workflow.meta.lua") end
  end
end)

t.test("what is wrong with an example", function()
  local m = setmetatable({ name = "w" }, { __index = good() })
  m.options = { { "n", type = "integer", max = 9, help = "" } }
  local function problem(example) return require "host.script_check".example_problem(m, example) end
  t.eq(problem("hilum w --n 5 | head  # a comment"), nil)
  t.match(problem("hilum w --m 5"), "unknown option")
  t.match(problem("hilum w --n 10"), "%-%-n must be at most 9")
  t.match(problem("hilum v"), "does not begin")
end)

t.test("new and init write files that work, and never over others", function()
  local dir = t.tmp()
  local function run(command)
    return t.run(("export XDG_DATA_HOME=%s/data && cd %s && %s"):format(dir, dir, (command:gsub("hilum", t.hilum))))
  end
  t.eq((run("hilum new my-step && hilum my-step . --names")), 0)
  t.ok(fs.stat(dir .. "/data/hilum/workflows/my-step.lua"))
  local status, _, err = run("hilum new my-step")
  t.eq(status, 1)
  t.match(err, "already there")
  t.eq((run("hilum init study && cd study && hilum new x && hilum x --help && hilum x --json")), 0)
  t.ok(fs.stat(dir .. "/study/scripts/x.lua"))
  t.eq((run("hilum new Bad/Name")), 2)
end)

t.test("a script of the project hides the bundled one", function()
  local dir = t.tmp()
  assert(fs.mkdir(dir .. "/scripts"))
  assert(fs.write(dir .. "/project.lua", "return {}"))
  assert(fs.write(dir .. "/scripts/check.lua", [[return { summary = "mine", options = {}, run = function(_, ctx) ctx.print("mine") end }]]))
  local _, out = t.run(("cd %s && %s check"):format(dir, t.hilum))
  t.eq(out, "mine\n")
end)

t.test("looking for project.lua leaves no file open", function()
  local dir = t.tmp()
  assert(fs.write(dir .. "/project.lua", "return {}"))
  local function open_files() return #fs.list("/proc/self/fd") end
  collectgarbage("stop")
  local before = open_files()
  for _ = 1, 10 do manifest.folders(dir) end
  t.eq(open_files(), before)
  collectgarbage("restart")
end)

t.test("a workflow may require what stands beside it", function()
  local dir = t.tmp()
  assert(fs.mkdir(dir .. "/scripts"))
  assert(fs.write(dir .. "/scripts/beside.lua", "return 'found'"))
  assert(fs.write(dir .. "/scripts/w.lua",
    [[local found = require "beside" return { summary = "s", options = {}, run = function(_, ctx) ctx.print(found) end }]]))
  local _, out = t.run(("cd %s && %s scripts/w.lua"):format(dir, t.hilum))
  t.eq(out, "found\n")
end)

t.test("what writes holds the project's lock, also when it is run by what does not", function()
  local dir = t.tmp()
  local format = [[return { summary = "s", options = { { "out", type = "path", default = "x", help = "h" } }, %s
    run = function(_, ctx) %s end }]]
  assert(fs.mkdir(dir .. "/scripts"))
  assert(fs.write(dir .. "/project.lua", "return {}"))
  assert(fs.write(dir .. "/scripts/inner.lua", format:format("writes = { 'out' },", "ctx.print('%s', (ctx.project:lock()))")))
  assert(fs.write(dir .. "/scripts/outer.lua",
    format:format("", "ctx.run('inner') ctx.run('inner') ctx.print('%s', ctx.project:lock() ~= nil)")))
  local status, out = t.run(("cd %s && %s outer"):format(dir, t.hilum))
  t.eq({ status, out }, { 0, "nil\nnil\ntrue\n" })
end)

t.test("what stands outside of a section of project.lua is told", function()
  local dir = t.tmp()
  assert(fs.write(dir .. "/project.lua", 'return { images = "xrays" }'))
  local status, _, err = t.run(("cd '%s' && '%s' phantom --count 1"):format(dir, t.hilum))
  t.eq(status, 1)
  t.match(err, "'images' stands outside of a section; .* defaults = { images = … }")
end)

t.test("a section of project.lua that is no table", function()
  local dir = t.tmp()
  assert(fs.write(dir .. "/project.lua", "return { phantom = 5 }"))
  local status, _, err = t.run(("%s --project %s phantom"):format(t.hilum, dir))
  t.eq(status, 1)
  t.match(err, "project%.lua: phantom must be a table\n$")
end)

t.test("errors: a table is one line, a string comes with its traceback", function()
  local dir = t.tmp()
  local function run(body)
    assert(fs.write(dir .. "/w.lua", ("return { summary = 's', options = {}, run = function(opt, ctx) %s end }"):format(body)))
    return t.run(("cd %s && %s w.lua"):format(dir, t.hilum))
  end
  local status, _, err = run [[ctx.fail("no %s", "luck")]]
  t.eq({ status, err }, { 1, "hilum: no luck\n" })
  status, _, err = run [[ctx.usage("not so")]]
  t.eq({ status, err }, { 2, "hilum: not so\n" })
  status, _, err = run [[local x = nil; x()]]
  t.eq(status, 1)
  t.match(err, "attempt to call.*traceback")
  status, _, err = run [[return opt.undeclared]]
  t.eq(status, 1)
  t.match(err, "no option 'undeclared' is declared")
  t.eq((run [[return { exit = 1 }]]), 1)
end)

t.test("--verbose says where an error came from", function()
  local dir = t.tmp()
  assert(fs.write(dir .. "/w.lua", "return { summary = 's', options = {}, run = function(_, ctx) ctx.fail('no') end }"))
  local status, _, err = t.run(("%s %s/w.lua --verbose"):format(t.hilum, dir))
  t.eq(status, 1)
  t.match(err, "traceback.*w%.lua.*hilum: no")
end)

t.test("an option that project.lua misspells is told", function()
  local dir = t.tmp()
  assert(fs.write(dir .. "/project.lua", "return { split = { valfraction = 0.2 } }"))
  local status, _, err = t.run(("cd %s && %s split"):format(dir, t.hilum))
  t.eq({ status, err }, { 1, "hilum: project.lua: split has no option 'valfraction' (did you mean val_fraction?)\n" })
end)

local terminal = require "terminal"
local MAN = "on a terminal `hilum man` is shown by man(1), else, and in a pipe, printed as roff"
if not terminal.exists then return t.skip(MAN, "tmux is not installed") end

t.test(MAN, function()
  local dir = t.tmp()
  assert(fs.mkdir(dir .. "/bin"))
  assert(fs.write(dir .. "/bin/man", '#!/bin/sh\necho "man $*: $(grep -c "^[.]SH")"\nexit $REFUSES\n'))
  assert(os.execute(("chmod +x '%s/bin/man'"):format(dir)))
  local function on_terminal(refuses)
    return terminal.open(t.tmp(), ("sh -c \"'%s' man; sleep 60\""):format(fs.real(t.hilum)),
      { environment = ("PATH='%s/bin':\"$PATH\" REFUSES=%d"):format(dir, refuses) })
  end
  local shown <close> = on_terminal(0)
  shown:see "^man %-l %-: [1-9]"
  local printed <close> = on_terminal(1)
  printed:see "for the functions of Lua modules"
  local status, out = t.run(("PATH='%s/bin':\"$PATH\" '%s' man"):format(dir, t.hilum))
  t.eq({ status, out:sub(1, 9) }, { 0, ".TH HILUM" })
end)
