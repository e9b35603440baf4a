-- SPDX-License-Identifier: MIT
-- fetch: archives of radiographs into a store, as a stream.
local array = require "hilum.json".array
local fs = require "hilum.fs"
local sources = require "lib.fetch.sources"

-- The store to write to; a folder is made if need be.
local function open_target(to)
  local store = require "lib.store"
  if not store.is_url(to) then assert(fs.mkdir(to)) end
  return assert(store.open(to))
end

-- Name = size of all that is in the store.
local function list_sizes(target)
  local names, locations, sizes = target:list(), {}, {}
  for i, name in ipairs(names) do locations[i] = target:path(name) end
  for i, stat in ipairs(require "lib.store".stats(locations)) do sizes[names[i]] = stat and stat.size or nil end
  return sizes
end

-- What changes when the archive at source does, as far as can be told; nil if nothing can.
local function identity_of(source)
  if source.md5 then return source.md5 end
  local about = source.about
  if about then return about.validator or about.size and tostring(about.size) end
  local stat = fs.stat(source.place)
  return stat and ("%d %.9f"):format(stat.size, stat.mtime)
end

-- What an archive that is fetched again must have in common with the first time.
local function version_of(source, opt)
  local identity = identity_of(source)
  return identity and identity .. (opt.folders and ", with folders" or "")
end

-- What the ledger says of an archive that was fetched before and is still there, as a result; nil if it has to be fetched.
local function recall(job, source, entry)
  local version = version_of(source, job.opt)
  local is_done = entry and entry.state == "done" and version and entry.version == version and not job.ctx.force
  if not is_done then return nil end
  for _, name in ipairs(entry.names) do if not job.there[name] then return nil end end
  return { source = source.name, done = true, stored = 0, kept = #entry.names, left_out = 0, bytes = 0,
    broken = array(entry.broken), failed = array(), seconds = 0 }
end

local function fetch_part(job, source)
  local opt = job.opt
  local progress <close> = job.ctx.progress(source.images or 0, fs.base(source.name), { unit = "images" })
  local part = require "lib.fetch.part".new(source, job.target, { there = job.there, depth = opt.check, flat = not opt.folders,
    max_member = opt.max_image, at_once = opt.at_once, progress = progress })
  part:run()
  progress:finish()
  return part
end

