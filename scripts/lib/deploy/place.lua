-- SPDX-License-Identifier: MIT
-- Where `hilum deploy` works: the region, the clients, the pause between two looks; and what is always said of a throughput that stands.
local fs = require "hilum.fs"

local place = {}

local Place = {}
Place.__index = Place

-- What provision is told once holds for deploy too.
local function prefix_of(opt, record, ctx)
  local section = ctx.project.config.provision
  return record.prefix or opt.prefix or type(section) == "table" and section.prefix or "hilum"
end

-- record: of the throughput that it is about, if there is one already; it knows where it was made.
function place.open(opt, ctx, record)
  record = record or {}
  local session = assert(require "lib.aws.session".open { profile = opt.profile or record.profile, region = opt.region or record.region })
  local prefix = prefix_of(opt, record, ctx)
  return setmetatable({ session = session, region = assert(session:needed_region()), profile = opt.profile, prefix = prefix,
    project = ctx.project, ctx = ctx, bedrock = require "lib.aws.bedrock".client(session),
    expiry = require "lib.deploy.expiry".open(session, { prefix = prefix, role = opt.expiry_role, tell = ctx.say }),
    pause = function() session.sleep(opt.poll) end }, Place)
end

-- "2026-11-23 19:25 UTC"
function place.moment(date) return (date:sub(1, 16):gsub("T", " ")) .. " UTC" end

local function quote(path) return path:find("^[%w/._-]+$") and path or "'" .. path:gsub("'", "'\\''") .. "'" end

-- The command that ends it, from wherever the user is.
function place.ending(record, project)
  local where = project.folder == "." and "" or " --project " .. quote(fs.real(project.folder))
  return ("hilum deploy %s --delete%s"):format(record.name, where)
end

-- "about USD 9.38 an hour", as far as the price is known.
local function rate(record, project)
  local price = require "lib.cost.prices".find(require "lib.deploy.throughput".price(record.commitment), project.config).usd
  return price and record.units and ("about %s an hour"):format(require "lib.cost".usd(price * record.units)) or "by the hour"
end

local LATE = 300 -- seconds after which a schedule has failed

-- What its schedule does, or should have done.
local function own_end(record)
  if not record.expires then return "" end
  local is_over = require "lib.dates".read(record.expires) + LATE < os.time()
  local what = is_over and "; AWS should have deleted it at %s, and did not" or "; AWS deletes it at %s, whatever becomes of this machine"
  return what:format(place.moment(record.expires))
end

-- "bills about USD 9.38 an hour until it is deleted: `…`"
function place.bill(record, project)
  return ("bills %s until it is deleted: `%s`%s"):format(rate(record, project), place.ending(record, project), own_end(record))
end

function Place:say_bill(record)
  local line = ("%s %s"):format(record.name, place.bill(record, self.project))
  self.ctx.say("%s", require "hilum.term".color(line, "red"))
end

-- Waits until a throughput is neither being made nor changed, and fails unless it can be used then.
function Place:wait(record)
  local ctx = self.ctx
  local found = assert(require "lib.deploy.throughput".wait(self.bedrock, record.arn, self.pause, function(one)
    ctx.say("%s: %s%s", record.name, one.status, one.status == "Creating" and " (as a rule for some ten minutes)" or "")
  end))
  if found.status ~= "InService" then
    ctx.fail("%s: %s%s; `%s` takes it away", record.name, found.status, found.failureMessage and ": " .. found.failureMessage or "",
      place.ending(record, self.project))
  end
  return found
end

return place
