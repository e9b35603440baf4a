-- SPDX-License-Identifier: MIT
-- ls: what is on S3.
local json = require "hilum.json"

local function date(seconds) return os.date("!%Y-%m-%d %H:%M", math.tointeger(seconds)) end

local function list_buckets(client, ctx)
  local buckets = assert(client:buckets())
  local rows = {}
  for i, bucket in ipairs(buckets) do rows[i] = { created = date(bucket.created), bucket = "s3://" .. bucket.name } end
  ctx.print("%s", require "hilum.term".table(rows, { "created", "bucket" }))
  return { buckets = json.array(buckets) }
end

-- Objects are printed as they come: there may be millions.
local function list_objects(client, place, opt, ctx)
  local size_of = require "lib.transfer.workflow".size
  local show = require "lib.images".show
  local result = { objects = json.array(), prefixes = json.array(), count = 0, bytes = 0 }
  for entry in client:list(place, { delimiter = not opt.recursive and "/" or nil }) do
    if entry.prefix then
      ctx.print("%16s  %10s  %s", "", "folder", show(entry.prefix))
      table.insert(result.prefixes, entry.prefix)
    else
      ctx.print("%s  %10s  %s", date(entry.mtime), size_of(entry.size), show(entry.key))
      result.count, result.bytes = result.count + 1, result.bytes + entry.size
      if ctx.json then table.insert(result.objects, { key = entry.key, size = entry.size, mtime = entry.mtime, etag = entry.etag }) end
    end
  end
  ctx.say("objects: %d, %s%s", result.count, size_of(result.bytes),
    #result.prefixes > 0 and ("; folders: %d, into which --recursive looks"):format(#result.prefixes) or "")
  return result
end

local function list_leftovers(client, place, ctx)
  local result = { uploads = json.array() }
  for upload in client:uploads(place) do
    ctx.print("%s  %s  %s", date(upload.started or 0), upload.id, require "lib.images".show(upload.key))
    table.insert(result.uploads, upload)
  end
  ctx.say("uploads that were begun and not completed, whose parts cost money: %d%s", #result.uploads,
    #result.uploads > 0 and "; `hilum sweep` gives old ones up" or "")
  return result
end

local function run(opt, ctx)
  local client = require "lib.transfer.workflow".client(opt)
  if opt.at == "s3://" and (opt.leftovers or opt.recursive) then ctx.usage("name a bucket: s3://bucket") end
  if opt.at == "s3://" then return list_buckets(client, ctx) end
  local place = assert(require "lib.aws.s3".parse(opt.at))
  if opt.leftovers then return list_leftovers(client, place, ctx) end
  return list_objects(client, place, opt, ctx)
end

return {
  summary = "What is on S3: buckets, folders, objects",
  details = "Times are UTC. Without --recursive, what is below the next slash is one line; a prefix is taken as it is, slash or not.",
  options = {
    { "at", type = "string", positional = true, default = "s3://", metavar = "S3URI",
      help = "s3:// for the buckets, or s3://bucket/prefix" },
    { "recursive", type = "flag", short = "r", help = "all objects below" },
    { "leftovers", type = "flag", help = "uploads in parts that were never completed" },
  },
  examples = { "hilum ls s3://my-bucket/images/", "hilum ls s3://my-bucket -r --json" },
  run = run,
}
