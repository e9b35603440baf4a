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

local function to_stdout(client, from)
  local object = assert(client:get(from, { limit = 1 << 40 }))
  io.stdout:write(object.body)
  return object
end

local function copy(opt, client, ctx)
  local s3, uri = require "lib.aws.s3", require "lib.aws.s3.uri"
  local workflow = require "lib.transfer.workflow"
  local put = workflow.put(opt)
  if not is_s3(opt.from) then
    if not is_s3(opt.to) then ctx.usage("one of the two has to be on S3: s3://bucket/key") end
    local stat = opt.from ~= "-" and fs.stat(opt.from)
    if stat and stat.type == "dir" then ctx.usage("%s is a folder: hilum upload %s %s", opt.from, opt.from, opt.to) end
    if opt.from ~= "-" then
      put.resume = true
      return assert(client:upload(opt.from, opt.to, put)), opt.to
    end
    return assert(client:put(opt.to, io.stdin:read("a"), put)), opt.to
  end
  local place = assert(s3.parse(opt.from))
  local name = place.key:match("([^/]+)$")
  if not name then ctx.usage("%s names no object; `hilum download` and `hilum sync` take prefixes", opt.from) end
  if opt.to == "-" then return to_stdout(client, place), "stdout" end
  if is_s3(opt.to) then
    local target = uri.join(assert(s3.parse(opt.to)), name)
    return assert(client:copy(place, target, put)), uri.show(target)
  end
  local target = local_target(opt.to, name)
  local made, err = fs.mkdir(fs.dir(target))
  if not made then error(err, 0) end
  return assert(client:download(place, target)), target
end

local function run(opt, ctx)
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
