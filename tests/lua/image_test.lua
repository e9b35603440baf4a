-- SPDX-License-Identifier: MIT
local fs = require "hilum.fs"
local image = require "hilum.image"
local t = require "t"

-- Gray, width x height, a gradient with some texture.
local function pattern(width, height, channels)
  local bytes = {}
  for i = 1, width * height * channels do bytes[i] = string.char((i * 7 + i // width * 3 + (i * i) % 11) % 256) end
  return image.new(width, height, channels, table.concat(bytes))
end

local function codes(findings)
  local list = {}
  for i, finding in ipairs(findings) do list[i] = finding.code end
  return table.concat(list, " ")
end

local good = image.encode(pattern(200, 150, 1))

-- The problems of bytes, limits aside.
local function problems(bytes, path)
  local report
  if path then
    assert(fs.write(path, bytes))
    report = image.check(path, { limits = false })
  else
    report = image.check({ bytes = bytes }, { limits = false })
  end
  return codes(report.problems), report
end

t.test("a good file has a full report", function()
  local path = t.tmp() .. "/a.png"
  assert(fs.write(path, good))
  t.eq(image.check(path), {
    path = path, format = "png", mode = "gray", width = 200, height = 150, bits = 8, channels = 1, bytes = #good,
    problems = {}, warnings = {},
  })
  t.eq(image.info(path), { path = path, format = "png", mode = "gray", width = 200, height = 150, bits = 8, channels = 1, bytes = #good })
end)

t.test("the depth of a check: the container alone, or all", function()
  local middle = #good // 2
  local last = good:find("IEND", 1, true) - 9 -- the last byte of Adler-32; a CRC and a length follow
  local from = 0
  for at in good:gmatch("()IDAT") do from = at end
  local data = good:sub(from, last - 1) .. string.char(good:byte(last) ~ 1)
  local sealed = good:sub(1, from - 1) .. data .. string.pack(">I4", tonumber(require "hilum.hash".crc32(data), 16)) .. good:sub(last + 5)
  local function found(bytes, depth) return codes(image.check({ bytes = bytes }, { limits = false, depth = depth }).problems) end
  t.eq({ found(sealed, "full"), found(sealed), found(sealed, "container") }, { "adler", "adler", "" })
  t.eq(found(good:sub(1, middle) .. "?" .. good:sub(middle + 2), "container"), "crc")
  t.eq(found(good:sub(1, middle), "container"), "truncated")
  t.eq(found("<html>", "container"), "html")
  local jpeg = image.encode(image.new(64, 64, 1), { format = "jpeg" })
  t.eq({ found(jpeg, "container"), found(jpeg:sub(1, 100), "container") ~= "" }, { "", true })
  t.raises("unknown choice 'deep'", image.check, "x", { depth = "deep" })
end)

t.test("every damage has its code", function()
  local dir = t.tmp()
  local middle = #good // 2
  local function flipped(at) return good:sub(1, at - 1) .. string.char(good:byte(at) ~ 1) .. good:sub(at + 1) end
  t.eq(problems("", dir .. "/empty.png"), "empty")
  t.eq(problems(good:sub(1, middle)), "truncated")
  t.eq(problems(good:sub(1, -13)), "missing-iend")
  t.eq(problems(flipped(middle)), "crc")
  t.eq(problems(good .. "more"), "trailing-bytes")
  t.eq(problems("<html><body>404</body></html>", dir .. "/page.png"), "html")
  t.eq(problems(good:sub(1, middle) .. ("\0"):rep(middle)), "zero-tail")
  t.eq(problems(("\0"):rep(128) .. "DICM" .. ("x"):rep(100), dir .. "/x.dcm"), "dicom")
  t.eq(problems("GIF89a", dir .. "/x.gif"), "not-an-image")
  t.eq(problems(good, dir .. "/x.jpg"), "wrong-extension")
  t.eq(codes(image.check(dir .. "/absent.png").problems), "unreadable")
  t.match(image.check(dir .. "/absent.png").problems[1].message, "absent.png: No such file")
end)

t.test("JPEG: damage, and what is only a warning", function()
  local jpeg = image.encode(pattern(300, 200, 3), { format = "jpeg" })
  t.eq(problems(jpeg), "")
  t.eq(select(2, problems(jpeg)).mode, "rgb")
  t.eq(problems(jpeg:sub(1, -3)), "no-eoi")
  t.eq(problems(jpeg:sub(1, #jpeg // 2)), "jpeg-truncated")
  t.eq(problems(jpeg .. "tail"), "trailing-bytes")
  t.eq(problems(jpeg, t.tmp() .. "/x.png"), "wrong-extension")
end)

t.test("limits: Titan's, others, none", function()
  local small = { bytes = image.encode(pattern(100, 450, 1)) }
  t.eq(codes(image.check(small).problems), "too-small aspect")
  t.eq(codes(image.check(small, { limits = { min_side = 100, aspect = 0 } }).problems), "")
  t.eq(codes(image.check(small, { limits = { min_side = 0, aspect = 0, max_side = 449 } }).problems), "too-wide")
  local tight = { min_side = 0, aspect = 0, pixels = 44999, bytes = 10 }
  t.eq(codes(image.check(small, { limits = tight }).problems), "too-large too-many-pixels")
  t.eq(codes(image.check(small, { limits = { min_side = 0, aspect = 0, inference_pixels = 9 } }).warnings), "inference-pixels")
  t.eq(codes(image.check(small, { limits = false }).problems), "")
  t.eq(image.limits, { bytes = 5000000, min_side = 128, max_side = 4096, pixels = 12528912, aspect = 4.0, inference_pixels = 4194304 })
end)

t.test("lists give lists, in order, with the errors apart", function()
  local reports, errors = image.check({ { bytes = good }, "/nonexistent.png", { bytes = "x" } })
  t.eq(#reports, 3)
  t.eq(errors, nil)
  t.eq(codes(reports[2].problems), "unreadable")
  t.eq(codes(reports[3].problems), "not-an-image")
  local images, failures = image.decode({ { bytes = good }, "/nonexistent.png", { bytes = good:sub(1, -13) } })
  t.eq(images[1]:width(), 200)
  t.eq(images[2], false)
  t.eq(images[3], false)
  t.eq({ failures[1], failures[2].code, failures[3].code }, { nil, "ENOENT", "missing-iend" })
  t.eq(image.decode({}), {})
  t.eq(image.check({}), {})
end)

t.test("decode: modes", function()
  local rgba = image.new(2, 1, 4, "\10\20\30\40\200\100\50\255")
  local png = { bytes = image.encode(rgba) }
  t.eq(assert(image.decode(png)):bytes(), rgba:bytes())
  t.eq(assert(image.decode(png, { mode = "rgb" })):bytes(), "\10\20\30\200\100\50")
  t.eq(assert(image.decode(png, { mode = "gray" })):bytes(), "\18\124")
  local warnings = image.check(png, { limits = false }).warnings
  t.eq(codes(warnings), "rgba")
end)

t.test("a failing decode is nil and an error that names file and defect", function()
  local path = t.tmp() .. "/a.png"
  assert(fs.write(path, good:sub(1, #good // 2)))
  t.fails("integrity", "image.decode: .*/a.png: the file ends after", image.decode(path))
  t.fails("io", "image.decode: /nonexistent: No such file", image.decode("/nonexistent"))
  t.fails("integrity", "image.info: ", image.info({ bytes = "nothing" }))
  t.fails("integrity", "image.describe: ", image.describe({ bytes = "nothing" }))
  t.fails("integrity", "image.thumbnail: ", image.thumbnail({ bytes = "nothing" }, 10))
end)

t.test("images", function()
  local img = image.new(3, 2, 3)
  t.eq({ img:width(), img:height(), img:channels(), #img:bytes() }, { 3, 2, 3, 18 })
  t.eq({ pattern(3, 2, 3):pixel(2, 1) }, { pattern(3, 2, 3):bytes():byte(16, 18) })
  t.match(img, "3 x 2 rgb")
  t.raises("12 bytes expected, got 3", image.new, 3, 4, 1, "abc")
  t.raises("channels", image.new, 3, 4, 5)
  t.raises("65535", image.new, 0, 4, 1)
  t.raises("outside", img.pixel, img, 3, 0)
  t.raises("outside", img.pixel, img, 0, -1)
end)

t.test("resize: averages down, interpolates up", function()
  local img = image.new(4, 2, 1, "\0\100\200\100\100\200\0\100")
  t.eq(image.resize(img, 2, 1):bytes(), "\100\100")
  t.eq(image.resize(img, 4, 2):bytes(), img:bytes())
  t.eq(image.resize(image.new(2, 1, 1, "\0\100"), 4, 1):bytes(), "\0\25\75\100")
  t.eq(image.resize(image.new(3, 1, 1, "\0\90\240"), 2, 1):bytes(), "\30\190")
  t.eq(#image.resize({ img, img }, 3, 3), 2)
  t.raises("pixels expected", image.resize, img, 0, 1)
end)

t.test("thumbnails fit and keep their proportions", function()
  local function size(jpeg)
    local info = assert(image.info({ bytes = jpeg }))
    return { info.format, info.width, info.height }
  end
  t.eq(size(image.thumbnail(pattern(300, 200, 1), 100)), { "jpeg", 100, 67 })
  t.eq(size(image.thumbnail({ bytes = image.encode(pattern(300, 200, 3), { format = "jpeg" }) }, 30)), { "jpeg", 30, 20 })
  t.eq(size(image.thumbnail(pattern(40, 20, 1), 100)), { "jpeg", 40, 20 })
  local list, errors = image.thumbnail({ pattern(300, 200, 4), "/nonexistent" }, 64)
  t.eq({ #list, list[2], errors[2].code }, { 2, false, "ENOENT" })
end)

t.test("write: whole files, by extension or option", function()
  local dir, img = t.tmp(), pattern(130, 140, 1)
  t.eq(image.write(img, dir .. "/a.png"), true)
  t.eq(image.decode(dir .. "/a.png"):bytes(), img:bytes())
  t.eq(image.write({ img, img }, { dir .. "/b.jpg", dir .. "/c.JPEG" }, { quality = 50 }), true)
  t.eq(image.info(dir .. "/c.JPEG").format, "jpeg")
  t.eq(image.write(img, dir .. "/d", { format = "png", level = 0 }), true)
  t.ok(fs.stat(dir .. "/d").size > 130 * 140)
  t.fails("io", "image.write: ", image.write(img, dir .. "/absent/x.png"))
  t.raises("ends neither in", image.write, img, dir .. "/d")
  t.raises("as many paths", image.write, { img }, {})
  t.eq(table.concat(fs.list(dir), " "), "a.png b.jpg c.JPEG d")
end)

t.test("describe: paths, bytes and images alike", function()
  local img = pattern(256, 256, 1)
  local path = t.tmp() .. "/a.png"
  assert(image.write(img, path))
  local features, errors = image.describe({ img, path, { bytes = image.encode(img) }, "/nonexistent" })
  t.match(features, "4 x 780")
  t.eq({ errors[1], errors[4].code }, { nil, "ENOENT" })
  for column = 1, 780, 97 do
    t.eq(features:get(1, column), features:get(2, column))
    t.eq(features:get(1, column), features:get(3, column))
    t.eq(features:get(4, column), 0.0)
  end
  t.match(assert(image.describe(img)), "1 x 780")
end)

t.test("misuse raises before anything is done", function()
  t.raises("unknown option 'limit'", image.check, "a.png", { limit = false })
  t.raises("unknown option 'side'", image.check, "a.png", { limits = { side = 1 } })
  t.raises("option 'bytes': integer expected", image.check, "a.png", { limits = { bytes = "many" } })
  t.raises("unknown choice 'grey'", image.decode, "a.png", { mode = "grey" })
  t.raises("path or {bytes = string} expected, got nil", image.check)
  t.raises("item 2: path or {bytes = string} expected, got boolean", image.check, { "a.png", true })
  t.raises("image expected, got string", image.encode, "a.png")
  t.raises("path or {bytes = string} expected", image.decode, image.new(1, 1, 1))
  t.raises("option 'quality': 101 is not in 1..100", image.encode, image.new(1, 1, 1), { quality = 101 })
end)

t.test("in tasks, many at once", function()
  local task = require "hilum.task"
  local list = {}
  for i = 1, 20 do list[i] = { bytes = image.encode(pattern(20 + i, 30, 1)) } end
  local widths = task.map(list, function(input) return image.decode(input):width() end)
  for i = 1, 20 do t.eq(widths[i], 20 + i) end
end)

local function scene(patient) return assert(require "hilum.phantom".render(patient, 0, { size = 128 })) end

t.test("phash: copies in another size, format or brightness are near, others far", function()
  local one, other, flat = scene(1), scene(4), image.new(50, 50, 1)
  local brighter = image.new(128, 128, 1, (one:bytes():gsub(".", function(c) return string.char(math.min(255, c:byte() + 15)) end)))
  local hashes = assert(image.phash { one, image.resize(one, 333, 250), other, brighter, flat, flat,
    { bytes = image.encode(one, { format = "jpeg", quality = 40 }) } })
  t.eq(hashes[5], ("0"):rep(64))
  local found = {}
  for _, pair in ipairs(image.similar(hashes, 36)) do found[#found + 1] = pair.first .. "-" .. pair.second end
  table.sort(found)
  t.eq(found, { "1-2", "1-4", "1-7", "2-4", "2-7", "4-7" })
  t.eq(#image.similar({ hashes[1], hashes[3] }, 256), 1)
  t.ok(image.similar({ hashes[1], hashes[3] }, 256)[1].distance > 60)
end)

t.test("similar: of many the nearest eight, the earlier first", function()
  local hashes = {}
  for i = 1, 600 do hashes[i] = ("0"):rep(62) .. ("%02x"):format(1 + i % 2 * 2) end
  local of_last = {}
  for _, pair in ipairs(image.similar(hashes, 1)) do
    if pair.second == 600 then of_last[#of_last + 1] = pair.first .. ":" .. pair.distance end
  end
  t.eq(of_last, { "2:0", "4:0", "6:0", "8:0", "10:0", "12:0", "14:0", "16:0" })
  t.raises("item 1: hash expected", function() image.similar({ "xyz" }, 1) end)
  t.raises("item 1: hash expected", function() image.similar({ ("g"):rep(64) }, 1) end)
end)

t.test("correlation", function()
  local one, other = scene(1), scene(4)
  t.near(image.correlation(one, one), 1, 1e-12)
  local negative = image.new(128, 128, 1, (one:bytes():gsub(".", function(c) return string.char(255 - c:byte()) end)))
  t.near(image.correlation(one, negative), -1, 1e-12)
  t.ok(image.correlation(one, other) < 0.98)
  t.eq(image.correlation(one, image.new(128, 128, 1)), 0.0)
  t.raises("same size", function() image.correlation(one, image.new(9, 9, 1)) end)
end)
