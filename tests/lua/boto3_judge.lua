-- SPDX-License-Identifier: MIT
-- boto3's models as the referee of what passes between hilum and the fake AWS (tests/support/boto3_models.py):
--   local judge = boto3_judge.watch(fake)      nil where there is no boto3 that knows Bedrock
--   …                                          calls
--   judge()                                    fails the test for every field and error that AWS does not know; the operations it saw
local fs = require "hilum.fs"
local json = require "hilum.json"
local t = require "t"
local task = require "hilum.task"

local boto3_judge = {}

local KNOWS = "import botocore.session; botocore.session.get_session().get_service_model('bedrock-runtime')"
local MOST_OF_A_KIND = 5 -- such as of InvokeModel

-- The interpreter that has a boto3 which knows Bedrock, or nil.
local found
function boto3_judge.python()
  for _, name in ipairs { os.getenv "HILUM_PYTHON" or "python3", "/usr/bin/python3" } do
    if not found and t.run(("'%s' -c \"%s\""):format(name, KNOWS)) == 0 then found = name end
  end
  return found
end

local function exchange_of(service, request, response)
  return { service = service, method = request.method, path = request.path, query = request.query, body = request:body(),
    target = request.headers["x-amz-target"], status = response.status or 200, answer = response.body or "",
    error = (response.headers or {})["x-amzn-ErrorType"] }
end

-- Writes down what passes; returns what judges it.
function boto3_judge.watch(fake)
  if not boto3_judge.python() then return nil end
  local lines, counts = {}, {}
  function fake.observe(service, request, response)
    if not fake.services[service] or request.path:find("^/collections/") then return end
    local kind = service .. request.method .. request.path .. (request.headers["x-amz-target"] or "") .. tostring(response.status)
    counts[kind] = (counts[kind] or 0) + 1
    if request.path ~= "/" and counts[kind] > MOST_OF_A_KIND then return end
    lines[#lines + 1] = json.encode(exchange_of(service, request, response))
  end
  return function()
    local path = fs.join(t.tmp(), "exchanges.jsonl")
    assert(fs.write(path, table.concat(lines, "\n") .. "\n"))
    local result = assert(task.command { boto3_judge.python(), t.root .. "/support/boto3_models.py", path })
    t.eq(result.status, 0)
    local said = assert(json.decode(result.output))
    t.eq(table.concat(said.wrong, "\n"), "")
    return said.seen
  end
end

return boto3_judge
