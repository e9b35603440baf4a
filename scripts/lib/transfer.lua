-- SPDX-License-Identifier: MIT
-- What `hilum upload`, `download` and `sync` do: makes one side as the other, sending only what is not there. Started again after any end,
-- it goes on where it was, since what arrived is there.
local flow = require "lib.transfer.flow"
local fs = require "hilum.fs"
local json = require "hilum.json"
local plan = require "lib.transfer.plan"
local task = require "hilum.task"

local transfer = {}

local DELETED_TOGETHER = 1000 -- S3's limit for a request
local HOPELESS = 20           -- so many failures and no success: the rest would fail too
local SILENCE = 200           -- so many failures in a row, each after all its retries: nobody is there any more
local KEPT = 100000           -- failures that are remembered by name
local FLUSHED = 32 << 20      -- smaller files are not waited for: what a power failure takes has another size, and is fetched again

local DISK_FULL, SIGN_IN = "the disk is full: make room", "the credentials are no longer taken: sign in again"
-- What is so for all files when it is so for one.
local FATAL = { ENOSPC = DISK_FULL, EDQUOT = DISK_FULL, ExpiredToken = SIGN_IN, InvalidAccessKeyId = SIGN_IN }

local Run = {}
Run.__index = Run

-- The reason not to try the rest, after a failure; nil: there is none.
local function reason_to_stop(self, err)
  if FATAL[err.code] then return FATAL[err.code] end
  if self.failed >= HOPELESS and self.sent + self.same == 0 then return ("the first %d failed"):format(self.failed) end
  if self.unanswered >= SILENCE then return ("the last %d failed, each after several attempts"):format(self.unanswered) end
end

function Run:fail(name, err)
  self.failed = self.failed + 1
  if #self.failures < KEPT then
    table.insert(self.failures, { name = name, code = err.code or err.kind, message = err.message })
  end
  self.progress:fail(1)
  if err.retryable then self.unanswered = self.unanswered + 1 end
  local reason = reason_to_stop(self, err)
  if reason then self.stopped = reason .. "; the rest was not tried" end
end

-- What is done with a file, in a word.
local function verb_of(from, to) return to.is_folder and "fetch" or from.is_folder and "send" or "copy" end

-- Notes what a dry run would do, as far as anybody wants to see it.
local function note(self, what, action, entry)
  if #self.plan < self.noted then self.plan[#self.plan + 1] = { what = what, name = action.name, bytes = entry.size } end
end

local function send(self, action)
  local from, to = self.from, self.to
  local source, target = from:location(action.name), to:location(action.name)
  if not to.is_folder and not from.is_folder then return self.client:copy(source, target, self.put) end
  if from.is_folder then return self.client:upload(source, target, self.put) end
  local made, err = fs.mkdir(fs.dir(target))
  if not made then return nil, err end
  local object
  object, err = self.client:download(source, target, { size = action.from.size, sync = action.from.size >= FLUSHED,
    progress = self.progress })
  if not object then return nil, err end
  return fs.touch(target, action.from.mtime)
end

local function is_there(self, action)
  if action.what == "same" then return true end
  if action.what ~= "compare" or self.from.is_folder == self.to.is_folder then return false end
  local folder, bucket = self.from.is_folder and self.from or self.to, self.from.is_folder and self.to or self.from
  return require "lib.aws.s3.same"(folder:location(action.name), self.client, bucket:location(action.name))
end

function Run:delete_queued()
  local names = self.queued
  self.queued = {}
  local errors = #names > 0 and self.to:delete(names) or {}
  for i, name in ipairs(names) do
    if errors[i] then self:fail(name, errors[i]) else self.deleted = self.deleted + 1 end
  end
end

