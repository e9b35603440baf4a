-- SPDX-License-Identifier: MIT
-- What the things of the fake Bedrock have in common: they are found by ARN or by name, made once, and listed in pages.
local json = require "hilum.json"
local refuse = require "lib.fake.s3.refuse".refuse_with

local lists = {}

local A_PAGE = 2

-- One of a list of {arn=, name=}; what: as the refusal calls it.
function lists.find(list, id, what)
  for _, one in ipairs(list) do
    if one.arn == id or one.name == id then return one end
  end
  refuse(404, "ResourceNotFoundException", "The %s %s could not be found", what, id)
end

-- Answers the same to the same token.
function lists.once(server, body, make)
  local token = body.clientRequestToken or refuse(400, "ValidationException", "clientRequestToken")
  server.tokens[token] = server.tokens[token] or make()
  return server.tokens[token]
end

-- A part of a list, two a page. field: of the answer; show(one, server).
function lists.page(server, request, list, field, show)
  local first, items = tonumber(request.query.nextToken or 1), json.array()
  for i = first, math.min(first + A_PAGE - 1, #list) do items[#items + 1] = show(list[i], server) end
  return { [field] = items, nextToken = first + A_PAGE <= #list and tostring(first + A_PAGE) or nil }
end

return lists
