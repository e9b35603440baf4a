-- SPDX-License-Identifier: MIT
-- What the workflows that transfer share: their options, and how they tell what was done.
local workflow = {}

local SHOWN = 20

-- The options of upload, download and sync.
workflow.options = {
  { "include", type = "list", metavar = "GLOB", help = "only names that match one of these; * matches slashes too" },
  { "exclude", type = "list", metavar = "GLOB", help = "no names that match one of these" },
  { "list", type = "path", metavar = "FILE", help = "only the names in this file, one a line" },
  { "compare", type = "choice", choices = { "time", "size", "content" }, default = "time",
    help = "what is there already: same size and not older; same size; same checksum, where that can be told" },
  { "dry-run", type = "flag", help = "say what would be done: the first of it, and all with --verbose or --json" },
  { "at-once", type = "integer", min = 1, max = 1024, default = 16, help = "how many files at the same time" },
}

-- What is said of objects that are stored.
workflow.put_options = {
  { "payload", type = "choice", choices = { "signed", "unsigned" },
    help = "vouch for bodies by their SHA-256, or by the connection and a checksum; the default is the latter over https" },
  { "storage-class", type = "string", metavar = "CLASS", help = "such as STANDARD_IA" },
  { "sse", type = "choice", choices = { "AES256", "aws:kms" }, help = "encryption on the server" },
  { "kms-key", type = "string", metavar = "ID", help = "the key for aws:kms" },
}

function workflow.join(...)
  local joined = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #joined + 1, joined) end
  return joined
end

function workflow.client(opt, payload)
  local session = assert(require "lib.aws.session".open {})
  return require "lib.aws.s3".open { session = session, payload = payload and opt.payload or nil }
end

local function names_of(path)
  if not path then return nil end
  local names = {}
  for line in assert(require "hilum.fs".read(path)):gmatch("[^\r\n]+") do names[line] = true end
  return names
end

-- The client's options for storing, from a workflow's.
function workflow.put(opt) return { storage_class = opt.storage_class, sse = opt.sse, kms_key = opt.kms_key } end

-- lib/transfer's options from a workflow's; put: as above, if something is stored.
function workflow.settings(opt, label, put)
  return { compare = opt.compare, include = opt.include, exclude = opt.exclude, names = names_of(opt.list), dry_run = opt.dry_run,
    noted = (opt.verbose or opt.json) and math.huge or SHOWN, at_once = opt.at_once, label = label, put = put }
end

function workflow.size(bytes)
  local units = { "B", "kB", "MB", "GB", "TB" }
  local power = 1
  while bytes >= 1000 and power < #units do bytes, power = bytes / 1000, power + 1 end
  return (power == 1 and "%.0f %s" or "%.1f %s"):format(bytes, units[power])
end

-- What a dry run would do: the first of it, or all.
local function print_plan(result, ctx)
  for _, step in ipairs(result.plan or {}) do ctx.print("would %s %s (%s)", step.what, step.name, workflow.size(step.bytes)) end
  local untold = result.plan and result.sent + result.deleted - #result.plan or 0
  if untold > 0 then ctx.print("… and %d more (--verbose or --json lists them)", untold) end
end

-- Prints the failures, says the sum, and gives the result its exit status.
function workflow.tell(result, ctx)
  print_plan(result, ctx)
  for i = 1, math.min(#result.failures, SHOWN) do ctx.print("%s", result.failures[i].message) end
  if #result.failures > SHOWN then ctx.print("and %d more (--json lists them)", #result.failures - SHOWN) end
  local seconds = math.max(result.seconds, 1e-9)
  local sent, deleted = "sent", "deleted"
  if result.dry_run then sent, deleted = "to send", "to delete" end
  local rate = ""
  if result.sent > 0 and not result.dry_run then
    rate = (", %.0f files/s, %s/s"):format(result.sent / seconds, workflow.size(result.bytes / seconds))
  end
  ctx.say("%s: %d %s (%s), %d the same, %d %s, %d failed; %.1f s%s", result.to, result.sent, sent, workflow.size(result.bytes),
    result.same, result.deleted, deleted, result.failed, result.seconds, rate)
  if result.sent + result.same + result.failed == 0 then
    ctx.warn("there was nothing to send in %s; is that the place that was meant?", result.from)
  end
  if result.stopped then ctx.say("stopped: %s", result.stopped) end
  if result.failed > 0 then ctx.say("run it again to send what failed; what is there is not sent again") end
  result.exit = result.failed > 0 and 1 or 0
  return result
end

return workflow
