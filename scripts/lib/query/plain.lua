-- SPDX-License-Identifier: MIT
-- The answers of lib/query/asking as plain values: what `hilum query --json` prints and the page of `hilum serve` reads.
local json = require "hilum.json"

local plain = {}

-- What may be told of an image.
function plain.doc(doc, anonymous)
  return { findings = doc.findings and json.array(doc.findings), view = doc.view, age = doc.age, sex = doc.sex, split = doc.split,
    image = not anonymous and doc.image or nil, patient = not anonymous and doc.patient or nil }
end

local function hit(found, anonymous)
  local told = plain.doc(found.doc, anonymous)
  told.rank, told.score, told.cosine = found.rank, found.score, found.cosine
  return told
end

local function hits(list, anonymous)
  local told = json.array {}
  for i, found in ipairs(list) do told[i] = hit(found, anonymous) end
  return told
end

local function name_of(query, anonymous)
  local image = query.image
  return not anonymous and (type(image) == "table" and image.name or image) or nil
end

-- opt: k, anonymous.
function plain.result(asked, opt)
  local main = asked.models[#asked.models]
  local result = { model = main.name, index = main.index.url, embedded = main.embedded, k = opt.k, hybrid = asked.hybrid, queries = {} }
  for i, query in ipairs(asked.queries) do
    result.queries[i] = { image = name_of(query, opt.anonymous), text = query.text, results = hits(main.results[i], opt.anonymous) }
    if #asked.models > 1 then result.queries[i].base_results = hits(asked.models[1].results[i], opt.anonymous) end
  end
  return result
end

return plain
