-- SPDX-License-Identifier: MIT
-- One archive, from where it is to a store: downloaded, unpacked, each image checked and stored, all at once, nothing in between on disk.
local archive = require "hilum.archive"
local download = require "lib.fetch.download"
local fs = require "hilum.fs"
local host = require "hilum.host"
local image = require "hilum.image"
local images = require "lib.images"
local json = require "hilum.json"
local sources = require "lib.fetch.sources"
local task = require "hilum.task"
local window = require "lib.fetch.window"

local part = {}

-- Memory: of a pipe from the network, of members read ahead, of members on their way into the store.
local PIPE, AHEAD, UNDER_WAY = 1 << 20, 2 << 20, 6 << 20
local MOST_PASSES = 5
local MOST_FAILURES = 8 -- in a row: then the store is at fault, and the rest would fail as well

local Part = {}
Part.__index = Part

-- source: as lib/fetch/sources.lua makes them, with what download.describe found out as `about`. store: as lib/store.lua opens them.
-- options: there: name = size of what is in the store, and kept up to date; depth of the check; flat; max_member (bytes); at_once;
-- progress; policy: by which downloads are tried again (lib/retry.lua).
function part.new(source, store, options)
  return setmetatable({ source = source, store = store, options = options, names = json.array(), settled = {}, told = {},
    broken = json.array(), failed = json.array(), stored = 0, kept = 0, left_out = 0, bytes = 0, failures = 0 }, Part)
end

-- Members.

-- Each problem is told once, however often the archive is passed through. False: it was before.
local function tell(self, name, code, message)
  local key = name .. "\n" .. message
  if self.told[key] then return false end
  self.told[key] = true
  table.insert(self.broken, { name = name, code = code, message = message })
  self.options.progress:fail()
  return true
end

local function add_broken(self, name, code, message)
  if tell(self, name, code, message) then self.options.progress:add() end
end

local function add_failed(self, name, message)
  table.insert(self.failed, { name = name, message = message })
  self.options.progress:fail()
end

-- Is an image of that name and size there already? nil and why nothing may be stored if there is another one.
local function is_there(self, name, size)
  local before = self.options.there[name]
  if not before or before == size then return before ~= nil end
  return nil, ("another file of %d bytes is there; --force replaces it"):format(before)
end

local function settle(self, name)
  self.settled[name] = true
  self.names[#self.names + 1] = name
  self.options.progress:add()
end

local function store_image(self, name, data)
  local done, err = self.store:write(name, data)
  self.failures = done and 0 or self.failures + 1
  if not done then
    add_failed(self, name, host.message(err))
    return
  end
  self.options.there[name] = #data
  settle(self, name)
  self.stored, self.bytes = self.stored + 1, self.bytes + #data
end

-- What is wrong with an image, so that it is not stored. That its name says another format can be mended behind it.
local function problem_of(self, name, data)
  local problem = image.check({ bytes = data, name = name }, { limits = false, depth = self.options.depth }).problems[1]
  if not problem or problem.code ~= "wrong-extension" then return problem end
  tell(self, name, problem.code, problem.message .. "; it is stored: `hilum check --fix` mends that")
end

-- One image, in a task of its own.
local function take_image(self, name, data)
  local there, why = is_there(self, name, #data)
  if there then
    settle(self, name)
    self.kept = self.kept + 1
    return
  end
  if why then return add_failed(self, name, why) end
  local problem = problem_of(self, name, data)
  if not problem then return store_image(self, name, data) end
  self.settled[name] = true
  add_broken(self, name, problem.code, problem.message)
end

-- What a member is, by its name: "image", "dicom", or nothing of ours. Hidden files are what some systems put beside images.
local function kind_of(name)
  local base = fs.base(name)
  if base:find("^%.") or not base:find("%.") then return nil end
  return (images.kind(base))
end

local function take_member(self, member, seen, under_way)
  local name = self.options.flat and fs.base(member.name) or member.name
  local kind = kind_of(name)
  if self.settled[name] and not seen[name] then
    seen[name] = true -- in an earlier pass
  elseif member.error then
    add_broken(self, member.name, "refused", member.error)
  elseif kind == "dicom" then
    add_broken(self, member.name, images.dicom_problem.code, images.dicom_problem.message)
  elseif not kind then
    self.left_out = self.left_out + 1
  elseif seen[name] then
    add_broken(self, member.name, "duplicate", "an image of this name came before, from another folder")
  else
    seen[name] = true
    under_way:run(#member.data, take_image, self, name, member.data)
  end
end

-- Passes: from the first byte to the last, or to where it breaks.

-- The archive, and the task that loads it if it comes from elsewhere; or nil and an error.
local function open(self)
  local source = self.source
  local settings = { name = source.name, ahead = AHEAD, max_member = self.options.max_member, digest = source.md5 and "md5" or nil }
  if not sources.is_url(source.place) then return archive.open(source.place, settings) end
  local pipe = assert(task.pipe(PIPE))
  local loading = task.spawn(download.run, source.place, pipe, source.about,
    { progress = self.options.progress, policy = self.options.policy })
  return assert(archive.open(pipe, settings)), loading
end

-- Why a pass ended early: if the download was at fault, it knows best.
local function reason_of(err, loading)
  if not loading or err.kind == "integrity" then return err end
  local _, why = loading:join()
  return why or err
end

-- Returns the MD5, or "" if none is known; or nil and an error.
local function run_pass(self)
  local seen = {}
  self.failed, self.left_out, self.failures = json.array(), 0, 0
  local opened <close>, loading = open(self)
  if not opened then return nil, loading end
  local under_way <close> = window.open(self.options.at_once, UNDER_WAY)
  local member, err = opened:next()
  while member and self.failures < MOST_FAILURES do
    take_member(self, member, seen, under_way)
    member, err = opened:next()
  end
  under_way:finish()
  if self.failures >= MOST_FAILURES then
    return nil, host.error("io", ("given up after %d failures: %s"):format(#self.failed, self.failed[#self.failed].message))
  end
  if not err then return opened:digest() or "" end
  opened:close()
  return nil, reason_of(err, loading)
end

-- Fetches all that is not there. Afterwards: names (stored and kept), stored, kept, bytes (stored), left_out (members that are no images),
-- broken {name, code, message}, failed {name, message}, and one of
--   done      everything was read, and is what it should be; what is broken is so in the archive
--   suspect   the MD5 is not what it should be: a message
--   err       it ended before its end
function Part:run()
  local md5, err
  for _ = 1, MOST_PASSES do
    md5, err = run_pass(self)
    if not (err and err.restart) then break end
  end
  self.err, self.md5 = err, md5
  if md5 and self.source.md5 and md5 ~= self.source.md5 then
    self.suspect = ("its MD5 is %s and should be %s: it was damaged on the way, or is another archive"):format(md5, self.source.md5)
  end
  self.done = md5 and not self.suspect and #self.failed == 0
end

return part
