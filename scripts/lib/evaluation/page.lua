-- SPDX-License-Identifier: MIT
-- Draws what lib/evaluation computed as one page: the numbers, the findings one by one, groups, examples; lib/evaluation/words has
-- the sentences.
local page = require "lib.page"
local plot = require "lib.page.plot"
local plural = require "lib.plural"
local words = require "lib.evaluation.words"

local evaluation_page = {}
local h = page.h

local signed = words.signed

-- Numbers.

local function number(value)
  if not value or value ~= value then return "–" end
  return ("%.3f"):format(value)
end

local function interval(part, show)
  if not part.low then return "" end
  return ("[%s, %s]"):format(show(part.low), show(part.high))
end

local function difference_cell(difference)
  local value = signed(difference.value)
  return { words.is_clear(difference) and h.span { class = "clear", value } or value, " ",
    h.span { class = "interval", interval(difference, signed) } }
end

-- Tables of measures.

local function value_columns(result, first, extra)
  local columns = { { first } }
  for _, column in ipairs(extra or {}) do columns[#columns + 1] = column end
  columns[#columns + 1] = { result.labels.base, number = true }
  if result.models.tuned then
    columns[#columns + 1] = { result.labels.tuned, number = true }
    columns[#columns + 1] = { "difference [95 %]", number = true }
  end
  columns[#columns + 1] = { "chance", number = true }
  return columns
end

local function value_cells(result, measure, row)
  row[#row + 1] = measure and number(measure.base.value) or "–"
  if result.models.tuned then
    row[#row + 1] = measure and number(measure.tuned.value) or "–"
    row[#row + 1] = measure and difference_cell(measure.difference) or "–"
  end
  row[#row + 1] = measure and number(measure.chance) or "–"
  return row
end

local function add_section(rows, result, title, measures)
  if #measures == 0 then return end
  rows[#rows + 1] = { section = title }
  for _, measure in ipairs(measures) do rows[#rows + 1] = value_cells(result, measure, { measure.title }) end
end

local function summary_table(result)
  local rows = {}
  add_section(rows, result, "An image asks, all queries", result.all)
  add_section(rows, result, "An image asks, abnormal queries only", result.abnormal)
  add_section(rows, result, "An image asks, mean over findings", result.macro)
  add_section(rows, result, "The name of a finding asks, mean over findings", result.words)
  add_section(rows, result, ("The name of a finding asks, findings with %d training images or more"):format(result.enough), result.learnt)
  return page.table(value_columns(result, "measure"), rows)
end

-- Findings.

local function roles_of(result) return result.models.tuned and { "base", "tuned" } or { "base" } end

local function marks_of(result, measure)
  local marks = {}
  for i, role in ipairs(roles_of(result)) do
    local part = measure[role]
    marks[i] = { class = role, value = part.value, low = part.low, high = part.high }
  end
  return marks
end

local function spoken(result, finding, measure)
  local parts = {}
  for i, role in ipairs(roles_of(result)) do
    parts[i] = ("%s %s %s"):format(result.labels[role], number(measure[role].value), interval(measure[role], number))
  end
  return ("%s: %s; chance %s"):format(finding, table.concat(parts, ", "), number(measure.chance))
end

local function key(result)
  local names = { { "base", result.labels.base } }
  if result.models.tuned then names[2] = { "tuned", result.labels.tuned } end
  names[#names + 1] = { "chance", "chance" }
  return plot.key(names)
end

local function largest(list, side, measure_key)
  local most = 0
  for _, item in ipairs(list) do
    local measure = item[side][measure_key]
    for _, role in ipairs { "base", "tuned" } do
      local part = measure and measure[role]
      if part then most = math.max(most, part.value, part.high or 0) end
    end
  end
  return most
end

local function findings_plot(result, side, measure_key, scale, caption)
  local columns, rows = value_columns(result, "finding", { { "images", number = true }, { plot.axis(scale), class = "plot" } }), {}
  for _, finding in ipairs(result.findings) do
    local measure = finding[side][measure_key]
    if measure then
      local bars = plot.bars(marks_of(result, measure), scale, measure.chance, spoken(result, finding.finding, measure))
      rows[#rows + 1] = value_cells(result, measure, { finding.finding, finding.positives, bars })
    end
  end
  return #rows > 0 and h.figure { page.table(columns, rows, caption) } or nil
end

local function findings_section(result)
  return {
    h.h2 { "Finding by finding" },
    h.p { [[“Images” counts the images of the gallery that show the finding. With few of them the bars are mostly luck: look at the
      whiskers (95 % intervals).]] },
    key(result),
    findings_plot(result, "words", "auc", { min = 0, max = 1, ticks = { 0, 0.25, 0.5, 0.75, 1 } },
      "The name of the finding asks: area under the ROC curve"),
    findings_plot(result, "words", "ap", plot.scale(largest(result.findings, "words", "ap")),
      "The name of the finding asks: average precision (chance is how common the finding is)"),
    findings_plot(result, "images", "map", plot.scale(largest(result.findings, "images", "map")),
      ("Images that show the finding ask: %s of finding others that do"):format(words.map(result))),
  }
end

local function curve_section(result)
  local x = { min = 1, max = #result.curve.base, ticks = { 1, 10, 20, 30, 40, 50 } }
  local scale = { min = 0, max = 1, ticks = { 0, 0.25, 0.5, 0.75, 1 } }
  if x.max < 2 then return nil end
  for i = #x.ticks, 1, -1 do if x.ticks[i] > x.max then table.remove(x.ticks, i) end end
  local series = { { class = "chance", points = { { x.min, result.curve.chance }, { x.max, result.curve.chance } } } }
  for _, role in ipairs(roles_of(result)) do
    local points = {}
    for k, value in ipairs(result.curve[role]) do points[k] = { k, value } end
    series[#series + 1] = { class = role, points = points }
  end
  local names = { { "base line", result.labels.base }, { "chance line", "chance" } }
  if result.models.tuned then table.insert(names, 2, { "tuned line", result.labels.tuned }) end
  return {
    h.h3 { "How good are the first k results?" },
    h.p { class = "note", "The share of the first k images that have a finding in common with the query, by k." },
    plot.key(names), plot.curves(series, x, scale, "Precision at k for k from 1 to " .. x.max) }
end

local BAND_WORDS = { head = "head (more than %d training images)", medium = "medium (%d to %d training images)",
  tail = "tail (fewer than %d training images)" }

local function band_title(band, result)
  local limits = { head = { result.head }, medium = { result.tail, result.head }, tail = { result.tail } }
  return BAND_WORDS[band]:format(table.unpack(limits[band]))
end

local function bands_section(result)
  local rows = {}
  for _, band in ipairs(result.bands) do
    rows[#rows + 1] = { section = ("%s: %s"):format(band_title(band.band, result), table.concat(band.findings, ", ")) }
    local function add(title, measure) if measure then rows[#rows + 1] = value_cells(result, measure, { title }) end end
    add("an image asks: " .. words.map(result), band.images.map)
    add("an image asks: precision at 10", band.images.precision_10)
    add("an image asks: R-precision", band.images.r_precision)
    add("an image asks: nDCG at 10", band.images.ndcg_10)
    add("a name asks: area under the ROC curve", band.words.auc)
    add("a name asks: average precision", band.words.ap)
  end
  return { h.h2 { "Common and rare findings" },
    h.p { [[Means over the findings of each group, every finding counting the same. A model that only knows what is common looks good
      in the first group alone.]] },
    page.table(value_columns(result, ""), rows) }
end

local function groups_section(result)
  if #result.groups == 0 then return nil end
  local rows, last = {}, nil
  for _, group in ipairs(result.groups) do
    if group.by ~= last then rows[#rows + 1] = { section = "by " .. group.by } end
    last = group.by
    rows[#rows + 1] = value_cells(result, group.images.map, { group.value, group.queries })
  end
  return { h.h2 { "By view, sex and age" },
    h.p { [[Mean average precision of the images of each group as queries (all images can be found). Differences between groups may
      come from what the groups suffer from as well as from the model.]] },
    page.table(value_columns(result, "", { { "queries", number = true } }), rows) }
end

-- Examples.

local function card(example, pictures, anonymous)
  local doc = example.doc
  local findings = table.concat(doc.findings, ", ")
  local lines = { page.picture(pictures[doc.image], findings, "picture not found") }
  if example.score then
    lines[#lines + 1] = h.div { class = "line", h.span { ("%.2f"):format(example.score) }, example.hit and h.span { class = "mark", "✓" } }
  end
  lines[#lines + 1] = h.span { class = "what", findings }
  if not anonymous then lines[#lines + 1] = h.span { class = "who", "patient " .. tostring(doc.patient or "?") } end
  return h.li { class = example.hit and "card hit" or "card", lines }
end

local function strip(result, role, results, pictures, anonymous)
  local cards = {}
  for i, example in ipairs(results) do cards[i] = card(example, pictures, anonymous) end
  return { h.h3 { result.models.tuned and result.labels[role] or "results" }, h.ul { class = "cards strip", cards } }
end

local function example_row(result, example, pictures, anonymous)
  local asked = example.word and h.div { class = "card", h.p { class = "lead", "“" .. example.word .. "”" } }
    or h.ul { class = "card", style = "list-style:none;padding:0;margin:0", card({ doc = example.doc }, pictures, anonymous) }
  local strips = {}
  for i, role in ipairs(roles_of(result)) do strips[i] = strip(result, role, example[role], pictures, anonymous) end
  return h.div { class = "example", asked, h.div { strips } }
end

local function examples_section(result, pictures, anonymous)
  local rows = {}
  for i, example in ipairs(result.examples) do rows[i] = example_row(result, example, pictures, anonymous) end
  return { h.h2 { "Examples" },
    h.p { [[The query at the left, its first five results beside it; ✓ and the frame mark those that have a finding in common with the
      query. The queries were drawn at random (one for each of the most common findings), not chosen for their results.]] },
    rows }
end

local function model_words(result)
  local parts = {}
  for _, role in ipairs(roles_of(result)) do
    local model = result.models[role]
    local label = result.labels[role] ~= model.name and result.labels[role] .. ": " or ""
    parts[#parts + 1] = h.li { label .. model.name .. " ", h.code { model.id } }
  end
  return h.ul { class = "note", parts }
end

local function privacy(anonymous)
  if anonymous then return "Patient numbers and file names are left out; the pictures are part of this file." end
  return "This file contains images and patient numbers: treat it like the data it was made from (--anonymous leaves them out)."
end

local function heading(result)
  if not result.models.tuned then return "Evaluation of " .. result.models.base.name end
  return ("%s against %s"):format(result.labels.base == "base" and "Base" or result.labels.base, result.labels.tuned)
end

-- The page as text. pictures: JPEG bytes by image name. options: anonymous, made (a line about when and by what).
function evaluation_page.draw(result, pictures, options)
  local of_images, of_words = words.headline(result)
  return page.document {
    title = "Evaluation of " .. (result.models.tuned or result.models.base).name,
    footer = { h.p { privacy(options.anonymous) }, h.p { "A research tool, not for clinical use. ", options.made } },
    h.h1 { heading(result) },
    h.p { class = "sub", ("%s of %s, the %s part; %s."):format(plural(result.queries, "image"), plural(result.patients, "patient"),
      result.split, words.parts(result)) },
    of_images and h.p { class = "lead", of_images }, of_words and h.p { class = "lead", of_words },
    words.leak(result), words.bias(result),
    summary_table(result), curve_section(result), findings_section(result), bands_section(result), groups_section(result),
    examples_section(result, pictures, options.anonymous), words.limits(), words.method(result),
    model_words(result),
  }
end

return evaluation_page
