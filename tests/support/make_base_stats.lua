-- SPDX-License-Identifier: MIT
-- Makes scripts/lib/model/base_stats.json, by which the base model standardises features: mean and standard deviation of each of the
-- 780 features of image.describe over the standard set of phantoms. Run it when the phantoms or the features change:
--     hilum tests/support/make_base_stats.lua
local fs = require "hilum.fs"
local image = require "hilum.image"
local phantom = require "hilum.phantom"
local vec = require "hilum.vec"

local COUNT, SIZE, SEED, AT_ONCE = 1200, 256, 1, 100

-- The same set as `hilum phantom`: patients from 1 with all their follow-ups.
local function list_pictures()
  local pictures, patient = {}, 0
  while #pictures < COUNT do
    patient = patient + 1
    for followup = 0, phantom.followups(patient, SEED) - 1 do
      pictures[#pictures + 1] = { patient = patient, followup = followup }
    end
  end
  return pictures
end

local function describe(pictures)
  local features
  for first = 1, #pictures, AT_ONCE do
    local chunk = table.move(pictures, first, math.min(first + AT_ONCE - 1, #pictures), 1, {})
    local part = image.describe(phantom.render(chunk, { size = SIZE, seed = SEED }))
    features = features or vec.new(#pictures, part:cols())
    features:put(first, part)
  end
  return features
end

local function numbers(row)
  local texts = {}
  for i, x in ipairs(row) do texts[i] = ("%.7g"):format(x) end
  return "[" .. table.concat(texts, ",") .. "]"
end

return {
  summary = "Make the base model's table of feature means and deviations",
  options = { { "out", type = "path", default = "scripts/lib/model/base_stats.json", help = "the file to write" } },
  run = function(opt)
    local features = describe(list_pictures())
    local made_by = ("hilum phantom --count %d --seed %d --size %d"):format(COUNT, SEED, SIZE)
    assert(fs.write(opt.out, ('{"made by":"%s",\n"mean":%s,\n"deviation":%s}\n'):format(made_by, numbers(features:mean():row(1)),
      numbers(features:deviation():row(1)))))
  end,
}
