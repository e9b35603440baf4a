-- SPDX-License-Identifier: MIT
-- Label tables: from a URL into a folder, or where they are.
local csv = require "hilum.csv"
local fs = require "hilum.fs"
local host = require "hilum.host"
local retry = require "lib.retry"
local sources = require "lib.fetch.sources"
local web = require "lib.fetch.web"

local labels = {}

local LIMIT = 32 << 20 -- the largest that is known has 8 MB

local function fail(format, ...) error(host.error("parse", format:format(...)), 0) end

-- Raises unless text begins as a table does.
local function check_table(text, place)
  if text:find("^%s*<") then fail("%s: is a web page, not a table: use the link that downloads the file", sources.shown(place)) end
  local header = csv.parse(text:match("^[^\r\n]*") .. "\n", { header = false })
  if not header or not header[1] or #header[1] < 2 then fail("%s: has no columns, so it is no label table", sources.shown(place)) end
end

local function file_name(response, url)
  local disposition = response.headers["content-disposition"] or ""
  local name = disposition:match('filename="([^"/\\]+)"') or sources.shown(url):match("([^/]+)$")
  return name:find("%.csv$") and name or name .. ".csv"
end

local function load(url, folder)
  local response, err = retry.new {}:run(function() return web.request { url = url, limit = LIMIT } end)
  if not response then error(err, 0) end
  check_table(response.body, url)
  local path = fs.join(folder, file_name(response, url))
  assert(fs.mkdir(folder))
  assert(fs.write(path, response.body))
  return path
end

-- The paths of the tables at these URLs and paths. Raises what goes wrong.
function labels.fetch(places, folder)
  local paths = {}
  for i, place in ipairs(places) do
    if sources.is_url(place) then
      paths[i] = load(place, folder)
    else
      check_table(assert(fs.read(place)):sub(1, 65536), place)
      paths[i] = place
    end
  end
  return paths
end

return labels
