-- SPDX-License-Identifier: MIT
-- The response that sends data, or the range of it that the request asks for. headers are added to.
local function ranged(request, data, headers)
  headers = headers or {}
  headers["Accept-Ranges"] = "bytes"
  local first, last = (request.headers.range or ""):match("^bytes=(%d*)%-(%d*)$")
  first, last = tonumber(first), tonumber(last)
  if not first and not last then return { status = 200, headers = headers, body = data } end
  if not first then first, last = math.max(#data - last, 0), #data - 1 end
  last = math.min(last or #data - 1, #data - 1)
  headers["Content-Range"] = first < #data and ("bytes %d-%d/%d"):format(first, last, #data) or ("bytes */%d"):format(#data)
  if first >= #data then return { status = 416, headers = headers } end
  return { status = 206, headers = headers, body = data:sub(first + 1, last + 1) }
end

return ranged
