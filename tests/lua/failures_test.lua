-- SPDX-License-Identifier: MIT
-- What must hold when the world ends in the middle: kill -9 at any moment, a full disk, files that are no files, odd names,
-- two processes at once, Ctrl-C. A clear line each, nothing half-written, and the next run makes what an undisturbed one makes.
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local json = require "hilum.json"
local task = require "hilum.task"
local t = require "t"

local PATIENTS = 60
local KILLS = 4

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Runs hilum in a project folder; `before` stands before the program, as `timeout …` does.
local function hilum(dir, arguments, before)
  return t.run(("cd %s && %s %s %s; exit $?"):format(quote(dir), before or "", quote(t.hilum), arguments))
end

-- The shell waits for what it kills: a process that is still dying holds its temporaries.
local function killed(dir, arguments, seconds)
  t.run(("cd %s && { %s %s & p=$!; sleep %.3f; kill -9 $p; wait $p; }"):format(quote(dir), quote(t.hilum), arguments, seconds))
end

local function must(dir, arguments)
  local status, out, err = hilum(dir, arguments)
  t.eq(status, 0, arguments .. "\n" .. out .. err)
  return out, err
end

local function copy_of(dir)
  local copy = fs.join(t.tmp(), "project")
  t.eq((t.run(("cp -a %s %s"):format(quote(dir), quote(copy)))), 0)
  return copy
end

-- What a run made, by name; without the records of how and when.
local IGNORED = { ["run.jsonl"] = true, [".hilum.lock"] = true }

-- An index counts its commits from a random number.
local function sum_of(path)
  if fs.base(path) ~= "index.json" then return assert(hash.sha256_file(path)) end
  local text = assert(fs.read(path))
  local first = text:match('"commit":(%d+)')
  return hash.sha256((text:gsub('("%l+":)' .. first, "%1first")))
end

local function contents_of(dir)
  local sums = {}
  for _, name in ipairs(assert(fs.walk(dir))) do
    if not IGNORED[fs.base(name)] and not name:find("^cache/") then sums[name] = sum_of(fs.join(dir, name)) end
  end
  return sums
end

-- A file is there whole or not at all; leftovers have the names of temporaries.
local function is_temporary(name) return fs.base(name):find("^%.") ~= nil or name:find("%.tmp") ~= nil end

local function check_none_half_written(dir, wanted)
  for name, sum in pairs(contents_of(dir)) do
    if not is_temporary(name) then t.eq(sum, wanted[name], name) end
  end
end

local function check_same(dir, wanted)
  local made = contents_of(dir)
  for name, sum in pairs(wanted) do t.eq(made[name], sum, name) end
  for name in pairs(made) do t.ok(wanted[name], name .. " is left over") end
end

-- A project in which the steps before `upto` are done.
local STEPS = {
  { "phantom", ("phantom --count %d --size 128 --out phantoms"):format(PATIENTS) },
  { "labels", "labels phantoms/labels.csv phantoms/Data_Entry.csv" },
  { "split", "split" },
  { "prepare", "prepare phantoms/images --min-records 10 --min-validation 1" },
  { "finetune", "finetune" },
  { "embed", "embed phantoms/images" },
  { "index", "index" },
}

local function project_before(upto)
  local dir = t.tmp()
  assert(fs.write(fs.join(dir, "project.lua"), "return {}\n"))
  for _, step in ipairs(STEPS) do
    if step[1] == upto then return dir, step[2] end
    must(dir, step[2])
  end
end

local function kill_test(name)
  t.test(("kill -9 in the middle of %s, then again: as if nothing had been"):format(name), function()
    local dir, command = project_before(name)
    local undisturbed = copy_of(dir)
    local began = task.now()
    must(undisturbed, command)
    local seconds, wanted = task.now() - began, contents_of(undisturbed)
    for _ = 1, KILLS do
      killed(dir, command, math.random() * seconds)
      check_none_half_written(dir, wanted)
    end
    must(dir, command)
    check_same(dir, wanted)
  end)
end

for _, name in ipairs { "phantom", "prepare", "finetune", "embed", "index" } do kill_test(name) end

