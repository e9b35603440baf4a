-- SPDX-License-Identifier: MIT
-- index: embeddings to indexes, in a folder or on a server. What an index is, is in lib/index.
local fs = require "hilum.fs"
local index = require "lib.index"
local opensearch = require "lib.opensearch"
local plural = require "lib.plural"

local SAID = {
  built = "%s: %s, vectors of length %d",
  extended = "%s: extended to %s, vectors of length %d",
  resumed = "%s: completed to %s, vectors of length %d",
  current = "%s: up to date (%s, vectors of length %d)",
}

local function is_remote(opt) return opt.out:find("^%w+://") ~= nil end

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
  if #sets > 1 and index.at(opt.out, sets[1].name) == index.at(opt.out, sets[2].name) then
    ctx.usage("%s is one index: name the embeddings it is for, or leave its name out", opt.out)
  end
  return sets
end

-- What an index on a server is reached with, and made with: see lib/index/remote.
local function access_of(opt) return { auth = opt.auth, ca = opt.ca } end

local function settings_of(opt, ctx)
  return { auth = opt.auth, ca = opt.ca, engine = opt.engine, space = opt.space, compression = opt.compression, hnsw = opt.hnsw,
    bulk = opt.bulk, at_once = opt.at_once, poll = opt.poll,
    progress = function(count, label) return ctx.progress(count, label, { unit = "images" }) end }
end

local function check_options(opt, ctx)
  for _, name in ipairs { "engine", "space", "compression", "hnsw" } do
    if opt[name] and not is_remote(opt) then ctx.usage("--%s is for an index on a server: --out https://HOST", name) end
  end
end

-- What to do with it; a place that project.lua says need not be typed.
local function say_next(opt, ctx)
  local config = ctx.project.config or {}
  local function place(workflow, key)
    return (config[workflow] or {})[key] ~= opt.out and (" --%s %s"):format(key, opt.out) or ""
  end
  if not is_remote(opt) then return ctx.say("next: `hilum query --text Effusion --open`, or `hilum evaluate`") end
  ctx.say("next: `hilum query --text Effusion --open%s`, or `hilum index --compare%s`", place("query", "index"), place("index", "out"))
end

