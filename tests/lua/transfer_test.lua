-- SPDX-License-Identifier: MIT
-- lib/transfer: streams of files in step, and what upload, download and sync make of them on a server.
local flow = require "lib.transfer.flow"
local fs = require "hilum.fs"
local json = require "hilum.json"
local plan = require "lib.transfer.plan"
local servers = require "servers"
local side = require "lib.transfer.side"
local t = require "t"
local task = require "hilum.task"
local walk = require "lib.transfer.walk"

local function counter(most)
  local n, inside = 0, 0
  return function()
    inside = inside + 1
    t.eq(inside, 1)
    if n % 100 == 0 then task.sleep(0.001) end
    inside = inside - 1
    n = n + 1
    return n <= most and n or nil
  end
end

t.test("flow: everything once, no more than so many at a time, pull never twice at once", function()
  local seen, running, most = {}, 0, 0
  flow.each(counter(1000), 7, function(n)
    running = running + 1
    most = math.max(most, running)
    if n < 100 then task.sleep(0.001) end
    t.eq(seen[n], nil)
    seen[n], running = true, running - 1
  end)
  t.eq(#seen, 1000)
  t.eq(most, 7)
  flow.each(counter(0), 7, function() error("nothing was there") end)
end)

t.test("flow: what pull or the work raises ends it and is raised", function()
  local n = 0
  t.raises("no more", flow.each, function()
    n = n + 1
    return n < 700 and n or error("no more")
  end, 4, function() end)
  t.raises("broken at 5", flow.each, counter(1000), 4, function(i) if i == 5 then error("broken at " .. i) end end)
end)

local function make(dir, names)
  for _, name in ipairs(names) do
    local path = fs.join(dir, name)
    assert(fs.mkdir(fs.dir(path)))
    assert(fs.write(path, "content of " .. name))
  end
  return dir
end

local function names_of(next_entry)
  local names = {}
  for entry in next_entry do names[#names + 1] = entry.name end
  return names
end

t.test("walk: files in the order of the bytes of their whole names", function()
  local names = { "a-b", "a.png", "a/b.png", "a/c/d", "a0", "b/\xc3\xa9", "z" }
  local dir = make(t.tmp(), names)
  assert(fs.mkdir(fs.join(dir, "empty")))
  assert(fs.write(fs.join(dir, ".a.png.hilum-1-abc"), "what a process left that was killed"))
  os.execute(("ln -s .. '%s/a/up'; ln -s a.png '%s/y'; ln -s nowhere '%s/x'"):format(dir, dir, dir))
  t.eq(names_of(walk(dir)), { "a-b", "a.png", "a/b.png", "a/c/d", "a0", "b/\xc3\xa9", "x", "y", "z" })
  t.eq(walk(dir)().size, #"content of a-b")
  for entry in walk(dir) do t.eq(entry.error and entry.error.code, entry.name == "x" and "ENOENT" or nil) end -- the link to nowhere
end)

t.test("walk: a folder that cannot be read is an entry with an error; the first one raises", function()
  local dir = make(t.tmp(), { "a", "b/c", "d" })
  local function refuse(folder)
    if folder:find("b$") then return nil, { message = "no" } end
    return true
  end
  local entries = {}
  for entry in walk(dir, refuse) do entries[#entries + 1] = entry end
  t.eq({ #entries, entries[2].name, entries[2].is_folder, entries[2].error.message }, { 3, "b/", true, "no" })
  t.raises("No such file", walk, dir .. "/nothing")
end)

local function stream(entries)
  local i = 0
  return function()
    i = i + 1
    local name, size, mtime = table.unpack(entries[i] or {})
    if size == "error" then return { name = name, error = {}, is_folder = name:find("/$") ~= nil } end
    return name and { name = name, size = size or 1, mtime = mtime or 100 }
  end
end

local function planned(from, to, compare, delete, filter)
  local list = {}
  for action in plan.actions(stream(from), stream(to), plan.filter(filter or {}), compare, delete) do
    list[#list + 1] = action.what .. " " .. action.name
  end
  return list
end

t.test("plan: missing, changed, newer, the same, and what is too much", function()
  local from = { { "a" }, { "b", 2 }, { "c", 1, 200.5 }, { "d" }, { "f" } }
  local to = { { "b" }, { "c", 1, 199 }, { "d", 1, 100 }, { "e" }, { "g" } }
  t.eq(planned(from, to, "time"), { "send a", "send b", "send c", "same d", "send f" })
  t.eq(planned(from, to, "size", true), { "send a", "send b", "same c", "same d", "delete e", "send f", "delete g" })
  t.eq(planned(from, to, "content"), { "send a", "send b", "compare c", "compare d", "send f" })
  t.eq(planned({ { "c", 1, 200.9 } }, { { "c", 1, 200 } }, "time"), { "same c" }) -- S3 keeps whole seconds
  t.eq(planned({}, to, "time", false), {})
end)

t.test("plan: include and exclude are globs; what takes no part is not deleted either", function()
  local from, to = { { "a.png" }, { "b.jpg" }, { "sub/c.png" } }, { { "d.png" }, { "e.txt" } }
  t.eq(planned(from, to, "time", true, { include = { "*.png" } }), { "send a.png", "delete d.png", "send sub/c.png" })
  t.eq(planned(from, to, "time", true, { exclude = { "sub/*", "?.txt" } }), { "send a.png", "send b.jpg", "delete d.png" })
  t.eq(planned(from, {}, "time", false, { include = { "[ab].*" }, exclude = { "[!a].*" } }), { "send a.png" })
  t.eq(planned(from, {}, "time", false, { names = { ["b.jpg"] = true } }), { "send b.jpg" })
end)

t.test("plan: any text is a glob; a bracket that does not end is a bracket", function()
  local globs = { ["a[b"] = "a[b", ["[]"] = "[]", ["x[!"] = "x[!", ["100%.[%^]"] = "100%.^", ["[!a-c]*"] = "d", ["[a-]"] = "-" }
  for glob, name in pairs(globs) do
    t.eq({ glob, plan.filter { include = { glob } }(name) }, { glob, true })
  end
  t.eq(plan.filter { include = { "[!a-c]*", "[%a]" } }("b"), false)
end)

t.test("plan: what cannot be looked at fails, and nothing is deleted that may be there", function()
  local from = { { "a", "error" }, { "a-b", "error" }, { "c/", "error" }, { "d" } }
  local to = { { "a" }, { "a/1" }, { "b" }, { "c-1" }, { "c/1" }, { "c/d/2" }, { "d" }, { "d/1" } }
  t.eq(planned(from, to, "time", true),
    { "fail a", "fail a-b", "delete b", "delete c-1", "fail c/", "same d", "delete d/1" })
  t.eq(planned(from, to, "time", true, { include = { "*1" } }), { "delete c-1", "fail c/", "delete d/1" })
  t.eq(planned(from, to, "time", true, { exclude = { "[ac]*" } }), { "delete b", "same d", "delete d/1" })
  t.eq(planned({ { "a" } }, { { "b", "error" } }, "time", true), { "send a" })
end)

t.test("names that lead out of the folder are refused", function()
  local folder = assert(side.open(t.tmp()))
  for _, name in ipairs { "../x", "a/../x", "/etc/passwd", "a//b", "a/./b", "a\0b", "a/", ("x"):rep(256) } do t.ok(folder:refuses(name)) end
  for _, name in ipairs { "a", "..a", "a/b.png", "a..", "é" } do t.eq(folder:refuses(name), nil) end
end)

-- From here on with a server: Ceph, where it is installed, or the one of the tests.
local ceph <close> = servers.ceph()
local server <close> = ceph or assert(servers.start("fault"))
local environment = server:environment()

local function hilum(arguments, folder, behind)
  return t.run(("cd '%s' && %s '%s' %s %s"):format(folder or ".", environment, t.hilum, arguments, behind or ""))
end

local MAKE_BUCKET = [[assert(require("lib.aws.s3").open { session = assert(require("lib.aws.session").open {}) }:create_bucket(%q))]]

local function new_bucket(of)
  local name = (of or server).bucket_name()
  t.eq(t.run(("%s '%s' -e '%s'"):format((of or server):environment(), t.hilum, MAKE_BUCKET:format(name))), 0)
  return "s3://" .. name
end

local function sync(from, to, options, status)
  local exit, out, err = hilum(("sync --json --quiet '%s' '%s' %s"):format(from, to, options or ""))
  t.eq({ exit, exit ~= (status or 0) and err or nil }, { status or 0 })
  return out ~= "" and assert(json.decode(out)) or err
end

local function identical(a, b)
  local same, out = t.run(("diff -r '%s' '%s'"):format(a, b))
  t.eq({ same, out }, { 0, "" })
end

local ODD = { "a b.png", "plus+and=equals.png", "percent%41.png", "quote'\"`.png", "sub/deep/er.png", "ünï/ço.dé", "tilde~*?[x].png",
  "line\nbreak.png", "back\\slash.png", "#hash&amp;.png" }

t.test("sync there and back is identical, and the second time sends nothing", function()
  local bucket, dir, back = new_bucket(), make(t.tmp(), ODD), t.tmp() .. "/back"
  local sent = sync(dir, bucket .. "/x")
  t.eq({ sent.sent, sent.same, sent.failed }, { #ODD, 0, 0 })
  t.eq(sync(dir, bucket .. "/x").same, #ODD)
  t.eq(sync(bucket .. "/x", back).sent, #ODD)
  identical(dir, back)
  t.eq(sync(back, bucket .. "/x/").same, #ODD) -- what was fetched is not newer than where it came from
  t.eq(sync(bucket .. "/x", bucket .. "/y").sent, #ODD)
  t.eq(sync(bucket .. "/y", back, "--compare size").same + sync(bucket .. "/x", t.tmp() .. "/z").sent, 2 * #ODD)
end)

t.test("a change of the content is found by time or by content, not by size", function()
  local bucket, dir = new_bucket(), make(t.tmp(), { "a", "b" })
  sync(dir, bucket)
  assert(fs.write(dir .. "/a", "CONTENT of a"))
  t.eq(sync(dir, bucket, "--compare size").sent, 0)
  assert(fs.touch(dir .. "/a", 1e9))
  t.eq(sync(dir, bucket).sent, 0)
  t.eq(sync(dir, bucket, "--compare content").sent, 1)
  t.eq(sync(dir, bucket, "--compare content").same, 2)
end)

t.test("delete takes away what is too much, but not everything by accident; a dry run does nothing", function()
  local bucket, dir = new_bucket(), make(t.tmp(), { "a", "b", "c" })
  sync(dir, bucket)
  assert(fs.remove(dir .. "/b"))
  local dry = sync(dir, bucket, "--delete --dry-run")
  t.eq({ dry.deleted, dry.sent, dry.dry_run, dry.plan }, { 1, 0, true, { { what = "delete", name = "b", bytes = 12 } } })
  t.eq(sync(dir, bucket, "--delete").deleted, 1)
  t.eq(sync(dir, bucket, "--delete").deleted, 0)
  t.match(sync(dir, bucket .. "/x", "--delete", 0).to, "/x/$")
  t.match(sync(bucket, bucket .. "/x", "--delete", 2), "overlap")
  t.match(sync(bucket .. "/x", bucket, "", 2), "overlap")
  sync(bucket .. "/x", bucket .. "/x2")
  t.eq(sync(dir, bucket, "--delete").deleted, 4)
  t.match(sync(t.tmp(), bucket, "--delete", 1), "would empty s3://")
  t.eq(sync(t.tmp(), bucket, "--delete --force").deleted, 2)
end)

t.test("a dry run names what it would do: the first of it, and all with --verbose or --json", function()
  local bucket, dir, names = new_bucket(), t.tmp(), {}
  for i = 1, 23 do names[i] = ("%02d"):format(i) end
  make(dir, names)
  local function told(arguments)
    local exit, out = hilum(arguments .. " --quiet --dry-run")
    t.eq(exit, 0)
    return select(2, out:gsub("\n", "")), out
  end
  local lines, out = told(("sync '%s' '%s'"):format(dir, bucket))
  t.eq(lines, 21)
  t.match(out, "^would send 01 %(13 B%)\n.*would send 20 %(13 B%)\n… and 3 more %(%-%-verbose or %-%-json lists them%)\n$")
  t.eq((told(("sync --verbose '%s' '%s'"):format(dir, bucket))), 23)
  local other = make(t.tmp(), { "30", "31" })
  t.eq((told(("upload '%s' '%s' '%s' --verbose"):format(dir, other, bucket))), 25)
  sync(dir, bucket)
  t.match(select(2, told(("download '%s' '%s'"):format(bucket, t.tmp()))), "^would fetch 01 %(13 B%)\n")
  t.match(select(2, told(("sync '%s' '%s'"):format(bucket, new_bucket()))), "^would copy 01 ")
  local plan_of = sync(bucket, t.tmp(), "--dry-run").plan
  t.eq({ #plan_of, plan_of[23] }, { 23, { what = "fetch", name = "23", bytes = 13 } })
end)

t.test("delete takes away nothing that a link leads to", function()
  local bucket, dir, target = new_bucket(), make(t.tmp(), { "a" }), make(t.tmp(), { "old", "elsewhere/precious" })
  sync(dir, bucket)
  assert(fs.mkdir(target .. "/in/sub"))
  assert(fs.rename(target .. "/old", target .. "/in/sub/old"))
  os.execute(("ln -s ../elsewhere '%s/in/link'"):format(target))
  local result = sync(bucket, target .. "/in", "--delete", 1)
  t.eq({ result.sent, result.deleted, result.failed, result.failures[1].name }, { 1, 1, 1, "link/precious" })
  t.eq(fs.read(target .. "/elsewhere/precious"), "content of elsewhere/precious")
end)

t.test("slashes at the end of a prefix are part of it", function()
  local bucket, dir = new_bucket(), make(t.tmp(), { "a" })
  t.eq({ sync(dir, bucket .. "/x//").sent, sync(dir, bucket .. "/x").sent, sync(bucket .. "/x", t.tmp(), "", 1).sent }, { 1, 1, 1 })
end)

t.test("a list of names: these alone, and those that are not there are failures", function()
  local bucket, dir = new_bucket(), make(t.tmp(), { "a", "b", "c" })
  assert(fs.write(dir .. "/../names", "a\r\nc\nnot there\n"))
  local result = sync(dir, bucket, ("--list '%s/../names'"):format(dir), 1)
  t.eq({ result.sent, result.failed, result.failures[1].name }, { 2, 1, "not there" })
  assert(fs.remove(dir .. "/c"))
  result = sync(dir, bucket, ("--list '%s/../names'"):format(dir), 1)
  t.eq({ result.same, result.failed, result.failures[1].name }, { 1, 2, "c" }) -- though the target has it
end)

t.test("what fails is told, and does not stop the rest; when nothing works, it ends early", function()
  local bucket, dir = new_bucket(), make(t.tmp(), { "a", "b", "bad\xff" })
  local result = sync(dir, bucket, "", 1)
  t.eq({ result.sent, result.failed, result.failures[1].code }, { 2, 1, "name" })
  local many = {}
  for i = 1, 100 do many[i] = ("bad\xff%d"):format(i) end
  result = sync(make(t.tmp(), many), bucket, "", 1)
  t.ok(result.failed < 60)
  t.match(result.stopped, "rest was not tried")
  t.match(sync(dir, "s3://there-is-no-such-bucket", "", 1), "NoSuchBucket")
end)

t.test("upload, ls, cp and download", function()
  local bucket, dir = new_bucket(), make(t.tmp(), { "images/a.png", "images/b.png", "one.txt" })
  t.eq(hilum(("upload images one.txt %s/in/"):format(bucket), dir), 0)
  local _, listed = hilum(("ls %s/in/ --json"):format(bucket))
  t.eq(assert(json.decode(listed)).count, 3)
  _, listed = hilum(("ls %s/"):format(bucket))
  t.match(listed, "folder  in/")
  local status, text = hilum(("cp %s/in/one.txt - --quiet"):format(bucket))
  t.eq({ status, text }, { 0, "content of one.txt" })
  t.eq(hilum(("cp %s/in/one.txt %s/copy/"):format(bucket, bucket)), 0)
  t.eq(hilum(("cp - %s/from-stdin"):format(bucket), dir, "<one.txt"), 0)
  status, _, text = hilum(("cp %s/in/one.txt - --json"):format(bucket))
  t.eq(status, 2)
  t.match(text, "both want standard output")
  t.eq(hilum(("download %s/ there"):format(bucket), dir), 0)
  t.eq(names_of(walk(dir .. "/there")), { "copy/one.txt", "from-stdin", "in/a.png", "in/b.png", "in/one.txt" })
  t.eq(fs.read(dir .. "/there/from-stdin"), "content of one.txt")
  status, _, text = hilum("upload images", dir)
  t.eq(status, 2)
  t.match(text, "say where to")
end)

t.test("upload sends the project's images, and names that are the same in two folders nowhere", function()
  local bucket, dir = new_bucket(), make(t.tmp(), { "own/a.png", "own/notes.txt", "more/b.png", "more/notes.txt" })
  assert(fs.write(dir .. "/project.lua", 'return { defaults = { images = "own" } }'))
  t.eq(hilum(("upload %s/in"):format(bucket), dir), 0)
  local status, _, text = hilum(("upload own more %s/both"):format(bucket), dir)
  t.eq(status, 2)
  t.match(text, "own/notes.txt and more/notes.txt would both be notes.txt there")
  t.eq(hilum(("upload own more %s/both --exclude '*.txt'"):format(bucket), dir), 0)
  t.eq(hilum(("download %s/ there"):format(bucket), dir), 0)
  t.eq(names_of(walk(dir .. "/there")), { "both/a.png", "both/b.png", "in/a.png", "in/notes.txt" })
end)

t.test("upload of single files looks at nothing else", function()
  local bucket, dir = new_bucket(), make(t.tmp(), { "a/x.txt", "b/x.txt", "b/y.txt" })
  os.execute(("ln -s nowhere '%s/b/dangling'; mkfifo '%s/b/pipe'"):format(dir, dir))
  t.eq(hilum(("upload a/x.txt b/y.txt %s/in"):format(bucket), dir), 0)
  local status, out = hilum(("upload b/y.txt b/pipe %s/in --json"):format(bucket), dir)
  local result = assert(json.decode(out))
  t.eq({ status, result.same, result.failed, result.failures[1].name }, { 1, 1, 1, "pipe" })
  local _, text
  status, _, text = hilum(("upload a/x.txt b/x.txt %s/in"):format(bucket), dir)
  t.eq(status, 2)
  t.match(text, "same name")
end)

t.test("what is there of a few named files is asked for by name: the rest of the bucket is not listed", function()
  local own <close> = require "s3_client".serve {}
  own.environment = server.environment
  local dir = make(t.tmp(), { "x.txt", "y.txt" })
  for _, wanted in ipairs { { sent = 2, same = 0 }, { sent = 0, same = 2 } } do
    local words = { "sh", "-c", ("cd '%s' && %s '%s' upload x.txt y.txt s3://bucket/in --json"):format(dir, own:environment(), t.hilum) }
    local result = assert(json.decode(assert(task.command(words, { timeout = 60 })).output))
    t.eq({ result.sent, result.same, result.failed }, { wanted.sent, wanted.same, 0 })
  end
  local operations = {}
  for _, entry in ipairs(own.s3.log) do operations[entry.operation] = (operations[entry.operation] or 0) + 1 end
  t.eq(operations, { ["HEAD object"] = 4, ["PUT object"] = 2 })
end)

t.test("sweep gives up uploads that are old, when it is told to", function()
  local bucket = new_bucket()
  local name = bucket:match("//(.*)")
  local begin = ([[local c = require("lib.aws.s3").open { session = assert(require("lib.aws.session").open {}) }
    for _, key in ipairs { "in/a?ü", "in/b", "other" } do
      assert(require("lib.aws.s3.multipart").create(c, { bucket = "%s", key = key }, {}):put(1, "x"))
    end]]):format(name)
  t.eq(t.run(("%s '%s' -e '%s'"):format(environment, t.hilum, begin)), 0)
  local function sweep(options, status)
    local exit, out, err = hilum(("sweep %s/in/ --json %s </dev/null"):format(bucket, options))
    t.eq(exit, status or 0, err)
    local result = out ~= "" and assert(json.decode(out)) or {}
    return result.uploads and { #result.uploads, result.removed, result.failed } or err
  end
  t.eq(sweep "--older 1h --yes", { 0, 0, 0 })
  t.eq(sweep "--older 0s --dry-run", { 2, 0, 0 })
  t.match(sweep("--older 0s", 2), "nothing was removed: say %-%-yes")
  t.eq(sweep "--older 0s --yes", { 2, 2, 0 })
  local _, listed = hilum(("ls %s --leftovers --json"):format(bucket))
  local left = assert(json.decode(listed)).uploads
  t.eq({ #left, left[1].key }, { 1, "other" })
end)

t.test("killed at any moment and run again, it ends identical, and what was there is not sent again", function()
  local net = require "hilum.net"
  local bucket, names = new_bucket(), {}
  for i = 1, 400 do names[i] = ("%03d.bin"):format(i) end
  local dir = make(t.tmp(), names)
  assert(fs.write(dir .. "/large", ("0123456789abcdef"):rep(40 << 16))) -- 40 MiB: in parts
  for round = 1, 10 do
    local process = net.spawn { "sh", "-c", ("exec %s '%s' sync --quiet '%s' %s"):format(environment, t.hilum, dir, bucket) }
    task.sleep(0.02 * round)
    process:kill(9)
    process:wait()
  end
  local result = sync(dir, bucket)
  t.eq({ result.sent + result.same, result.failed }, { 401, 0 })
  local back = t.tmp() .. "/back"
  for round = 1, 10 do
    local process = net.spawn { "sh", "-c", ("exec %s '%s' sync --quiet %s '%s'"):format(environment, t.hilum, bucket, back) }
    task.sleep(0.02 * round)
    process:kill(9)
    process:wait()
  end
  sync(bucket, back)
  identical(dir, back)
end)

local function fault_server(rules, budget)
  return assert(servers.start("fault", { rules = json.encode(json.array(rules)), budget = budget, seed = 7 }))
end

t.test("cp from and to streams goes piece by piece, and what arrives is checked", function()
  local faulty <close> = fault_server { { fault = "wrong_answer", path = "/bad$", method = "GET", first = 2 } }
  local bucket, dir = new_bucket(faulty), t.tmp()
  assert(fs.write(dir .. "/large", ("0123456789abcde\n"):rep(20 << 16))) -- 20 MiB
  local function cp(arguments)
    return t.run(("cd '%s' && %s AWS_MAX_ATTEMPTS=1 '%s' cp --quiet %s"):format(dir, faulty:environment(), t.hilum, arguments))
  end
  for _, name in ipairs { "good", "bad" } do t.eq(cp(("- %s/%s <large"):format(bucket, name)), 0) end
  t.eq(cp(("%s/good - | cmp - large"):format(bucket)), 0)
  local status, _, err = cp(("%s/bad - >part"):format(bucket))
  t.eq(status, 1)
  t.match(err, "does not have the checksum")
  t.eq(cp(("- %s/empty </dev/null"):format(bucket)), 0)
  t.eq({ cp(("%s/empty -"):format(bucket)) }, { 0, "", "" })
end)

t.test("what is so for all files is not tried with each", function()
  local faulty <close> = fault_server {
    { fault = "error", status = 400, code = "ExpiredToken", operation = "PUT object", path = "/expired/", first = 11 },
    { fault = "internal", operation = "PUT object", path = "/gone/", first = 11 },
  }
  local bucket, names = new_bucket(faulty), {}
  for i = 1, 1000 do names[i] = ("%04d"):format(i) end
  local dir = make(t.tmp(), names)
  for prefix, reason in pairs { expired = "sign in again", gone = "the last %d+ failed" } do
    local command = "%s AWS_MAX_ATTEMPTS=1 '%s' sync --quiet --json '%s' %s/%s"
    local _, out = t.run(command:format(faulty:environment(), t.hilum, dir, bucket, prefix))
    local result = assert(json.decode(out))
    t.eq(result.sent, 10)
    t.ok(result.failed < 300)
    t.match(result.stopped, reason)
  end
end)

t.test("a thousand faults in a sync of 2,000 files: each arrives as it is, or is told of", function()
  local faulty <close> = fault_server({}, 1000)
  local bucket, names, dir, back = new_bucket(faulty), {}, t.tmp(), t.tmp() .. "/back"
  for i = 1, 2000 do names[i] = ("%04d.bin"):format(i) end
  make(dir, names)
  local rules = json.encode(json.array { { fault = "any", probability = 0.4 } })
  local put = ("curl -s -X PUT --data-binary '%s' %s/-/rules"):format(rules, faulty.url)
  t.eq(t.run(put), 0)
  local function run(from, to)
    local _, out, err = t.run(("%s AWS_MAX_ATTEMPTS=4 '%s' sync --quiet --json '%s' '%s'"):format(faulty:environment(), t.hilum, from, to))
    return assert(json.decode(out), err)
  end
  local result = run(dir, bucket)
  t.eq(result.sent + result.failed, 2000)
  for _ = 1, 20 do if result.failed > 0 then result = run(dir, bucket) end end
  t.eq({ result.failed, result.sent + result.same }, { 0, 2000 })
  t.eq(run(bucket, back).failed, 0)
  identical(dir, back)
end)
