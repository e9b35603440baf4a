-- SPDX-License-Identifier: MIT
-- query: asks the index with an image, with words, or with both (lib/query/asking), and tells the answers (lib/query/plain) or draws them
-- (lib/query/page).
local fs = require "hilum.fs"

local PICTURE_SIDE = 320

-- The columns in which any row has something.
local function filled(columns, rows)
  local kept = {}
  for _, column in ipairs(columns) do
    for _, row in ipairs(rows) do
      if row[column] ~= "" then
        kept[#kept + 1] = column
        break
      end
    end
  end
  return kept
end

local function print_hits(hits, anonymous, ctx)
  local rows = {}
  for i, hit in ipairs(hits) do
    rows[i] = { rank = hit.rank, score = ("%.3f"):format(hit.score), image = hit.doc.image,
      findings = table.concat(hit.doc.findings or {}, ", "), patient = hit.doc.patient or "", view = hit.doc.view or "" }
  end
  local columns = anonymous and { "rank", "score", "findings", "view" } or { "rank", "score", "image", "findings", "patient", "view" }
  ctx.print("%s", require "hilum.term".table(rows, filled(columns, rows)))
end

local function print_answers(asked, opt, ctx)
  local shown = opt.compare and asked.models or { asked.models[#asked.models] }
  for i, query in ipairs(asked.queries) do
    for _, model in ipairs(shown) do
      if #asked.queries > 1 or #shown > 1 then
        ctx.print("%s, %s:", not opt.anonymous and query.name or query.text or "query " .. i, model.title)
      end
      if #model.results[i] == 0 then ctx.print("nothing in the index passes the filters")
      else print_hits(model.results[i], opt.anonymous, ctx) end
    end
  end
end

-- The page.

local function pictures_of_results(asked, opt, ctx)
  local names, seen = {}, {}
  for _, model in ipairs(asked.models) do
    for _, hits in ipairs(model.results) do
      for _, hit in ipairs(hits) do
        if not seen[hit.doc.image] then
          seen[hit.doc.image] = true
          names[#names + 1] = hit.doc.image
        end
      end
    end
  end
  local store = require "lib.store".open(opt.images)
  if not store then
    ctx.warn("%s is not there: the page has no pictures of the results; say --images FOLDER, or `images` in project.lua", opt.images)
  end
  return require "lib.page.pictures".of_names(store, names, PICTURE_SIDE)
end

local function write_page(asked, opt, ctx)
  local path = opt.page or ctx.project:path("reports/query.html")
  local drawn = require "lib.query.page".draw(asked, { pictures = pictures_of_results(asked, opt, ctx),
    query_pictures = require "lib.page.pictures".of_paths(opt.image or {}, PICTURE_SIDE), anonymous = opt.anonymous,
    made = ("Made on %s by hilum %s."):format(os.date("%Y-%m-%d"), require "hilum".version) })
  assert(require "lib.store".write(path, drawn))
  ctx.say("%s: images%s inside", path, opt.anonymous and "" or " and patient numbers")
  return path
end

-- A word that no option takes: what it most likely is.
local function refuse_words(words, ctx)
  local stat = fs.stat(words[1])
  if stat and stat.type == "file" then ctx.usage("unexpected argument %s; did you mean --image %s?", words[1], words[1]) end
  local text = table.concat(words, " ")
  ctx.usage("unexpected argument %s; did you mean --text %s?", words[1], text:find("[^%w-]") and ("%q"):format(text) or text)
end

local function run(opt, ctx)
  if opt.words then refuse_words(opt.words, ctx) end
  local asked = require "lib.query.asking".ask(opt, ctx)
  local result = require "lib.query.plain".result(asked, opt)
  print_answers(asked, opt, ctx)
  if opt.page or opt.open then
    result.page = write_page(asked, opt, ctx)
    if opt.open then require "lib.open"(fs.real(result.page), ctx) end
  else
    ctx.say("add --open to see the pictures")
  end
  return result
end

return {
  summary = "Find images: by an image, by words, or by both",
  step = 8,
  details = [[
Prints the k nearest images of the index. With an image and words, both are embedded, and the query is their mix: --image-weight of the
image, the rest of the words. Several images are several queries. An image that is in the index itself, by the same or another name, is
left out of its own results (--itself keeps it).

Words: the findings' own names work best, as in "Effusion, Edema"; the offline model has no negation ("no effusion" finds effusions) and
no synonyms. A word that was not met in training goes by its letters, with a warning; if nothing of it is known, hilum says what is.

--hybrid W also looks for the words in the findings' names: the score is (1 - W) times the cosine plus W times the share of the words
that are there. What is named is then found even where its picture looks like something else.

--where keeps images that show a finding, or that have a view, sex, split or patient; several conditions must all hold.
--index https://HOST asks indexes on OpenSearch that `hilum index --out https://HOST` made, with the same options and the same results,
as near as the server's approximate search comes.

--open writes a page with the pictures (or --page FILE) and shows it in the browser; there, base and fine-tuned stand side by side when
both have an index. The page contains images and patient numbers; --anonymous leaves numbers and file names out.]],
  options = {
    { "words", type = "list", positional = true, hidden = true, help = "none are taken; it is said what they may mean" },
    { "image", type = "list", of = "path", metavar = "FILE", help = "an image to find similar ones of" },
    { "text", type = "string", metavar = "WORDS", help = "findings in words" },
    { "k", type = "integer", short = "k", min = 1, max = 10000, default = 12, help = "how many results" },
    { "image-weight", type = "number", min = 0, max = 1, default = 0.4, help = "of the image in a query with words" },
    { "hybrid", type = "number", min = 0, max = 1, metavar = "W",
      help = "let the share of the words that an image's findings have count W of its score, its vector the rest" },
    { "where", type = "list", metavar = "NAME=VALUE", names = "filters", help = "finding=, view=, sex=, split= or patient=" },
    { "not-patient", type = "list", metavar = "ID", help = "leave this patient's images out" },
    { "model", type = "string", metavar = "NAME", names = "indexes", help = "which index (default: what was fine-tuned, else base)" },
    { "itself", type = "flag", default = false, help = "keep an image that is in the index among its own results" },
    { "compare", type = "flag", help = "also ask the base index (a page does so unless --no-compare)" },
    { "open", type = "flag", default = false, help = "show the results as a page in the browser" },
    { "page", type = "path", metavar = "FILE", help = "write the page there (with --open: reports/query.html)" },
    { "anonymous", type = "flag", default = false, help = "leave patient numbers and file names out" },
    { "images", type = "path", default = "images", help = "the folder of the images, for the pictures" },
    { "index", type = "path", default = "index", metavar = "PLACE",
      help = "the folder of the indexes, https://HOST, or https://HOST/NAME" },
    table.unpack(require "lib.opensearch".OPTIONS),
  },
  examples = {
    "hilum query --text Effusion --open",
    "hilum query --image x.png --where view=PA -k 20",
    "hilum query --text Effusion --hybrid 0.3 --index https://search.example.org:9200",
    'hilum query --image x.png --text "Effusion, Edema" --image-weight 0.5 --not-patient 1234 --json',
  },
  run = run,
}
