-- SPDX-License-Identifier: MIT
-- The buckets of a job: are they there, and in the region of the job.
local places = require "lib.ready.places"

local buckets = {}

local function names_of(inquiry)
  local names, seen = {}, {}
  local function add(uri)
    local name = places.split(uri)
    if not seen[name] then names[#names + 1] = name end
    seen[name] = true
  end
  for _, uri in ipairs(places.inputs(inquiry.request)) do add(uri) end
  for _, uri in ipairs(inquiry.known.images or {}) do add(uri) end
  add(places.output(inquiry.request))
  return names
end

local function check(inquiry, name)
  local what = "bucket " .. name
  local found, err = inquiry:client("s3"):bucket(name)
  if err and err.status == 404 then return inquiry:stop(what, "is not there", "make it: `hilum provision apply`, or `hilum mb`") end
  found = inquiry:got(what, found, err)
  if not found then return end
  if not found.region or found.region == inquiry.region then return inquiry:ok(what, "is in " .. inquiry.region) end
  inquiry:stop(what, ("is in %s, the job in %s"):format(found.region, inquiry.region),
    ("Bedrock reads from its own region only: give --region %s, or copy what is in it"):format(found.region))
end

function buckets.near(inquiry)
  for _, name in ipairs(names_of(inquiry)) do check(inquiry, name) end
end

return buckets
