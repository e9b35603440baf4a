-- SPDX-License-Identifier: MIT
-- Before something is paid for: could it succeed, and be used afterwards?
--     local ready = require "lib.ready"
--     options = { …, ready.OPTIONS[1] }                                          -- --anyway
--     local rows, known = ready.check("finetune", request, session, ctx)
--     local known = ready.gate("finetune", request, session, opt, ctx)           -- the same; fails when something is in the way
-- A check is a function of an inquiry (lib/ready/inquiry); a new one is a function in lib/ready and its name in a row of STEPS.
local ready = {}

local function lib(name) return require("lib.ready." .. name) end

-- The checks of each step, by file and function, in order: later ones use what earlier ones learnt.
local STEPS = {
  finetune = { "model.lives", "model.open", "model.offered", "quotas.callable", "quotas.jobs", "records.counted", "quotas.records",
    "buckets.near", "role.trusted", "role.reaches", "caller.allowed", "logging.quiet" },
  deploy = { "model.lives", "model.offered", "quotas.units", "caller.allowed", "expiry.makable", "logging.quiet" },
  expiry = { "expiry.makable", "caller.allowed" },
  embed = { "model.lives", "model.open", "quotas.rates", "caller.allowed", "logging.quiet" },
  batch = { "model.lives", "model.open", "model.offered", "quotas.batch", "buckets.near", "role.trusted", "role.reaches",
    "caller.allowed", "logging.quiet" },
  index = { "collection.stands", "collection.lets_in", "caller.allowed" },
}

ready.STEPS = { "finetune", "deploy", "embed", "batch", "index" }

ready.OPTIONS = { { "anyway", type = "flag", default = false, help = "go on in spite of what `hilum ready` finds in the way" } }

-- Looks at all that a step needs. request: what is to be sent, as AWS has it: of CreateModelCustomizationJob (finetune),
-- CreateProvisionedModelThroughput (deploy; with schedule, as lib/ready/expiry takes it, if it is to end by itself),
-- CreateModelInvocationJob (batch); {modelId} (embed), {collection} (index), {schedule} (expiry: throughput for a model that is not made
-- yet). Returns a list of {state = "ok", "warn" or "stop", what, found, advice}, and what was learnt: {records, validation_records,
-- units_free, limits}. What may not be asked is a warning. Raises when there are no credentials.
function ready.check(step, request, session, _)
  assert(session:signer "bedrock")
  local inquiry = lib "inquiry".new(step, request, session)
  for _, name in ipairs(STEPS[step]) do
    local file, check = name:match("^(%l+)%.([%l_]+)$")
    lib(file)[check](inquiry)
  end
  return inquiry.rows, inquiry.known
end

local COLORS = { ok = "green", warn = "yellow", stop = "red" }

local function advice_of(row) return row.advice and ("%s: %s"):format(row.what, row.advice) end

-- Rows as a table for people, with the advice below it.
function ready.show(rows)
  local term = require "hilum.term"
  local lines = { (term.table(rows, { "state", "what", "found" }):gsub("[^\n]+", function(line)
    local color = COLORS[line:match("^(%l+) ")]
    return color and line:gsub("^%l+", function(word) return term.color(word, color, "stdout") end) or nil
  end)) }
  for _, row in ipairs(rows) do lines[#lines + 1] = advice_of(row) end
  return table.concat(lines, "\n")
end

-- The rows of a state.
function ready.of(rows, state)
  local some = {}
  for _, row in ipairs(rows) do if row.state == state then some[#some + 1] = row end end
  return some
end

local function sentence(row) return ("%s: %s%s"):format(row.what, row.found, row.advice and "; " .. row.advice or "") end

-- Says when the account keeps copies of the images that are sent to models, if that can be found out.
function ready.warn_of_log(session, ctx)
  local inquiry = lib "inquiry".new("embed", {}, session)
  lib "logging".quiet(inquiry)
  for _, row in ipairs(ready.of(inquiry.rows, "warn")) do
    if not row.unknown then ctx.warn("%s", sentence(row)) end
  end
end

-- Checks before a step that is paid for: says what may turn out badly, and fails when something is in the way, unless opt.anyway. Returns
-- what was learnt.
function ready.gate(step, request, session, opt, ctx)
  local rows, known = ready.check(step, request, session, ctx)
  for _, row in ipairs(ready.of(rows, "warn")) do ctx.warn("%s", sentence(row)) end
  local stops = ready.of(rows, "stop")
  for _, row in ipairs(stops) do ctx.warn("%s", sentence(row)) end
  if #stops > 0 and not opt.anyway then
    ctx.fail("nothing was ordered: %d thing%s in the way of %s (%s); --anyway goes on all the same", #stops,
      #stops > 1 and "s are" or " is", step, stops[1].what)
  end
  return known
end

return ready
