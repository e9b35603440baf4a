-- SPDX-License-Identifier: MIT
-- What the evaluation says in sentences: what was found, how it was measured, and what the numbers do not show.
local page = require "lib.page"
local plural = require "lib.plural"

local evaluation_words = {}
local h = page.h

local SHORTCUT = 0.7 -- an area under the curve above which file size alone is worth a warning

function evaluation_words.signed(value)
  if not value or value ~= value then return "–" end
  return (("%+.3f"):format(value):gsub("%-", "−"))
end

local signed = evaluation_words.signed

-- Whether chance alone (at 95 %) hardly explains a difference.
function evaluation_words.is_clear(difference) return difference.low ~= nil and (difference.low > 0 or difference.high < 0) end

-- "mean average precision", with how far rankings were judged.
function evaluation_words.map(result) return "mean average precision" .. (result.ranks and " at " .. result.ranks or "") end

-- What was found.

-- A model in a sentence.
local function called(result, role)
  local label = result.labels[role]
  return (label == "base" or label == "fine-tuned") and ("the %s model"):format(label) or label
end

local function verdict(result, difference, what)
  if not difference then return "" end
  local range = difference.low and (" (95 %% interval %s to %s)"):format(signed(difference.low), signed(difference.high)) or ""
  local is_clear = evaluation_words.is_clear(difference)
  if is_clear and result.fine_tuned then
    return (" Fine-tuning %s the %s by %.3f%s."):format(difference.value > 0 and "raised" or "lowered", what,
      math.abs(difference.value), range)
  end
  return (" The %s of %s differs from that of %s by %s%s%s."):format(what, called(result, "tuned"), called(result, "base"),
    signed(difference.value), range, is_clear and "" or ": no clear difference")
end

local function find(measures, key)
  for _, measure in ipairs(measures) do if measure.key == key then return measure end end
end

local function images_headline(result, best)
  local first, map = find(result.all, "precision_1"), find(result.all, "map")
  if not first then return nil end
  local others = best == "tuned" and ("%s %.0f, "):format(called(result, "base"), 100 * first.base.value) or ""
  local image = result.shared_patients == 0 and "an image it has not seen" or "an image"
  return ("Shown %s, %s puts an image of another patient with a finding in common in first place "
    .. "%.0f times in 100 (%srandom order %.0f).%s"):format(image, called(result, best), 100 * first[best].value,
    others, 100 * first.chance, verdict(result, map.difference, evaluation_words.map(result)))
end

local function words_headline(result, best)
  local auc = find(result.words, "auc")
  if not auc then return nil end
  local others = best == "tuned" and (", %s %.0f"):format(called(result, "base"), 100 * auc.base.value) or ""
  return ("Asked with the name of a finding, it ranks an image that shows it above one that does not %.0f times in 100%s; "
    .. "guessing gets 50.%s"):format(100 * auc[best].value, others, verdict(result, auc.difference, "area under the curve"))
end

-- Two sentences, of images and of words as queries; nil where there were none.
function evaluation_words.headline(result)
  local best = result.models.tuned and "tuned" or "base"
  return images_headline(result, best), words_headline(result, best)
end

-- What to be careful of.

function evaluation_words.leak(result)
  if result.embedded ~= "image+caption" then return nil end
  return h.p { class = "warning", h.strong { "Labels leak into the gallery. " }, [[These embeddings mix each image with its caption, and
    the captions are the findings that relevance is judged by. ]], result.queries_alone and "The queries are images alone, as in a search. "
    or "The queries carry theirs too. ", [[The numbers say how well labels are found again, not how well images are understood. Embed
    without captions to see that.]] }
end

-- How well the size of the file alone tells abnormal from normal, where that is worth a warning.
function evaluation_words.shortcut(result)
  local auc = result.shortcut and result.shortcut.file_size_auc
  local either_way = auc and math.max(auc, 1 - auc)
  return either_way and either_way > SHORTCUT and either_way or nil
end

