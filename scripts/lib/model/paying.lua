-- SPDX-License-Identifier: MIT
-- Leave to send images and texts to a model on Bedrock that is paid for by each of them. Small runs are not asked about: they only say what
-- they cost. Throughput is paid for by the hour, so that a model which is asked through it costs nothing more here.
local cost = require "lib.cost"
local ready = require "lib.ready"

local paying = {}

paying.UNASKED_BELOW = 1 -- USD

local function items_of(model, what, count, tokens)
  local prices, items = model.adapter.prices, {}
  if what == "images" then items[1] = { price = prices.image, count = count, what = ("%d images"):format(count) } end
  if tokens > 0 then
    items[#items + 1] = { price = prices.text, count = tokens / 1000, what = ("about %d tokens of text"):format(tokens) }
  end
  return items
end

-- Both gates. A log that copies images is told of in any case.
local function pass(model, estimate, opt, ctx)
  local session = model:aws()
  if estimate.total and estimate.total < paying.UNASKED_BELOW then ready.warn_of_log(session, ctx)
  else ready.gate("embed", { modelId = model.model }, session, opt, ctx) end
  cost.gate(estimate, opt, ctx, paying.UNASKED_BELOW)
end

-- What a model (lib/model/bedrock) asks before it sends anything: pay(model, "images" or "texts", count, tokens). It returns only with
-- leave, and then a function that is told in the end how many were answered. opt has max_cost, yes and anyway.
function paying.new(opt, ctx)
  return function(model, what, count, tokens)
    if count == 0 or model.model:find(":provisioned-model/", 1, true) then return function() end end
    local estimate = cost.estimate({ step = "embed", region = model:region() or model:aws().region,
      items = items_of(model, what, count, tokens) }, ctx)
    pass(model, estimate, opt, ctx)
    local name = ("%s, %s, %s"):format(model.model, what, os.date("!%Y-%m-%dT%H:%M:%SZ"))
    cost.submitted(estimate, { name = name, model = model.model }, ctx)
    return function(answered)
      cost.actual({ name = name, model = model.model, answered = answered },
        items_of(model, what, answered, tokens * answered / count), ctx)
    end
  end
end

return paying
