-- SPDX-License-Identifier: MIT
-- What a throughput that has gone has cost, for the ledger in run.jsonl.
local cost = require "lib.cost"

-- one: {name, arn, units, commitment}; began, ended: seconds since 1970, nil where it is not known. Once for each ARN.
return function(one, began, ended, ctx)
  local hours = began and ended and math.max(ended - began, 0) / 3600
  local items = hours and { { price = require "lib.deploy.throughput".price(one.commitment), count = one.units * hours,
    what = ("%s for %.3g hours"):format(require "lib.plural"(one.units, "model unit"), hours) } } or nil
  cost.actual({ arn = one.arn, name = one.name, step = "deploy", status = "Deleted" }, items, ctx)
end
