-- SPDX-License-Identifier: MIT
-- boto3 against `hilum serve-aws`: a client that somebody else has written, and a program that knows nothing of hilum.
local t = require "t"
local boto3_judge = require "boto3_judge"
local fs = require "hilum.fs"
local json = require "hilum.json"
local phantom = require "hilum.phantom"
local task = require "hilum.task"

-- `hilum serve-aws ARGUMENTS -- python SCRIPT …`: what the script printed, from JSON.
local function run(arguments, script, ...)
  local words = { t.hilum, "serve-aws", "--port", "0", table.unpack(arguments) }
  local command = { "--", boto3_judge.python(), t.root .. "/support/" .. script, ... }
  table.move(command, 1, #command, #words + 1, words)
  local result = assert(task.command(words, { timeout = 120 }))
  t.eq(result.status, 0, result.output)
  return assert(json.decode(result.output))
end

local function test(name, f)
  if boto3_judge.python() then return t.test(name, f) end
  t.skip(name, "there is no boto3 that knows Bedrock")
end

test("boto3 finds in every service what it expects of AWS", function()
  t.eq(run({}, "boto3_services.py"), {
    caller = "arn:aws:iam::123456789012:user/tester",
    trust = { Service = "sagemaker.amazonaws.com" }, policies = { "one", "three", "two" }, policy = "s3:GetObject",
    conflict = "DeleteConflictException", no_role = "NoSuchEntityException",
    no_policy = "ValidationException", collection = { "ACTIVE", "CREATING" }, missing = "NOT_FOUND",
    data_policy = { "arn:aws:iam::123456789012:user/tester" },
    no_delete = "ClientError", no_notebook = "ClientError",
    quota = 2000, quotas = 10,
    schedules = { "boto" }, schedule = "at(2099-01-01T00:00:00)", no_schedule = "ResourceNotFoundException" })
end)

-- A folder with phantoms and their records for s3://study.
local function write_study(count)
  local folder, pictures, lines = t.tmp(), {}, {}
  assert(fs.mkdir(fs.join(folder, "images")))
  for patient = 1, count do
    local name, findings = ("%03d.png"):format(patient), phantom.findings(patient, 0)
    pictures[patient] = { patient = patient, followup = 0, path = fs.join(folder, "images", name) }
    lines[patient] = json.encode { ["image-ref"] = "s3://study/images/" .. name,
      caption = #findings > 0 and table.concat(findings, ", ") or "No Finding" }
  end
  assert(phantom.write(pictures, { size = 128 }))
  assert(fs.write(fs.join(folder, "train.jsonl"), table.concat(lines, "\n") .. "\n"))
  return folder
end

test("a program of boto3 uploads, fine-tunes and embeds with only the endpoint changed", function()
  local said = run({ "--bucket", "study", "--min-records", "50" }, "boto3_program.py", write_study(120))
  t.eq({ said.same, said.presigned, said.images, said.listed, said.status, said.both }, { true, true, 120, 122, "Completed", 1024 })
  t.ok(said.scores.tuned > said.scores.base + 0.3, ("base %.3f, tuned %.3f"):format(said.scores.base, said.scores.tuned))
end)
