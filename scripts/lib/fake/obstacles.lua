-- SPDX-License-Identifier: MIT
-- What goes wrong at AWS without being anybody's fault, on purpose: obstacles.every(server, 3) makes every third call fail: throttled, with
-- 500 or 503, or with 503 although it was done. But no request fails twice in a row, however many go on at once. Returns a function that
-- tells how many did.
local hash = require "hilum.hash"
local json = require "hilum.json"

local obstacles = {}

-- In the words of each service. late: it was done in spite of it.
local KINDS = {
  s3 = { { status = 503, code = "SlowDown" }, { status = 500, code = "InternalError" },
    { status = 503, code = "ServiceUnavailable", late = true } },
  iam = { { status = 400, code = "Throttling" }, { status = 500, code = "ServiceFailure" },
    { status = 503, code = "ServiceUnavailable", late = true } },
}
local USUAL = { { status = 429, code = "ThrottlingException" }, { status = 500, code = "InternalServerException" },
  { status = 503, code = "ServiceUnavailableException", late = true } }

function obstacles.every(server, nth)
  local count, failed, times = 0, {}, 0
  function server.fault(call)
    count = count + 1
    local request = hash.sha256(call.service .. call.op .. json.encode(call.params or {}))
    if count % nth > 0 or failed[request] then
      failed[request] = nil
      return nil
    end
    failed[request], times = true, times + 1
    local kinds = KINDS[call.service] or USUAL
    return kinds[times % #kinds + 1]
  end
  return function() return times end
end

return obstacles