-- What went wrong, without the name that is said anyway.
local function reason(err, source)
  local name, message = source.name .. ": ", err.message or tostring(err)
  return message:sub(1, #name) == name and message:sub(#name + 1) or message
end

local function result_of(part, source, began)
  return { source = source.name, done = part.done or false, stored = part.stored, kept = part.kept, left_out = part.left_out,
    bytes = part.bytes, broken = part.broken, failed = part.failed, suspect = part.suspect and part.names,
    md5 = part.md5 ~= "" and part.md5 or nil, error = part.suspect or part.err and reason(part.err, source),
    seconds = require "hilum.task".now() - began }
end

-- One archive: fetched, and noted in the ledger before and after. job: what all archives of a run share: opt, ctx, target (a store),
-- there (name = size of what is in it) and ledger.
local function fetch(job, source)
  local began = require "hilum.task".now()
  if sources.is_url(source.place) then source.about = require "lib.fetch.download".describe(source.place) end
  local to = job.ctx.project:name(job.opt.to)
  local entry = job.ledger:find(source.key, to)
  local before = recall(job, source, entry)
  if before then return before end
  local function note(state, fields)
    fields.archive, fields.to, fields.state, fields.version = source.key, to, state, version_of(source, job.opt)
    job.ledger:note(fields)
  end
  local suspect = entry and entry.suspect
  for _, name in ipairs(suspect or {}) do job.there[name] = nil end
  note("begun", { suspect = suspect })
  local part = fetch_part(job, source)
  if part.done then note("done", { names = part.names, broken = part.broken }) end
  if part.suspect then note("begun", { suspect = part.names }) end
  return result_of(part, source, began)
end

-- What is said.

local function count(number, noun) return ("%d %s%s"):format(number, noun, number == 1 and "" or "s") end

local function print_problems(result, ctx)
  local show = require "lib.images".show
  for _, list in ipairs { result.broken, result.failed } do
    for _, problem in ipairs(list) do ctx.print("%s: %s: %s", result.source, show(problem.name), problem.message) end
  end
  if result.error then ctx.print("%s: %s", result.source, result.error) end
  if result.suspect then ctx.print("%s: %s stored from it are suspect", result.source, count(#result.suspect, "image")) end
end

local function say_part(result, ctx)
  local parts = { count(result.stored, "image") .. " stored" }
  local function add(number, what) if number > 0 then parts[#parts + 1] = ("%d %s"):format(number, what) end end
  add(result.kept, "there already")
  add(#result.broken, "broken")
  add(#result.failed, "failed")
  add(result.left_out, "left out, not images by their names")
  local state = result.error and "not complete, " or ""
  ctx.say("%s: %s%s (%.1f MB, %.1f s, %.0f images/s)", result.source, state, table.concat(parts, ", "), result.bytes / 1e6,
    result.seconds, result.stored / math.max(result.seconds, 1e-9))
end

local function say_tables(ctx)
  for _, entry in ipairs(require "lib.fetch.nih".tables) do ctx.say("labels: %s (%s), from %s", entry.name, entry.what, entry.page) end
end

-- What to do next, as commands.
local function next_steps(opt, tables, incomplete)
  if incomplete > 0 then return { "the same command again: it goes on where it was" } end
  local names = #tables > 0 and table.concat(tables, " ") or "TABLE…"
  return { ("hilum prepare %s --labels %s"):format(opt.to, names) }
end

local function sum(results, field)
  local total = 0
  for _, result in ipairs(results) do
    local value = result[field]
    total = total + (type(value) == "table" and #value or tonumber(value) or 0)
  end
  return total
end

-- run.jsonl remembers the options: not what is secret in a URL.
local function hide_secrets(places)
  for i, place in ipairs(places or {}) do places[i] = sources.shown(place) end
end

local function run(opt, ctx)
  local list = sources.list({ what = opt.archives, parts = opt.parts, mirror = opt.mirror, md5 = opt.md5 }, ctx.usage)
  local tables = opt.labels and require "lib.fetch.labels".fetch(opt.labels, ctx.project:path("labels")) or {}
  local target = open_target(opt.to)
  local job = { opt = opt, ctx = ctx, target = target, there = ctx.force and {} or list_sizes(target),
    ledger = require "lib.fetch.ledger".open(ctx.project:path("cache/fetch.jsonl")) }
  local results, incomplete = {}, 0
  for i, source in ipairs(list) do
    results[i] = fetch(job, source)
    print_problems(results[i], ctx)
    say_part(results[i], ctx)
    if not results[i].done then incomplete = incomplete + 1 end
  end
  hide_secrets(opt.archives)
  hide_secrets(opt.labels)
  if #tables == 0 and incomplete == 0 and list[1].key:find("^nih/") then say_tables(ctx) end
  local steps = next_steps(opt, tables, incomplete)
  ctx.say("next: %s", table.concat(steps, "; "))
  return { archives = array(results), stored = sum(results, "stored"), kept = sum(results, "kept"), broken = sum(results, "broken"),
    failed = sum(results, "failed"), bytes = sum(results, "bytes"), labels = array(tables), next = array(steps),
    exit = (incomplete > 0 or sum(results, "broken") > 0) and 1 or 0 }
end

return {
  summary = "Archives of radiographs into a folder or S3, as a stream",
  details = [[
Downloads, unpacks, checks and stores at once: tar, tar.gz or zip, from a URL or a file, needs no disk but for the images themselves and
less than 64 MB of memory. `hilum fetch nih` fetches NIH ChestX-ray14, 12 parts of 2 to 4 GB with 112,120 images, each verified by its MD5
(the table is scripts/lib/fetch/nih.lua). The NIH asks who uses them to link to its page, https://nihcc.app.box.com/v/ChestXray-NIHCC, to
cite Wang et al., CVPR 2017, and to acknowledge the NIH Clinical Center.

Every image is checked as `hilum check` does before it is stored; with --check container only the structure and checksums of the file,
much faster. Broken images are listed and not stored; the rest is. One whose name says another format is listed and stored: `hilum check
--fix` mends that. Listed too is what an archive must not contain: names that lead elsewhere, links, devices, the same name twice,
members that are too large.

A download that breaks goes on where it was. Run again after whatever happened, fetch loads only the archives that are not complete, and
stores only images that are not there (by name and size). What it knows of archives is in cache/fetch.jsonl.

Images are stored by their file names; --folders keeps the folders of the archive. Exit status 1 if anything is broken or missing.]],
  options = {
    { "archives", type = "list", of = "string", positional = true, required = true, metavar = "nih|URL|FILE",
      help = "nih, or archives: URLs or files" },
    { "parts", type = "string", metavar = "1,3-5", help = "which parts of nih; default all 12" },
    { "to", type = "path", default = "images", metavar = "FOLDER|S3URI", help = "where to store" },
    { "labels", type = "list", of = "path", metavar = "URL|FILE", help = "label tables: what is a URL is saved in labels/" },
    { "check", type = "choice", choices = { "full", "container" }, default = "full", help = "how thoroughly to check each image" },
    { "md5", type = "string", metavar = "HEX", help = "the MD5 that a single archive must have" },
    { "mirror", type = "string", metavar = "URL|FOLDER", help = "where images_001.tar.gz and so on are, instead of the NIH's server" },
    { "folders", type = "flag", default = false, help = "keep the folders of the archive in the names" },
    { "max-image", type = "size", default = "32MiB", help = "a larger member is refused" },
    { "at-once", type = "integer", default = 16, min = 1, max = 1024, help = "how many images to check and store at once" },
  },
  examples = {
    "hilum fetch nih --parts 1",
    "hilum fetch nih --to s3://my-bucket/images/ --check container",
    "hilum fetch https://example.org/xrays.tar.gz --labels https://example.org/labels.csv",
  },
  writes = { "to" },
  run = run,
}
