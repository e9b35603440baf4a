-- SPDX-License-Identifier: MIT
-- What a step costs: estimates, the gate before it, and the ledger in run.jsonl.
local t = require "t"
local cost = require "lib.cost"
local fs = require "hilum.fs"
local json = require "hilum.json"
local ledger = require "lib.cost.ledger"
local prices = require "lib.cost.prices"
local project = require "lib.project"

-- A ctx as workflows have it, in a fresh project; what it says is in ctx.said. config: what project.lua returns, as text.
local function context(config)
  local folder = t.tmp()
  if config then assert(fs.write(fs.join(folder, "project.lua"), config)) end
  local ctx = { project = project.open(folder), said = {} }
  function ctx.say(format, ...) ctx.said[#ctx.said + 1] = format:format(...) end
  function ctx.fail(format, ...) error("fail: " .. format:format(...), 0) end
  function ctx.usage(format, ...) error("usage: " .. format:format(...), 0) end
  return ctx
end

local TRAINING = { price = "titan-training-image", count = 5000, what = "5 epochs of 1000 records" }
local UNKNOWN = { price = "cohere-image", count = 10, what = "10 images" }

local function estimate(items, ctx, region)
  return cost.estimate({ step = "finetune", region = region or "us-east-1", items = items }, ctx)
end

t.test("an estimate has units and money; the total only if all prices are known", function()
  local all = estimate { TRAINING, { price = "custom-model-month", count = 1, what = "a month of the model" } }
  t.near(all.total, 5000 * 0.0005 + 1.95, 1e-9)
  t.eq({ all.items[1].unit, all.items[1].each, all.items[1].mark, all.until_deleted }, { "image and epoch", 0.0005, "recalled", true })
  local some = estimate { TRAINING, UNKNOWN }
  t.eq({ some.total, some.items[2].cost, some.until_deleted }, { nil, nil, false })
  t.near(some.items[1].cost, 2.5, 1e-9)
  t.raises("no price is called 'titan'", function() estimate { { price = "titan", count = 1, what = "" } } end)
end)

t.test("every price has a unit, a mark and, if it is one, a date and a source", function()
  for _, key in ipairs(prices.keys()) do
    local price = prices.find(key)
    t.ok(price.unit and price.mark, key)
    t.eq(price.mark == "unknown", price.usd == nil, key)
    if price.usd then t.ok(price.usd > 0 and price.date:find("^20%d%d") and price.source, key) end
  end
end)

t.test("project.lua's prices win; what is wrong in them is told", function()
  local ctx = context 'return { prices = { ["cohere-image"] = 0.5, ["titan-training-image"] = { usd = 1, date = "2026-11" } } }'
  local own = estimate({ TRAINING, UNKNOWN }, ctx)
  t.eq({ own.total, own.items[1].mark, own.items[1].date }, { 5005.0, "yours", "2026-11" })
  local plain = estimate { TRAINING }
  cost.say(plain, ctx)
  t.eq(plain.total, 5000.0)
  local function refused(text, pattern)
    t.raises(pattern, estimate, { TRAINING }, context("return { prices = " .. text .. " }"))
  end
  refused('{ ["titan-imag"] = 1 }', "has no 'titan%-imag' %(did you mean titan%-image")
  refused('{ ["titan-image"] = "x" }', '%["titan%-image"%] must be a number')
  refused('{ ["titan-image"] = -1 }', '%["titan%-image"%] must be a number')
  refused('{ ["titan-image"] = {} }', '%["titan%-image"%] must be a number')
end)

t.test("what is said has each item, the total, and how far the prices can be trusted", function()
  local ctx = context()
  cost.say(estimate({ TRAINING, { price = "model-unit-hour", count = 2, what = "1 model unit for 2 hours" } }, nil, "us-west-2"), ctx)
  local said = table.concat(ctx.said, "\n")
  for _, words in ipairs { "5 epochs of 1000 records", "5000 x image and epoch", "USD 2.50", "recalled 2024",
    "about USD 21.26, by prices of us-east-1, where us-west-2 differs; it goes on costing until it is deleted" } do
    t.ok(said:find(words, 1, true), words .. " in\n" .. said)
  end
  t.eq({ cost.usd(0), cost.usd(0.004), cost.usd(12.345) }, { "USD 0.00", "less than USD 0.01", "USD 12.35" })
  t.eq({ cost.total { total = 0.004 }, cost.total { total = 12.345 }, cost.total {} },
    { "less than USD 0.01", "about USD 12.35", "not known in USD" })
end)

-- Where stdin is no terminal, as here and in scripts.
t.test("the gate lets pass what --max-cost or --yes allows, and nothing else", function()
  local ctx = context()
  local known, unknown = estimate { TRAINING }, estimate { TRAINING, UNKNOWN }
  cost.gate(known, { max_cost = 2.5 }, ctx)
  cost.gate(known, { yes = true }, ctx)
  cost.gate(unknown, { yes = true }, ctx)
  local function stopped(pattern, what, opt) t.raises(pattern, cost.gate, what, opt, ctx) end
  stopped("^fail: nothing was ordered: the estimate %(USD 2.50%) is above %-%-max%-cost 2.49", known, { max_cost = 2.49 })
  stopped("^fail: .*above", known, { max_cost = 2.49, yes = true })
  stopped('^fail: .*needs the price of cohere%-image; .*prices = { %["cohere%-image"%] = USD }', unknown, { max_cost = 99 })
  stopped("^usage: nothing was ordered: finetune costs money %(about USD 2.50%); say %-%-max%-cost USD or %-%-yes", known, {})
  stopped("^usage: .*not known in USD", unknown, {})
end)

t.test("at a terminal it is asked, with the sum, and only a yes is one", function()
  local ctx, term, loaded = context(), require "hilum.term", package.loaded
  local isatty, ask, asked, answer = term.isatty, loaded["lib.ask"], nil, true
  local _ <close> = setmetatable({}, { __close = function() term.isatty, loaded["lib.ask"] = isatty, ask end })
  term.isatty = function(stream) return stream == "stdin" end
  loaded["lib.ask"] = function(question)
    asked = question
    return answer
  end
  cost.gate(estimate { TRAINING }, {}, ctx)
  t.eq(asked, "finetune for about USD 2.50")
  answer = false
  t.raises("^fail: nothing was ordered$", cost.gate, estimate { TRAINING }, {}, ctx)
  asked = nil
  cost.gate(estimate { TRAINING }, { yes = true }, ctx)
  t.eq(asked, nil)
end)

t.test("how many are not known: --max-cost cannot be held", function()
  local ctx = context()
  local some = estimate { { price = "titan-image", what = "the images" } }
  t.eq({ some.total, some.items[1].cost }, { nil, nil })
  t.raises("^fail: .*%-%-max%-cost cannot be held, for the images", cost.gate, some, { max_cost = 5 }, ctx)
  cost.gate(some, { yes = true }, ctx)
  t.ok(table.concat(ctx.said):find("? x image", 1, true))
end)

t.test("what is small is not asked about, but --max-cost holds", function()
  local ctx = context()
  local known = estimate { TRAINING }
  cost.gate(known, {}, ctx, 2.51)
  t.raises("^usage", cost.gate, known, {}, ctx, 2.5)
  t.raises("^usage", cost.gate, estimate { UNKNOWN }, {}, ctx, 100)
  t.raises("^fail", cost.gate, known, { max_cost = 1 }, ctx, 100)
end)

t.test("the ledger has what was ordered and, once, what came of it; status is not confused by it", function()
  local ctx = context 'return { prices = { ["titan-training-image"] = 1 } }'
  t.ok(cost.submitted(estimate { TRAINING }, { arn = "arn:1", job = "one" }, ctx))
  t.ok(not cost.submitted(estimate { TRAINING }, { arn = "arn:1", job = "one" }, ctx))
  t.ok(cost.actual({ arn = "arn:1", status = "Completed" }, { { price = "titan-training-image", count = 4000, what = "4 epochs" } }, ctx))
  t.ok(not cost.actual({ arn = "arn:1", status = "Completed" }, {}, ctx))
  t.ok(cost.actual({ arn = "arn:2", step = "deploy", status = "Failed" }, nil, ctx))
  local lines = ledger.lines(ctx.project)
  t.eq(#lines, 3)
  t.eq({ lines[1].ledger, lines[1].step, lines[1].total, lines[1].what.job }, { "submitted", "finetune", 5000, "one" })
  t.eq({ lines[2].ledger, lines[2].step, lines[2].total, lines[2].region }, { "actual", "finetune", 4000, "us-east-1" })
  t.eq({ lines[3].step, lines[3].total }, { "deploy", nil })
  t.match(lines[1].at, "^%d+%-%d+%-%d+T.*Z$")
  t.eq(ledger.find(ctx.project, "submitted", "one").what.arn, "arn:1")
  t.eq(ledger.find(ctx.project, "submitted", "two"), nil)
  ctx.project:record { workflow = "split", seconds = 1, options = {}, reads = {}, writes = {} }
  local last, names = ctx.project:history()
  t.eq({ names, last.split.format }, { { "split" }, 1 })
  local count = 0
  for _ in json.lines(ctx.project:path("run.jsonl")) do count = count + 1 end
  t.eq(count, 4)
end)
