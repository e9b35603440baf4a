-- SPDX-License-Identifier: MIT
-- bench: what this machine does. Compared with other programs it is in tests/bench.
local fs = require "hilum.fs"

local ALL = { "image", "labels", "search", "train" }
local NAMES = "image, labels, search (which is certified and growth), train"
local IMAGES, IMAGE_SIDE = 48, 1024
local NIH_ROWS = 112120
local FINDINGS = { "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax" }

local function rate(what, count, unit, f)
  local fastest = require "lib.bench.timing".calls(f)
  return { what = what, value = count / fastest, unit = unit .. "/s" }
end

local function time(what, f)
  local fastest = require "lib.bench.timing".calls(f)
  return { what = what, value = 1000 * fastest, unit = "ms" }
end

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

-- The certified search on the threads of this process.
function benches.certified(opt)
  local search, results = require "lib.bench.search", {}
  for _, rows in ipairs(opt.rows or search.ROWS) do
    for _, length in ipairs(opt.length or search.LENGTHS) do
      for _, result in ipairs(search.certified(rows, length)) do results[#results + 1] = result end
    end
  end
  return results
end

function benches.growth(opt)
  local search, results = require "lib.bench.search", {}
  for _, rows in ipairs(opt.rows or search.GROWTH) do
    for _, length in ipairs(opt.length or search.LENGTHS) do results[#results + 1] = search.grown(rows, length) end
  end
  return results
end

function benches.search(opt)
  local search = require "lib.bench.search"
  local results = search.in_processes(opt.rows or search.ROWS, opt.length or search.LENGTHS)
  return results, benches.growth(opt)
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

-- Tables.

local function digits(value)
  if math.type(value) ~= "float" then return value end
  return (value < 1 and "%.3f" or value < 100 and "%.2f" or "%.0f"):format(value)
end

local COLUMNS = { "what", "value", "unit", "rows", "length", "queries", "jobs", "ms", "batch_ms", "float_ms", "rescored", "recall",
  "build_gb_s", "digits_gb", "left_out" }

local HEADS = { jobs = "threads", ms = "ms a query", batch_ms = "ms, 100 together", float_ms = "ms in float32", rescored = "rows rescored",
  recall = "recall@10", build_gb_s = "GB/s built", digits_gb = "GB read a query", left_out = "not measured" }

local function print_table(results, ctx)
  local columns, rows = {}, {}
  for i in ipairs(results) do rows[i] = {} end
  for _, column in ipairs(COLUMNS) do
    local head, is_there = HEADS[column] or column, false
    for i, result in ipairs(results) do
      is_there = is_there or result[column] ~= nil
      rows[i][head] = result[column] == nil and "" or column == "recall" and ("%.4f"):format(result.recall) or digits(result[column])
    end
    if is_there then columns[#columns + 1] = head end
  end
  ctx.print("%s", require "hilum.term".table(rows, columns))
end

local function run(opt, ctx)
  local jobs, results = require "hilum.task".jobs(), {}
  for _, name in ipairs(opt.what or ALL) do
    if not benches[name] then ctx.usage("there is no benchmark %s; there are %s", name, NAMES) end
    ctx.say("%s …", name)
    for _, part in ipairs { benches[name](opt, ctx) } do
      print_table(part, ctx)
      for _, result in ipairs(part) do
        result.bench, result.jobs = name, result.jobs or jobs
        results[#results + 1] = result
      end
    end
  end
  ctx.say("%d worker threads unless said otherwise; --jobs 1 gives the figures of one core", jobs)
  return { results = results }
end

return {
  summary = "How fast hilum is on this machine",
  details = [[
Takes the best of several runs (of searches the median), so run it on an idle machine. image: checking, decoding and describing files
(phantoms of 1,024 pixels, or --images); labels: a label table as long as the NIH's; train: fine-tuning.

search: exact nearest vectors by certified search, in clusters as embeddings lie. The first table has queries alone and 1,000 together on
one and on two threads, with how many rows were scored again in float32 and which share of the ten best of all rows was found; the second
how the time grows from 1,000 to 4,000,000 rows, as far as memory holds their int8 rows; float32 vectors that it does not hold as well go
to a temporary file (16 GB for 4,000,000 of 1,024; TMPDIR says where). --rows and --length choose the sizes of both. It takes two to
four minutes.]],
  options = {
    { "what", type = "list", positional = true, metavar = "WHAT", help = "image, labels, search, train (default: all)" },
    { "images", type = "path", must_exist = true, is = "dir", help = "measure on these images" },
    { "rows", type = "list", of = "integer", min = 1, max = 100000000, metavar = "N", help = "search: vectors" },
    { "length", type = "list", of = "integer", min = 1, max = 65536, metavar = "N", help = "search: numbers in a vector" },
  },
  examples = { "hilum bench", "hilum bench image --images images --jobs 1", "hilum bench search --rows 1000000 --length 256 --json" },
  run = run,
}
