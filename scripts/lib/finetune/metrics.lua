-- SPDX-License-Identifier: MIT
-- What a fine-tuning job measured while it ran: the CSV files that Bedrock writes below the job's output folder on S3 (user guide: "Analyze
-- the results of a model customization job"). Where exactly they are is told in different ways, so that they are looked for by their
-- names, and their columns by theirs.
local metrics = {}

local FILES = {
  { key = "training", name = "step_wise_training_metrics%.csv$", column = "training_loss" },
  { key = "validation", name = "validation_metrics%.csv$", column = "validation_loss" },
}

-- The losses by epoch: { [0] = {…}, … }.
local function by_epoch(text, column)
  local epochs, rows = {}, require "hilum.csv".parse(text)
  for _, row in ipairs(rows or {}) do
    local epoch, loss = math.tointeger(tonumber(row.epoch_number)), tonumber(row[column])
    if epoch and loss and loss == loss and math.abs(loss) < math.huge then
      epochs[epoch] = epochs[epoch] or {}
      table.insert(epochs[epoch], loss)
    end
  end
  return epochs
end

local function last_of(epochs)
  local last = -1
  for epoch in pairs(epochs) do last = math.max(last, epoch) end
  return last
end

-- {epochs since the beginning, loss} for each step.
local function step_points(epochs)
  local points = {}
  for epoch = 0, last_of(epochs) do
    for i, loss in ipairs(epochs[epoch] or {}) do points[#points + 1] = { epoch + i / #epochs[epoch], loss } end
  end
  return points
end

-- One point an epoch, at its end: the mean.
local function epoch_points(epochs)
  local points = {}
  for epoch = 0, last_of(epochs) do
    local sum, losses = 0, epochs[epoch] or {}
    for _, loss in ipairs(losses) do sum = sum + loss end
    if #losses > 0 then points[#points + 1] = { epoch + 1.0, sum / #losses } end
  end
  return points
end

local POINTS = { training = step_points, validation = epoch_points }

-- What is there of a job. client: of lib/aws/s3; folder: the job's output; arn: of the job, whose end is in the names of its files.
-- { training = {{epoch, loss}, …}, validation = {…} }, whichever there are; nil when there are none yet; nil and an error.
function metrics.read(client, folder, arn)
  local bucket, id, found = folder:match("^s3://([^/]+)"), arn:match("([^/]+)$"), nil
  local ok, err = pcall(function()
    for object in client:list(folder) do
      for _, file in ipairs(FILES) do
        if object.key:find(id, 1, true) and object.key:find(file.name) then
          local points = POINTS[file.key](by_epoch(assert(client:get { bucket = bucket, key = object.key }).body, file.column))
          if #points > 0 then
            found = found or {}
            found[file.key] = points
          end
        end
      end
    end
  end)
  if not ok then return nil, err end
  return found
end

return metrics
