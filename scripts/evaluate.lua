-- SPDX-License-Identifier: MIT
-- evaluate: how well images are found, base against fine-tuned. lib/evaluation/evaluating measures; this tells and writes the page.
local PICTURE_SIDE = 160

local function table_rows(result, labels)
  local rows = {}
  local function add(title, measure)
    if not measure then return end
    local row = { measure = title, [labels.base] = ("%.3f"):format(measure.base.value), chance = ("%.3f"):format(measure.chance) }
    if measure.tuned then
      row[labels.tuned] = ("%.3f"):format(measure.tuned.value)
      row.difference = ("%+.3f"):format(measure.difference.value)
      row["95 %"] = measure.difference.low and ("%+.3f to %+.3f"):format(measure.difference.low, measure.difference.high) or ""
    end
    rows[#rows + 1] = row
  end
  for _, measure in ipairs(result.all) do add(measure.title, measure) end
  for _, measure in ipairs(result.abnormal) do
    if measure.key == "map" then add(measure.title .. ", abnormal queries", measure) end
  end
  for i, measure in ipairs(result.words) do
    add("By name of finding: " .. measure.title:gsub("^%u", string.lower), measure)
    add(("… findings with %d training images or more"):format(result.enough), result.learnt[i])
  end
  return rows
end

local function tell(result, ctx)
  local labels = result.labels
  local columns = { "measure", labels.base, "chance" }
  if labels.tuned then columns = { "measure", labels.base, labels.tuned, "difference", "95 %", "chance" } end
  ctx.print("%s", require "hilum.term".table(table_rows(result, labels), columns))
  local evaluation_words = require "lib.evaluation.words"
  for _, sentence in ipairs { evaluation_words.headline(result) } do ctx.say("%s", sentence) end
  local auc = evaluation_words.shortcut(result)
  if auc then
    ctx.warn("file size alone tells abnormal from normal here (area under the curve %.2f): the images were selected or encoded by label, "
      .. "and these numbers are no measure of diagnostic quality", auc)
  end
end

local function write_page(result, store, opt)
  local names = require "lib.evaluation.examples".images(result.examples)
  local drawn = require "lib.evaluation.page".draw(result, require "lib.page.pictures".of_names(store, names, PICTURE_SIDE),
    { anonymous = opt.anonymous, made = ("Made on %s by hilum %s."):format(os.date("%Y-%m-%d"), require "hilum".version) })
  assert(require "lib.store".write(opt.out, drawn))
end

local function run(opt, ctx)
  local store = require "lib.store".open(opt.images)
  local result = require "lib.evaluation.evaluating".run(opt, ctx, store)
  if not store then ctx.warn("%s is not there: the page has no pictures; say --images FOLDER, or `images` in project.lua", opt.images) end
  write_page(result, store, opt)
  if opt.anonymous then require "lib.evaluation.examples".anonymise(result.examples) end
  tell(result, ctx)
  ctx.say("%s: images%s inside", opt.out, opt.anonymous and "" or " and patient numbers")
  result.page = opt.out
  return result
end

return {
  summary = "Base against fine-tuned, on patients never trained on",
  step = 9,
  details = [[
Every image of the test part (without one: the validation part; --on chooses) asks for images like it, and every finding's name asks for
images that show it. Use validation while you choose options, and test once, at the end.

The gallery is all images of the same part (--gallery train: of the training part, as in real use); images of the query's own patient
are never in it. Relevant is an image with a finding in common. Measured: precision at 1, 5 and 10, R-precision, mean average precision
over all ranks, nDCG at 10; for all queries, for abnormal ones, finding by finding, by how common findings are (--head, --tail), by view,
sex and age; names: area under the ROC curve and average precision. Everything stands beside what a random order gives. Intervals are the
middle 95 % of resamples of patients, the same ones for both models.

Up to 20,000 images in the gallery are ranked whole for every query. In a larger one the first 100 results of each are found by certified
search and judged alone (--ranks chooses): mean average precision at 100, and no R-precision. The page says which it was.

Image against image is the question. Where captions were embedded too (`hilum embed --with-caption`, as in searches that store the mean of
both), what is searched has the labels in it, which the page and a warning say; --queries FOLDER then asks with image-only embeddings of
the same models, as a user of such a search does.

Measured are the embeddings, exactly; an index plays no part, here or on OpenSearch. What a server's approximate search loses is another
question: `hilum index --compare`.

The result is reports/evaluation.html, one file that needs nothing else: numbers, plots, examples, and what the numbers do not show.
--json prints all of it.]],
  options = {
    { "on", type = "choice", choices = { "validation", "test" }, help = "the part to measure on (default: test if there is one)" },
    { "gallery", type = "choice", choices = { "same", "train" }, default = "same", help = "where is searched: the same part, or train" },
    { "model", type = "string", metavar = "NAME", names = "embeddings", help = "the embeddings to compare with the base (default: tuned)" },
    { "base", type = "string", metavar = "NAME", names = "embeddings",
      help = "the embeddings they are compared with (default: what they were fine-tuned from: base, or Titan's)" },
    { "ranks", type = "integer", min = 10, metavar = "K", help = "judge only the first K results of each query" },
    { "resamples", type = "integer", min = 0, max = 100000, default = 1000, help = "draws of the bootstrap over patients" },
    { "seed", type = "integer", default = 1, help = "the same seed gives the same intervals and examples" },
    { "head", type = "integer", min = 1, default = 1000, help = "findings with more training images are common" },
    { "tail", type = "integer", min = 1, default = 100, help = "findings with fewer training images are rare" },
    { "enough", type = "integer", min = 0, default = 30, help = "also average over the findings with this many training images" },
    { "anonymous", type = "flag", default = false, help = "leave patient numbers and file names out" },
    { "images", type = "path", default = "images", help = "the folder of the images, for the pictures" },
    { "embeddings", type = "path", default = "embeddings", help = "where `hilum embed` wrote them" },
    { "queries", type = "path", must_exist = true, metavar = "FOLDER", help = "with captions embedded: image-only embeddings to ask with" },
    { "splits", type = "path", default = "splits.jsonl", help = "the records, to count how often a finding was trained on" },
    { "out", type = "path", default = "reports/evaluation.html", help = "the page" },
  },
  examples = { "hilum evaluate --on validation", "hilum evaluate", "hilum evaluate --gallery train --anonymous --out for-others.html" },
  reads = { "embeddings", "splits" },
  writes = { "out" },
  run = run,
}
