-- SPDX-License-Identifier: MIT
-- An account can have all calls of models logged, with what was sent: then each image that is embedded is copied to the log.
local function destination(config)
  local names = {}
  if config.cloudWatchConfig then names[#names + 1] = "log group " .. (config.cloudWatchConfig.logGroupName or "?") end
  if config.s3Config then names[#names + 1] = "s3://" .. (config.s3Config.bucketName or "?") end
  return #names > 0 and table.concat(names, " and ") or "a log"
end

-- Are images copied where their owner does not look?
local function check(inquiry)
  local found = inquiry:got("invocation log", inquiry:client("bedrock"):get_logging())
  if not found then return end
  local config = found.loggingConfig
  if type(config) ~= "table" or not next(config) then return inquiry:ok("invocation log", "the account keeps none") end
  if config.imageDataDeliveryEnabled == false then
    return inquiry:ok("invocation log", ("goes to %s, without images"):format(destination(config)))
  end
  inquiry:warn("invocation log", ("every call of a model is logged to %s, images included"):format(destination(config)),
    "switch off the delivery of images in Bedrock's settings before images of patients are sent, or guard that log as you do the images")
end

return { quiet = check }
