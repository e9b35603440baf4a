-- SPDX-License-Identifier: MIT
-- Asking the services that give a container or a machine its credentials: near, unsigned, and quick or not there at all.
local json = require "hilum.json"
local keys = require "lib.aws.credentials.keys"

local metadata = {}

-- request: {url, method, headers}; how: {timeout (seconds), attempts, pause (seconds)}. The response, whatever its status but 5xx.
function metadata.ask(aws, request, how)
  local response, err
  for n = 1, how.attempts do
    if n > 1 then aws.sleep(how.pause or 0) end
    response, err = aws:exchange { url = request.url, method = request.method or "GET", headers = request.headers,
      connect_timeout = how.timeout, first_byte_timeout = how.timeout, stall_timeout = how.timeout, limit = 1 << 20, direct = true }
    if response and response.status < 500 then return response end
  end
  if response then return keys.fail("%s answered with HTTP %d", request.url, response.status) end
  return nil, err
end

-- The credentials in the body of an answer.
function metadata.credentials(response, source)
  if response.status ~= 200 then return keys.fail("%s: HTTP %d", source, response.status) end
  local answer = json.decode(response.body)
  if type(answer) == "table" and answer.Code and answer.Code ~= "Success" then
    return keys.fail("%s: %s", source, tostring(answer.Code))
  end
  return keys.from_answer(answer, source)
end

return metadata
