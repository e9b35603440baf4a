-- SPDX-License-Identifier: MIT
-- refuse(status, code, message[, fields]) ends the request that is being served with an error of S3. fields: further elements of it.
local Refusal = {}

local function refuse(status, code, message, fields)
  error(setmetatable({ status = status, code = code, message = message, fields = fields or {} }, Refusal), 0)
end

local function is_refusal(value) return getmetatable(value) == Refusal end

return { refuse = refuse, is_refusal = is_refusal }
