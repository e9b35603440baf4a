-- SPDX-License-Identifier: MIT
-- What the page shows: the opened models with their indexes, the pictures, and the name that each image has in URLs. That is the image's
-- own name; on an anonymous page, where a name may tell the patient, it is the number of its row.
local asking = require "lib.query.asking"
local fs = require "hilum.fs"
local store = require "lib.store"
local thumbnails = require "lib.serve.thumbnails"
local together = require "lib.serve.together"

local study = {}

local LOOKED_AT = 4000 -- rows, for examples

study.FILTERS = { "finding", "view", "sex", "split" }

local Study = {}
Study.__index = Study

-- opt: those of `hilum serve`.
function study.open(opt, ctx)
  local models = asking.open({ index = opt.index, model = opt.model, open = true }, ctx)
  local images, why = store.open(opt.images)
  if not images then ctx.warn("the page has no pictures: %s", why.message) end
  local name = fs.base(fs.real(ctx.project:path(".")) or "")
  return setmetatable({ name = name, models = models, main = models[#models].index, images = images, anonymous = opt.anonymous,
    search = together.new(),
    max_upload = opt.max_upload, thumbnails = thumbnails.open(fs.join(ctx.project:path("cache"), "thumbnails"), opt.cache) }, Study)
end

-- The model of that name, the main one if it is nil; nil if there is none.
function Study:model(name)
  if not name then return self.models[#self.models] end
  for _, model in ipairs(self.models) do if model.name == name then return model end end
end

-- The row of the main index with the same image as a row of any.
local function main_row(self, doc, row)
  if row <= self.main.rows and self.main:doc(row).image == doc.image then return row end
  return self.main:row_of(doc.image)
end

-- The name of an image in URLs. doc, row: of a hit in any of the indexes.
function Study:id(doc, row)
  if not self.anonymous then return doc.image end
  local number = main_row(self, doc, row)
  return number and tostring(number)
end

-- The image of that name: its record, or nil.
function Study:find(id)
  if not self.anonymous then
    local row = self.main:row_of(id)
    return row and self.main:doc(row)
  end
  local row = id:find("^%d+$") and math.tointeger(tonumber(id))
  if not row or row < 1 or row > self.main.rows then return nil end
  local doc = self.main:doc(row)
  return self.main:row_of(doc.image) == row and doc or nil
end

-- Whatever an index says, nothing outside the folder of the images is an image.
local function is_inside(name)
  if name:find("^/") or name:find("\0", 1, true) then return false end
  for part in name:gmatch("[^/]+") do if part == ".." then return false end end
  return true
end

-- Where the picture of a record is; nil if there is none.
function Study:location(doc)
  if not self.images or not is_inside(doc.image) then return nil end
  local location = self.images:path(doc.image)
  local stat = store.stat(location)
  return stat and stat.type == "file" and location or nil, stat
end

-- An image for each finding: one of the first that shows nothing else, if there is one.
local function find_examples(self)
  local alone, any = {}, {}
  for row = 1, math.min(self.main.rows, LOOKED_AT) do
    local doc = self.main:doc(row)
    local findings, id = doc.findings or {}, self:id(doc, row)
    for _, finding in ipairs(findings) do any[finding] = any[finding] or id end
    if #findings == 1 then alone[findings[1]] = alone[findings[1]] or id end
  end
  return setmetatable(alone, { __index = any })
end

-- { finding = { { value=, count=, example = id }, … }, view = { { value=, count= }, … }, … } of all that can be filtered by.
function Study:filters()
  if self.known_filters then return self.known_filters end
  local filters, examples = {}, find_examples(self)
  for _, name in ipairs(study.FILTERS) do
    local values = require "hilum.json".array {}
    for i, value in ipairs(self.main:values(name)) do
      values[i] = { value = value, count = self.main:count_with(name, value), example = name == "finding" and examples[value] or nil }
    end
    filters[name] = values
  end
  self.known_filters = filters
  return filters
end

return study
