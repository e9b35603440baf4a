-- SPDX-License-Identifier: MIT
-- Nanoseconds of processor time a signature of an S3 PUT through Lua: a new table for each call, as a workflow makes it.
local sigv4 = require "hilum.sigv4"

local ROUNDS, SIGNATURES, TIME = 31, 20000, 1440938160
local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })

local contenders = {
  { "signer:sign", function()
    return signer:sign { method = "PUT", host = "bucket.s3.us-east-1.amazonaws.com", path = "/images/00000001_000.png",
      headers = { ["Content-Type"] = "image/png" }, payload = "UNSIGNED-PAYLOAD", time = TIME }
  end },
  { "the two tables alone", function()
    return { method = "PUT", host = "bucket.s3.us-east-1.amazonaws.com", path = "/images/00000001_000.png",
      headers = { ["Content-Type"] = "image/png" }, payload = "UNSIGNED-PAYLOAD", time = TIME }
  end },
  { "signer:presign", function()
    return signer:presign { host = "bucket.s3.us-east-1.amazonaws.com", path = "/images/00000001_000.png", time = TIME }
  end },
}

local function time_round(call)
  local start = os.clock()
  for _ = 1, SIGNATURES do call() end
  return (os.clock() - start) / SIGNATURES * 1e9
end

return {
  summary = "Time signatures through Lua",
  options = {},
  run = function()
    local times = {}
    for i = 1, #contenders do times[i] = {} end
    for _ = 1, ROUNDS do
      for i, contender in ipairs(contenders) do table.insert(times[i], time_round(contender[2])) end
    end
    for i, contender in ipairs(contenders) do
      table.sort(times[i])
      print(("%-24s %7.0f ns (best %.0f)"):format(contender[1], times[i][ROUNDS // 2 + 1], times[i][1]))
    end
    return {}
  end,
}
