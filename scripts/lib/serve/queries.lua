-- SPDX-License-Identifier: MIT
-- A question that comes by HTTP: its parameters become the options of `hilum query`, and its answer the same result, with the name of
-- each image in URLs, and the warnings.
local asking = require "lib.query.asking"
local host = require "hilum.host"
local options = require "host.options"
local plain = require "lib.query.plain"
local study = require "lib.serve.study"

local queries = { MOST = 200, SOME = 24, WEIGHT = 0.4 }

-- How the page and `GET /api` call them; repeated: how often one likes.
queries.PARAMETERS = {
  { "text", "findings in words, such as Effusion" },
  { "like", "an image of the index, by its id: find more like it" },
  { "weight", "of the image in a query with words, 0 to 1; 0.4" },
  { "k", "how many results, 1 to 200; 24" },
  { "finding", "only images that show it; repeated: all of them" },
  { "view", "only images with that view" },
  { "sex", "only images of that sex" },
  { "split", "only images of that split" },
  { "patient", "only images of that patient" },
  { "not_patient", "no images of that patient; may be repeated" },
  { "model", "the model that answers, by its name; the fine-tuned one, if there is one" },
  { "compare", "1: also the answer of the base model" },
  { "itself", "1: keep an image that is in the index among its own results" },
  { "name", "the file name of the image that is sent: it is left out of its own results" },
}

local REPEATED = { finding = true, not_patient = true }

local function usage(format, ...) error(host.error("usage", format:format(...)), 0) end

local function check_names(request)
  local names, known, seen = {}, {}, {}
  for i, parameter in ipairs(queries.PARAMETERS) do names[i], known[parameter[1]] = parameter[1], true end
  for _, pair in ipairs(request.parameters) do
    local name = pair[1]
    if not known[name] then usage("there is no parameter '%s'%s", name, options.did_you_mean(name, names)) end
    if seen[name] and not REPEATED[name] then usage("parameter '%s' is given twice", name) end
    if not utf8.len(pair[2]) then usage("parameter '%s' is not UTF-8", name) end
    seen[name] = true
  end
end

local function number(request, name, fallback, min, max, parse)
  local text = request.query[name]
  if not text or text == "" then return fallback end
  local value = parse(text)
  if not value or value < min or value > max then usage("parameter '%s' must be %g to %g", name, min, max) end
  return value
end

-- As `hilum query --where` has them.
local function conditions(request, anonymous)
  local where = {}
  for _, pair in ipairs(request.parameters) do
    local name, value = pair[1], pair[2]
    local is_filter = name == "patient"
    for _, filter in ipairs(study.FILTERS) do is_filter = is_filter or filter == name end
    if is_filter and value ~= "" then where[#where + 1] = name .. "=" .. value end
    if anonymous and (name == "patient" or name == "not_patient") then usage("patients are not told apart on an anonymous page") end
  end
  return where
end

local function values_of(request, name)
  local list = {}
  for _, pair in ipairs(request.parameters) do if pair[1] == name and pair[2] ~= "" then list[#list + 1] = pair[2] end end
  return #list > 0 and list or nil
end

local function read_options(request, anonymous)
  check_names(request)
  local text = request.query.text
  return { text = text and text:find("%S") and text or nil, k = number(request, "k", queries.SOME, 1, queries.MOST, function(v)
    return math.tointeger(tonumber(v))
  end), image_weight = number(request, "weight", queries.WEIGHT, 0, 1, tonumber), where = conditions(request, anonymous),
    not_patient = values_of(request, "not_patient"), itself = request.query.itself == "1", anonymous = anonymous }
end

-- What is asked with besides words.
local function read_image(request, served)
  local id, bytes = request.query.like, request.body
  if bytes ~= "" then
    local name = request.query.name
    return { upload = { bytes = bytes, name = name and name ~= "" and name or "the image" } }
  end
  if not id or id == "" then return {} end
  local doc = served:find(id)
  if not doc then usage("there is no image %s in the index", id) end
  return { like = doc.image }
end

local function choose_models(request, served)
  if request.query.compare == "1" then return served.models end
  local model = served:model(request.query.model)
  if not model then usage("there is no model '%s' here", request.query.model) end
  return { model }
end

-- A ctx as lib/query/asking wants it; what it warns of goes into a list.
local function listening(warnings)
  return { usage = usage, say = function() end, warn = function(format, ...) warnings[#warnings + 1] = format:format(...) end,
    fail = function(format, ...) error(host.error("integrity", (format:format(...):gsub("^%-%-where ", ""))), 0) end }
end

local function add_ids(told, found, served)
  for i, hit in ipairs(found) do told[i].id = served:id(hit.doc, hit.row) end
end

-- Answers, or raises an error.
function queries.answer(request, served)
  local warnings = require "hilum.json".array {}
  local opt, given = read_options(request, served.anonymous), read_image(request, served)
  given.models, given.search, given.images = choose_models(request, served), served.search, served.images
  if not (opt.text or given.like or given.upload) then usage("what is asked? give words, an image, or both") end
  local asked = asking.ask(opt, listening(warnings), given)
  local result = plain.result(asked, opt)
  local told, query = result.queries[1], asked.queries[1]
  add_ids(told.results, asked.models[#asked.models].results[1], served)
  if told.base_results then add_ids(told.base_results, asked.models[1].results[1], served) end
  told.doc, told.own = query.doc and plain.doc(query.doc, served.anonymous), query.own or nil
  told.id = given.like and request.query.like or nil
  result.index, result.warnings = nil, warnings
  return result
end

return queries
