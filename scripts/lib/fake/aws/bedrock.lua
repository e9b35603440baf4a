-- SPDX-License-Identifier: MIT
-- Amazon Bedrock, control plane and runtime, which are signed for by one name. What it does is in ../bedrock. Tests set server.rate
-- (InvokeModel a second, or nil) and latency (seconds of one), and look into server.calls (InvokeModel that succeeded), jobs, batches,
-- models and throughputs.
local routes = {}
for _, name in ipairs { "runtime", "control", "batch" } do
  for _, route in ipairs(require("lib.fake.bedrock." .. name)) do routes[#routes + 1] = route end
end

return function(server)
  local state = { calls = {}, jobs = {}, batches = {}, models = {}, throughputs = {}, tokens = {}, running = 0, most_running = 0, spent = 0,
    filled_at = 0 }
  for name, value in pairs(state) do server[name] = value end
  return { name = "bedrock", protocol = "rest", routes = routes }
end
