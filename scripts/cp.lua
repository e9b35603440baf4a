-- SPDX-License-Identifier: MIT
-- cp: one file, to or from S3 or within it.
local fs = require "hilum.fs"

local function is_s3(text) return text:find("^s3://") ~= nil end

-- Where something called name goes: below a folder, or under the path itself.
local function local_target(path, name)
  local stat = fs.stat(path)
  if path:find("/$") or stat and stat.type == "dir" then return fs.join(path, name) end
  return path
end

local function send(opt, client, ctx, put)
  if not is_s3(opt.to) then ctx.usage("one of the two has to be on S3: s3://bucket/key") end
  if opt.from == "-" then return assert(require "lib.transfer.stream".put(client, io.stdin, opt.to, put)), opt.to end
  local stat = fs.stat(opt.from)
  if not stat then ctx.usage("%s does not exist", opt.from) end
  if stat.type == "dir" then ctx.usage("%s is a folder: hilum upload %s %s", opt.from, opt.from, opt.to) end
  local progress <close> = ctx.progress(1, fs.base(opt.from), { unit = "files" })
  put.resume, put.progress = true, progress
  local stored = assert(client:upload(opt.from, opt.to, put))
  progress:add()
  local uri = require "lib.aws.s3.uri"
  return stored, uri.show(uri.join(assert(require "lib.aws.s3".parse(opt.to)), fs.base(opt.from)))
end

local function fetch(place, path, client, ctx)
  assert(fs.mkdir(fs.dir(path)))
  local progress <close> = ctx.progress(1, fs.base(path), { unit = "files" })
  local object = assert(client:download(place, path, { progress = progress }))
  progress:add()
  return object, path
end

-- Returns what is known of the object, and where it went.
local function copy(opt, client, ctx)
  local s3, uri = require "lib.aws.s3", require "lib.aws.s3.uri"
  local put = require "lib.transfer.workflow".put(opt)
  if not is_s3(opt.from) then return send(opt, client, ctx, put) end
  local place = assert(s3.parse(opt.from))
  local name = place.key:match("([^/]+)$")
  if not name then ctx.usage("%s names no object; `hilum download` and `hilum sync` take prefixes", opt.from) end
  if opt.to == "-" then return assert(require "lib.transfer.stream".get(client, place, io.stdout)), "stdout" end
  if not is_s3(opt.to) then return fetch(place, local_target(opt.to, name), client, ctx) end
  local target = uri.join(assert(s3.parse(opt.to)), name)
  return assert(client:copy(place, target, put)), uri.show(target)
end

local function run(opt, ctx)
  if opt.from == "" or opt.to == "" then ctx.usage("an empty name is no file") end
  if opt.to == "-" and ctx.json then ctx.usage("- and --json both want standard output") end
  local client = require "lib.transfer.workflow".client(opt, true)
  local object, target = copy(opt, client, ctx)
  ctx.say("%s -> %s", opt.from, target)
  return { from = opt.from, to = target, etag = object.etag, size = object.size, version = object.version }
end

local workflow = require "lib.transfer.workflow"

return {
  summary = "One file to S3, from it, or within it",
  details = "A target that ends in a slash, or is a folder, gets the file's name. - is standard input or output.",
  options = workflow.join({
    { "from", type = "string", positional = true, required = true, metavar = "FROM", help = "a file, s3://bucket/key, or -" },
    { "to", type = "string", positional = true, required = true, metavar = "TO", help = "a path, s3://bucket/key, or -" },
  }, workflow.put_options),
  examples = {
    "hilum cp train.jsonl s3://my-bucket/train.jsonl",
    "hilum cp s3://my-bucket/train.jsonl -",
  },
  run = run,
}
