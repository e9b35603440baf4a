-- SPDX-License-Identifier: MIT
-- refuse(status, code, message[, fields]) ends the request that is being served with an error of AWS. fields: further elements of it, for
-- S3. refuse_with(status, code, format, …): the same with a message that is made.
local Refusal = {}

local function refuse(status, code, message, fields)
  error(setmetatable({ status = status, code = code, message = message, fields = fields or {} }, Refusal), 0)
end

local function refuse_with(status, code, format, ...) refuse(status, code, format:format(...)) end

local function is_refusal(value) return getmetatable(value) == Refusal end

return { refuse = refuse, refuse_with = refuse_with, is_refusal = is_refusal }