local function build(opt, ctx)
  local result = { indexes = {} }
  for i, set in ipairs(open_sets(opt, ctx)) do
    local url = index.at(opt.out, set.name)
    local state = index.build(set, url, ctx.force, settings_of(opt, ctx))
    ctx.say(SAID[state], url, plural(#set.docs, "image"), set.info.length)
    result.indexes[i] = { name = set.name, folder = url, count = #set.docs, length = set.info.length, state = state }
  end
  say_next(opt, ctx)
  return result
end

-- Comparing with a search through everything.

local function row_of(compared)
  local times = compared.milliseconds
  return { index = compared.name, k = compared.k, queries = compared.queries, recall = ("%.4f"):format(compared.recall),
    lowest = ("%.2f"):format(compared.lowest), complete = ("%.1f %%"):format(100 * compared.complete),
    ["median ms"] = ("%.1f"):format(times.median), ["95 % ms"] = ("%.1f"):format(times.p95),
    ["exact ms"] = ("%.1f"):format(compared.exact_milliseconds) }
end

local function compare(opt, ctx)
  local result, rows = { compared = {} }, {}
  for i, set in ipairs(open_sets(opt, ctx)) do
    local idx = assert(index.open(index.at(opt.out, set.name), access_of(opt)))
    local progress <close> = ctx.progress(math.min(opt.queries, #set.docs), "compare")
    local compared = require "lib.index.comparing".run(set, idx, { k = opt.k, queries = opt.queries, seed = opt.seed,
      progress = progress })
    progress:finish()
    compared.name, compared.index = set.name, idx.url
    result.compared[i], rows[i] = compared, row_of(compared)
  end
  ctx.print("%s", require "hilum.term".table(rows, { "index", "k", "queries", "recall", "lowest", "complete", "median ms", "95 % ms",
    "exact ms" }))
  result.recorded = false
  return result
end

-- Deleting.

local function delete(opt, ctx)
  local access, urls, names = access_of(opt), {}, opt.names or {}
  for i, name in ipairs(names) do
    urls[i] = index.at(opt.out, name)
    if not index.exists(urls[i], access) then
      local there = table.concat(index.names(opt.out, access), ", ")
      ctx.fail("there is no index '%s' in %s%s", name, opt.out, there ~= "" and "; there are " .. there or "")
    end
  end
  if #urls == 0 then ctx.usage("which index is to be deleted? name it, as in `hilum index delete tuned`") end
  require "lib.consent"("delete " .. table.concat(urls, ", "), "nothing was deleted", opt, ctx)
  for _, url in ipairs(urls) do
    assert(index.remove(url, access))
    ctx.say("%s: deleted", url)
  end
  return { deleted = require "hilum.json".array(urls) }
end

local OPTIONS = {
  { "names", type = "list", positional = true, metavar = "NAME", names = "embeddings",
    help = "which of them (default: all; delete wants to be told)" },
  { "out", type = "path", default = "index", metavar = "PLACE", help = "the folder of the indexes, https://HOST, or https://HOST/NAME" },
}
table.move(opensearch.OPTIONS, 1, #opensearch.OPTIONS, #OPTIONS + 1, OPTIONS)

-- Those that delete does without.
local OWN = {
  { "embeddings", type = "path", default = "embeddings", help = "where `hilum embed` wrote them" },
  { "compare", type = "flag", default = false, help = "index nothing: tell how much of the exact answers the indexes find" },
  { "k", type = "integer", short = "k", min = 1, max = 10000, default = 10, help = "compare: how many results" },
  { "queries", type = "integer", min = 1, default = 200, metavar = "N", help = "compare: how many images ask" },
  { "seed", type = "integer", default = 1, help = "compare: the same seed asks with the same images" },
  { "engine", type = "choice", choices = { "faiss", "lucene" }, help = "server: what searches (default: faiss, or lucene before 2.9)" },
  { "space", type = "choice", choices = require "lib.index.remote.scores".SPACES,
    help = "server: how likeness is measured; scores are cosines all the same (default: by the server)" },
  { "compression", type = "choice", choices = { "1x", "2x", "8x", "16x", "32x" },
    help = "server: of Serverless NextGen; less than all digits finds less (default: 1x, all of them)" },
  { "hnsw", type = "table", help = "server: parameters of the graph (default: { m = 24, ef_construction = 128 })" },
  { "bulk", type = "size", default = "5MiB", help = "server: bytes to send at once" },
  { "at-once", type = "integer", min = 1, max = 64, default = 4, metavar = "N", help = "server: requests on their way at a time" },
  { "poll", type = "duration", default = "5s", help = "server: between two looks whether Serverless shows what was written" },
}
for _, spec in ipairs(OWN) do
  spec.own = true
  OPTIONS[#OPTIONS + 1] = spec
end

return {
  summary = "Embeddings to an index that can be searched, in a folder or on OpenSearch",
  step = 7,
  details = [[
Makes index/NAME from embeddings/NAME, for every NAME that was embedded unless some are named: the vectors as one matrix that is
mapped into memory and searched exactly, the same as int8, which makes the search fast, and the records of the images. The index
remembers which model made its vectors and whether captions were mixed in; queries by another model are refused.

Nothing is done where the index is there already from the same embeddings (their SHA-256 is compared); where images were only added
at their end, these are added to the index; else it is built anew. A run that was killed leaves the index as it was: run it again.
Other processes may search it meanwhile.

--out https://HOST makes the indexes on OpenSearch instead, as hilum-NAME: Serverless of either generation, a managed domain, or 2.4 and
later of one's own; https://HOST/NAME is one index under that name. It is made by the ways of what is found there, and searched as the
folder is. AWS signatures are used for AWS's hosts; a user and password come from HILUM_OPENSEARCH_USER and HILUM_OPENSEARCH_PASSWORD, or
from ~/.netrc. A run that was killed goes on where it was. What others may be using is not replaced without --force, and is not there
while it is made anew. Serverless shows what was written after a minute at most; hilum waits for it.

--compare asks an index with some of its own images, and tells which share of the k nearest it finds (recall), that of the worst query,
how many queries got all, and how long a query took, beside a search through everything on this machine.]],
  options = OPTIONS,
  examples = { "hilum index", "hilum index tuned --force", "hilum index --out https://search.example.org:9200",
    "hilum index tuned --out https://search.example.org:9200 --compare -k 20" },
  reads = { "embeddings" },
  writes = { "out" },
  run = function(opt, ctx)
    check_options(opt, ctx)
    return (opt.compare and compare or build)(opt, ctx)
  end,
  verbs = {
    delete = {
      summary = "Delete indexes, of this project or on a server",
      details = "Asks first. The embeddings stay, so that `hilum index` can make it again. On a server only what hilum made is deleted.",
      options = { { "yes", type = "flag", default = false, help = "ask nothing" } },
      examples = { "hilum index delete base", "hilum index delete tuned --out https://search.example.org:9200 --yes" },
      writes = { "out" },
      run = delete,
    },
  },
}
