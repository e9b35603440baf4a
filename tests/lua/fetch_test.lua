-- SPDX-License-Identifier: MIT
-- fetch: from a server that breaks off, ignores ranges, redirects and refuses, into a folder.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local archives = require "archives"
local download = require "lib.fetch.download"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local http_server = require "http_server"
local image = require "hilum.image"
local host = require "hilum.host"
local json = require "hilum.json"
local nih = require "lib.fetch.nih"
local part = require "lib.fetch.part"
local phantom = require "hilum.phantom"
local ranged = require "lib.fake.ranged"
local retry = require "lib.retry"
local servers = require "servers"
local sources = require "lib.fetch.sources"
local task = require "hilum.task"
local web = require "lib.fetch.web"
local window = require "lib.fetch.window"

-- Phantom images as members, with a broken one, a link and a table among them.
local function make_members(count)
  local members = { { name = "images/", type = "5" }, { name = "images/README.txt", data = "not an image" } }
  for i = 1, count do
    local png = image.encode(phantom.render(i, 0, { size = 128 }))
    members[#members + 1] = { name = ("images/%08d_000.png"):format(i), data = png }
  end
  return members
end

local COUNT = 12
local members = make_members(COUNT)
local good = archives.gzip(archives.tar(members))
local broken = { name = "images/broken.png", data = members[3].data:sub(1, 2000) }
local mixed = archives.gzip(archives.tar({ members[3], broken, { name = "images/link.png", type = "2", link = "/etc/passwd" }, members[4],
  { name = "../evil.png", data = "x" } }))

-- Runs `hilum fetch` in dir while the servers of this process go on: its exit status, what --json printed.
local function fetch(dir, ...)
  local words = { "env", "-C", dir, t.hilum, "fetch", "--json", "--quiet", ... }
  local result = assert(task.command(words, { timeout = 60 }))
  return result.status, result.output ~= "" and assert(json.decode(result.output)) or nil
end

local function has_all(dir, count)
  for i = 1, count or COUNT do
    local member = members[i + 2]
    t.eq(fs.read(fs.join(dir, "images", fs.base(member.name))) == member.data, true, member.name)
  end
end

local function file_with(data, name)
  local path = fs.join(t.tmp(), name or "xrays.tar.gz")
  assert(fs.write(path, data))
  return path
end

-- A server of one file, which does to the n-th GET what faults[n] says: a number of bytes after which the connection breaks, or a
-- response. Ranges are honoured unless `deaf` is set.
local function serve(data, faults, deaf)
  local gets = { ranges = {} }
  local server = http_server.start({}, function(request)
    if request.method == "HEAD" then return ranged(request, data, { ETag = '"1"' }) end
    gets[#gets + 1] = request
    gets.ranges[#gets] = request.headers.range or "all"
    local fault = faults and faults[#gets]
    if type(fault) == "table" then return fault end
    if deaf then request.headers.range = nil end
    local response = ranged(request, data, { ETag = '"1"' })
    if not fault then return response end
    request.connection:write(("HTTP/1.1 %d X\r\nContent-Length: %d\r\n%s\r\n"):format(response.status, #response.body,
      response.headers["Content-Range"] and "Content-Range: " .. response.headers["Content-Range"] .. "\r\n" or "")
      .. response.body:sub(1, fault))
  end)
  return server, gets
end

t.test("a file: all images are stored by their names, what is no image is left out", function()
  local dir = t.tmp()
  local status, result = fetch(dir, file_with(good))
  t.eq(status, 0)
  t.eq({ result.stored, result.kept, result.broken, result.archives[1].left_out }, { COUNT, 0, 0, 1 })
  has_all(dir)
  t.match(assert(fs.read(dir .. "/cache/fetch.jsonl")), '"broken":%[%]')
end)

t.test("what is broken or must not be is listed, the rest is stored, and the exit status is 1", function()
  local dir = t.tmp()
  local status, result = fetch(dir, file_with(mixed))
  t.eq(status, 1)
  t.eq({ result.stored, result.broken, result.failed }, { 2, 3, 0 })
  local why = {}
  for _, problem in ipairs(result.archives[1].broken) do why[problem.name] = problem.code end
  t.eq(why, { ["images/link.png"] = "refused", ["../evil.png"] = "refused", ["broken.png"] = "truncated" })
  has_all(dir, 2)
  t.eq(fs.list(fs.join(dir, "images")), { "00000001_000.png", "00000002_000.png" })
  t.eq(fetch(dir, file_with(mixed)), 1)
end)

t.test("an image whose name says another format is listed, and stored", function()
  local dir, found = t.tmp(), {}
  local status, result = fetch(dir, file_with(archives.zip { { name = "a.jpg", data = members[3].data },
    { name = "b.jpg", data = members[4].data:sub(1, 2000) } }))
  for _, problem in ipairs(result.archives[1].broken) do found[problem.name] = problem end
  t.eq({ status, result.stored, found["a.jpg"].code, found["b.jpg"].code }, { 1, 1, "wrong-extension", "truncated" })
  t.match(found["a.jpg"].message, "it is a PNG, but its name ends in .jpg; it is stored: `hilum check %-%-fix`")
  t.eq(fs.read(dir .. "/images/a.jpg"), members[3].data)
end)

t.test("the depth of the check is a choice", function()
  local png = members[3].data
  local at, from = png:find("IEND", 1, true) - 9, 0 -- the end of Adler-32, and the last IDAT
  for place in png:gmatch("()IDAT") do from = place end
  local data = png:sub(from, at - 1) .. string.char(png:byte(at) ~ 1)
  local sealed = png:sub(1, from - 1) .. data .. string.pack(">I4", tonumber(hash.crc32(data), 16)) .. png:sub(at + 5)
  local path = file_with(archives.tar { { name = "a.png", data = sealed } })
  t.eq(select(2, fetch(t.tmp(), path)).archives[1].broken[1].code, "adler")
  t.eq(select(2, fetch(t.tmp(), path, "--check", "container")).stored, 1)
end)

t.test("folders of the archive are kept if asked for; else the second file of a name is told", function()
  local path = file_with(archives.tar { { name = "a/x.png", data = members[3].data }, { name = "b/x.png", data = members[4].data } })
  local dir = t.tmp()
  local _, result = fetch(dir, path)
  t.eq({ result.stored, result.archives[1].broken[1].code }, { 1, "duplicate" })
  t.eq(select(2, fetch(dir, path, "--folders")).stored, 2)
  t.eq(fs.read(fs.join(dir, "images/b/x.png")), members[4].data)
end)

t.test("run again: a complete archive is not read; what is missing is stored again", function()
  local dir = t.tmp()
  local server <close>, gets = serve(good)
  local url = server.url .. "/xrays.tar.gz?token=secret"
  t.eq(select(2, fetch(dir, url)).stored, COUNT)
  t.eq(select(2, fetch(dir, url)).kept, COUNT)
  t.eq(#gets, 1)
  assert(fs.remove(fs.join(dir, "images/00000003_000.png")))
  local _, result = fetch(dir, url)
  t.eq({ result.stored, result.kept, #gets }, { 1, COUNT - 1, 2 })
  t.eq(select(2, fetch(dir, url, "--force")).stored, COUNT)
  has_all(dir)
  for _, file in ipairs { "cache/fetch.jsonl", "run.jsonl" } do t.eq(fs.read(fs.join(dir, file)):find("secret"), nil) end
end)

t.test("another file in the place of an image is not replaced without --force", function()
  local dir = t.tmp()
  assert(fs.mkdir(fs.join(dir, "images")))
  assert(fs.write(fs.join(dir, "images/00000001_000.png"), "mine"))
  local status, result = fetch(dir, file_with(good))
  t.eq({ status, result.stored, result.failed }, { 1, COUNT - 1, 1 })
  t.match(result.archives[1].failed[1].message, "another file of 4 bytes is there")
  t.eq(fetch(dir, file_with(good), "--force"), 0)
  has_all(dir)
end)

t.test("a connection that breaks is taken up where it was", function()
  local dir = t.tmp()
  local server <close>, gets = serve(good, { 20000, 30000, { status = 503 } })
  local status, result = fetch(dir, server.url .. "/xrays.tar.gz", "--md5", hash.md5(good))
  t.eq({ status, result.stored, result.archives[1].md5 }, { 0, COUNT, hash.md5(good) })
  t.eq(gets.ranges, { "all", "bytes=20000-", "bytes=50000-", "bytes=50000-" })
  t.eq(gets[2].headers["if-range"], '"1"')
  has_all(dir)
end)

t.test("a server without ranges is asked for all again, and only what is missing is stored", function()
  local dir = t.tmp()
  local with_link = archives.gzip(archives.tar({ { name = "images/link.png", type = "2", link = "x" } }, true) .. archives.tar(members))
  local server <close>, gets = serve(with_link, { #good // 2, false, false }, true)
  local status, result = fetch(dir, server.url .. "/xrays.tar.gz")
  t.eq({ status, result.stored, result.kept, result.broken }, { 1, COUNT, 0, 1 })
  t.eq(#gets, 3)
  has_all(dir)
end)

t.test("a cut archive: what came before is stored, then the rest once it is whole", function()
  local dir = t.tmp()
  local path = file_with(good:sub(1, #good // 2))
  local status, result = fetch(dir, path)
  t.eq(status, 1)
  t.match(result.archives[1].error, "cut off; %d+ members before that are whole")
  t.ok(result.stored > 0 and result.stored < COUNT)
  assert(fs.write(path, good))
  local _, second = fetch(dir, path)
  t.eq({ second.stored, second.kept }, { COUNT - result.stored, result.stored })
  has_all(dir)
end)

t.test("a wrong MD5: the images are suspect, and stored again when the right archive comes", function()
  local dir = t.tmp()
  local path = file_with(good)
  local status, result = fetch(dir, path, "--md5", ("0"):rep(32))
  t.eq({ status, result.stored, #result.archives[1].suspect }, { 1, COUNT, COUNT })
  t.match(result.archives[1].error, "MD5 is " .. hash.md5(good))
  local second_status, second = fetch(dir, path, "--md5", hash.md5(good))
  t.eq({ second_status, second.stored, second.kept }, { 0, COUNT, 0 })
end)

t.test("nih: parts by number from a mirror, each verified", function()
  local mirror, dir = t.tmp(), t.tmp()
  for i = 1, 3 do assert(fs.write(fs.join(mirror, ("images_%03d.tar.gz"):format(i)), good)) end
  local status, result = fetch(dir, "nih", "--parts", "1,3", "--mirror", mirror)
  t.eq(status, 1)
  t.eq(#result.archives, 2)
  t.eq(result.archives[2].source, "part 3 of 12")
  t.match(result.archives[2].error, "MD5 is .* should be 2301d03bde4c246388bad3876965d574")
end)

t.test("the table of the NIH's parts is complete", function()
  local images, links = 0, {}
  for i = 1, nih.count do
    local entry = nih.part(i)
    images = images + entry.images
    links[entry.place] = true
    t.match(entry.place, "^https://nihcc%.box%.com/shared/static/%w+%.gz$")
    t.match(entry.md5, "^%x+$")
    t.eq(#entry.md5, 32)
  end
  local distinct = 0
  for _ in pairs(links) do distinct = distinct + 1 end
  t.eq({ nih.count, images, distinct }, { 12, 112120, 12 })
end)

t.test("numbers of parts", function()
  t.eq(sources.numbers("1,3", 12), { 1, 3 })
  t.eq(sources.numbers("5-7, 2,6", 12), { 2, 5, 6, 7 })
  for _, text in ipairs { "", "0", "13", "3-1", "x", "1,,2", "1-13" } do t.eq(sources.numbers(text, 12), nil, text) end
end)

t.test("label tables come along; a page in their place is refused", function()
  local dir = t.tmp()
  local server <close> = http_server.start({}, function(request)
    if request.path == "/labels.csv" then return { body = "id,Effusion,subj_id\na.png,1,1\n" } end
    if request.path == "/download" then
      return { body = "id,Effusion,subj_id\n", headers = { ["Content-Disposition"] = 'attachment; filename="named.csv"' } }
    end
    return { body = "<!DOCTYPE html><html>" }
  end)
  local _, result = fetch(dir, file_with(good), "--labels", server.url .. "/labels.csv", "--labels", server.url .. "/download")
  t.eq(result.labels, { "labels/labels.csv", "labels/named.csv" })
  t.match(result.next[1], "prepare .* %-%-labels")
  t.eq(fs.read(fs.join(dir, "labels/labels.csv")), "id,Effusion,subj_id\na.png,1,1\n")
  t.eq(fetch(dir, file_with(good), "--labels", server.url .. "/page"), 1)
end)

t.test("redirects are followed, but not without end, nor away from https", function()
  local server <close> = http_server.start({}, function(request)
    if request.path == "/a b" or request.path == "/a%20b" then return { status = 302, headers = { Location = "c/d?e" } } end
    if request.path == "/c/d" then return { status = 301, headers = { Location = "//" .. request.headers.host .. "/c/../f" } } end
    if request.path == "/c/../f" then return { status = 307, headers = { Location = "/end" } } end
    if request.path == "/end" then return { body = "here" } end
    return { status = 302, headers = { Location = request.target } }
  end)
  t.eq(assert(web.request { url = server.url .. "/a b" }).body, "here")
  t.fails("http", "redirects without end", web.request { url = server.url .. "/loop" })
end)

t.test("what a status means, and whether to try again", function()
  local server <close> = http_server.start({}, function(request)
    return { status = tonumber(request.path:sub(2)), headers = { ["Retry-After"] = "7" } }
  end)
  local function ask(status) return select(2, web.request { url = ("%s/%d?key=secret"):format(server.url, status) }) end
  t.eq({ ask(404).kind, ask(404).retryable, ask(404).status }, { "http", false, 404 })
  t.eq({ ask(503).kind, ask(503).retryable, ask(503).retry_after }, { "throttled", true, 7 })
  t.eq({ ask(429).kind, ask(500).kind, ask(500).retryable }, { "throttled", "http", true })
  t.match(ask(403), "/403: 403, access is denied")
  t.eq(tostring(ask(403)):find("secret"), nil)
end)

t.test("a download gives up when attempts bring nothing, and the reader hears why", function()
  local server <close>, gets = serve(good, { 1000, 0, 0, 0, 0, 0 })
  local pipe = assert(task.pipe())
  local policy = retry.new { attempts = 3, sleep = function() end }
  local done, err = download.run(server.url, pipe, download.describe(server.url), { policy = policy })
  t.eq(done, nil)
  t.eq({ err.kind, #gets }, { "net", 3 + 3 }) -- three, of which the first brought something; so again three
  t.eq(#pipe:read(), 1000)
  t.fails("net", "", pipe:read())
end)

-- A part of the good archive for a store that does what write says.
local function part_into(write, options)
  options.there, options.depth, options.flat, options.at_once, options.max_member = options.there or {}, "full", true, 4, 1 << 20
  options.progress = { add = function() end, fail = function() end }
  return part.new({ name = "xrays", place = file_with(good) }, { write = write }, options)
end

t.test("a store that fails: each image is told, the archive is not done, and the next run goes on", function()
  local there, calls = {}, 0
  local first = part_into(function()
    calls = calls + 1
    if calls % 3 == 0 then return nil, host.error("net", "connection reset") end
    return true
  end, { there = there })
  first:run()
  t.eq({ first.done, first.err, first.stored, #first.failed }, { false, nil, COUNT - COUNT // 3, COUNT // 3 })
  t.match(first.failed[1].message, "connection reset")
  local second = part_into(function() return true end, { there = there })
  second:run()
  t.eq({ second.done, second.stored, second.kept }, { true, COUNT // 3, COUNT - COUNT // 3 })
end)

t.test("a store that takes nothing ends the part early", function()
  local whole = part_into(function() return nil, host.error("io", "No space left on device") end, {})
  whole:run()
  t.fails("io", "given up after %d+ failures: No space left", nil, whole.err)
  t.eq({ whole.done, whole.stored }, { nil, 0 })
end)

t.test("into S3 and again: the same bytes, and nothing is sent twice", function()
  local ceph <close> = servers.ceph()
  if not ceph then return t.skip("fetch into S3", "no Ceph here") end
  local bucket = ceph.bucket_name()
  local command = ("cd '%s' && %s '%s' -e 'local s3 = require \"lib.aws.s3\" local c = s3.open { session = assert(require "
    .. "\"lib.aws.session\".open {}) } assert(c:create_bucket(\"%s\"))'"):format(t.tmp(), ceph:environment(), t.hilum, bucket)
  t.eq((t.run(command)), 0)
  local dir, path = t.tmp(), file_with(good)
  local function run()
    local status, out, err = t.run(("cd '%s' && %s '%s' fetch --json '%s' --to s3://%s/images"):format(dir, ceph:environment(), t.hilum,
      path, bucket))
    t.eq(status, 0, err)
    return json.decode(out)
  end
  t.eq(run().stored, COUNT)
  assert(fs.remove(fs.join(dir, "cache/fetch.jsonl")))
  t.eq(run().kept, COUNT)
end)

t.test("a window holds so many tasks and bytes, and raises what one of them raised", function()
  local going, most = 0, 0
  local function work()
    going = going + 1
    most = math.max(most, going)
    task.sleep(0)
    going = going - 1
  end
  local function most_of(count, bytes, size)
    most = 0
    local w <close> = window.open(count, bytes)
    for _ = 1, 20 do w:run(size, work) end
    w:finish()
    return most
  end
  t.eq({ most_of(5, 1000, 1), most_of(50, 10, 3), most_of(50, 10, 100) }, { 5, 3, 1 })
  t.raises("it failed", function()
    local w <close> = window.open(2, 10)
    w:run(1, function() error("it failed") end)
    w:finish()
  end)
end)

t.test("killed at any moment and run again, all images are there, whole", function()
  for round = 1, 5 do
    local dir, path = t.tmp(), file_with(good)
    local server <close> = http_server.start({}, function(request)
      if request.method == "HEAD" then return { headers = { ["Content-Length"] = #good } } end
      request.connection:write(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"):format(#good) .. good:sub(1, #good * round // 6))
      task.sleep(60)
    end)
    t.fails("timeout", "", task.command({ "env", "-C", dir, t.hilum, "fetch", "--quiet", server.url }, { timeout = 0.3 }))
    local status, result = fetch(dir, path)
    t.eq({ status, result.stored + result.kept }, { 0, COUNT })
    has_all(dir)
    t.eq(#fs.list(fs.join(dir, "images")), COUNT)
  end
end)

t.test("misuse", function()
  local dir = t.tmp()
  t.eq(fetch(dir, "nothing.tar.gz"), 2)
  t.eq(fetch(dir, "nih", "--parts", "13"), 2)
  t.eq(fetch(dir, file_with(good), "--md5", "abc"), 2)
  t.eq(fetch(dir, file_with(good), file_with(good), "--md5", ("0"):rep(32)), 2)
  t.eq(fetch(dir, file_with("<html>")), 1)
end)
