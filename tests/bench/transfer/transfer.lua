-- SPDX-License-Identifier: MIT
-- hilum's workflows beside rclone and aws-cli, whole processes in turn: a thousand files to Ceph and back, one large object, and what
-- hilum alone sends to a server that throws everything away (nginx).
--   build/bin/hilum tests/bench/transfer/transfer.lua IMAGES
-- Each run against Ceph has a Ceph of its own. Payload modes: rclone never signs payloads, aws-cli signs them over http only.
local tests = debug.getinfo(1, "S").source:match("^@(.*)bench/transfer/transfer%.lua$") .. "./"
local fs = require "hilum.fs"
local HILUM = fs.real("/proc/self/exe")
package.path = ("%slua/?.lua;%sbench/?.lua;%s"):format(tests, tests, package.path)
package.cpath = ("%s/tests/?.so;%s"):format(fs.dir(fs.dir(HILUM)), package.cpath)
local servers = require "servers" -- sets the path for:
local net = require "hilum.net"
local task = require "hilum.task"
local term = require "hilum.term"
local timing = require "timing"

local RCLONE = "env -u AWS_CA_BUNDLE RCLONE_CONFIG=/dev/null RCLONE_CONFIG_X_TYPE=s3 RCLONE_CONFIG_X_PROVIDER=Ceph "
  .. "RCLONE_CONFIG_X_ACCESS_KEY_ID=%s RCLONE_CONFIG_X_SECRET_ACCESS_KEY=%s RCLONE_CONFIG_X_ENDPOINT=%s rclone --ca-cert '%s' %s"

local function quiet(command) return command .. " >/dev/null 2>&1" end

-- A command of a client against a server.
local function hilum(server, words) return ("exec %s %s %s"):format(server:environment(), HILUM, quiet(words)) end
-- Newer ones send unsigned trailers unless told not to, which Ceph refuses.
local function aws(server, words)
  return ("exec %s AWS_REQUEST_CHECKSUM_CALCULATION=when_required aws --endpoint-url %s %s"):format(server:environment(), server.url,
    quiet(words))
end
local function rclone(server, words)
  return "exec " .. quiet(RCLONE:format(server.access_key, server.secret_key, server.url, server.ca, words))
end

-- The clients: what they do with a folder, and with one large file.
local CLIENTS = {
  hilum = {
    up = function(server, from, payload) return hilum(server, ("upload '%s' s3://bench/x/ --payload %s"):format(from, payload)) end,
    down = function(server, to) return hilum(server, ("download s3://bench/x/ '%s'"):format(to)) end,
    send = function(server, from, payload) return hilum(server, ("cp '%s' s3://bench/one --payload %s"):format(from, payload)) end,
    fetch = function(server, to) return hilum(server, ("cp s3://bench/one '%s'"):format(to)) end,
  },
  rclone = {
    up = function(server, from) return rclone(server, ("copy --transfers 16 '%s' x:bench/x"):format(from)) end,
    down = function(server, to) return rclone(server, ("copy --transfers 16 x:bench/x '%s'"):format(to)) end,
  },
  aws = {
    up = function(server, from) return aws(server, ("s3 sync '%s' s3://bench/x/"):format(from)) end,
    down = function(server, to) return aws(server, ("s3 sync s3://bench/x/ '%s'"):format(to)) end,
    send = function(server, from) return aws(server, ("s3 cp '%s' s3://bench/one"):format(from)) end,
    fetch = function(server, to) return aws(server, ("s3 cp s3://bench/one '%s'"):format(to)) end,
  },
}

local MODES = {
  { client = "hilum", scheme = "https", payload = "unsigned" }, { client = "rclone", scheme = "https", payload = "unsigned" },
  { client = "aws", scheme = "https", payload = "unsigned" }, { client = "hilum", scheme = "http", payload = "signed" },
  { client = "hilum", scheme = "http", payload = "unsigned" }, { client = "rclone", scheme = "http", payload = "unsigned" },
  { client = "aws", scheme = "http", payload = "signed" },
}

local function read(path)
  local file = io.open(path)
  if not file then return "" end
  local _ <close> = file
  return file:read("a") or ""
