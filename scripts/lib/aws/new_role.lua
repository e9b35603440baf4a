-- SPDX-License-Identifier: MIT
-- A role that was just made is not known everywhere for a while, nor what it may do: Bedrock then refuses a job with a ValidationException.
local task = require "hilum.task"

local new_role = {}

-- Is this what Bedrock says of a role, or of what it may do on S3?
local function is_unready(err)
  local said = err.message:lower()
  return err.code == "ValidationException" and (said:find("role", 1, true) or said:find("assume", 1, true) or said:find("s3", 1, true))
end

-- Calls create() until it does not fail for the role any more, `patience` seconds long, every `ask_every` seconds; say: as ctx has it.
-- Returns what create() returned last: its result, or nil and an error.
function new_role.wait(create, patience, ask_every, say)
  local give_up, told = task.now() + patience, false
  while true do
    local made, err = create()
    if made or not is_unready(err) or task.now() >= give_up then return made, err end
    if not told then say("Bedrock cannot use the role yet (%s); trying again for %g seconds", err.message, patience) end
    told = true
    task.sleep(ask_every)
  end
end

return new_role
