-- SPDX-License-Identifier: MIT
-- The event loop and tasks, with every place where waiting is awkward.
local t = require "t"
local task = require "hilum.task"
local probe = require "hilum.probe"

-- A wait that completes on the loop, and one that completes on a worker.
local function nap() task.sleep(0.002) return "rested" end
local function work() return (probe.work(1, 0.002)) end

local function in_task(f, ...)
  return task.spawn(f, ...):join()
end

-- Runs f in the main chunk, in a task, and in a coroutine of each.
local function everywhere(name, f)
  t.test(name .. ", main chunk", f)
  t.test(name .. ", task", function() t.ok(in_task(function() f() return true end)) end)
  t.test(name .. ", coroutine", function() coroutine.wrap(f)() end)
  t.test(name .. ", coroutine in a task", function() t.ok(in_task(function() coroutine.wrap(f)() return true end)) end)
end

everywhere("waiting returns the results", function()
  t.eq(nap(), "rested")
  local begun, sum = probe.work(3, 0.001, "abc")
  t.eq({ begun, sum }, { 3, 97 + 98 + 99 })
end)

everywhere("waiting inside pcall", function()
  t.eq({ pcall(nap) }, { true, "rested" })
  t.eq({ xpcall(work, debug.traceback) }, { true, 1 })
  local ok, err = pcall(function() nap() error("after", 0) end)
  t.eq({ ok, err }, { false, "after" })
end)

everywhere("waiting inside a sort comparator", function()
  local list = { 3, 1, 2 }
  table.sort(list, function(a, b) work() return a < b end)
  t.eq(list, { 1, 2, 3 })
end)

everywhere("waiting inside gsub", function()
  t.eq((("a-b"):gsub("%a", function(c) nap() return c:upper() end)), "A-B")
end)

everywhere("waiting inside __tostring, __index, __concat, __lt, __call, __close", function()
  local closed = false
  local mt = { __tostring = function() nap() return "text" end, __index = function() nap() return 7 end,
    __concat = function() nap() return "joined" end, __lt = function() nap() return true end,
    __call = function() return work() end, __close = function() nap() closed = true end }
  local a, b = setmetatable({}, mt), setmetatable({}, mt)
  t.eq(tostring(a), "text")
  t.eq(a.x, 7)
  t.eq(a .. b, "joined")
  t.ok(a < b)
  t.eq(a(), 1)
  do local _ <close> = a end
  t.ok(closed)
end)

everywhere("waiting inside require", function()
  package.preload.slow_module = function() nap() return { ready = true } end
  package.loaded.slow_module = nil
  t.ok(require("slow_module").ready)
end)

everywhere("waiting inside load, table.concat by __index, iterators", function()
  local pieces, i = { "return ", "42" }, 0
  t.eq(load(function() nap() i = i + 1 return pieces[i] end)(), 42)
  t.eq(table.concat(setmetatable({}, { __index = function(_, k) nap() return tostring(k) end, __len = function() return 3 end })), "123")
  local sum = 0
  for x in function(_, last) nap() last = (last or 0) + 1 return last <= 3 and last or nil end do sum = sum + x end
  t.eq(sum, 6)
end)

