-- SPDX-License-Identifier: MIT
-- The framing of S3's streamed bodies, read strictly.
local aws_chunked = {}

-- { data=, chunks = list of {signature=, data=} with the empty last one, trailers = {name = value}, lines = the trailers as signed },
-- or nil and what is wrong.
function aws_chunked.decode(body)
  local result, parts, at = { chunks = {}, trailers = {}, lines = "" }, {}, 1
  repeat
    local size, extension, start = body:match("^(%x+)([^\r\n]*)\r\n()", at)
    if not size then return nil, "no head of a chunk at byte " .. at end
    local length = tonumber(size, 16)
    local data = body:sub(start, start + length - 1)
    if #data < length then return nil, "the last chunk is cut off" end
    result.chunks[#result.chunks + 1] = { signature = extension:match("^;chunk%-signature=(%x+)$"), data = data }
    parts[#parts + 1] = data
    at = start + length
    if length > 0 then
      if body:sub(at, at + 1) ~= "\r\n" then return nil, "no line break behind a chunk" end
      at = at + 2
    end
  until length == 0
  for name, value, behind in function() return body:match("^([^:\r\n]+):([^\r\n]*)\r\n()", at) end do
    result.trailers[name] = value
    if name ~= "x-amz-trailer-signature" then result.lines = result.lines .. name .. ":" .. value .. "\n" end
    at = behind
  end
  if body:sub(at) ~= "\r\n" then return nil, "the end of the body is not an empty line" end
  result.data = table.concat(parts)
  return result
end

return aws_chunked
