-- SPDX-License-Identifier: MIT
-- What every kind of index does alike; a kind takes METHODS as its own, which use its url, model, length, values(name) and
-- has_value(name, value).
local host = require "hilum.host"
local index_rows = require "lib.index.rows"
local options = require "host.options"

local common = { METHODS = {} }

local Index = common.METHODS

local SHOWN = 20 -- values in a message

-- Refuses vectors that another model made. model: { id=, length= }.
function Index:accepts(model)
  if model.id ~= self.model then
    return nil, host.error("integrity", ("the index %s was made with another model (%s) than %s; run `hilum embed` and `hilum index` again")
      :format(self.url, self.model, model.id))
  end
  if model.length ~= self.length then
    return nil, host.error("integrity", ("the index %s holds vectors of length %d, the model gives %d"):format(self.url, self.length,
      model.length))
  end
  return true
end

local function is_filter(name)
  for _, field in ipairs(index_rows.FIELDS) do if field == name then return true end end
  return false
end

-- The value as the index spells it, or nil and what is wrong.
function Index:resolve(name, value)
  if not is_filter(name) then
    return nil, ("there is no filter '%s'%s; there are %s"):format(name, options.did_you_mean(name, index_rows.FIELDS),
      table.concat(index_rows.FIELDS, ", "))
  end
  if self:has_value(name, value) then return value end
  local values = self:values(name)
  for _, known in ipairs(values) do if known:lower() == value:lower() then return known end end
  if #values == 0 then return nil, ("nothing in this index says its %s"):format(name) end
  local some = table.concat(values, ", ", 1, math.min(#values, SHOWN)) .. (#values > SHOWN and ", …" or "")
  local hint = name == "patient" and "" or options.did_you_mean(value, values) -- a number that is nearly the same is another person
  return nil, ("no image in the index has %s=%s%s; there are %s"):format(name, value, hint, some)
end

-- Refuses vectors that cannot be searched for, by the image's name. Raises.
function common.check_finite(vectors, docs)
  local norms = require "hilum.vec".norms(vectors)
  for row, doc in ipairs(docs) do
    local norm = norms:get(row, 1)
    if norm ~= norm or norm == math.huge then
      error(host.error("integrity", ("the vector of %s has numbers that are not finite, or too large; it cannot be searched for"):format(
        doc.image)), 0)
    end
  end
end

-- Vectors and records to be added belong together; a mistake of the program raises.
function Index:check_new_rows(vectors, docs)
  if vectors:rows() ~= #docs or vectors:cols() ~= self.length then
    error(("append: %d x %d vectors for %d records; %d x %d are needed"):format(vectors:rows(), vectors:cols(), #docs, #docs,
      self.length), 3)
  end
  for i, doc in ipairs(docs) do
    if type(doc.image) ~= "string" then error(("append: record %d names no image"):format(i), 3) end
  end
end

-- What the embeddings' files are, so that nothing is done twice.
function common.fingerprint(paths)
  local sums = assert(require "hilum.hash".sha256_file { paths.vectors, paths.docs, paths.info })
  return { vectors = sums[1], docs = sums[2], info = sums[3] }
end

function common.same_source(a, b)
  return a and a.vectors == b.vectors and a.docs == b.docs and a.info == b.info
end

return common
