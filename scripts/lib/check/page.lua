-- SPDX-License-Identifier: MIT
-- Draws what `hilum check` found, and what there is: sizes, modes, findings, broken images, duplicates.
local page = require "lib.page"
local plot = require "lib.page.plot"

local check_page = {}
local h = page.h

local SHOWN = 24 -- pictures of a kind
local BARS = 12  -- rows of a distribution

local count = require "lib.plural"

-- Rows {name, number} of how often each value occurs, the most frequent first, and what was left out of them.
local function frequencies(values)
  local numbers, rows, rest = {}, {}, 0
  for _, value in ipairs(values) do numbers[value] = (numbers[value] or 0) + 1 end
  for value, number in pairs(numbers) do rows[#rows + 1] = { value, number } end
  table.sort(rows, function(a, b) return a[2] > b[2] or a[2] == b[2] and a[1] < b[1] end)
  for i = #rows, BARS + 1, -1 do
    rest = rest + rows[i][2]
    rows[i] = nil
  end
  if rest > 0 then rows[#rows + 1] = { "others", rest } end
  return rows
end

local function distribution(title, values)
  local rows, most, frequent = {}, 0, frequencies(values)
  for _, row in ipairs(frequent) do most = math.max(most, row[2]) end
  for i, row in ipairs(frequent) do
    local bars = plot.bars({ { value = row[2], class = "tuned" } }, { min = 0, max = most }, nil, count(row[2], "image"))
    rows[i] = { row[1], row[2], bars }
  end
  return h.section { page.table({ { title }, { "images", number = true }, { "", class = "plot" } }, rows) }
end

local function shapes_section(reports)
  local sizes, modes = {}, {}
  for _, report in ipairs(reports) do
    if report.width then
      sizes[#sizes + 1] = ("%d × %d"):format(report.width, report.height)
      modes[#modes + 1] = ("%s %s, %d bits"):format(report.format, report.mode or "of an unknown kind", report.bits)
    end
  end
  return { h.h2 { "Sizes and kinds" },
    h.div { class = "columns", distribution("pixels", sizes), distribution("kind", modes) } }
end

local function messages(findings)
  local parts = {}
  for i, finding in ipairs(findings) do parts[i] = finding.message end
  return table.concat(parts, "; ")
end

local function picture_card(path, text, jpegs)
  return h.li { class = "card", page.picture(jpegs[path], path, "cannot be shown"), h.span { class = "what", text },
    h.span { class = "who", path } }
end

local function jpegs_of(paths) return require "lib.page.pictures".of_paths(paths, 256) end

local function first_of(list) return table.move(list, 1, math.min(#list, SHOWN), 1, {}) end

-- Pictures of the images whose findings of a kind are not empty.
local function findings_section(title, found, reports, field)
  local paths, texts, cards = {}, {}, {}
  for i, path in ipairs(found.paths) do
    if #reports[i][field] > 0 then
      paths[#paths + 1], texts[path] = path, messages(reports[i][field])
    end
  end
  if #paths == 0 then return nil end
  local jpegs = jpegs_of(first_of(paths))
  for i, path in ipairs(first_of(paths)) do cards[i] = picture_card(path, texts[path], jpegs) end
  return { h.h2 { ("%s (%d)"):format(title, #paths) }, h.ul { class = "cards", cards },
    #paths > SHOWN and h.p { class = "note", ("The first %d are shown."):format(SHOWN) } }
end

local function groups_section(title, groups)
  if #groups == 0 then return nil end
  local parts = { h.h2 { ("%s (%s)"):format(title, count(#groups, "group")) },
    h.p { class = "note", "An image and its copy in different parts of a split make a model look better than it is." } }
  for i, group in ipairs(first_of(groups)) do
    local cards, jpegs = {}, jpegs_of(first_of(group.files))
    for j, path in ipairs(first_of(group.files)) do cards[j] = picture_card(path, "", jpegs) end
    parts[i + 2] = { group.correlation and h.h3 { ("correlation %.3f"):format(group.correlation) } or nil,
      h.ul { class = "cards", cards } }
  end
  return parts
end

local function count_findings(records)
  local total, together, names = {}, {}, {}
  for _, record in ipairs(records) do
    for _, a in ipairs(record.findings) do
      if not total[a] then
        total[a], together[a] = 0, {}
        names[#names + 1] = a
      end
      total[a] = total[a] + 1
      for _, b in ipairs(record.findings) do together[a][b] = (together[a][b] or 0) + 1 end
    end
  end
  table.sort(names, function(a, b) return total[a] > total[b] or total[a] == total[b] and a < b end)
  return names, total, together
end

local function parts_of(records)
  local by_part, parts = {}, {}
  for _, record in ipairs(records) do
    if record.split and not by_part[record.split] then by_part[record.split] = {} end
    if record.split then
      for _, finding in ipairs(record.findings) do
        by_part[record.split][finding] = (by_part[record.split][finding] or 0) + 1
      end
    end
  end
  for _, part in ipairs(require "lib.dataset".PARTS) do
    if by_part[part] then parts[#parts + 1] = part end
  end
  return parts, by_part
end

local function findings_table(records, names, total)
  local parts, by_part = parts_of(records)
  local columns, rows = { { "finding" }, { "images", number = true } }, {}
  for _, part in ipairs(parts) do columns[#columns + 1] = { part, number = true } end
  columns[#columns + 1] = { "", class = "plot" }
  for i, name in ipairs(names) do
    rows[i] = { name, total[name] }
    for _, part in ipairs(parts) do table.insert(rows[i], by_part[part][name] or 0) end
    local bar = { value = total[name], class = "tuned" }
    table.insert(rows[i], plot.bars({ bar }, { min = 0, max = total[names[1]] }, nil, count(total[name], "image")))
  end
  return page.table(columns, rows)
end

local function together_table(names, total, together)
  local rows = {}
  for i, a in ipairs(names) do
    rows[i] = {}
    for j, b in ipairs(names) do rows[i][j] = (together[a][b] or 0) / total[a] end
  end
  return plot.heat(names, names, rows)
end

local function labels_section(records)
  if not records or #records == 0 then return nil end
  local names, total, together = count_findings(records)
  return { h.h2 { "Findings" }, findings_table(records, names, total),
    h.h3 { "Which findings come together" },
    h.p { class = "note", "Of the images with the finding of the row, the share (%) that also has that of the column." },
    together_table(names, total, together) }
end

-- The page as a string. result: what check gives; found, reports: the files and their reports; records: of dataset.jsonl, if any.
function check_page.render(result, found, reports, records)
  local exact = {}
  for i, files in ipairs(result.duplicates) do exact[i] = { files = files } end
  return page.document { title = "The images, checked",
    h.h1 { "The images, checked" },
    h.p { class = "lead", ("%s: %d sound, %d with problems; %s."):format(count(result.images, "image"), result.ok, result.broken,
      count(#result.warnings, "warning")) },
    findings_section("With problems", found, reports, "problems"),
    groups_section("The same file more than once", exact),
    groups_section("The same picture more than once", result.near_duplicates),
    findings_section("With warnings", found, reports, "warnings"),
    shapes_section(reports), labels_section(records),
    footer = "Made by hilum check. This page holds images and file names: treat it as patient data." }
end

return check_page