local function full_disk_test(name)
  t.test(("no room for what %s writes: a line, nothing half-written, and it works when there is room"):format(name), function()
    local dir, command = project_before(name)
    local undisturbed = copy_of(dir)
    must(undisturbed, command)
    local wanted = contents_of(undisturbed)
    local status, _, err = hilum(dir, command, "ulimit -f 2;")
    t.eq(status, 1)
    t.match(err, "File too large")
    check_none_half_written(dir, wanted)
    must(dir, command)
    check_same(dir, wanted)
  end)
end

for _, name in ipairs { "labels", "prepare", "finetune", "embed", "index" } do full_disk_test(name) end

-- A file system of 200 KB, where the user may mount one.
local function tiny_disk()
  local dir = t.tmp()
  if t.run(("mount -t tmpfs -o size=200k tmpfs %s"):format(quote(dir))) ~= 0 then return nil end
  return dir, setmetatable({}, { __close = function() t.run("umount " .. quote(dir)) end })
end

local function can_mount()
  local dir, mounted <close> = tiny_disk() -- luacheck: ignore 211
  return dir ~= nil
end

local IS_MOUNTABLE = can_mount()

local function test_on_disk(name, f)
  if not IS_MOUNTABLE then return t.skip(name, "no file system can be mounted here") end
  t.test(name, function()
    local dir, mounted <close> = tiny_disk() -- luacheck: ignore 211
    f(dir)
  end)
end

local function remount(dir, options) t.eq((t.run(("mount -o remount,%s %s"):format(options, quote(dir)))), 0) end

