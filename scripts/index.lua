-- SPDX-License-Identifier: MIT
-- index: embeddings to indexes. What an index is, is in lib/index.
local fs = require "hilum.fs"

local SAID = {
  built = "%s: %s, vectors of length %d",
  extended = "%s: extended to %s, vectors of length %d",
  current = "%s: up to date (%s, vectors of length %d)",
}

local function open_sets(opt, ctx)
  local embeddings = require "lib.embeddings"
  local names = opt.names or embeddings.names(opt.embeddings)
  if #names == 0 then ctx.fail("nothing is embedded in %s yet: run `hilum embed IMAGES`", opt.embeddings) end
  local sets = {}
  for i, name in ipairs(names) do
    if not fs.stat(embeddings.paths(opt.embeddings, name).info) then
      local there = table.concat(embeddings.names(opt.embeddings), ", ")
      ctx.fail("there are no embeddings '%s' in %s%s", name, opt.embeddings, there ~= "" and "; there are " .. there or
        ": run `hilum embed IMAGES`")
    end
    sets[i] = assert(embeddings.open(opt.embeddings, name))
  end
  return sets
end

return {
  summary = "Embeddings to an index that can be searched",
  step = 7,
  details = [[
Makes index/NAME from embeddings/NAME, for every NAME that was embedded unless some are named: the vectors as one matrix that is
mapped into memory and searched exactly, the same as int8, which makes the search fast, and the records of the images. The index
remembers which model made its vectors and whether captions were mixed in; queries by another model are refused.

Nothing is done where the index is there already from the same embeddings (their SHA-256 is compared); where images were only added
at their end, these are added to the index; else it is built anew. A run that was killed leaves the index as it was: run it again.
Other processes may search it meanwhile.]],
  options = {
    { "names", type = "list", positional = true, metavar = "NAME", names = "embeddings", help = "which embeddings (default: all)" },
    { "embeddings", type = "path", default = "embeddings", help = "where `hilum embed` wrote them" },
    { "out", type = "path", default = "index", help = "the folder of the indexes" },
  },
  examples = { "hilum index", "hilum index tuned --force" },
  reads = { "embeddings" },
  writes = { "out" },
  run = function(opt, ctx)
    local result = { indexes = {} }
    for i, set in ipairs(open_sets(opt, ctx)) do
      local folder = fs.join(opt.out, set.name)
      local state = require "lib.index".build(set, folder, ctx.force)
      ctx.say(SAID[state], folder, require "lib.plural"(#set.docs, "image"), set.info.length)
      result.indexes[i] = { name = set.name, folder = folder, count = #set.docs, length = set.info.length, state = state }
    end
    ctx.say("next: `hilum query --text Effusion --open`, or `hilum evaluate`")
    return result
  end,
}