end

-- Seconds of processor time that the daemons of a Ceph have had, which all know its folder: proc(5), in hundredths.
local function seconds_of(server)
  local hundredths = 0
  for _, entry in ipairs(assert(fs.list("/proc"))) do
    if entry:find("^%d+$") and read(("/proc/%s/environ"):format(entry)):find(server.folder, 1, true) then
      local user, system = read(("/proc/%s/stat"):format(entry)):match("%) %u " .. ("%S+ "):rep(10) .. "(%d+) (%d+)")
      hundredths = hundredths + (user or 0) + (system or 0)
    end
  end
  return hundredths / 100
end

-- Runs a command: seconds, seconds of processor time, its own and the server's, MB of memory.
local function run(command, server)
  local began, before = task.now(), server and seconds_of(server) or 0
  local process <close> = net.spawn { "sh", "-c", command }
  local status, cpu, memory = process:wait()
  assert(status == 0, ("status %d: %s"):format(status, command))
  return { wall = task.now() - began, cpu = cpu, server = server and seconds_of(server) - before or 0, memory = memory / 1e6 }
end

local function middle(runs)
  local result = {}
  for _, what in ipairs { "wall", "cpu", "server", "memory" } do
    local list = {}
    for i, one in ipairs(runs) do list[i] = one[what] end
    result[what] = timing.median(list)
  end
  return result
end

local function start_ceph(mode)
  local server = assert(servers.start("ceph", { tls = mode.scheme == "https" }))
  local session = assert(require "lib.aws.session".open { endpoint = server.url, region = "us-east-1",
    credentials = { access_key = server.access_key, secret_key = server.secret_key },
    getenv = function(name) return name == "AWS_CA_BUNDLE" and server.ca or name == "HOME" and "/nonexistent" or nil end })
  assert(require "lib.aws.s3".open { session = session }:create_bucket("bench"))
  return server
end