test_on_disk("a disk that fills up: what is there is whole, and with more room it goes on", function(dir)
  local status, _, err = hilum(dir, STEPS[1][2])
  t.eq(status, 1)
  t.match(err, "No space left on device")
  for _, name in ipairs(assert(fs.walk(fs.join(dir, "phantoms/images")))) do
    if not is_temporary(name) then t.eq(#require "hilum.image".check(fs.join(dir, "phantoms/images", name)).problems, 0, name) end
  end
  remount(dir, "size=50M")
  must(dir, STEPS[1][2])
  t.ok(#assert(fs.list(fs.join(dir, "phantoms/images"))) >= PATIENTS)
end)

test_on_disk("a project that can only be read: check works, what writes says so", function(dir)
  remount(dir, "size=50M")
  must(dir, STEPS[1][2])
  assert(fs.write(fs.join(dir, "project.lua"), "return {}\n"))
  remount(dir, "ro")
  must(dir, "check phantoms/images")
  local status, _, err = hilum(dir, STEPS[2][2])
  t.eq(status, 1)
  t.match(err, "Read%-only file system")
end)

t.test("a folder, a dangling link and a pipe that are called images", function()
  local dir = t.tmp()
  assert(fs.mkdir(fs.join(dir, "images/folder.png")))
  t.run(("ln -s nowhere %s; mkfifo %s"):format(quote(fs.join(dir, "images/link.png")), quote(fs.join(dir, "images/pipe.png"))))
  must(dir, "phantom --count 1 --size 128 --out good")
  t.run(("cp %s/*.png %s"):format(quote(fs.join(dir, "good/images")), quote(fs.join(dir, "images"))))
  t.eq((hilum(dir, "check images", "timeout 20")), 0)
  local status, out = hilum(dir, "check images/link.png", "timeout 20")
  t.ok(status ~= 0 and status ~= 124, out)
end)

-- A PNG whose header speaks of a picture that nobody has memory for.
local function bomb(side)
  local function chunk(kind, data)
    return string.pack(">I4", #data) .. kind .. data .. string.pack(">I4", tonumber(hash.crc32(kind .. data), 16))
  end
  return "\x89PNG\r\n\x1a\n" .. chunk("IHDR", string.pack(">I4I4BBBBB", side, side, 8, 0, 0, 0, 0))
    .. chunk("IDAT", ("\x78\x9c" .. ("\0"):rep(100))) .. chunk("IEND", "")
end

-- Little memory; a program with sanitizers cannot start with that, and does without the limit.
local function with_little_memory()
  local limit = "ulimit -v 1000000;"
  return t.run(("%s %s version"):format(limit, quote(t.hilum))) == 0 and limit or ""
end

t.test("a decompression bomb costs a line, not memory", function()
  local dir, limit = t.tmp(), with_little_memory()
  assert(fs.write(fs.join(dir, "bomb.png"), bomb(60000)))
  local status, out = hilum(dir, "check bomb.png", limit)
  t.eq(status, 1)
  t.match(out, "bomb.png: 60000 x 60000 are more than the %d+ pixels that are decoded at most")
  status, out = hilum(dir, "embed .", limit)
  t.eq(status, 1)
  t.match(out, "bomb.png")
end)

t.test("a NUL in a label table is told with its line", function()
  local dir = t.tmp()
  assert(fs.write(fs.join(dir, "labels.csv"), "id,Mass,No Finding,subj_id\na.png,1,0,1\nb\0.png,0,1,2\n"))
  local status, _, err = hilum(dir, "labels labels.csv")
  t.eq(status, 1)
  t.match(err, "NUL")
  t.match(err, "3")
  t.eq(fs.stat(fs.join(dir, "dataset.jsonl")), nil)
end)

local ODD = { "with space.png", "quote'\".png", "new\nline.png", "ünï.png", "-dash.png", "per%cent.png" }

t.test("odd names go through the whole chain", function()
  local dir = t.tmp()
  must(dir, "phantom --count 40 --size 128 --out p")
  local names = assert(fs.list(fs.join(dir, "p/images")))
  local table_text = assert(fs.read(fs.join(dir, "p/labels.csv")))
  for i, odd in ipairs(ODD) do
    assert(fs.rename(fs.join(dir, "p/images", names[i]), fs.join(dir, "p/images", odd)))
    table_text = table_text:gsub(names[i]:gsub("%W", "%%%0"), (('"' .. odd:gsub('"', '""') .. '"'):gsub("%%", "%%%%")))
  end
  assert(fs.write(fs.join(dir, "odd.csv"), table_text))
  must(dir, "check p/images")
  must(dir, "labels odd.csv")
  must(dir, "split")
  must(dir, "prepare p/images --min-records 1 --min-validation 1")
  must(dir, "finetune")
  must(dir, "embed p/images")
  must(dir, "index")
  local out = must(dir, ("query --image %s --k 40 --json"):format(quote("p/images/" .. ODD[3])))
  t.match(out, "p/images/new\\nline%.png")
  for i, odd in ipairs(ODD) do t.ok(i == 3 or out:find(('"image":%s'):format(json.encode(odd)), 1, true), odd) end
end)

t.test("a project folder that cannot be written", function()
  local dir = t.tmp()
  must(dir, "phantom --count 2 --size 128 --out p")
  assert(fs.write(fs.join(dir, "project.lua"), "return {}\n"))
  local read_only = fs.join(dir, "file") -- root writes everywhere, but not below a file
  assert(fs.write(read_only, ""))
  local status, _, err = hilum(dir, ("--project %s split"):format(quote(read_only)))
  t.ok(status ~= 0, "split in a file")
  t.match(err, "file")
end)

t.test("a second process is told who is at work", function()
  local dir = t.tmp()
  assert(fs.write(fs.join(dir, "project.lua"), "return {}\n"))
  local lock <close> = assert(fs.lock(fs.join(dir, ".hilum.lock"))) -- luacheck: ignore 211
  local status, _, err = hilum(dir, "phantom --count 1 --size 64")
  t.eq(status, 1)
  t.match(err, "in use by process %d+")
  t.eq(fs.stat(fs.join(dir, "phantoms")), nil)
end)

local function status_when_interrupted(dir, command)
  return (hilum(dir, command, "timeout --preserve-status -s INT 0.2"))
end

t.test("Ctrl-C in finetune: status 130, nothing half-written, and the next run cleans up", function()
  local dir = project_before("finetune")
  local before = contents_of(dir)
  t.eq(status_when_interrupted(dir, "finetune --epochs 100 --batch-size 2"), 130)
  check_none_half_written(dir, before)
  must(dir, "finetune --epochs 1")
  for file in pairs(contents_of(dir)) do t.ok(not is_temporary(file), file) end
end)

t.test("Ctrl-C in check and in phantom: status 130", function()
  local dir = t.tmp()
  t.eq(status_when_interrupted(dir, "phantom --count 100000 --size 512"), 130)
  must(dir, "phantom --count 16 --size 1024 --out big")
  t.eq((t.run(("cd %s && for i in 1 2 3 4 5 6 7; do cp -al big/images big/$i && mv big/$i big/images; done"):format(quote(dir)))), 0)
  t.eq(status_when_interrupted(dir, "check big"), 130)
end)
