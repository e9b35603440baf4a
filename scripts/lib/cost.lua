-- SPDX-License-Identifier: MIT
-- What a step will cost, asked before it is done and remembered afterwards. For a step that orders something from AWS:
--     local cost = require "lib.cost"
--     options = { …, cost.OPTIONS[1], cost.OPTIONS[2] }                            -- --max-cost USD, --yes
--     local estimate = cost.estimate({ step = "deploy", region = session.region,
--       items = { { price = "model-unit-hour", count = 2, what = "1 model unit for 2 hours" } } }, ctx)
--     if opt.dry_run then cost.say(estimate, ctx) return end
--     cost.gate(estimate, opt, ctx)                                                -- returns only when it may be done
--     local arn = …                                                                -- AWS took it
--     cost.submitted(estimate, { arn = arn, name = name }, ctx)                    -- a line in run.jsonl
--     cost.actual({ arn = arn, status = "Deleted" }, items, ctx)                   -- and one when it is known what came of it
-- Prices are those of lib/cost/prices.lua and of project.lua.
local ledger = require "lib.cost.ledger"
local prices = require "lib.cost.prices"

local cost = {}

cost.OPTIONS = {
  { "max-cost", type = "number", min = 0, metavar = "USD", help = "do it unasked if the estimate is not above this, else refuse" },
  { "yes", type = "flag", default = false, help = "do not ask" },
}

-- Estimates.

-- Without the noise of the last binary digits.
local function rounded(amount) return tonumber(("%.9f"):format(amount)) end

local function price_item(item, config)
  local price = prices.find(item.price, config)
  item.unit, item.each, item.mark, item.date = price.unit, price.usd, price.mark, price.date
  item.cost = price.usd and item.count and rounded(price.usd * item.count) or nil
  return item.cost, price.standing
end

-- With project.lua's prices, where there is a ctx.
local function set_prices(estimate, ctx)
  local total, standing = 0.0, false
  for _, item in ipairs(estimate.items) do
    local amount, stands = price_item(item, ctx and ctx.project.config)
    total = total and amount and total + amount
    standing = standing or stands or false
  end
  estimate.total, estimate.until_deleted = total and rounded(total) or nil, standing
  return estimate
end

-- spec: step, region, items = { { price = a key of lib/cost/prices.lua, count = units (nil: not known), what = "5 epochs of 9 records" },
-- … }. The same items come back with unit, each and cost (USD; nil where price or count is not known), and with mark and date of the price.
-- total is nil unless all are known; until_deleted: something in it is charged until it is deleted.
function cost.estimate(spec, ctx)
  local items = require "hilum.json".array {}
  for i, item in ipairs(spec.items) do items[i] = { price = item.price, count = item.count, what = item.what } end
  return set_prices({ step = spec.step, region = spec.region, items = items }, ctx)
end

-- Saying.

-- A sum of money; what is less than a cent is not nothing.
function cost.usd(amount)
  if amount > 0 and amount < 0.01 then return "less than USD 0.01" end
  return ("USD %.2f"):format(amount)
end

local function row_of(item)
  local known = item.cost and cost.usd(item.cost) or "not known"
  local count = item.count and ("%.10g"):format(item.count) or "?"
  return { what = item.what, units = ("%s x %s"):format(count, item.unit), each = item.each and prices.text(item.each) or "?",
    cost = known, price = ("%s, %s%s"):format(item.price, item.mark, item.date and " " .. item.date or "") }
end

-- The total in words.
function cost.total(estimate)
  if not estimate.total then return "not known in USD" end
  local sum = cost.usd(estimate.total)
  return sum:find("^less") and sum or "about " .. sum
end

-- The estimate in units and money, and how far its prices can be trusted.
function cost.say(estimate, ctx)
  local rows = {}
  for i, item in ipairs(set_prices(estimate, ctx).items) do rows[i] = row_of(item) end
  ctx.say("%s", require "hilum.term".table(rows, { "what", "units", "each", "cost", "price" }))
  local elsewhere = estimate.region and estimate.region ~= prices.REGION and (", where %s differs"):format(estimate.region) or ""
  ctx.say("%s: %s, by prices of %s%s%s", estimate.step, cost.total(estimate), prices.REGION, elsewhere,
    estimate.until_deleted and "; it goes on costing until it is deleted" or "")
end

-- The gate.

local function refuse_unknown(estimate, ctx)
  for _, item in ipairs(estimate.items) do
    if not item.each then
      ctx.fail('nothing was ordered: --max-cost needs the price of %s; project.lua can say it: prices = { ["%s"] = USD }', item.price,
        item.price)
    end
    if not item.count then ctx.fail("nothing was ordered: --max-cost cannot be held, for %s; --yes goes on all the same", item.what) end
  end
end

local function check_maximum(estimate, most, ctx)
  refuse_unknown(estimate, ctx)
  if estimate.total > most then
    ctx.fail("nothing was ordered: the estimate (%s) is above --max-cost %.10g", cost.usd(estimate.total), most)
  end
end

-- The projects in which one sum for all steps has been agreed to.
local settled = setmetatable({}, { __mode = "k" })

-- While it is open, the gates of the project's steps let through, and say no estimates: one of all that is to come was agreed to.
function cost.settle(ctx)
  local project = ctx.project
  settled[project] = true
  return setmetatable({}, { __close = function() settled[project] = nil end })
end

-- Says the estimate, and returns only when the step may be done: by --max-cost, by --yes, or by a yes at the terminal. unasked_below: an
-- estimate below so many USD is said and not asked about (--max-cost still holds).
function cost.gate(estimate, opt, ctx, unasked_below)
  if settled[ctx.project] then return end
  cost.say(estimate, ctx)
  if opt.max_cost then return check_maximum(estimate, opt.max_cost, ctx) end
  if opt.yes or estimate.total and estimate.total < (unasked_below or 0) then return end
  if not require "hilum.term".isatty "stdin" then
    ctx.usage("nothing was ordered: %s costs money (%s); say --max-cost USD or --yes", estimate.step, cost.total(estimate))
  end
  if not require "lib.ask"(("%s for %s"):format(estimate.step, cost.total(estimate))) then ctx.fail("nothing was ordered") end
end

-- The ledger.

local function is_noted(kind, what, ctx) return ledger.find(ctx.project, kind, what.arn or what.job or what.name) ~= nil end

-- AWS took it. what: a table that says what: its arn, job or name finds it again. Once for each; returns whether it was new.
function cost.submitted(estimate, what, ctx)
  if is_noted("submitted", what, ctx) then return false end
  ledger.add(ctx.project, "submitted", estimate.step, what, set_prices(estimate, ctx))
  return true
end

-- What came of it. what: as in cost.submitted, and what else is known (status, seconds); items: as in cost.estimate, what is charged in the
-- end, or nil if that is not known. Once for each; returns what was noted, as an estimate, or false if it was not new.
function cost.actual(what, items, ctx)
  if is_noted("actual", what, ctx) then return false end
  local before = ledger.find(ctx.project, "submitted", what.arn or what.job or what.name)
  local charged = cost.estimate({ step = before and before.step or what.step, region = before and before.region, items = items or {} }, ctx)
  if not items then charged.total = nil end
  ledger.add(ctx.project, "actual", charged.step, what, charged)
  return charged
end

return cost
