-- SPDX-License-Identifier: MIT
-- The files of a local index, and how they change. Files only grow, and index.json says how much of each counts: data are written
-- first, and count from the moment index.json is replaced. What a crash leaves behind the counted part is cut off by the next
-- writer, and readers, which map what counted when they opened, never see it.
--
-- A file that is made anew (compaction, the int8 sidecar) is written as .NAME.COMMIT, counts when index.json says that NAME is
-- since COMMIT, and then is renamed to NAME; until somebody has done so, it is found under the longer name.
local fs = require "hilum.fs"
local host = require "hilum.host"
local json = require "hilum.json"

local folder = {}

local FORMAT = 2
local RECORD, LOCK = "index.json", ".hilum.lock"
local REMEDY = "run `hilum index --force`"

-- docs.jsonl: a record a line; rows.bin, tags.bin and values.jsonl: lib/index/rows; vectors.int8: the first rows, quantised.
local NAMES = { ["vectors.npy"] = true, ["vectors.int8"] = true, ["docs.jsonl"] = true, ["rows.bin"] = true, ["tags.bin"] = true,
  ["values.jsonl"] = true }

local function unnamed(name, since) return (".%s.%d"):format(name, since) end

function folder.damaged(url, why)
  return host.error("integrity", ("%s is damaged: %s; %s"):format(url, why, REMEDY))
end

-- Whether there is an index, finished or not of this version.
function folder.exists(url) return fs.stat(fs.join(url, RECORD)) ~= nil end

local function is_count(value) return math.type(value) == "integer" and value >= 0 end

-- Whether a record says all that is needed to open the files.
local function is_whole(record)
  for _, key in ipairs { "commit", "count", "deleted", "quantized", "length" } do
    if not is_count(record[key]) then return false end
  end
  local files = type(record.files) == "table" and record.files or {}
  for name in pairs(NAMES) do
    local file = files[name]
    local said = type(file) == "table" and is_count(file.since) and is_count(file.size)
    if not said and not (name == "vectors.int8" and not file and record.quantized == 0) then return false end
  end
  return record.deleted <= record.count and record.quantized <= record.count
end

-- What index.json says: { format=, commit=, count=, length=, model=, deleted=, quantized=, files = { [name] = { since=, size= } } …}.
function folder.read(url)
  local path = fs.join(url, RECORD)
  if not folder.exists(url) then return nil, host.error("io", ("no index yet in %s: run `hilum index`"):format(url)) end
  local text, err = fs.read(path)
  if not text then return nil, err end
  local record, why = json.decode(text)
  if type(record) ~= "table" then return nil, folder.damaged(url, ("%s: %s"):format(RECORD, why and why.message or "no record")) end
  if record.format ~= FORMAT then
    return nil, host.error("parse", ("%s was written by another version of hilum: %s"):format(path, REMEDY))
  end
  if not is_whole(record) then return nil, folder.damaged(url, RECORD .. " does not say all it should") end
  return record
end

-- Opens a file of the index by open(path, size): under its longer name while it has it.
function folder.open(url, record, name, open)
  local file = record.files[name]
  local opened, err = open(fs.join(url, unnamed(name, file.since)), file.size)
  if opened or err.code ~= "ENOENT" then return opened, err end
  return open(fs.join(url, name), file.size)
end

-- Whether files that were opened by one record are those that the other means: nobody has replaced them meanwhile.
function folder.same_files(a, b)
  for name, file in pairs(a.files) do
    if not b.files[name] or b.files[name].since ~= file.since then return false end
  end
  return true
end

-- The name that an entry of the folder is to have, and since which commit, if it has not got it yet.
local function name_to_get(entry) return entry:match("^%.(.+)%.(%d+)$") end

-- Whether a writer that was killed has left files without their names.
function folder.is_unsettled(url)
  for _, entry in ipairs(fs.list(url) or {}) do
    if NAMES[name_to_get(entry)] then return true end
  end
  return false
