-- SPDX-License-Identifier: MIT
-- bench: what this machine does. Compared with other programs it is in tests/bench.
local fs = require "hilum.fs"

local ALL = { "image", "labels", "search", "train" }
local IMAGES, IMAGE_SIDE = 48, 1024
local NIH_ROWS = 112120
local FINDINGS = { "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax" }

-- Seconds of the fastest of as many calls as fit in a second, at least three.
local function best_seconds(f)
  local task = require "hilum.task"
  local best, spent, calls = math.huge, 0, 0
  while calls < 3 or spent < 1 do
    local began = task.now()
    f()
    local seconds = task.now() - began
    best, spent, calls = math.min(best, seconds), spent + seconds, calls + 1
  end
  return best
end

local function rate(what, count, unit, f)
  local seconds = best_seconds(f)
  return { what = what, value = count / seconds, unit = unit .. "/s" }
end

local function time(what, f) return { what = what, value = 1000 * best_seconds(f), unit = "ms" } end

-- A folder that goes when its variable does.
local function temporary_folder()
  local path = assert(fs.temp())
  return path, setmetatable({}, { __close = function() fs.remove_tree(path) end })
end

local function draw(folder)
  local pictures = {}
  for i = 1, IMAGES do pictures[i] = { patient = i, followup = 0, path = fs.join(folder, i .. ".png") } end
  assert(require "hilum.phantom".write(pictures, { size = IMAGE_SIDE }))
end

local function image_paths(opt, folder)
  if not opt.images then draw(folder) end
  local images, store, paths = require "lib.images", assert(require "lib.store".open(opt.images or folder)), {}
  for _, name in ipairs(store:list()) do
    if images.kind(name) == "image" then paths[#paths + 1] = store:path(name) end
  end
  return paths
end

local benches = {}

function benches.image(opt)
  local image = require "hilum.image"
  local folder, guard <close> = temporary_folder() -- luacheck: ignore 211
  local paths = image_paths(opt, folder)
  local decoded = image.decode(paths, { mode = "gray" })
  return {
    rate("image.check", #paths, "images", function() image.check(paths) end),
    rate("image.decode", #paths, "images", function() image.decode(paths, { mode = "gray" }) end),
    rate("image.describe of decoded images", #paths, "images", function() image.describe(decoded) end),
    rate("image.describe of files", #paths, "images", function() image.describe(paths) end),
  }
end

-- A table in the layout of NIH-CXR-LT, as long as the NIH's.
local function write_label_table(path)
  local rows, random = { "id," .. table.concat(FINDINGS, ",") .. ",No Finding,subj_id" }, 1
  for i = 1, NIH_ROWS do
    random = random * 6364136223846793005 + 1442695040888963407
    local cells = { ("%08d_%03d.png"):format(i // 4 + 1, i % 4) }
    for j = 1, #FINDINGS do cells[#cells + 1] = (random >> (8 + 5 * j)) & 7 == 0 and 1 or 0 end
    cells[#cells + 1], cells[#cells + 2] = 0, i // 4 + 1
    rows[#rows + 1] = table.concat(cells, ",")
  end
  assert(fs.write(path, table.concat(rows, "\n") .. "\n"))
end

-- The whole process, as one types it.
function benches.labels()
  local folder, guard <close> = temporary_folder() -- luacheck: ignore 211
  write_label_table(fs.join(folder, "labels.csv"))
  local command = ("cd '%s' && '%s' --quiet labels labels.csv"):format(folder, fs.real("/proc/self/exe"))
  return { rate(("hilum labels, %d rows"):format(NIH_ROWS), NIH_ROWS, "rows", function() assert(os.execute(command)) end) }
end

function benches.search(opt)
  local vec = require "hilum.vec"
  local data, query, queries = vec.gauss(1, opt.rows, opt.length), vec.gauss(2, 1, opt.length), vec.gauss(3, 32, opt.length)
  local size = ("among %d x %d"):format(opt.rows, opt.length)
  return {
    time("top-10 of 1 query " .. size, function() vec.search(data, query, 10) end),
    time("top-10 of 32 queries " .. size, function() vec.search(data, queries, 10) end),
  }
end

function benches.train()
  local training, vec = require "lib.model.training", require "hilum.vec"
  local records, captions = 10000, {}
  for i = 1, records do captions[i] = FINDINGS[i % #FINDINGS + 1] .. ", " .. FINDINGS[i * 7 // 3 % #FINDINGS + 1] end
  local run = training.start({ features = vec.gauss(4, records, 780), captions = captions },
    { epochs = 1000, batch_size = 256, learning_rate = 0.01, seed = 1, components = 156 })
  local epoch = 0
  return { time(("an epoch of fine-tuning, %d records"):format(records), function()
    epoch = epoch + 1
    training.epoch(run, epoch)
  end) }
end

local function run(opt, ctx)
  local results = {}
  for _, name in ipairs(opt.what or ALL) do
    local bench = benches[name]
    if not bench then ctx.usage("there is no benchmark %s; there are %s", name, table.concat(ALL, ", ")) end
    ctx.say("%s …", name)
    for _, result in ipairs(bench(opt, ctx)) do
      result.bench, result.jobs = name, require "hilum.task".jobs()
      results[#results + 1] = result
    end
  end
  local rows = {}
  for i, result in ipairs(results) do
    rows[i] = { what = result.what, value = (result.value < 100 and "%.2f" or "%.0f"):format(result.value), unit = result.unit }
  end
  ctx.print("%s", require "hilum.term".table(rows, { "what", "value", "unit" }))
  ctx.say("%d worker threads; --jobs 1 gives the figures of one core", require "hilum.task".jobs())
  return { results = results }
end

return {
  summary = "How fast hilum is on this machine",
  details = [[
Takes the best of several runs, so run it on an idle machine. image: checking, decoding and describing files (phantoms of 1,024 pixels,
or --images); labels: a label table as long as the NIH's; search: exact nearest vectors, in memory; train: fine-tuning.]],
  options = {
    { "what", type = "list", positional = true, metavar = "WHAT", help = "image, labels, search, train (default: all)" },
    { "images", type = "path", must_exist = true, is = "dir", help = "measure on these images" },
    { "rows", type = "integer", min = 1, default = NIH_ROWS, help = "search: vectors" },
    { "length", type = "integer", min = 1, max = 65536, default = 1024, help = "search: numbers in a vector" },
  },
  examples = { "hilum bench", "hilum bench image --images images --jobs 1", "hilum bench search --rows 1000000 --length 256 --json" },
  run = run,
}
