-- SPDX-License-Identifier: MIT
-- What hilum made, recorded in the bucket itself, since policies carry no tags. A thing is recorded before it is made, when it was seen not
-- to be there: whatever interrupts, what exists under its name afterwards is ours.
local dates = require "lib.dates"
local host = require "hilum.host"
local json = require "hilum.json"

local state = { KEY = "hilum/provision.json" }

local FORMAT = 1

---@class hilum.provision.State
local State = {}
State.__index = State

local function fail(where, what) return nil, host.error("parse", ("%s: %s"):format(where, what)) end

local function check(content, env, where)
  if type(content) ~= "table" or type(content.resources) ~= "table" then return fail(where, "this is no record of hilum provision") end
  if content.format ~= FORMAT then return fail(where, "it was written by another version of hilum") end
  if content.prefix ~= env.settings.prefix or content.region ~= env.region then
    return fail(where, ("it is about prefix %s in %s; give these, or another --bucket"):format(content.prefix, content.region))
  end
  return content
end

-- What the bucket has: {resources, etag: nil if there is no record yet}.
local function read(env, uri)
  local object, err = env.s3:get(uri)
  if err and (err.code == "NoSuchBucket" or err.code == "NoSuchKey") then return { resources = {} } end
  if not object then return nil, err end
  local content
  content, err = json.decode(object.body)
  if content == nil then return fail(uri, err.message) end
  content, err = check(content, env, uri)
  if not content then return nil, err end
  return { resources = content.resources, etag = object.etag }
end

-- The record in env's bucket; an empty one if there is none yet.
function state.load(env)
  local uri = ("s3://%s/%s"):format(env.names.bucket, state.KEY)
  local there, err = read(env, uri)
  if not there then return nil, err end
  return setmetatable({ env = env, uri = uri, resources = there.resources, stored = there.etag ~= nil }, State)
end

-- is_blind: the server does not understand conditions (some do not take an ETag in quotes).
local function write(self, there, is_blind)
  local env = self.env
  local text = json.encode({ format = FORMAT, prefix = env.settings.prefix, account = env.account, region = env.region,
    resources = there.resources }, { indent = 2 })
  return env.s3:put(self.uri, text .. "\n", { content_type = "application/json", if_match = not is_blind and there.etag or nil,
    if_none_match = not is_blind and not there.etag and "*" or nil })
end

-- What S3 says when another run has written meanwhile.
local OVERTAKEN = { PreconditionFailed = true, ConditionalRequestConflict = true, NoSuchKey = true }
local MOST_TRIES = 20

-- Changes the record as it is in the bucket now: another run may be making things, too, and nothing that is made may be forgotten.
local function update(self, change)
  local before, err = {}, nil
  for _ = 1, MOST_TRIES do
    local there, done
    there, err = read(self.env, self.uri)
    if not there then return nil, err end
    change(there.resources)
    done, err = write(self, there, there.etag and there.etag == before.etag)
    if done then
      self.resources, self.stored = there.resources, true
      return true
    end
    if not OVERTAKEN[err.code] then break end
    before = there
  end
  return nil, err
end

function State:owns(name) return self.resources[name] ~= nil end

-- Notes that a thing is ours, under its name in the account.
function State:record(name, id)
  if self.resources[name] then return true end
  return update(self, function(resources)
    resources[name] = resources[name] or { id = id, since = dates.write(self.env.session:time()) }
  end)
end

function State:forget(name)
  return update(self, function(resources) resources[name] = nil end)
end

-- Takes the record itself away.
function State:remove()
  self.stored = false
  return self.env.s3:delete(self.uri)
end

return state
