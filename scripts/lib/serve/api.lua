-- SPDX-License-Identifier: MIT
-- All that the server answers, as one table: what is asked for under which path, and what it is for. `/api` shows the table.
local answers = require "lib.serve.answers"
local images = require "lib.serve.images"
local json = require "hilum.json"
local page = require "lib.page"
local queries = require "lib.serve.queries"
local thumbnails = require "lib.serve.thumbnails"

local api = {}

local function query(request, served) return answers.json(queries.answer(request, served)) end

local function status(_, served)
  local models = {}
  for i, model in ipairs(served.models) do
    models[i] = { name = model.name, title = model.title, base = model.base, kind = require "lib.model".kind(model), count = model.count,
      embedded = model.embedded }
  end
  return answers.json { name = served.name, version = require "hilum".version, models = models, model = served:model().name,
    filters = served:filters(), anonymous = served.anonymous, pictures = served.images ~= nil, sides = thumbnails.SIDES,
    limits = { k = queries.MOST, upload = served.max_upload } }
end

local SIDE = { { "side", "of the square it fits into: 160, 320 or 640 pixels; 320" } }

-- A path that ends in * has an image's id there. answer(request, served, id).
local ENTRIES = {
  { method = "GET", path = "/api/query", parameters = queries.PARAMETERS, answer = query,
    about = "The nearest images to words, to an image of the index, or to both: the JSON of `hilum query --json`, and the id of each." },
  { method = "POST", path = "/api/query", parameters = queries.PARAMETERS, answer = query,
    about = "The same with the PNG or JPEG that is the body. Needs the header X-Hilum-Token, which the page has. Nothing of it is kept." },
  { method = "GET", path = "/api/images/*", answer = images.record, about = "What the index says of an image." },
  { method = "GET", path = "/api/status", answer = status,
    about = "The models, how many images they have, and the values of each filter with their counts." },
  { method = "GET", path = "/thumbnails/*", parameters = SIDE, answer = images.small, about = "An image made small, as JPEG." },
  { method = "GET", path = "/images/*", answer = images.full, about = "The image itself." },
}

-- The description.

local function describe()
  local list = {}
  for i, entry in ipairs(ENTRIES) do
    local parameters = json.array {}
    for j, parameter in ipairs(entry.parameters or {}) do parameters[j] = { name = parameter[1], about = parameter[2] } end
    list[i] = { method = entry.method, path = entry.path, about = entry.about, parameters = parameters }
  end
  return list
end

-- address: host and port, as the reader reached this page.
local function draw(address)
  local h, parts = page.h, {}
  for i, entry in ipairs(ENTRIES) do
    local rows = {}
    for j, parameter in ipairs(entry.parameters or {}) do rows[j] = { parameter[1], parameter[2] } end
    parts[i] = h.section { h.h2 { h.code { entry.method .. " " .. entry.path } }, h.p { entry.about },
      #rows > 0 and page.table({ { "Parameter" }, { "Meaning" } }, rows) }
  end
  return page.document { title = "hilum: the API of the query page", h.h1 { "The API of the query page" },
    h.p { class = "lead", "All that the page does, it does by these requests. Answers are JSON; a problem is ",
      h.code { '{"error": {"kind": …, "message": …}}' }, " with status 400 (asked wrong), 404, 413, 422 (no answer to that), or 502 to 504 "
        .. "(the server that has the index, or the model, does not answer)." },
    h.p { "An image is named by its id, which every result has; * stands for it. For example:" },
    h.p { h.code { ("curl 'http://%s/api/query?text=Effusion&view=PA&k=12'"):format(address) } }, parts,
    footer = h.p { "A research tool, not for clinical use." } }
end

local STYLED = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

-- For people as a page, for programs as JSON.
function api.describe(request)
  if not (request.headers.accept or ""):find("text/html", 1, true) then return answers.json(describe()) end
  return { headers = { ["Content-Type"] = "text/html; charset=utf-8", ["Content-Security-Policy"] = STYLED },
    body = draw(request.headers.host) }
end

-- Finding the entry.

-- nil; true; or the id that the path has where the entry has *.
local function matches(entry, path)
  local prefix = entry.path:match("^(.*)%*$")
  if not prefix then return entry.path == path or nil end
  return #path > #prefix and path:sub(1, #prefix) == prefix and path:sub(#prefix + 1) or nil
end

-- The answer; nil if the path is none of these.
function api.answer(request, served)
  if request.path == "/api" then return api.describe(request) end
  local method, allowed = request.method == "HEAD" and "GET" or request.method, {}
  for _, entry in ipairs(ENTRIES) do
    local id = matches(entry, request.path)
    if id and entry.method == method then return entry.answer(request, served, id) end
    if id then allowed[#allowed + 1] = entry.method end
  end
  if #allowed == 0 then return nil end
  local answer = answers.problem(405, "that path is for " .. table.concat(allowed, " and "), "usage")
  answer.headers.Allow = table.concat(allowed, ", ")
  return answer
end

return api
