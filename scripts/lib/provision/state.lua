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

-- The record in env's bucket; an empty one if there is none yet.
function state.load(env)
  local self = setmetatable({ env = env, uri = ("s3://%s/%s"):format(env.names.bucket, state.KEY), resources = {} }, State)
  local object, err = env.s3:get(self.uri)
  if err and (err.code == "NoSuchBucket" or err.code == "NoSuchKey") then return self end
  if not object then return nil, err end
  local content
  content, err = json.decode(object.body)
  if content == nil then return fail(self.uri, err.message) end
  content, err = check(content, env, self.uri)
  if not content then return nil, err end
  self.resources, self.stored = content.resources, true
  return self
end

local function save(self)
  local env = self.env
  local text = json.encode({ format = FORMAT, prefix = env.settings.prefix, account = env.account, region = env.region,
    resources = self.resources }, { indent = 2 })
  local done, err = env.s3:put(self.uri, text .. "\n", { content_type = "application/json" })
  if not done then return nil, err end
  self.stored = true
  return true
end

function State:owns(name) return self.resources[name] ~= nil end

-- Notes that a thing is ours, under its name in the account.
function State:record(name, id)
  if self.resources[name] then return true end
  self.resources[name] = { id = id, since = dates.write(self.env.session:time()) }
  local done, err = save(self)
  if not done then self.resources[name] = nil end
  return done, err
end

function State:forget(name)
  self.resources[name] = nil
  return save(self)
end

-- Takes the record itself away.
function State:remove()
  self.stored = false
  return self.env.s3:delete(self.uri)
end

return state
