-- SPDX-License-Identifier: MIT
-- Answers of the usual kinds.
local httpd = require "hilum.httpd"
local json = require "hilum.json"

local answers = {}

-- The last ones come from a server that is asked on the way: one that has the index, or the model.
local STATUS = { usage = 400, parse = 400, integrity = 422, auth = 502, http = 502, net = 502, throttled = 503, timeout = 504, tls = 502 }

function answers.json(value, status)
  return { status = status, headers = { ["Content-Type"] = "application/json", ["Cache-Control"] = "no-store" },
    body = json.encode(value) .. "\n" }
end

function answers.problem(status, message, kind) return answers.json({ error = { kind = kind, message = message } }, status) end

-- Whether an error is for whoever asked; others are mistakes of the program.
function answers.is_told(err) return type(err) == "table" and STATUS[err.kind] ~= nil end

-- For an error table: what was asked wrong, or cannot be answered.
function answers.of_error(err)
  return answers.problem(STATUS[err.kind] or 500, err.message, err.kind)
end

-- What a client may keep as long as it asks each time whether it is still good. make() gives the body, or nil and an error.
function answers.tagged(request, etag, type, make)
  local headers = { ETag = etag, ["Cache-Control"] = "private, no-cache" }
  if httpd.has(request, etag) then return { status = 304, headers = headers } end
  local body, err = make()
  if not body then return answers.of_error(err) end
  headers["Content-Type"] = type
  return { headers = headers, body = body }
end

return answers
