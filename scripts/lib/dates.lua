-- SPDX-License-Identifier: MIT
-- Dates as services write them, to seconds since 1970 (UTC).
local dates = {}

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

-- Days since 1970-01-01, with years that begin in March, so that the leap day is their last (Hinnant, chrono-compatible low-level date
-- algorithms).
local function days(year, month, day)
  if month <= 2 then year = year - 1 end
  local day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  return 365 * year + year // 4 - year // 100 + year // 400 + day_of_year - 719468
end

local function seconds(year, month, day, hour, minute, second)
  return days(tonumber(year), month, tonumber(day)) * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60
    + tonumber(second)
end

local function offset(zone)
  local sign, hours, minutes = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign then return (zone == "" or zone == "Z" or zone == "UTC") and 0 or nil end
  return (sign == "+" and 1 or -1) * (tonumber(hours) * 3600 + tonumber(minutes) * 60)
end

-- "2026-01-31T12:00:00Z", with a fraction, with +01:00 or UTC in place of Z; "Sat, 31 Jan 2026 12:00:00 GMT". nil: it is neither.
-- A fraction is left out.
function dates.read(text)
  local y, mo, d, h, mi, s, zone = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)%.?%d*(.*)$")
  local away = y and offset(zone)
  if away then return seconds(y, tonumber(mo), d, h, mi, s) - away end
  d, mo, y, h, mi, s = text:match("^%a+, (%d%d?) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  return MONTHS[mo] and seconds(y, MONTHS[mo], d, h, mi, s) or nil
end

-- "2026-01-31T12:00:00Z"
function dates.write(moment) return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(moment)) end

return dates
