-- SPDX-License-Identifier: MIT
-- How fast fetch takes an archive apart: read alone, then with each check, then sent to a server that throws everything away
-- (tests/servers/nginx.sh). Each is a process of its own, so that times and memory are its own; medians, in turn.
--   hilum tests/bench/transfer/fetch.lua ARCHIVE --url http://127.0.0.1:PORT
local archive = require "hilum.archive"
local task = require "hilum.task"

-- A store, as far as fetch writes to one.
local function sink(url)
  local http = url and require "hilum.http"
  return { write = function(_, name, data)
    if not url then return true end
    local response, err = http.request { url = url .. "/null/" .. name, method = "PUT", body = data }
    return response and response.status == 200, err
  end }
end

local quiet = { add = function() end, fail = function() end }

local function fetch(opt)
  local part = require "lib.fetch.part".new({ name = opt.archive, place = opt.archive, md5 = opt.md5 }, sink(opt.url),
    { there = {}, depth = opt.check, flat = true, max_member = 32 << 20, at_once = opt.at_once, progress = quiet })
  part:run()
  assert(not part.err and #part.failed == 0, part.err or part.failed[1])
  return part.stored
end

local function read(opt)
  local count = 0
  for member in assert(archive.open(opt.archive)) do count = count + (member.data and 1 or 0) end
  return count
end

local function peak_memory()
  for line in io.lines("/proc/self/status") do
    local kilobytes = line:match("^VmHWM:%s+(%d+)")
    if kilobytes then return kilobytes / 1024 end
  end
end

local function run_once(opt)
  local began, cpu = task.now(), os.clock()
  local count = opt.read and read(opt) or fetch(opt)
  print(("%d %.4f %.4f %.1f"):format(count, task.now() - began, os.clock() - cpu, peak_memory()))
  return {}
end

local function measure(opt, arguments)
  local times = {}
  local words = { require "hilum.fs".real("/proc/self/exe"), opt.script, opt.archive, "--once", "--at-once", tostring(opt.at_once) }
  table.move(arguments, 1, #arguments, #words + 1, words)
  for i = 1, opt.rounds do
    local output = assert(task.command(words)).output
    local count, wall, cpu, memory = output:match("(%d+) (%S+) (%S+) (%S+)")
    times[i] = { count = tonumber(count), wall = tonumber(wall), cpu = tonumber(cpu), memory = tonumber(memory) }
  end
  table.sort(times, function(a, b) return a.wall < b.wall end)
  local best, middle = times[1], times[(#times + 1) // 2]
  print(("%-40s %5.0f objects/s (best %5.0f), %.2f s of processor time, %.0f MB"):format(table.concat(arguments, " "),
    middle.count / middle.wall, best.count / best.wall, middle.cpu, middle.memory))
end

return {
  summary = "Take an archive apart and throw it away",
  options = {
    { "archive", type = "path", positional = true, required = true, help = "a tar.gz of images" },
    { "url", type = "string", help = "the server, http://HOST:PORT" },
    { "md5", type = "string", help = "verify the MD5 as well" },
    { "check", type = "choice", choices = { "full", "container" }, default = "full", help = "depth of the check" },
    { "at-once", type = "integer", default = 16, min = 1, help = "images at a time" },
    { "rounds", type = "integer", default = 5, min = 1, help = "the median of them counts" },
    { "once", type = "flag", default = false, help = "one run, told in numbers" },
    { "read", type = "flag", default = false, help = "read alone" },
  },
  run = function(opt)
    if opt.once then return run_once(opt) end
    opt.script = debug.getinfo(1, "S").source:match("^@(.*)")
    measure(opt, { "--read" })
    for _, depth in ipairs { "container", "full" } do measure(opt, { "--check", depth }) end
    for _, depth in ipairs(opt.url and { "container", "full" } or {}) do measure(opt, { "--check", depth, "--url", opt.url }) end
    return {}
  end,
}