end

-- Gives new files their names, and removes what no record means any more.
local function settle(url, record)
  for _, entry in ipairs(assert(fs.list(url))) do
    local name, since = name_to_get(entry)
    local file = record.files[name or entry]
    if name and file and file.since == tonumber(since) then
      assert(fs.rename(fs.join(url, entry), fs.join(url, name)))
    elseif NAMES[name] or NAMES[entry] and not file then
      assert(fs.remove(fs.join(url, entry)))
    end
  end
end

-- A change under way.
local Change = {}
Change.__index = Change

-- Adds bytes to a file.
function Change:append(name, bytes)
  local file = self.record.files[name]
  if bytes == "" then return end
  assert(fs.append(fs.join(self.url, name), bytes, { at = file.size, sync = true }))
  file.size = file.size + #bytes
end

-- Makes a file anew by write(path).
function Change:replace(name, write)
  local path = fs.join(self.url, unnamed(name, self.record.commit))
  write(path)
  self.record.files[name] = { since = self.record.commit, size = fs.stat(path).size }
  return path
end

-- A file that has been added to by other means.
function Change:grown(name, size) self.record.files[name].size = size end

function Change:drop(name) self.record.files[name] = nil end

local function copy(value)
  if type(value) ~= "table" or getmetatable(value) then return value end
  local made = {}
  for key, item in pairs(value) do made[key] = copy(item) end
  return made
end

-- The record of an index that has never been, which counts its commits from a random number: an index that was deleted and made again is
-- not mistaken for what it was by those who had opened it.
local function new_record()
  local file <close> = assert(io.open("/dev/urandom", "rb"))
  return { format = FORMAT, commit = ("<I5"):unpack(file:read(5)), files = {} }
end

local function perform(url, record, f)
  assert(fs.sweep(url))
  settle(url, record)
  local change = setmetatable({ url = url, record = copy(record) }, Change)
  change.record.commit = record.commit + 1
  if f(change) == false then return record end
  assert(json.write(fs.join(url, RECORD), change.record))
  settle(url, change.record)
  return change.record
end

-- Changes the index by f(change), alone; all of it counts, or nothing. f may return false: nothing is to be changed. Returns the
-- record that counts now, or nil and an error (code EWOULDBLOCK: another process is writing). anew: whatever was there counts no more.
function folder.change(url, f, anew)
  local made, denied = fs.mkdir(url)
  if not made then return nil, denied end
  local lock, err = fs.lock(fs.join(url, LOCK))
  if not lock then return nil, err end
  local held <close> = lock -- luacheck: ignore
  local record, why = folder.read(url)
  if not record and not anew then return nil, why end
  local done, result = pcall(perform, url, record or new_record(), f)
  if done then return result end
  local counted = folder.read(url)
  if counted then pcall(settle, url, counted) end -- what was written in vain goes: the disk may be full
  if type(result) == "table" then return nil, result end
  error(result, 0)
end

local function remove_files(url)
  assert(fs.remove(fs.join(url, RECORD))) -- from here on there is no index
  for _, entry in ipairs(assert(fs.list(url))) do
    if NAMES[entry] or NAMES[name_to_get(entry)] then assert(fs.remove(fs.join(url, entry))) end
  end
  fs.remove(fs.join(url, LOCK))
  fs.remove(url) -- unless somebody keeps something else in it
end

-- Deletes the index and its files. True; false: there is none; nil and an error (code EWOULDBLOCK: another process is writing).
function folder.remove(url)
  if not folder.exists(url) then return false end
  local lock, err = fs.lock(fs.join(url, LOCK))
  if not lock then return nil, err end
  local held <close> = lock -- luacheck: ignore
  local done, why = pcall(remove_files, url)
  if done then return true end
  if type(why) == "table" then return nil, why end
  error(why, 0)
end

return folder