local function handle_send(self, action)
  local why = self.to:refuses(action.name)
  if why then return self:fail(action.name, { code = "name", message = ("%s: %s"):format(action.name, why) }) end
  if is_there(self, action) then
    self.same = self.same + 1
    return
  end
  if self.dry_run then note(self, verb_of(self.from, self.to), action, action.from) end
  local done, err = self.dry_run, nil
  if not done then done, err = send(self, action) end
  if not done then return self:fail(action.name, err) end
  self.sent, self.bytes, self.unanswered = self.sent + 1, self.bytes + action.from.size, 0
end

local function handle(self, action)
  if self.stopped then return end
  if action.what == "fail" then
    self:fail(action.name, action.from.error)
  elseif action.what ~= "delete" then
    handle_send(self, action)
  elseif self.dry_run then
    note(self, "delete", action, action.to)
    self.deleted = self.deleted + 1
  else
    table.insert(self.queued, action.name)
    if #self.queued == DELETED_TOGETHER then self:delete_queued() end
  end
  self.progress:add(1)
end

-- The entries of a side, of which the first is looked at already: an empty source and --delete would leave nothing.
local function refuse_to_empty(self, next_entry, options)
  local first = next_entry()
  if not first and options.delete and not self.ctx.force then
    self.ctx.fail("%s has nothing in it, so that --delete would empty %s; say --force if that is meant", self.from.url, self.to.url)
  end
  return function()
    local entry = first
    first = nil
    return entry or next_entry()
  end
end

-- What the target has; of a few named files only these are looked for, however much else is there.
local function target_entries(self)
  local names = self.from.few and self.from:few()
  if names and not self.to.is_folder then return self.to:entries_of(names) end
  return self.to:entries(true)
end

local function pull_actions(self, options)
  local seen = {}
  local next_entry = refuse_to_empty(self, self.from:entries(), options)
  local function source()
    local entry = next_entry()
    if entry and options.names then seen[entry.name] = true end
    return entry
  end
  local next_action = plan.actions(source, target_entries(self), plan.filter(options), options.compare, options.delete)
  return function() return not self.stopped and next_action() or nil end, seen
end

local function fail_missing(self, names, seen)
  local missing = {}
  for name in pairs(names or {}) do
    if not seen[name] then missing[#missing + 1] = name end
  end
  table.sort(missing)
  for _, name in ipairs(missing) do
    self:fail(name, { code = "missing", message = ("%s: the list names it, but it is not in %s"):format(name, self.from.url) })
  end
end

-- An upload goes on with what an earlier one left of a large file.
local function put_options(from, options, progress)
  local put = from.is_folder and { resume = true, progress = progress } or {}
  for name, value in pairs(options.put or {}) do put[name] = value end
  return put
end

-- Makes side `to` (lib/transfer/side) as side `from`. options: compare ("time", "size", "content"), delete, include, exclude, names,
-- dry_run, noted (how much a dry run tells), at_once, put (options of the client's upload). Returns {sent, bytes, same, deleted, failed,
-- failures, stopped}, of a dry run with plan, a list of {what = "fetch"|"send"|"copy"|"delete", name, bytes}.
function transfer.run(from, to, client, options, ctx)
  local progress <close> = ctx.progress(0, options.label, { unit = "files" })
  local self = setmetatable({ from = from, to = to, client = client, ctx = ctx, progress = progress, dry_run = options.dry_run,
    put = put_options(from, options, progress), sent = 0, bytes = 0, same = 0, deleted = 0, failed = 0, unanswered = 0,
    failures = json.array(), queued = {}, noted = options.noted, plan = options.dry_run and json.array() or nil }, Run)
  local began = task.now()
  local pull, seen = pull_actions(self, options)
  flow.each(pull, options.at_once, function(action) handle(self, action) end)
  if not self.stopped then
    self:delete_queued()
    fail_missing(self, options.names, seen)
  end
  progress:finish()
  return { from = from.url, to = to.url, sent = self.sent, bytes = self.bytes, same = self.same, deleted = self.deleted,
    failed = self.failed, failures = self.failures, stopped = self.stopped, seconds = task.now() - began, dry_run = options.dry_run or nil,
    plan = self.plan }
end

return transfer
