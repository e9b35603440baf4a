-- SPDX-License-Identifier: MIT
-- What the page shows: the opened models with their indexes, the pictures, and the name that each image has in URLs. That is the image's
-- own name; on an anonymous page, where a name may tell the patient, it is the number of its row.
local asking = require "lib.query.asking"
local fs = require "hilum.fs"
local store = require "lib.store"
local thumbnails = require "lib.serve.thumbnails"
local together = require "lib.serve.together"

local study = {}

local LOOKED_AT = 4000 -- records, for examples

study.FILTERS = { "finding", "view", "sex", "split" }

local Study = {}
Study.__index = Study

-- opt: those of `hilum serve`; before: what was served until now, whose small pictures stay.
local function open(opt, ctx, before)
  local models = asking.open({ index = opt.index, model = opt.model, open = true, auth = opt.auth, ca = opt.ca }, ctx)
  local images, why = store.open(opt.images)
  if not images then ctx.warn("the page has no pictures: %s", why.message) end
  local name = fs.base(fs.real(ctx.project:path(".")) or "")
  return setmetatable({ name = name, models = models, main = models[#models].index, images = images, anonymous = opt.anonymous,
    search = together.new(), max_upload = opt.max_upload,
    thumbnails = before and before.thumbnails or thumbnails.open(fs.join(ctx.project:path("cache"), "thumbnails"), opt.cache) }, Study)
end

-- What can be told of the indexes in a folder without opening them: another text when one is made anew, grows, comes or goes.
local function stamp(folder)
  local parts = {}
  for _, name in ipairs(fs.list(folder) or {}) do
    local stat = fs.stat(fs.join(folder, name, "index.json"))
    if stat then parts[#parts + 1] = ("%s\0%d\0%.9f"):format(name, stat.size, stat.mtime) end
  end
  return table.concat(parts, "\0")
end

-- Opens the study. Returns a function that gives it as it is now: opened anew after an index has changed. Who is being answered meanwhile
-- goes on with what was open before.
function study.open(opt, ctx)
  local seen, current = stamp(opt.index), open(opt, ctx)
  return function()
    local now = stamp(opt.index)
    if now == seen then return current end
    seen = now
    local opened, result = pcall(open, opt, ctx, current)
    if opened then
      current = result
      ctx.say("the index has changed: %s now", require "lib.plural"(current.main.count, "image"))
    else
      ctx.warn("the index has changed and cannot be opened, so that the page goes on with what it was: %s", tostring(result))
    end
    return current
  end
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
  for _, one in ipairs(self.main:first_docs(LOOKED_AT)) do
    local findings, id = one.doc.findings or {}, self:id(one.doc, one.row)
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
