-- SPDX-License-Identifier: MIT
-- A store that is a bucket or a prefix in one; and the same calls for objects wherever they are. What is opened is listed when more than
-- a few names are asked about.
local s3 = require "lib.aws.s3"
local task = require "hilum.task"

local store = {}

local AT_ONCE = 16
local FEW = 64 -- so many HEAD requests cost less than a list

local client

-- The client of whoever runs hilum. A setup that is not whole is an error that names the file and the key.
function store.client()
  client = client or s3.open { session = assert(require "lib.aws.session".open {}) }
  return client
end

local Bucket = {}
Bucket.__index = Bucket

local opened = {} -- the last store opened for each URL

function Bucket:path(name) return self.url .. name end

-- Name = {size, mtime} of everything below; what a dot hides, and markers of folders, are left out.
function Bucket:all()
  if self.known then return self.known end
  local known, names = {}, {}
  for object in store.client():list(self.url) do
    local name = object.key:sub(#self.prefix + 1)
    if name ~= "" and not name:find("/$") and not name:find("^%.") and not name:find("/%.") then
      known[name], names[#names + 1] = { size = object.size, mtime = object.mtime + 0.0, type = "file" }, name
    end
  end
  self.known, self.names = known, names
  return known
end

function Bucket:list()
  self:all()
  return table.move(self.names, 1, #self.names, 1, {})
end

function Bucket:stat(name)
  if self.known then return self.known[name] end
  return store.stats { self:path(name) }[1] or nil
end

function Bucket:read(name) return store.read(self:path(name)) end

function Bucket:write(name, data)
  local written, err = store.write(self:path(name), data)
  if written and self.known then self.known = nil end
  return written, err
end

-- url: s3://bucket or s3://bucket/prefix, with or without a slash at the end.
function store.open(url)
  local place, err = s3.parse(url)
  if not place then return nil, err end
  local prefix = place.key:find("[^/]$") and place.key .. "/" or place.key
  local bucket = setmetatable({ url = ("s3://%s/%s"):format(place.bucket, prefix), prefix = prefix }, Bucket)
  opened[bucket.url] = bucket
  return bucket
end

-- The opened store that holds an object, and the object's name in it.
local function home_of(url)
  local from = #url
  while from do
    local cut = url:sub(1, from):match("^.*()/")
    if not cut then return nil end
    local bucket = opened[url:sub(1, cut)]
    if bucket then return bucket, url:sub(cut + 1) end
    from = cut - 1
  end
end

local function head(url)
  local object, err = store.client():head(url)
  if object then return { size = object.size, mtime = object.mtime + 0.0, type = "file" } end
  if err.status == 404 then return false end
  error(err, 0)
end

-- {size, mtime, type} of each, or false where nothing is.
function store.stats(urls)
  local stats, unknown = {}, {}
  for i, url in ipairs(urls) do
    local bucket, name = home_of(url)
    if bucket and (bucket.known or #urls > FEW) then stats[i] = bucket:all()[name] or false
    else unknown[#unknown + 1] = i end
  end
  task.map(unknown, { at_once = AT_ONCE }, function(i) stats[i] = head(urls[i]) end)
  return stats
end

-- What image.* take in place of paths: {bytes = …}; and the errors of those that could not be read, by place.
function store.inputs(urls)
  local inputs, errors = {}, {}
  task.map(urls, { at_once = AT_ONCE }, function(url, i)
    local bytes, err = store.read(url)
    inputs[i], errors[i] = { bytes = bytes or "", name = url }, err
  end)
  return inputs, errors
end

function store.sha256(urls)
  return (task.map(urls, { at_once = AT_ONCE }, function(url)
    local bytes = store.read(url)
    return bytes and require "hilum.hash".sha256(bytes) or false
  end))
end

function store.read(url)
  local object, err = store.client():get(url)
  return object and object.body, err
end

function store.write(url, data)
  local stored, err = store.client():put(url, data)
  return stored and true, err
end

function store.absolute(urls) return urls end

return store
