-- SPDX-License-Identifier: MIT
-- One provisioned throughput, by its ARN or its name: found, waited for, deleted. client: of lib/aws/bedrock; pause(): between two looks.
local host = require "hilum.host"

local throughput = {}

local PENDING = { Creating = true, Updating = true }

local PRICES = { OneMonth = "model-unit-hour-1-month", SixMonths = "model-unit-hour-6-months" }

-- The key of its price, by AWS's word for its commitment; nil: none.
function throughput.price(commitment) return PRICES[commitment] or "model-unit-hour" end

-- As AWS has it; false if there is none.
function throughput.find(client, id)
  local found, err = client:get_throughput(id)
  if err and err.code == "ResourceNotFoundException" then return false end
  return found, err
end

-- What a record speaks of, as AWS has it; false if it is certainly gone: credentials of another account do not see it either.
function throughput.find_recorded(client, record)
  local found, err = throughput.find(client, record.arn or record.name)
  if found ~= false or not record.model then return found, err end
  local who
  who, err = require "lib.aws.sts".identity(client.call.session)
  if not who then return nil, err end
  local account = record.model:match("^arn:[^:]*:bedrock:[^:]*:(%d+):")
  if who.account == account then return false end
  return nil, host.error("auth", ("%s was bought in account %s, and these credentials are of %s"):format(record.name, account, who.account))
end

-- Waits until it is neither being made nor changed. tell(found) when its status is another one.
function throughput.wait(client, id, pause, tell)
  local before
  while true do
    local found, err = throughput.find(client, id)
    if found == false then return nil, host.error("http", ("%s is not there any more"):format(id)) end
    if not found then return nil, err end
    if found.status ~= before then tell(found) end
    before = found.status
    if not PENDING[found.status] then return found end
    pause()
  end
end

-- Takes it away and waits until it is gone. While it is being made it may have to be asked for more than once.
function throughput.delete(client, id, pause)
  while true do
    local done, err = client:delete_throughput(id)
    local found, why = throughput.find(client, id)
    if found == false then return true end
    if not found then return nil, why end
    if not done and not (err.code == "ConflictException" and PENDING[found.status]) then return nil, err end
    pause()
  end
end

-- All of the region; of one model, if its ARN is given.
function throughput.list(client, model)
  return require "lib.caught"(function()
    local list = {}
    for one in client:list_throughputs { modelArnEquals = model } do list[#list + 1] = one end
    return list
  end)
end

return throughput