-- Whether what was tested on was trained on.
function evaluation_words.parts(result)
  if result.shared_patients == 0 then return "none of them is in another part" end
  return ("%d of them also in another part or trained on, so that the numbers flatter"):format(result.shared_patients)
end

function evaluation_words.bias(result)
  local auc = evaluation_words.shortcut(result)
  if not auc then return nil end
  return h.p { class = "warning", h.strong { "File size predicts the label here. " },
    ("The size of the image file alone tells abnormal from normal with an area under the curve of %.2f. "):format(auc),
    [[The images were selected or encoded differently by label, and a model can learn that instead of disease: do not read these numbers
    as diagnostic quality.]] }
end

function evaluation_words.limits()
  return { h.h2 { "What the numbers do not show" },
    h.ul {
      h.li { [[The labels decide what counts as right. Labels that were mined from reports are wrong for a good part of the images, and
        two readers would not agree on all of the rest: part of what looks like an error is none, and the reverse.]] },
      h.li { [[A model can be right for the wrong reason. Drains and tubes are seen where a pneumothorax was treated, portable AP images
        where patients are sicker, letters and borders where one hospital made them. Such shortcuts raise every number here and fail
        elsewhere.]] },
      h.li { [[The intervals tell how much luck lies in these patients. They do not tell what happens at another hospital, with other
        machines, or with other people; nor do they contain the luck of training, which was done once.]] },
      h.li { "Rare findings rest on a handful of images, and with this many comparisons some intervals miss their mark by chance." },
      h.li { "Looking alike is not a diagnosis: an image found here is not evidence about a patient. This is not a clinical tool." } } }
end

-- How it was measured.

local function gallery(result)
  if result.gallery == "train" then
    return ("Each query ranks all %s of the training part."):format(plural(result.images, "image"))
  end
  return ("Each query ranks all other images of the %s part (%s in all)."):format(result.split,
    plural(result.images, "image"))
end

local function term(name, ...) return h.li { h.strong { name }, ... } end

function evaluation_words.method(result)
  return { h.h2 { "How it was measured" },
    h.p { gallery(result), " Images of the query's own patient are never in its gallery. Similarity is the cosine of the embeddings." },
    h.ul {
      term("Relevant", [[ is an image that has at least one finding in common with the query (“No Finding” counts as one); “identical
        findings” asks for the same set. In the mean over findings, and finding by finding, relevant is what shows that finding.]]),
      term("Precision at k", ": the share of relevant images among the first k."),
      not result.ranks and term("R-precision", ": the share among the first R, R being how many relevant ones there are."),
      result.ranks and term("Judged are the first " .. result.ranks .. " results",
        [[ of each query, which is what a large gallery is asked for; they are those that ranking all images would put first.]])
        or term("Judged are whole rankings", ": every image of the gallery has its rank."),
      term("Mean average precision", result.ranks and (": the sum of the precision at each relevant image among the first %d, divided by "
        .. "how many there could be, averaged over queries."):format(result.ranks)
        or ": the precision at each relevant image, averaged over all ranks, then over queries."),
      term("nDCG at 10", ": gain 2", h.sup { "J" }, " − 1, J the Jaccard index of the two sets of findings."),
      term("The name of a finding asks", [[: the model embeds the name as text and ranks the gallery. The area under the ROC curve is how
        often an image with the finding comes before one without. Findings with at least two images.]], result.untrained and
        [[ The base model has never seen a label: its text vectors are one fixed random draw, so its numbers for words wander around
        chance.]]),
      result.left_out and term("Not looked at", ": ", table.concat(result.left_out, ", "), [[. Only 64 findings can be told apart; these,
        the rarest in training, count as not there.]]),
      term("Chance", " is the expected value for a random order of the same gallery."),
      term("Intervals", (": the middle 95 %% of %d resamples of patients (seed %d), the same resamples for both models. "):format(
        result.resamples, result.seed), [[Where an image asks, the gallery stays
        as it is. In a mean over findings, one that a resample lacks keeps its value.]]),
    } }
end

return evaluation_words
