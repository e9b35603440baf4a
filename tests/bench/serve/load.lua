-- SPDX-License-Identifier: MIT
-- The query page under load: hilum tests/bench/serve/load.lua DEMO (what `hilum demo` made). Serves an index of --rows images, of which
-- the demo's are the first and the others random, to --clients at once, each on one connection that it keeps: a question (words, an image
-- of the index, an image that is sent; some filtered), then the small pictures of some of the demo's images. Counts errors, and prints
-- latencies as the clients see them.
package.path = "tests/support/?.lua;" .. package.path
local fs = require "hilum.fs"
local http_client = require "http_client"
local json = require "hilum.json"
local net = require "hilum.net"
local task = require "hilum.task"
local vec = require "hilum.vec"

local PICTURES = 6 -- after each question

-- The index.

local function random_docs(known, rows)
  local docs = table.move(known, 1, #known, 1, {})
  for row = #known + 1, rows do
    local like = known[row % #known + 1]
    docs[row] = { image = ("%08d_%03d.png"):format(row // 4, row % 4), findings = like.findings, patient = tostring(row // 4),
      split = like.split, view = row % 3 == 0 and "AP" or "PA", sex = row % 2 == 0 and "F" or "M", age = 20 + row % 60 }
  end
  return docs
end

local function make_index(demo, folder, rows)
  local set = assert(require "lib.embeddings".open(fs.join(demo, "embeddings"), "tuned"))
  local vectors = vec.gauss(1, rows, set.info.length)
  vec.normalize(vectors)
  vectors:put(1, set.vectors:slice(1, set.vectors:rows()))
  local docs = random_docs(set.docs, rows)
  assert(require "lib.index".create(fs.join(folder, "index/tuned"), set.info, docs, vectors))
  return set.docs
end

-- The server, as a process of its own.

local function start(demo, folder, images)
  local errors = fs.join(folder, "errors")
  local server = net.spawn({ fs.real("/proc/self/exe"), "serve", "--project", demo, "--index", fs.join(folder, "index"), "--images", images,
    "--port", "0" }, { errors = errors })
  while true do
    local port = (fs.read(errors) or ""):match(":(%d+)\n")
    if port then return server, math.tointeger(tonumber(port)), errors end
    task.sleep(0.02)
  end
end

-- Seconds of processor time so far.
local function work_of(pid)
  local user, system = fs.read(("/proc/%d/stat"):format(pid)):match("^.*%) %S" .. (" %S+"):rep(10) .. " (%d+) (%d+)")
  return (user + system) / 100
end

local function memory_of(pid) return tonumber(fs.read(("/proc/%d/status"):format(pid)):match("VmRSS:%s*(%d+)")) / 1024 end

-- The clients.

local function questions(known, picture, token)
  local list = {}
  for i, text in ipairs { "Effusion", "Edema", "Cardiomegaly", "Mass", "Atelectasis Effusion" } do
    list[#list + 1] = { kind = "words", target = "/api/query?text=" .. text:gsub(" ", "%%20") }
    list[#list + 1] = { kind = "filtered", target = ("/api/query?text=%s&view=PA&sex=F"):format(text:match("%a+")) }
    list[#list + 1] = { kind = "like", target = "/api/query?like=" .. known[i * 7].image }
    list[#list + 1] = { kind = "both", target = ("/api/query?like=%s&text=Effusion&weight=0.5"):format(known[i * 11].image) }
  end
  list[#list + 1] = { kind = "sent", method = "POST", target = "/api/query", body = picture, headers = { ["X-Hilum-Token"] = token } }
  return list
end

local function is_good(kind, answer)
  if not answer or answer.status ~= 200 then return false end
  if kind == "picture" then return answer.body:find("^\xFF\xD8") ~= nil end
  local decoded = json.decode(answer.body)
  return decoded and #decoded.queries[1].results == 24
end

-- measured: seconds by kind; and errors.
local function ask(client, request, measured)
  local began = task.now()
  local answer = client:ask(request)
  local seconds = task.now() - began
  if not is_good(request.kind, answer) then
    measured.errors = measured.errors + 1
    local got = answer and answer.status .. " " .. answer.body or "no answer"
    measured.first_error = measured.first_error or ("%s: %s"):format(request.target, got)
  end
  measured[request.kind] = measured[request.kind] or {}
  table.insert(measured[request.kind], seconds)
end

local function behave(port, number, rounds, list, known, measured)
  local client <close> = http_client.connect(port)
  for round = 1, rounds do
    ask(client, list[(number * 8 + round) % #list + 1], measured)
    for i = 1, PICTURES do
      local image = known[(number * 13 + round * PICTURES + i) % #known + 1].image
      ask(client, { kind = "picture", target = "/thumbnails/" .. image }, measured)
    end
  end
end

local function report(measured, seconds, ctx)
  local rows, count = {}, 0
  for kind, times in pairs(measured) do
    if type(times) == "table" then
      table.sort(times)
      count = count + #times
      local function at(share) return ("%.0f"):format(1000 * times[math.max(1, math.ceil(#times * share))]) end
      rows[#rows + 1] = { kind = kind, requests = #times, ["p50 ms"] = at(0.5), ["p95 ms"] = at(0.95), ["p99 ms"] = at(0.99),
        ["max ms"] = at(1) }
    end
  end
  table.sort(rows, function(a, b) return a.kind < b.kind end)
  ctx.print("%s", require "hilum.term".table(rows, { "kind", "requests", "p50 ms", "p95 ms", "p99 ms", "max ms" }))
  ctx.print("%d requests in %.1f s, %.0f a second, %d errors%s", count, seconds, count / seconds, measured.errors,
    measured.first_error and ": " .. measured.first_error or "")
end

local function run(opt, ctx)
  local folder = assert(fs.temp())
  local config = dofile(fs.join(opt.demo, "project.lua"))
  local images = config.defaults.images or "images"
  if not images:find("^/") then images = fs.join(opt.demo, images) end
  local known = make_index(opt.demo, folder, opt.rows)
  local server, port, errors = start(fs.real(opt.demo), folder, fs.real(images))
  local token = assert(http_client.ask(port, {})).body:match('hilum%-token" content="(%x+)"')
  local list = questions(known, assert(fs.read(fs.join(images, known[1].image))), token)
  local measured, numbers = { errors = 0 }, {}
  for i = 1, opt.clients do numbers[i] = i end
  local began, before = task.now(), work_of(server:pid())
  task.map(numbers, { at_once = opt.clients }, function(number) behave(port, number, opt.rounds, list, known, measured) end)
  report(measured, task.now() - began, ctx)
  ctx.print("the server: %.1f s of processor time, %.0f MB; its stderr: %s", work_of(server:pid()) - before, memory_of(server:pid()),
    (assert(fs.read(errors)):gsub("\n", " | ")))
  server:kill(2)
  local status = server:wait()
  ctx.print("Ctrl-C: exit status %d", status)
  assert(fs.remove_tree(folder))
  return { errors = measured.errors, exit = measured.errors > 0 and 1 or 0 }
end

return {
  summary = "The query page under load",
  options = {
    { "demo", type = "path", positional = true, required = true, must_exist = true, is = "dir", help = "a folder that `hilum demo` made" },
    { "rows", type = "integer", min = 1000, default = 112120, help = "images in the index" },
    { "clients", type = "integer", min = 1, default = 200, help = "at once" },
    { "rounds", type = "integer", min = 1, default = 5, help = "questions of each client" },
  },
  run = run,
}
