-- SPDX-License-Identifier: MIT
-- One training epoch of the offline model, beside numpy doing the same products: hilum --jobs N tests/bench/train/train.lua
local FINDINGS = { "Infiltration", "Effusion", "Atelectasis", "Nodule", "Mass", "Pneumothorax", "Consolidation", "Pleural Thickening",
  "Cardiomegaly", "Emphysema", "Edema", "Fibrosis", "Pneumonia", "Tortuous Aorta", "Calcification of the Aorta",
  "Pneumoperitoneum", "Subcutaneous Emphysema", "Pneumomediastinum", "Hernia" }

-- Captions as frequent and as mixed as those of the NIH tables: half without a finding, the others with one to four.
local function make_captions(count)
  local captions = {}
  math.randomseed(1)
  for i = 1, count do
    local list = {}
    if math.random() < 0.5 then list[1] = "No Finding" end
    while #list == 0 or list[1] ~= "No Finding" and #list < 4 and math.random() < 0.35 do
      list[#list + 1] = FINDINGS[1 + math.floor(#FINDINGS * math.random() ^ 2)]
    end
    captions[i] = table.concat(list, ", ")
  end
  return captions
end

local function fastest(repeats, f)
  local task, best = require "hilum.task", math.huge
  for i = 1, repeats do
    local began = task.now()
    f(i)
    best = math.min(best, task.now() - began)
  end
  return best
end

-- What peers/train.py reads.
local function write_data(folder, run)
  local fs, npy, vec, place = require "hilum.fs", require "hilum.npy", require "hilum.vec", {}
  for i, caption in ipairs(run.train.place) do place[i] = caption - 1 end
  assert(npy.write(fs.join(folder, "projected.npy"), run.train.coordinates))
  assert(npy.write(fs.join(folder, "place.npy"), vec.from(place, #place, 1)))
  assert(npy.write(fs.join(folder, "features.npy"), run.train.rows))
  assert(npy.write(fs.join(folder, "likeness.npy"), run.train.likeness))
end

local function run_peer(opt, folder, threads)
  local script = debug.getinfo(1, "S").source:match("^@(.*)train/train%.lua$") .. "peers/train.py"
  local pipe = assert(io.popen(("OPENBLAS_NUM_THREADS=%d %s '%s' '%s' %d"):format(threads, opt.python, script, folder, opt.repeats)))
  local seconds = tonumber(pipe:read("a"))
  assert(pipe:close() and seconds, "the peer failed")
  return seconds
end

local function run(opt, ctx)
  local fs, task, training, vec = require "hilum.fs", require "hilum.task", require "lib.model.training", require "hilum.vec"
  local set = { features = vec.gauss(1, opt.records, 780), captions = make_captions(opt.records) }
  local state = training.start(set, { epochs = opt.repeats, batch_size = 256, learning_rate = 0.01, seed = 1, components = opt.components })
  local folder = assert(fs.temp())
  write_data(folder, state)
  local ours = fastest(opt.repeats, function(epoch) training.epoch(state, epoch) end)
  local peer = run_peer(opt, folder, task.jobs())
  assert(fs.remove_tree(folder))
  ctx.print("%d records, %d components, %d captions, %d buckets, %d threads: hilum %.3f s, numpy %.3f s, ratio %.2f", opt.records,
    opt.components, #state.train.captions, state.train.columns, task.jobs(), ours, peer, peer / ours)
  return { records = opt.records, threads = task.jobs(), hilum = ours, numpy = peer, ratio = peer / ours }
end

return {
  summary = "Time a training epoch beside numpy",
  options = {
    { "records", type = "integer", min = 256, default = 10000, help = "training records" },
    { "components", type = "integer", min = 1, default = 156, help = "coordinates of an image" },
    { "repeats", type = "integer", min = 1, default = 5, help = "epochs, of which the fastest counts" },
    { "python", type = "string", default = "/usr/bin/python3", help = "a Python with numpy" },
  },
  run = run,
}