-- A thousand files: copies of the images under names of their own.
local function copy_images(folder, to, count)
  local names = assert(fs.list(folder))
  assert(fs.mkdir(to))
  for i = 1, count do
    assert(fs.write(("%s/%05d.png"):format(to, i), assert(fs.read(fs.join(folder, names[(i - 1) % #names + 1])))))
  end
end

-- Up and down again, in turn with the others. Two lists of runs by mode.
local function compare(modes, up, down, rounds, source, work)
  local ups, downs = {}, {}
  for i = 1, #modes do ups[i], downs[i] = {}, {} end
  for round = 1, rounds do
    for i, mode in ipairs(modes) do
      local server <close> = start_ceph(mode)
      local client, back = CLIENTS[mode.client], ("%s/back"):format(work)
      ups[i][round] = run(client[up](server, source, mode.payload), server)
      downs[i][round] = run(client[down](server, back), server)
      assert(os.execute(("diff -r '%s' '%s'"):format(source, back)), mode.client .. ": what came back is not what was sent")
      assert(os.execute(("rm -rf '%s'"):format(back)))
    end
  end
  return ups, downs
end

-- Rows of a table, each compared with hilum's of the same scheme.
local function tell(ctx, title, modes, runs, amount, unit)
  local rows, ours = {}, {}
  for i, mode in ipairs(modes) do
    local m = middle(runs[i])
    if mode.client == "hilum" and not ours[mode.scheme] then ours[mode.scheme] = m end
    local own = ours[mode.scheme]
    rows[i] = { client = mode.client, over = mode.scheme, payload = mode.payload, [unit] = ("%.0f"):format(amount / m.wall),
      ["processor s"] = ("%.2f"):format(m.cpu), ["server's"] = m.server > 0 and ("%.2f"):format(m.server) or nil,
      MB = ("%.0f"):format(m.memory), ["hilum is"] = mode.client ~= "hilum"
        and ("%.1f times as fast, with 1/%.1f of the processor time"):format(m.wall / own.wall, m.cpu / own.cpu) or nil }
  end
  ctx.print("%s\n%s", title, term.table(rows, { "client", "over", "payload", unit, "processor s", "server's", "MB", "hilum is" }))
end

-- The modes of the clients that are installed and do such a thing.
local function modes_of(what)
  local modes = {}
  for _, mode in ipairs(MODES) do
    local there = mode.client == "hilum" or os.execute(("command -v %s >/dev/null"):format(mode.client))
    if there and CLIENTS[mode.client][what] then modes[#modes + 1] = mode end
  end
  return modes
end

local function bench_files(opt, ctx, work)
  local modes = modes_of("up")
  local ups, downs = compare(modes, "up", "down", opt.rounds, work .. "/images", work)
  tell(ctx, ("%d files to Ceph"):format(opt.count), modes, ups, opt.count, "objects/s")
  tell(ctx, "and back (payloads of answers are never signed)", modes, downs, opt.count, "objects/s")
end

local function bench_large(opt, ctx, work)
  local modes, file = modes_of("send"), work .. "/large"
  assert(os.execute(("head -c %d /dev/urandom >'%s'"):format(opt.large << 20, file)))
  local ups, downs = compare(modes, "send", "fetch", opt.rounds, file, work)
  tell(ctx, ("One object of %d MiB to Ceph, in parts"):format(opt.large), modes, ups, opt.large * 1.048576, "MB/s")
  tell(ctx, "and back, in ranges", modes, downs, opt.large * 1.048576, "MB/s")
end

-- What hilum alone does against a server that costs next to nothing.
local function bench_sink(opt, ctx, modes, command, title)
  local runs = {}
  for i, mode in ipairs(modes) do
    runs[i] = {}
    local server <close> = assert(servers.start("nginx", { tls = mode.scheme == "https" }))
    server.access_key, server.secret_key = "access", "secret"
    for round = 1, opt.rounds do runs[i][round] = run(command(server, mode, round)) end
  end
  tell(ctx, title, modes, runs, opt.count, "objects/s")
end

local SINK_MODES = { { client = "hilum", scheme = "http", payload = "unsigned" }, { client = "hilum", scheme = "http", payload = "signed" },
  { client = "hilum", scheme = "https", payload = "unsigned" }, { client = "hilum", scheme = "https", payload = "signed" } }

local function bench_uploads(opt, ctx, work)
  bench_sink(opt, ctx, SINK_MODES, function(server, mode, round)
    return hilum(server, ("upload '%s/images' s3://bench/%d/ --payload %s"):format(work, round, mode.payload))
  end, ("%d files to a server that throws them away"):format(opt.count))
end

local function bench_archive(opt, ctx, work)
  assert(os.execute(("tar -C '%s' -czf '%s/images.tar.gz' images"):format(work, work)))
  for _, check in ipairs { "container", "full" } do
    bench_sink(opt, ctx, { SINK_MODES[1], SINK_MODES[3] }, function(server, _, round)
      return hilum(server, ("fetch '%s/images.tar.gz' --check %s --to s3://bench/%d/ --project '%s'"):format(work, check, round, work))
    end, ("%d files of a tar.gz, each checked (%s), to a server that throws them away"):format(opt.count, check))
  end
end

local PARTS = { files = bench_files, large = bench_large, uploads = bench_uploads, archive = bench_archive }

return {
  summary = "Transfers beside rclone and aws-cli",
  options = {
    { "images", type = "path", positional = true, required = true, help = "a folder of images" },
    { "only", type = "choice", choices = { "files", "large", "uploads", "archive" }, help = "one part; default all of them" },
    { "count", type = "integer", default = 1000, min = 1, help = "files" },
    { "large", type = "integer", default = 1024, min = 1, help = "MiB of the large object" },
    { "rounds", type = "integer", default = 3, min = 1, help = "the median of them counts" },
  },
  run = function(opt, ctx)
    local work = assert(fs.temp(os.getenv("TMPDIR") or "/tmp"))
    local _ <close> = setmetatable({}, { __close = function() fs.remove_tree(work) end })
    copy_images(opt.images, work .. "/images", opt.count)
    for _, part in ipairs(opt.only and { opt.only } or { "uploads", "archive", "files", "large" }) do
      PARTS[part](opt, ctx, work)
    end
    return {}
  end,
}
