-- SPDX-License-Identifier: MIT
-- What AWS takes for a unit, in USD, in us-east-1. Not AWS's word: each price has a date, a source and a mark that says how far it can be
-- trusted; look at AWS's price list before large sums. project.lua has the last word:
--     prices = { ["titan-training-image"] = 0.0005, ["model-unit-hour"] = { usd = 9.38, date = "2026-11", source = "our contract" } }
-- Mark = "seen" (in public notes or price tables), "recalled" (from memory, of that date), "disputed" (sources disagree: the higher one
-- stands here), "unknown" (no price: the estimate is in units only). standing: charged until what it is for is deleted.
local options = require "host.options"

local prices = {}

local NOTES, MEMORY = "price tables in public code", "AWS's price page, from memory"

local TABLE = {
  ["titan-image"] = { unit = "image", usd = 0.00006, date = "2025", mark = "seen", source = NOTES },
  ["titan-text"] = { unit = "1,000 tokens", usd = 0.0008, date = "2026", mark = "seen", source = NOTES },
  ["titan-image-batch"] = { unit = "image", usd = 0.00006, date = "2025", mark = "disputed", source = NOTES },
  ["titan-text-batch"] = { unit = "1,000 tokens", usd = 0.0008, date = "2025", mark = "disputed", source = NOTES },
  ["titan-training-image"] = { unit = "image and epoch", usd = 0.0005, date = "2024", mark = "recalled", source = MEMORY },
  ["nova-image"] = { unit = "image", usd = 0.00006, date = "2025", mark = "recalled", source = MEMORY },
  ["nova-text"] = { unit = "1,000 tokens", usd = 0.000135, date = "2026", mark = "seen", source = NOTES },
  ["cohere-image"] = { unit = "image", mark = "unknown" },
  ["cohere-text"] = { unit = "1,000 tokens", usd = 0.00012, date = "2026", mark = "seen", source = NOTES },
  ["custom-model-month"] = { unit = "model and month", usd = 1.95, date = "2024", mark = "recalled", source = MEMORY, standing = true },
  ["model-unit-hour"] = { unit = "model unit and hour", usd = 9.38, date = "2024", mark = "recalled", source = MEMORY, standing = true },
  ["model-unit-hour-1-month"] = { unit = "model unit and hour", usd = 8.45, date = "2024", mark = "recalled", source = MEMORY,
    standing = true },
  ["model-unit-hour-6-months"] = { unit = "model unit and hour", usd = 7.20, date = "2024", mark = "recalled", source = MEMORY,
    standing = true },
  ["ocu-hour"] = { unit = "capacity unit and hour", usd = 0.24, date = "2026", mark = "seen", source = "public notes on it",
    standing = true },
  ["ocu-hour-of-use"] = { unit = "capacity unit and hour of use", usd = 0.24, date = "2026", mark = "seen", source = "public notes on it" },
  ["s3-gb-month"] = { unit = "GB and month", usd = 0.023, date = "2024", mark = "recalled", source = MEMORY, standing = true },
  ["notebook-hour"] = { unit = "hour of an ml.t3.medium", usd = 0.05, date = "2024", mark = "recalled", source = MEMORY, standing = true },
  ["notebook-other-hour"] = { unit = "hour", mark = "unknown", standing = true },
  ["notebook-gb-month"] = { unit = "GB and month", usd = 0.14, date = "2024", mark = "recalled", source = MEMORY, standing = true },
}

prices.REGION = "us-east-1"

-- A price as people write it: 0.00006
function prices.text(usd) return (("%.9f"):format(usd):gsub("0+$", ""):gsub("%.$", "")) end

function prices.keys()
  local keys = {}
  for key in pairs(TABLE) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function fail(format, ...) error(require "hilum.host".error("parse", ("project.lua: prices" .. format):format(...)), 0) end

-- The user's own price of a key: a number, or a table with usd, date and source.
local function read_own(key, value)
  local own = type(value) == "number" and { usd = value } or value
  if type(own) ~= "table" or type(own.usd) ~= "number" or own.usd < 0 then fail('["%s"] must be a number of USD, or { usd = … }', key) end
  return own
end

local function check(own)
  if type(own) ~= "table" then fail(" must be a table") end
  for key, value in pairs(own) do
    if not TABLE[key] then fail(" has no '%s'%s", tostring(key), options.did_you_mean(tostring(key), prices.keys())) end
    read_own(key, value)
  end
end

-- {unit, usd (nil: not known), date, mark, source, standing} of a key. config: what project.lua returned, or nil.
function prices.find(key, config)
  local price, own = TABLE[key], config and config.prices
  if not price then error(("no price is called '%s'"):format(key), 2) end
  if not own then return price end
  check(own)
  if own[key] == nil then return price end
  local given = read_own(key, own[key])
  return { unit = price.unit, usd = given.usd, date = given.date, mark = "yours", source = given.source or "project.lua",
    standing = price.standing }
end

return prices
