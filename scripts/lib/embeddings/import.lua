-- SPDX-License-Identifier: MIT
-- `hilum embed --import FILE.npy`: the vectors of any other encoder as embeddings, to be indexed, and compared with those of hilum's
-- models.
local embeddings = require "lib.embeddings"
local fs = require "hilum.fs"
local imported = require "lib.model.imported"
local json = require "hilum.json"
local npy = require "hilum.npy"
local plural = require "lib.plural"
local vec = require "hilum.vec"

local UNIT = 1e-3 -- how far from 1 a vector's length may be without being changed

-- Records.

local function records_of(path, ctx)
  local records = {}
  for record, line in assert(json.lines(path)) do
    if type(record) ~= "table" or type(record.image) ~= "string" then ctx.fail("%s:%d: not a record with an image", path, line) end
    records[#records + 1] = record
  end
  return records
end

-- A line of a list is a name, or where the list is JSON Lines a record.
local function is_records(text) return text:find("^%s*{") ~= nil end

-- The records of these names, as the project's own say of them; what those do not know is a name alone.
local function records_of_names(text, known)
  local record_of, records = {}, {}
  for _, record in ipairs(known) do record_of[record.image] = record end
  for line in text:gmatch("[^\r\n]+") do
    local name = line:match("^%s*(.-)%s*$")
    if name ~= "" then records[#records + 1] = record_of[name] or { image = name } end
  end
  return records
end

-- Row by row: what the list says, else the splits, else the dataset. Returns the records, and the file that they are from.
local function read_records(opt, ctx)
  local own = fs.stat(opt.splits) and opt.splits or fs.stat(opt.dataset) and opt.dataset
  local stat = fs.stat(opt.images)
  if stat and stat.type == "file" then
    local text = assert(fs.read(opt.images))
    if is_records(text) then return records_of(opt.images, ctx), opt.images end
    return records_of_names(text, own and records_of(own, ctx) or {}), opt.images
  end
  if own then return records_of(own, ctx), own end
  ctx.usage("which images the rows are of is not known: name a list of them, `hilum embed LIST --import %s`", opt.import)
end

local function check_names(records, path, ctx)
  local seen = {}
  for i, record in ipairs(records) do
    if seen[record.image] then ctx.fail("%s names %s twice, for rows %d and %d", path, record.image, seen[record.image], i) end
    seen[record.image] = i
  end
end

-- Vectors.

-- The shortest and the longest row.
local function check_lengths(norms, path, records, ctx)
  local low, high = math.huge, 0
  for i = 1, norms:rows() do
    local norm = norms:get(i, 1)
    if not (norm > 0 and norm < math.huge) then
      ctx.fail("%s: row %d (%s) %s", path, i, records[i].image, norm == 0 and "is zero and has no direction"
        or "has numbers that are not finite")
    end
    low, high = math.min(low, norm), math.max(high, norm)
  end
  return low, high
end

-- Rows of length 1, as many as there are records.
local function read_vectors(path, records, source, ctx)
  local vectors = assert(npy.read(path))
  if vectors:rows() ~= #records then
    ctx.fail("%s has %s, %s names %s: they must be the same images in the same order", path, plural(vectors:rows(), "row"), source,
      plural(#records, "image"))
  end
  if #records == 0 then ctx.fail("%s has no rows", path) end
  local low, high = check_lengths(vec.norms(vectors), path, records, ctx)
  if low < 1 - UNIT or high > 1 + UNIT then
    ctx.say("the vectors had lengths from %.4g to %.4g; they were given length 1, so that a search goes by their direction", low, high)
  end
  vec.normalize(vectors)
  return vectors
end

local function name_of(opt, ctx)
  local name = opt.name or fs.base(opt.import):gsub("%.npy$", "")
  if not name:find("^%w[%w._-]*$") then ctx.usage("--name %s: a name in letters, digits, dots and dashes", name) end
  return imported.PREFIX .. name
end

return function(opt, ctx)
  local name = name_of(opt, ctx)
  local records, source = read_records(opt, ctx)
  check_names(records, source, ctx)
  local vectors = read_vectors(opt.import, records, source, ctx)
  for i, record in ipairs(records) do records[i] = { line = json.encode(record) } end
  assert(fs.mkdir(opt.out))
  local info = { model = name, name = name, base = false, length = vectors:cols(), embedded = "image", count = #records,
    inputs = assert(require "hilum.hash".sha256_file(opt.import)) }
  local path = embeddings.write(opt.out, name, vectors, records, info)
  ctx.say("%s: %s of length %d, rows as in %s", path, plural(#records, "vector"), vectors:cols(), source)
  ctx.say("`hilum index`, `hilum query --model %s --image FILE` and `hilum evaluate --model %s` take it; words cannot ask it", name, name)
  return { embeddings = { info }, images = #records }
end
