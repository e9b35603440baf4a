-- SPDX-License-Identifier: MIT
-- task.command: programs, what they print, how they end.
local t = require "t"
local fs = require "hilum.fs"
local task = require "hilum.task"

local function sh(script, options) return task.command({ "sh", "-c", script }, options) end

t.test("a program's output and exit status", function()
  t.eq(task.command { "printf", "%s|", "a b", "", "$HOME", "'" }, { status = 0, output = "a b||$HOME|'|" })
  t.eq(sh "echo out; exit 3", { status = 3, output = "out\n" })
  t.eq(sh "kill -TERM $$", { status = 128 + 15, output = "" })
  t.eq(sh "cat", { status = 0, output = "" }, "its stdin is empty")
end)

t.test("all of a long output arrives", function()
  local result = assert(sh("head -c 300000 /dev/zero", { limit = 300000 }))
  t.eq(#result.output, 300000)
end)

t.test("a program that prints too much is stopped", function()
  t.fails("integrity", "sh printed more", sh("yes", { limit = 1000 }))
end)

t.test("a program that takes too long is stopped, with what it started", function()
  local folder = t.tmp()
  t.fails("timeout", "sh did not end in time", sh(("sleep 60 & echo $! >%s/pid; wait"):format(folder), { timeout = 0.2 }))
  local status_file = ("/proc/%s/status"):format(fs.read(folder .. "/pid"):match("%d+"))
  local function is_alive()
    local status = fs.stat(status_file) and fs.read(status_file)
    return status and not status:find("State:%s+Z")
  end
  local deadline = task.now() + 10
  while is_alive() and task.now() < deadline do task.sleep(0.01) end
  t.ok(not is_alive(), "the child of the program is still there")
end)

t.test("what it leaves running does not hold us up", function()
  local began = task.now()
  t.eq(sh "echo now; sleep 30 & exit 0", { status = 0, output = "now\n" })
  t.ok(task.now() - began < 20)
end)

t.test("a program that is attached has our stdin and stdout", function()
  local script = [[local options = { attached = true, timeout = math.huge }
    local r = assert(hilum.task.command({ "sh", "-c", "cat; echo err >&2; exit 4" }, options))
    print("status " .. r.status .. " output " .. #r.output)]]
  local status, out, err = t.run(("echo in | %s -e '%s'"):format(t.hilum, script))
  t.eq({ status, out, err }, { 0, "in\nstatus 4 output 0\n", "err\n" })
end)

t.test("a program that is not there", function()
  t.fails("io", "no%-such%-program: No such file", task.command { "no-such-program" })
end)

t.test("many at once, one of them cancelled", function()
  local slow = task.spawn(sh, "sleep 60")
  local results = task.map({ 1, 2, 3, 4, 5, 6 }, { at_once = 6 }, function(n) return sh("echo " .. n).output end)
  t.eq(results, { "1\n", "2\n", "3\n", "4\n", "5\n", "6\n" })
  slow:cancel()
  local done, err = slow:join()
  t.fails("cancelled", "", done, err)
end)

t.test("misuse raises", function()
  t.raises("the program and its arguments expected", task.command, {})
  t.raises("without zero bytes", task.command, { "a\0b" })
  t.raises("must be strings", task.command, { "echo", {} })
  t.raises("unknown option 'shell'", task.command, { "echo" }, { shell = true })
  t.raises("must be positive", task.command, { "echo" }, { timeout = 0 })
end)