t.test("a generator that waits between its yields", function()
  local function numbers()
    return coroutine.wrap(function() for x = 1, 3 do nap() coroutine.yield(x) work() end end)
  end
  local function collect()
    local list = {}
    for x in numbers() do list[#list + 1] = x end
    return list
  end
  t.eq(collect(), { 1, 2, 3 })
  t.eq(in_task(collect), { 1, 2, 3 })
end)

t.test("tasks overlap their waits, the main chunk lets them run", function()
  local began, ended = task.now(), 0
  for _ = 1, 20 do task.spawn(function() task.sleep(0.05) ended = ended + 1 end) end
  task.sleep(0.06)
  t.eq(ended, 20)
  t.ok(task.now() - began < 0.5)
end)

t.test("10,000 tasks", function()
  local tasks, sum = {}, 0
  for i = 1, 10000 do tasks[i] = task.spawn(function() task.sleep(0.001) sum = sum + i return i end) end
  for i, each in ipairs(tasks) do t.eq(each:join(), i) end
  t.eq(sum, 50005000)
end)

t.test("join gives results, or nil and the error", function()
  t.eq({ in_task(function(...) return select("#", ...), ... end, 1, nil, "x") }, { 3, 1, nil, "x" })
  local ok, err = in_task(function() error({ kind = "io" }) end)
  t.eq({ ok, err.kind }, { nil, "io" })
  ok, err = in_task(function() error("bug") end)
  t.eq(ok, nil)
  t.match(err, "bug.*stack traceback")
end)

t.test("join gives as many results as there are", function()
  local many = task.spawn(function() return table.unpack({}, 1, 5000) end)
  for _ = 1, 2 do t.eq(select("#", many:join()), 5000) end
end)

t.test("join from several tasks, twice, and of oneself", function()
  local slow = task.spawn(function() task.sleep(0.01) return "done" end)
  local others = { task.spawn(function() return slow:join() end), task.spawn(function() return slow:join() end) }
  for _, other in ipairs(others) do t.eq(other:join(), "done") end
  t.eq(slow:join(), "done")
  local self
  self = task.spawn(function() task.sleep(0) self:join() end)
  local _, err = self:join()
  t.match(err, "cannot join itself")
end)

t.test("tasks cannot join in a circle", function()
  local ring, refused = {}, 0
  for i = 1, 3 do
    ring[i] = task.spawn(function()
      local ok, message = pcall(ring[i % 3 + 1].join, ring[i % 3 + 1])
      if not ok then
        t.match(message, "nor one that waits for it")
        refused = refused + 1
      end
    end)
  end
  for i = 1, 3 do ring[i]:join() end
  t.eq(refused, 1)
end)

t.test("a join that could never end raises", function()
  local other = task.spawn(task.sleep, 0.01)
  local ok, err = in_task(function() table.sort({ 2, 1 }, function(a, b) other:join() return a < b end) end)
  t.eq(ok, nil)
  t.match(err, "cannot wait for a task here")
  other:join()
end)

t.test("coroutine.yield in a task lets the others run", function()
  local trace = {}
  local function step(name) for i = 1, 2 do trace[#trace + 1] = name .. i coroutine.yield() end end
  local a, b = task.spawn(step, "a"), task.spawn(step, "b")
  a:join() b:join()
  t.eq(trace, { "a1", "b1", "a2", "b2" })
end)

t.test("cancel raises where the task waits, and its <close> variables may wait", function()
  local cleaned
  local sleeper = task.spawn(function()
    local _ <close> = setmetatable({}, { __close = function() nap() cleaned = work() end })
    task.sleep(60)
  end)
  task.sleep(0)
  sleeper:cancel()
  local ok, err = sleeper:join()
  t.eq({ ok, err.kind }, { nil, "cancelled" })
  t.eq(cleaned, 1)
  t.ok(sleeper:done())
end)

t.test("a task that goes on after its cancellation is stopped once more, also where it cannot yield", function()
  local kinds = {}
  local function wait_on(place)
    for i = 1, 2 do
      local _, err = pcall(task.sleep, 60)
      kinds[place .. i] = err.kind
    end
  end
  local yielding = task.spawn(wait_on, "yielding")
  local blocking
  blocking = task.spawn(function()
    blocking:cancel()
    coroutine.wrap(wait_on)("blocking")
  end)
  task.spawn(function() yielding:cancel() end)
  yielding:join() blocking:join()
  t.eq(kinds, { yielding1 = "cancelled", yielding2 = "cancelled", blocking1 = "cancelled", blocking2 = "cancelled" })
end)

t.test("only the loop resumes a task", function()
  for _, wait in ipairs { nap, work } do
    local thread
    local waiting = task.spawn(function() thread = coroutine.running() wait() end)
    task.sleep(0)
    local _, message = coroutine.resume(thread)
    t.match(message, "only the loop resumes")
    t.eq((waiting:join()), nil)
  end
end)

t.test("waiting in a finalizer raises", function()
  local ok, message
  setmetatable({}, { __gc = function() ok, message = pcall(task.sleep, 0) end })
  collectgarbage()
  t.eq(ok, false)
  t.match(message, "task.sleep: not in a finalizer")
end)

t.test("cancel before the start, after the end, twice", function()
  local ran = false
  local never = task.spawn(function() ran = true end)
  never:cancel() never:cancel()
  local _, err = never:join()
  t.eq(err.kind, "cancelled")
  t.ok(not ran)
  local quick = task.spawn(function() return 1 end)
  t.eq(quick:join(), 1)
  quick:cancel()
  t.eq(quick:join(), 1)
end)

t.test("cancel of work: nothing more is begun, what runs ends, its memory stays", function()
  for _ = 1, 20 do
    local busy = task.spawn(function() return probe.work(50, 0.001, ("x"):rep(1000)) end)
    task.sleep(0.002)
    busy:cancel()
    local _, err = busy:join()
    t.eq(err.kind, "cancelled")
    busy = nil -- luacheck: ignore 311
    collectgarbage()
  end
  t.eq((probe.work(2, 0)), 2)
end)

t.test("work with no items, with many", function()
  t.eq((probe.work(0, 1)), 0)
  t.eq((probe.work(1000, 0)), 1000)
end)

t.test("map keeps the order, bounds what runs at once, hands errors on", function()
  local running, most = 0, 0
  local results = task.map({ 3, 1, 2 }, { at_once = 2 }, function(x, i)
    running = running + 1
    most = math.max(most, running)
    task.sleep(x / 1000)
    running = running - 1
    return x * 10 + i
  end)
  t.eq(results, { 31, 12, 23 })
  t.eq(most, 2)
  local values, errors = task.map({ 1, 2 }, function(x) if x == 2 then return nil, "no" end return x end)
  t.eq({ values, errors }, { { 1 }, { [2] = "no" } })
  t.eq(select("#", task.map({}, print)), 2)
  t.raises("unknown option 'at_onec'", task.map, {}, { at_onec = 1 }, print)
  for _, at_once in ipairs { 0, 1.5, "2" } do t.raises("at_once must be", task.map, { 1 }, { at_once = at_once }, print) end
end)

t.test("an error in map cancels the rest", function()
  local reached = 0
  t.raises("stop", task.map, { 1, 2, 3, 4, 5, 6 }, { at_once = 2 }, function(x)
    if x == 1 then error("stop", 0) end
    task.sleep(0.02)
    reached = reached + 1
  end)
  task.sleep(0.05)
  t.ok(reached <= 1)
end)

t.test("misuse raises", function()
  t.raises("function expected", task.spawn, 1)
  t.raises("must not be negative", task.sleep, -1)
  t.raises("jobs must be", task.jobs, 0)
  t.raises("metatable", setmetatable, task.spawn(function() end), {})
end)

-- The process: how it ends.

local function hilum(code) return t.run(("%s -e '%s'"):format(t.hilum, code)) end

t.test("tasks left at the end are waited for", function()
  local status, out = hilum [[task.spawn(function() task.sleep(0.02) print("late") end)]]
  t.eq({ status, out }, { 0, "late\n" })
end)

t.test("a failing task that nobody joins is reported and makes the exit status 1", function()
  local status, _, err = hilum [[task.spawn(function() error("lost") end)]]
  t.eq(status, 1)
  t.match(err, "a task failed: .*lost.*traceback")
  status, _, err = hilum [[local x = task.spawn(function() error("seen") end) x:join()]]
  t.eq({ status, err }, { 0, "" })
end)

t.test("an error that cannot say what it is", function()
  local raise = [[local e = setmetatable({}, {}) getmetatable(e).__tostring = function() error(e) end ]]
  for _, code in ipairs { raise .. "error(e)", raise .. "task.spawn(error, e)" } do
    local status, _, err = hilum(code)
    t.eq(status, 1)
    t.match(err, "cannot say what it is")
  end
end)

t.test("os.exit while workers read what Lua holds", function()
  t.eq((hilum [[
    local probe = require "hilum.probe"
    task.spawn(function() probe.work(4, 0.05, ("x"):rep(1 << 20)) end)
    task.sleep(0.01)
    os.exit(3, true)]]), 3)
end)

t.test("an error in the main chunk ends the tasks, with their clean-up", function()
  local status, out, err = hilum [[
    task.spawn(function()
      local _ <close> = setmetatable({}, { __close = function() task.sleep(0.01) print("cleaned") end })
      task.sleep(60)
    end)
    task.sleep(0.01)
    error("main", 0)]]
  t.eq({ status, out }, { 1, "cleaned\n" })
  t.match(err, "main")
end)

local function interrupted(code)
  local began = task.now()
  local status, out, err = t.run(("timeout -k 5 -s INT 0.3 %s -e '%s'"):format(t.hilum, code))
  t.ok(task.now() - began < 4, "took too long")
  return status, out, err
end

-- timeout(1) gives 124 when it had to send its signal; --preserve-status passes ours on.
local function interrupt_status(code)
  return t.run(("timeout --preserve-status -k 5 -s INT 0.3 %s -e '%s'"):format(t.hilum, code))
end

local function check_interrupts(codes)
  for _, code in ipairs(codes) do
    local status, _, err = interrupt_status(code)
    t.eq(status, 130, code)
    t.ok(not err:find("traceback"), err)
  end
end

t.test("Ctrl-C while waiting, in a task, in work", function()
  check_interrupts { "task.sleep(60)", "task.spawn(task.sleep, 60):join()", "task.spawn(function() pcall(task.sleep, 60) end):join()",
    "require([[hilum.probe]]).work(10000, 0.01)", "task.spawn(task.sleep, 60)",
    "task.spawn(function() coroutine.wrap(function() task.sleep(60) end)() end) task.sleep(60)",
    "table.sort({2, 1}, function(a, b) task.sleep(60) return a < b end)" }
end)

t.test("Ctrl-C is raised once", function()
  local _, out = interrupted [[coroutine.wrap(function() pcall(task.sleep, 60) end)() print("went on")]]
  t.eq(out, "went on\n")
end)

t.test("Ctrl-C when all is over but a finalizer", function()
  t.eq((interrupt_status "setmetatable({}, { __gc = function() while true do end end })"), 130)
end)

t.test("Ctrl-C runs <close> variables, which may still wait", function()
  local _, out = interrupted [[
    local _ <close> = setmetatable({}, { __close = function() task.sleep(0.01) print("cleaned") end })
    task.sleep(60)]]
  t.eq(out, "cleaned\n")
end)

-- The thread sanitizer holds signals back until the program calls into the system, which busy Lua never does.
local test_busy = os.getenv("HILUM_SANITIZE") == "thread" and function(name) t.skip(name, "thread sanitizer") end or t.test

test_busy("Ctrl-C in busy Lua", function()
  check_interrupts { "while true do end", "task.spawn(function() while true do end end) task.sleep(60)" }
end)

test_busy("a second Ctrl-C ends a script that swallows the first", function()
  local script = "while true do pcall(function() while true do end end) end"
  local status = t.run(([[timeout -k 5 5 %s -e '%s' & p=$!; sleep 0.2; pkill -INT -P $p; sleep 0.2; pkill -INT -P $p; wait $p]])
    :format(t.hilum, script))
  t.eq(status, 130)
end)
