-- SPDX-License-Identifier: MIT
-- Draws the answers of `hilum query` as one page: what was asked, and what was found, in one column or base beside fine-tuned.
local page = require "lib.page"
local plural = require "lib.plural"

local query_page = {}
local h = page.h

local function fact(doc)
  local parts = {}
  if doc.view then parts[#parts + 1] = doc.view end
  if doc.sex then parts[#parts + 1] = doc.sex end
  if doc.age then parts[#parts + 1] = ("%d years"):format(doc.age) end
  return table.concat(parts, ", ")
end

local function card(hit, pictures, anonymous)
  local doc = hit.doc
  local findings = table.concat(doc.findings or {}, ", ")
  local alt = ("result %d: %s"):format(hit.rank, findings ~= "" and findings or "findings unknown")
  return h.li { class = "card", page.picture(pictures[doc.image], alt, "picture not found"),
    h.div { class = "line", h.span { ("%d"):format(hit.rank) }, h.span { ("%.3f"):format(hit.score) } },
    h.span { class = "what", findings },
    not anonymous and doc.patient and h.span { class = "who", "patient " .. doc.patient },
    h.span { class = "who", fact(doc) },
    not anonymous and h.span { class = "who", doc.image } }
end

local function column(title, hits, pictures, anonymous)
  local cards = {}
  for i, hit in ipairs(hits) do cards[i] = card(hit, pictures, anonymous) end
  return h.section { title and h.h3 { title },
    #cards > 0 and h.ul { class = "cards", cards } or h.p { "Nothing in the index passes the filters." } }
end

-- What was asked, in words.
local function question(query, anonymous)
  local image = query.image and (anonymous and "the query image" or query.name)
  if image and query.text then return ("Like %s, and “%s”"):format(image, query.text) end
  if image then return ("Like %s"):format(image) end
  return ("“%s”"):format(query.text)
end

local function left_out(patients, anonymous)
  local one = #patients == 1
  if anonymous then return ("Without the images of %s."):format(one and "one patient" or #patients .. " patients") end
  return ("Without the images of %s %s."):format(one and "patient" or "patients", table.concat(patients, ", "))
end

-- A condition as text; a patient stays unnamed on an anonymous page.
local function shown_conditions(where, anonymous)
  local shown = {}
  for i, condition in ipairs(where) do
    shown[i] = anonymous and condition:find("^patient=") and "one patient" or condition
  end
  return table.concat(shown, ", ")
end

local function conditions(asked, query, anonymous)
  local parts = {}
  if #asked.where > 0 then parts[1] = ("Only images with %s."):format(shown_conditions(asked.where, anonymous)) end
  if asked.not_patient then parts[#parts + 1] = left_out(asked.not_patient, anonymous) end
  if query.own then parts[#parts + 1] = "The query image itself is left out." end
  return table.concat(parts, " ")
end

-- What the index calls an image that it has, where that is not what the file is called.
local function known_as(query, anonymous)
  local name = query.doc.image
  return (anonymous or name == query.name) and "In the index: " or ("In the index as %s: "):format(name)
end

local function asked_box(asked, query, options)
  local lines = { h.p { class = "lead", question(query, options.anonymous) } }
  if query.doc then lines[#lines + 1] = h.p { known_as(query, options.anonymous), table.concat(query.doc.findings or {}, ", ") } end
  if query.image and query.text then
    lines[#lines + 1] = h.p { class = "sub", ("The image counts %g, the words %g."):format(asked.image_weight, 1 - asked.image_weight) }
  end
  lines[#lines + 1] = h.p { class = "sub", conditions(asked, query, options.anonymous) }
  return h.div { class = query.image and "query" or "query words",
    query.image and page.picture(options.query_pictures[query.image], "the query image", "picture not found"), h.div { lines } }
end

local function title_of(model)
  local kind = require "lib.model".kind(model)
  return kind and ("%s (%s)"):format(model.name, kind) or model.title or model.name
end

local function answer(asked, i, query, options)
  local columns = {}
  for j, model in ipairs(asked.models) do
    columns[j] = column(#asked.models > 1 and title_of(model) or nil, model.results[i], options.pictures, options.anonymous)
  end
  return { asked_box(asked, query, options), h.div { class = #asked.models > 1 and "columns" or nil, columns } }
end

local function about_models(asked)
  local names = {}
  for i, model in ipairs(asked.models) do names[i] = ("%s, %s%s"):format(model.name, plural(model.count, "image"),
    model.embedded == "image+caption" and " embedded with their captions (labels are part of what is searched)" or "") end
  return "Indexes: " .. table.concat(names, "; ") .. "."
end

local function privacy(anonymous)
  if anonymous then
    return "Patient numbers and file names are left out; the pictures, with whatever is written in them, are part of this file."
  end
  return "This file contains images and patient numbers: treat it like the data it was made from (--anonymous leaves them out)."
end

local function about_scores(asked)
  if not asked.hybrid then
    return "The nearest images by the cosine of their embeddings; the number at the right of each is that cosine."
  end
  return ("The number at the right of each is its score: %g times the cosine of the embeddings, %g times the share of the words found.")
    :format(1 - asked.hybrid, asked.hybrid)
end

-- The page as text. asked: from lib/query/asking. options: pictures by image name, query_pictures by path, anonymous, made.
function query_page.draw(asked, options)
  local answers = {}
  for i, query in ipairs(asked.queries) do answers[i] = answer(asked, i, query, options) end
  local heading = #asked.queries == 1 and question(asked.queries[1], options.anonymous) or ("%d queries"):format(#asked.queries)
  return page.document {
    title = heading, footer = { h.p { about_models(asked) }, h.p { privacy(options.anonymous) },
      h.p { "Similar pictures are not a diagnosis. A research tool, not for clinical use. ", options.made } },
    h.h1 { #asked.queries == 1 and "What looks like this" or "What looks like these" },
    h.p { class = "sub", about_scores(asked) }, answers,
  }
end

return query_page
