-- SPDX-License-Identifier: MIT
-- The test runner: `hilum lua/t.lua FILE…`. Test files call t.test(name, f). After each test everything is collected, and a
-- test that leaves a task behind fails. Output is TAP.
local fs = require "hilum.fs"
local task = require "hilum.task"

local t = { count = 0, failures = 0, checks = 0 }
package.loaded.t = t

t.hilum = os.getenv("HILUM") or "hilum"
t.root = debug.getinfo(1, "S").source:match("^@(.*)/lua/t%.lua$") or "."

local temporaries = {}

-- A fresh folder, removed after the test.
function t.tmp()
  local dir = assert(fs.temp(os.getenv("TMPDIR") or "/tmp"))
  temporaries[#temporaries + 1] = dir
  return dir
end

local function show(value)
  if type(value) == "string" then return ("%q"):format(value) end
  if type(value) ~= "table" or getmetatable(value) then return tostring(value) end
  local parts = {}
  for k, v in pairs(value) do parts[#parts + 1] = ("[%s]=%s"):format(show(k), show(v)) end
  table.sort(parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b and math.type(a) == math.type(b) end
  for k, v in pairs(a) do if not same(v, b[k]) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end

local function check(condition, message)
  t.checks = t.checks + 1
  if not condition then error(message, 3) end
end

function t.eq(got, wanted, what)
  check(same(got, wanted), ("%sgot %s, not %s"):format(what and what .. ": " or "", show(got), show(wanted)))
end

function t.ok(value, what) check(value, what or "not true: " .. show(value)) end
function t.near(got, wanted, tolerance)
  check(type(got) == "number" and math.abs(got - wanted) <= tolerance,
    ("got %s, not within %g of %s"):format(show(got), tolerance, show(wanted)))
end
function t.match(text, pattern) check(tostring(text):find(pattern), ("%s does not match %q"):format(show(tostring(text)), pattern)) end

-- f must raise an error whose text matches the pattern.
function t.raises(pattern, f, ...)
  local ok, err = pcall(f, ...)
  check(not ok, "no error was raised")
  check(tostring(err):find(pattern), ("the error %s does not match %q"):format(show(tostring(err)), pattern))
end

-- The results of a failing call: nil and an error of that kind whose text matches.
function t.fails(kind, pattern, value, err)
  check(value == nil and type(err) == "table", "nil and an error were expected, got " .. show(value))
  check(err.kind == kind, ("kind is %s, not %s: %s"):format(show(err.kind), show(kind), tostring(err)))
  check(tostring(err):find(pattern), ("%s does not match %q"):format(show(tostring(err)), pattern))
end

-- Runs a shell command: its exit status, stdout and stderr.
function t.run(command)
  local out, err = os.tmpname(), os.tmpname()
  local _, _, status = os.execute(("( %s ) >%s 2>%s"):format(command, out, err))
  local function take(path)
    local file = assert(io.open(path))
    local text = file:read("a")
    file:close()
    os.remove(path)
    return text
  end
  return status, take(out), take(err)
end

function t.skip(name, why)
  t.count = t.count + 1
  print(("ok %d - %s # SKIP %s"):format(t.count, name, why))
end

function t.test(name, f)
  t.count = t.count + 1
  local ok, err = xpcall(f, debug.traceback)
  collectgarbage()
  collectgarbage()
  for i = #temporaries, 1, -1 do fs.remove_tree(table.remove(temporaries, i)) end
  if ok then
    print(("ok %d - %s"):format(t.count, name))
  else
    t.failures = t.failures + 1
    print(("not ok %d - %s\n# %s"):format(t.count, name, tostring(err):gsub("\n", "\n# ")))
  end
end

return {
  summary = "Run test files",
  options = { { "files", type = "list", of = "path", positional = true, required = true, help = "files that call t.test" } },
  run = function(opt)
    assert(task.jobs() >= 1)
    for _, path in ipairs(opt.files) do
      package.path = ("%s/?.lua;%s"):format(path:match("^(.*)/[^/]*$") or ".", package.path)
      assert(loadfile(path))()
    end
    print(("1..%d\n%d passed, %d failed"):format(t.count, t.count - t.failures, t.failures))
    return { exit = (t.failures > 0 or t.count == 0) and 1 or 0 }
  end,
}
