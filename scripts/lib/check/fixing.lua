-- SPDX-License-Identifier: MIT
-- What can be made right of images that are whole but not as a model wants them. Names stay, so that label tables still fit; the
-- originals are not touched.
local fs = require "hilum.fs"
local image = require "hilum.image"
local store = require "lib.store"

local fixing = {}

-- Findings that reading and writing anew removes. All other problems are damage, or a shape that nothing mends.
local MENDED = { ["wrong-extension"] = true, ["trailing-bytes"] = true, ["too-large"] = true, ["too-wide"] = true,
  ["too-many-pixels"] = true }
local TIDIED = { rgba = true, alpha = true, deep = true, interlaced = true, progressive = true, arithmetic = true, text = true }

local JPEG_QUALITY, SMALLER = 95, 0.95

-- "keep", "rewrite" or "leave out".
function fixing.judge(report)
  local verdict = "keep"
  for _, problem in ipairs(report.problems) do
    if not MENDED[problem.code] then return "leave out" end
    verdict = "rewrite"
  end
  for _, warning in ipairs(report.warnings) do
    if TIDIED[warning.code] then verdict = "rewrite" end
  end
  return verdict
end

-- Sides that keep the limits and, as nearly as whole pixels can, the shape.
local function fit(width, height, limits)
  local scale = math.min(1, limits.max_side / math.max(width, height), math.sqrt(limits.pixels / (width * height)))
  return math.max(1, width * scale // 1 | 0), math.max(1, height * scale // 1 | 0)
end

-- The bytes of the picture within the limits.
local function encode_within(picture, format, limits)
  local width, height = fit(picture:width(), picture:height(), limits)
  while true do
    local sized = width == picture:width() and height == picture:height() and picture or assert(image.resize(picture, width, height))
    local bytes = assert(image.encode(sized, { format = format, quality = JPEG_QUALITY }))
    if #bytes <= limits.bytes then return bytes end
    local scale = SMALLER * math.sqrt(limits.bytes / #bytes)
    width, height = math.max(1, width * scale // 1 | 0), math.max(1, height * scale // 1 | 0)
  end
end

local function rewrite(path, report, limits)
  local is_gray = report.mode == "gray" or report.mode == "gray+alpha"
  local bytes, unread = store.read(path)
  if not bytes then return nil, unread end
  local picture, err = image.decode({ bytes = bytes }, { mode = is_gray and "gray" or "rgb" })
  if not picture then return nil, err end
  return encode_within(picture, path:lower():find("%.jpe?g$") and "jpeg" or "png", limits)
end

-- Writes to folder what is right (as it is) and what can be made right, under the names it has. limits: every one set. Returns the
-- counts {kept, rewritten} and the list of paths that were left out.
function fixing.into(folder, found, reports, limits, progress)
  local counts, left_out = { kept = 0, rewritten = 0 }, {}
  for i, path in ipairs(found.paths) do
    local verdict, target = fixing.judge(reports[i]), fs.join(folder, found.names[i])
    local bytes
    if verdict == "rewrite" then bytes = rewrite(path, reports[i], limits) end
    if verdict == "keep" then bytes = store.read(path) end
    if bytes then
      assert(store.write(target, bytes))
      local key = verdict == "keep" and "kept" or "rewritten"
      counts[key] = counts[key] + 1
    else
      left_out[#left_out + 1] = path
    end
    if progress then progress:add(1) end
  end
  return counts, left_out
end

return fixing
