-- SPDX-License-Identifier: MIT
-- hilum.archive: what comes out of good archives, bad ones and malicious ones.
local archive = require "hilum.archive"
local archives = require "archives"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local t = require "t"
local task = require "hilum.task"

local function bytes(n, seed)
  local state, parts = seed or 1, {}
  for i = 1, (n + 7) // 8 do
    state = state * 6364136223846793005 + 1442695040888963407
    parts[i] = string.pack("<i8", state)
  end
  return table.concat(parts):sub(1, n)
end

-- All members of a source, by name, in order; and the error that ended them.
local function read(source, options)
  local a <close> = assert(archive.open(source, options))
  local members = {}
  while true do
    local member, err = a:next()
    if not member then return members, err, a:digest() end
    members[#members + 1] = member
    members[member.name] = member
  end
end

local three = { { name = "a.png", data = bytes(100) }, { name = "./images//b.png", data = bytes(300000) }, { name = "empty" } }

local function check_three(members, err)
  t.eq(err, nil)
  t.eq(#members, 3)
  t.eq(members["a.png"].data, three[1].data)
  t.eq(members["images/b.png"].data, three[2].data)
  t.eq(members["images/b.png"].size, 300000)
  t.eq(members["empty"].data, "")
end

t.test("tar, tar.gz and zip, from bytes, a file and a pipe", function()
  local tar = archives.tar(three)
  local zip = archives.zip { { name = "a.png", data = three[1].data }, { name = "images/b.png", data = three[2].data },
    { name = "empty", data = "" } }
  for _, data in ipairs { tar, archives.gzip(tar), zip, archives.gzip(zip) } do
    check_three(read { bytes = data })
    local path = fs.join(t.tmp(), "file")
    assert(fs.write(path, data))
    check_three(read(path))
    local pipe = assert(task.pipe(1 << 16))
    local writer = task.spawn(function()
      for at = 1, #data, 70000 do assert(pipe:write(data:sub(at, at + 69999))) end
      pipe:close()
      return true
    end)
    check_three(read(pipe))
    t.ok(writer:join())
  end
end)

t.test("what a member says of itself", function()
  local members = read { bytes = archives.tar(three) }
  t.eq({ members[1].type, members[1].mtime, members[1].offset }, { "file", 1500000000, 0 })
  t.eq(members[2].offset, 1024)
end)

t.test("an archive is the function of a for loop, where errors are raised", function()
  local names = {}
  for member in assert(archive.open { bytes = archives.tar(three) }) do names[#names + 1] = member.name end
  t.eq(names, { "a.png", "images/b.png", "empty" })
  t.raises("cut off", function() for _ in assert(archive.open { bytes = archives.gzip("x"):sub(1, -2) }) do end end)
end)

t.test("gzip members and tars that follow each other are one archive", function()
  local first, second = archives.tar { three[1] }, archives.tar { three[2], three[3] }
  check_three(read { bytes = archives.gzip(first) .. archives.gzip(second) })
  check_three(read { bytes = archives.gzip(first:sub(1, 700)) .. archives.gzip(first:sub(701) .. second) })
  check_three(read { bytes = archives.gzip(first .. second) .. ("\0"):rep(1000) })
end)

t.test("the digest is that of the whole source", function()
  local data = archives.gzip(archives.tar(three) .. ("\0"):rep(8192))
  for _, name in ipairs { "md5", "sha256", "crc32c" } do
    local _, _, digest = read({ bytes = data }, { digest = name })
    t.eq(digest, hash[name](data))
  end
  local a <close> = assert(archive.open({ bytes = data }, { digest = "md5" }))
  t.eq(a:digest(), nil)
  local _, _, none = read({ bytes = data:sub(1, -2) }, { digest = "md5" })
  t.eq(none, nil)
end)

t.test("names and types that could do harm are refused one by one", function()
  local members, err = read { bytes = archives.tar {
    { name = "/etc/passwd", data = "x" }, { name = "../up.png", data = "x" }, { name = "a/../../b", data = "x" },
    { name = "a/..", data = "x" },
    { name = "caf\xe9.png", data = "x" }, { name = "bell\7.png", data = "x" }, { name = "link.png", type = "2", link = "/etc/passwd" },
    { name = "hard.png", type = "1", link = "good.png" }, { name = "null", type = "3" }, { name = "pipe", type = "6" },
    { name = "folder/", type = "5" }, { name = "..png", data = "fine" }, { name = "r\xc3\xb6ntgen.png", data = "fine" } } }
  t.eq(err, nil)
  local why = {}
  for _, member in ipairs(members) do
    t.eq(member.data == nil, member.error ~= nil)
    why[#why + 1] = member.name .. ": " .. (member.error or member.data)
  end
  t.eq(why, { "/etc/passwd: its name is absolute", "../up.png: its name leads out of the folder",
    "a/../../b: its name leads out of the folder", "a/..: its name leads out of the folder", "caf\xe9.png: its name is not UTF-8",
    "bell\7.png: its name has control characters in it", "link.png: it is no file but a symlink",
    "hard.png: it is no file but a hardlink", "null: it is no file but a device",
    "pipe: it is no file but a fifo", "..png: fine", "r\xc3\xb6ntgen.png: fine" })
end)

t.test("names of pax headers, long and foreign", function()
  local function pax(name)
    local record = (" path=%s\n"):format(name)
    local length = #record + 2
    while #tostring(length) + #record ~= length do length = #tostring(length) + #record end
    return { name = "PaxHeaders/x", type = "x", data = length .. record }
  end
  local long = ("d/"):rep(200) .. "\xe5\x83\x8f.png"
  local members, err = read { bytes = archives.tar { pax(long), { name = "short", data = "x" }, pax("../evil"),
    { name = "short", data = "x" }, pax(("n"):rep(2000)), { name = "short", data = "x" } } }
  t.eq(err, nil)
  t.eq(members[1].name, long)
  t.eq(members[1].data, "x")
  t.eq(members[2].error, "its name leads out of the folder")
  t.eq(members[3].error, "its name is too long")
end)

t.test("the second member of a name is refused", function()
  local members = read { bytes = archives.tar { { name = "a", data = "1" }, { name = "./a", data = "2" }, { name = "b", data = "3" } } }
  t.eq({ members[1].data, members[2].error, members[3].data }, { "1", "a member of this name came before", "3" })
end)

t.test("members over the limit are passed over", function()
  local members, err = read({ bytes = archives.tar { { name = "big", data = bytes(5000) }, { name = "small", data = "x" } } },
    { max_member = 4999 })
  t.eq(err, nil)
  t.eq(members[1].error, "it has 5000 bytes: 4999 are allowed")
  t.eq(members[1].size, 5000)
  t.eq(members[2].data, "x")
end)

t.test("a member that claims five gigabytes, or more than there is", function()
  local claim = archives.tar({ { name = "good", data = "x" }, { name = "huge", size = 5 << 30, data = "little" } })
  local members, err = read { bytes = claim }
  t.eq(members[1].data, "x")
  t.eq(members[2].error, "it has 5368709120 bytes: 268435456 are allowed")
  t.fails("integrity", "1 member before that is whole", nil, err)
end)

t.test("too much in all ends the archive", function()
  local members, err = read({ bytes = archives.tar(three) }, { max_total = 1000 })
  t.eq(#members, 1)
  t.fails("integrity", "more than the 1000 bytes that are allowed; 1 member before that is whole", nil, err)
  t.eq(err.code, "bomb")
end)

t.test("a gzip bomb ends the archive", function()
  local path = fs.join(t.tmp(), "bomb.tar.gz")
  t.eq((t.run(("head -c 200000000 /dev/zero | gzip -9 >%s"):format(path))), 0)
  local _, err = read(path)
  t.fails("integrity", "more than 250 times its size", nil, err)
end)

t.test("sparse files are refused", function()
  local dir = t.tmp()
  local command = "cd %s && truncate -s 3000000 holes && printf x >>holes && printf y >whole && tar cSf s.tar holes whole"
  t.eq((t.run(command:format(dir))), 0)
  local members, err = read(fs.join(dir, "s.tar"))
  t.eq(err, nil)
  t.eq(members.holes.error, "it is a sparse file")
  t.eq(members.whole.data, "y")
end)

t.test("an archive cut off anywhere says so, and what came before is whole", function()
  local data = archives.gzip(archives.tar(three))
  for at = 0, #data - 1, 4999 do
    local members, err = read { bytes = data:sub(1, at) }
    t.ok(err, at)
    t.eq(err.kind, "integrity")
    for i, member in ipairs(members) do t.eq(member.data, three[i].data or "") end
    if #members > 0 then t.match(err, ("%d members? before that"):format(#members)) end
  end
end)

t.test("damage is found out by the checksum", function()
  local data = archives.gzip(archives.tar(three))
  local damaged = data:sub(1, 200000) .. "\xff" .. data:sub(200002)
  local _, err = read { bytes = damaged ~= data and damaged or error("the same") }
  t.fails("integrity", "checksum does not fit", nil, err)
  t.eq(err.code, "crc")
end)

t.test("a zip member with a wrong checksum is refused alone", function()
  local members, err = read { bytes = archives.zip { { name = "bad", data = "abc", crc = 1 }, { name = "good", data = "abc" } } }
  t.eq(err, nil)
  t.match(members.bad.error, "CRC")
  t.eq(members.good.data, "abc")
end)

t.test("what is no archive is told apart", function()
  local cases = { { "", "empty", "empty" }, { "<!DOCTYPE html>", "a web page", "format" }, { "BZh91AY", "bunzip2", "format" },
    { "\xFD7zXZ\0", "unxz", "format" }, { archives.gzip("just text"), "neither a tar", "format" },
    { bytes(5000), "neither a tar", "format" },
    { archives.gzip(archives.tar(three)) .. "junk", "other data follow", "trailing%-bytes" },
    { "\x1f\x8b\9" .. bytes(30), "gzip header", "gzip" } }
  for _, case in ipairs(cases) do
    local _, err = read { bytes = case[1] }
    t.match(err, case[2])
    t.match(err.code, case[3])
  end
end)

t.test("a pipe's error is the archive's", function()
  local data = archives.tar(three)
  local pipe = assert(task.pipe(1 << 16))
  local a <close> = assert(archive.open(pipe, { name = "https://host/a.tar" }))
  assert(pipe:write(data:sub(1, 2000)))
  pipe:close(require "hilum.host".error("net", "connection reset"))
  t.eq(a:next().name, "a.png")
  local member, err = a:next()
  t.fails("net", "connection reset; 1 member before that is whole", member, err)
end)

t.test("closing at any moment stops the thread and the writer", function()
  local data = archives.gzip(archives.tar(three))
  for count = 0, 3 do
    local a = assert(archive.open({ bytes = data }, { ahead = 0 }))
    for _ = 1, count do a:next() end
    a:close()
    a:close()
    t.raises("archive is closed", a.next, a)
  end
  local pipe = assert(task.pipe(1 << 16))
  local a = assert(archive.open(pipe))
  local waiting = task.spawn(function() return a:next() end)
  task.sleep(0)
  a:close()
  t.fails("cancelled", "closed", waiting:join())
  t.fails("io", "closed", pipe:write(("x"):rep(100000)))
end)

t.test("an archive that nobody closes is collected", function()
  for _ = 1, 20 do assert(archive.open({ bytes = archives.tar(three) }, { ahead = 0 })):next() end
  local pipe = assert(task.pipe(1 << 16))
  assert(archive.open(pipe))
end)

t.test("several tasks take members of one archive", function()
  local members = {}
  for i = 1, 100 do members[i] = { name = tostring(i), data = bytes(i * 97, i) } end
  local a <close> = assert(archive.open({ bytes = archives.tar(members) }, { ahead = 4096 }))
  local seen, workers = {}, {}
  for w = 1, 5 do
    workers[w] = task.spawn(function()
      for member in a do
        seen[member.name] = member.data
        task.sleep(0)
      end
      return true
    end)
  end
  for _, worker in ipairs(workers) do t.ok(worker:join()) end
  for i = 1, 100 do t.eq(seen[tostring(i)], members[i].data) end
end)

t.test("a task that waits for a member can be cancelled", function()
  local pipe = assert(task.pipe(1 << 16))
  local a <close> = assert(archive.open(pipe))
  local first, second = task.spawn(a.next, a), task.spawn(a.next, a)
  task.sleep(0)
  first:cancel()
  assert(pipe:write(archives.tar { { name = "x", data = "y" } }))
  pipe:close()
  t.fails("cancelled", "", first:join())
  t.eq(second:join().data, "y")
end)

t.test("misuse raises", function()
  t.raises("path, {bytes = string} or pipe expected", archive.open, {})
  t.raises("unknown option 'max_size'", archive.open, "x", { max_size = 1 })
  t.raises("no such algorithm", archive.open, "x", { digest = "md4" })
  t.fails("io", "No such file", archive.open("/nowhere/x.tar"))
  t.fails("io", "not a regular file", archive.open("/dev/null"))
end)
