-- SPDX-License-Identifier: MIT
-- `hilum study`: the whole question, here and on the fake Bedrock, which really trains; stopped, killed and failing everywhere.
local t = require "t"
local aws_fake = require "aws_fake"
local fs = require "hilum.fs"
local home = require "bedrock_home"
local json = require "hilum.json"

local TITAN = "amazon.titan-embed-image-v1"
local PROJECT = [[return { finetune = { bedrock = { role = "arn:aws:iam::123456789012:role/jobs", train = "s3://data/train.jsonl",
  output = "s3://data/out/", name = "cxr", epochs = 10 } }, study = { poll = "1ms", anyway = true },
  embed = { job = { limits = { min_records = 10 } } }, evaluate = { resamples = 10 } }]]

local function sh(format, ...) t.eq((t.run(format:format(...))), 0) end

-- A project up to its training records; made once, copied for each test.
local made
local function project()
  if not made then
    made = assert(fs.temp "/tmp")
    sh("cd '%s' && h='%s -q'; $h phantom --count 120 --size 128 --out . && $h labels labels.csv --images images && $h split"
      .. " && $h prepare --min-records 10 --min-validation 1 images", made, t.hilum)
    assert(fs.write(fs.join(made, "project.lua"), PROJECT))
  end
  local folder = t.tmp()
  sh("cp -r '%s/.' '%s'", made, folder)
  return folder
end

-- An account with the records and images in its bucket; f(server.fake, h) with h.study(options, Lua before it).
local function with(f)
  local folder, server <close> = project(), aws_fake.serve { limits = { min_records = 20, min_validation = 1 } }
  local fake = server.fake
  fake.s3:create_bucket "data"
  for _, name in ipairs(assert(fs.list(fs.join(folder, "images")))) do
    fake.objects.write("s3://data/images/" .. name, assert(fs.read(fs.join(folder, "images", name))))
  end
  local records = assert(fs.read(fs.join(folder, "train.jsonl"))):gsub('"image%-ref":"[^"]-([^/"]+)"', '"image-ref":"s3://data/images/%1"')
  fake.objects.write("s3://data/train.jsonl", records)
  fake.fails = {}
  function fake.fault(call)
    for pattern, fault in pairs(fake.fails) do
      if call.op:find(pattern) then return fault end
    end
  end
  local h = { folder = folder, url = server.url }
  function h.run(...) return home.run(folder, server.url, { ... }) end
  function h.study(options, before)
    local words = table.move(options, 1, #options, 4, { "study", "--model", "bedrock" })
    return home.run(folder, server.url, words, before)
  end
  f(fake, h)
end

-- How often each model was asked.
local function calls(fake)
  local count = {}
  for _, call in ipairs(fake.calls) do
    local who = call.model:find(TITAN, 1, true) and "base" or "tuned"
    count[who] = (count[who] or 0) + 1
  end
  return count
end

local function nothing_bills(fake, h)
  t.eq({ next(fake.throughputs), next(fake.schedules), #(fs.list(fs.join(h.folder, "deployments")) or {}) }, { nil, nil, 0 })
end

t.test("here: train, embed, index, evaluate; again, and nothing is done twice", function()
  local folder = project()
  local function study(...) return home.run(folder, "http://127.0.0.1:1", { "study", ... }) end
  local status, out, err = study "--json"
  t.eq(status, 0, err)
  local result = assert(json.decode(out))
  t.eq({ result.model, result.evaluation.models.tuned.name }, { "tuned", "tuned" })
  t.ok(fs.stat(fs.join(folder, "reports", "evaluation.html")))
  t.match(err, "%[1%] finetune: .*%[2%] embed: .*%[3%] index: .*%[4%] evaluate: ")
  status, out, err = study()
  t.match(out, "reports/evaluation.html\n$")
  t.eq(status, 0, err)
  t.match(err, "%[1%] finetune: .-\ndone before, and nothing changed\n.*tuned.npy is up to date.*index/tuned: up to date")
  t.eq(study("--batch"), 2)
end)

t.test("on Bedrock: one question, a tuned model that is better, and nothing that bills afterwards", function()
  with(function(fake, h)
    local status, _, err = h.study { "--for", "2h" }
    t.eq(status, 2)
    t.match(err, "10 epochs of %d+ records.*images and texts to the base model.*1 model unit for 2 hours")
    t.match(err, "nothing was ordered: study costs money %(about USD %d+.%d+%)")
    status, _, err = h.study { "--no-anyway", "--yes" }
    t.eq(status, 1)
    t.match(err, "training records.*nothing was ordered: %d things? %a+ in the way")
    t.eq({ #fake.jobs, #fake.calls, fake.throughputs_made }, { 0, 0 })
    local out
    status, out, err = h.study { "--for", "2h", "--max-cost", "25", "--json" }
    t.eq(status, 0, err)
    local result = assert(json.decode(out))
    local map = result.evaluation.all[1]
    t.ok(map.tuned.value ~= map.base.value, "the tuned model is the base model")
    t.eq({ result.part, result.model, #result.evaluation.words > 0 }, { "test", fake.models[1].arn, true })
    t.eq({ #fake.jobs, fake.throughputs_made }, { 1, 1 })
    nothing_bills(fake, h)
    t.eq(select(2, err:gsub("by prices of", "")), 1, "one estimate is said, once")
    t.match(err, "study%-cxr is deleted: nothing of it bills any more.*Shown an image it has not seen, cxr puts an image")
    t.match(err, "titan%-embed%-image%-v1: %d+ images to pay for.*:provisioned%-model/%d+: %d+ images to embed, paid for by the hour")
    t.match(err, "\nabout USD 0.%d+ charged for this run, as far as can be told from here")
    t.match(err, "the model cxr stays, and is charged by the month: `hilum finetune delete%-model cxr`")
    local asked = calls(fake)
    t.eq(asked.base, asked.tuned)
    status, out, err = h.study {}
    t.eq(status, 0, err)
    t.match(out, "evaluation.html")
    t.match(err, "\nnothing charged for this run")
    t.eq({ calls(fake), #fake.jobs, fake.throughputs_made }, { asked, 1, 1 })
  end)
end)

t.test("what would fail behind the training stops before it: the schedule, its role, who one is", function()
  with(function(fake, h)
    local no = { status = 403, code = "AccessDeniedException", message = "not for you" }
    for _, pattern in ipairs { "^GET /schedules/", "GetCallerIdentity", "GetRole$" } do
      fake.fails = { [pattern] = no }
      local status, _, err = h.study { "--no-anyway", "--yes" }
      t.eq(status, 1, err)
      t.match(err, "stop +schedule +.*not for you.*nothing was ordered")
    end
    fake.fails = {}
    for _, denied in ipairs { "scheduler:CreateSchedule", "iam:CreateRole", "iam:PassRole" } do
      fake.allowed = function(_, action, resource) return action ~= denied or resource:find "role/jobs$" ~= nil end
      local _, _, err = h.study { "--no-anyway", "--yes" }
      t.match(err, "stop +schedule +" .. denied:gsub("%p", "%%%0") .. " on .*implicitDeny")
    end
    fake.allowed = function(_, action) return action ~= "bedrock:CreateProvisionedModelThroughput" end
    local _, _, err = h.study { "--no-anyway", "--yes" }
    t.match(err, "stop +what you may +bedrock:CreateProvisionedModelThroughput on .*implicitDeny")
    t.eq({ #fake.jobs, fake.throughputs_made }, { 0 })
  end)
end)

t.test("embeddings of more images than are held out stay; what is cached is asked in words without throughput", function()
  with(function(fake, h)
    local status, _, err = h.run("embed", "--model", "bedrock:" .. TITAN, "--yes", "--anyway")
    t.eq(status, 0, err)
    local path = fs.join(h.folder, "embeddings", ("bedrock:%s.npy"):format(TITAN))
    local before = assert(fs.read(path))
    status, _, err = h.study { "--yes" }
    t.eq(status, 0, err)
    t.match(err, "stay as they are: the study's go to study/")
    t.ok(assert(fs.read(path)) == before, "the embeddings of all images were replaced")
    local paid = #fake.calls
    t.eq({ h.study { "--yes" }, #fake.calls }, { 0, paid })
    local index = fs.join(h.folder, "study", "index")
    t.match(select(2, h.run "status"), "\n`hilum study` has 2 indexes: %-%-index .*study/index asks there\n")
    local model = "bedrock:" .. fake.models[1].arn:gsub("/", "%%2F")
    status, _, err = h.run("query", "--text", "Effusion", "--index", index, "--model", model)
    t.eq({ status, #fake.calls }, { 0, paid }, err)
    status, _, err = h.run("query", "--text", "a heart", "--index", index, "--model", model)
    t.eq({ status, #fake.calls }, { 2, paid })
    t.match(err, "a custom model answers through throughput.*`hilum deploy` buys it")
  end)
end)

t.test("what fails takes its throughput down; so does Ctrl-C; the same command goes on", function()
  with(function(fake, h)
    fake.fails["provisioned%-model.*/invoke$"] = { status = 403, code = "AccessDeniedException", message = "not for you" }
    local status, _, err = h.study { "--yes" }
    t.eq(status, 1)
    t.match(err, "not for you")
    nothing_bills(fake, h)
    local paid = calls(fake).base
    fake.fails = {}
    status, _, err = h.study({ "--yes" }, [[local http, n = require "hilum.http", 0 local request = http.request
      http.request = function(q) n = n + (q.url:find("provisioned%-model.*/invoke$") and 1 or 0)
        if n == 3 then n = 4 os.execute("kill -TERM $PPID") end return request(q) end]])
    t.eq(status, 130, err)
    nothing_bills(fake, h)
    t.eq({ h.study { "--yes" }, fake.throughputs_made, calls(fake).base }, { 0, 3, paid })
    nothing_bills(fake, h)
  end)
end)

t.test("after kill -9 the schedule stands, and so does what was paid; the next run goes on and takes all down", function()
  local function kill_at(pattern)
    return ([[local http = require "hilum.http" local request = http.request http.request = function(q)
      if ((q.method or "GET") .. " " .. q.url):find(%q) then os.execute("kill -9 $PPID") end return request(q) end]]):format(pattern)
  end
  for _, pattern in ipairs { "^POST .*/provisioned%-model%-throughput$", "^DELETE .*/provisioned%-model%-throughput/" } do
    with(function(fake, h)
      local status, _, err = h.study({ "--yes" }, kill_at(pattern))
      t.ok(status ~= 0, err)
      t.ok(not next(fake.throughputs) or next(fake.schedules), pattern)
      status, _, err = h.study { "--yes" }
      t.eq(status, 0, err)
      nothing_bills(fake, h)
      t.eq({ #fake.jobs, fake.throughputs_made, calls(fake).base }, { 1, 1, calls(fake).tuned }, pattern)
    end)
  end
end)

t.test("what cannot be deleted is said, and the schedule stands; throughput of the user's is used and stays", function()
  with(function(fake, h)
    fake.fails["^DELETE /provisioned"] = { status = 403, code = "AccessDeniedException", message = "no" }
    local status, _, err = h.study { "--yes" }
    t.eq(status, 0, err)
    t.match(err, "warning: study%-cxr could not be deleted %(.*%), and bills about USD 9.38 an hour until it is deleted.*AWS deletes it at")
    fake.fails = {}
    fake.now = function() return os.time() + 5 * 3600 end
    h.run("status")
    fake.now = nil
    nothing_bills(fake, h)
    t.eq(h.run("deploy", "cxr", "--yes", "--anyway", "--poll", "1ms"), 0)
    sh("rm -r '%s/cache'", h.folder)
    status, _, err = h.study { "--yes" }
    t.eq(status, 0, err)
    t.match(err, "the throughput that stands already is used, and stays")
    t.eq(fake.throughputs_made, 2)
    t.ok(next(fake.throughputs))
  end)
end)

t.test("by batch jobs: no throughput, and nothing is asked in words", function()
  with(function(fake, h)
    fake.batch_limits = { min_records = 10 }
    local options = { "--batch", "--work", "s3://data/batch/", "--yes", "--json" }
    local status, out, err = h.study(options)
    t.eq(status, 0, err)
    t.match(err, "images and texts to the tuned model")
    local result = assert(json.decode(out))
    t.eq({ fake.throughputs_made, #fake.batches, #result.evaluation.words }, { nil, 2, 0 })
    t.eq(h.study(options), 0)
    t.eq({ #fake.batches, #fake.jobs }, { 2, 1 })
  end)
end)

t.test("every third call is refused or its answer lost, and it does not matter", function()
  for _, fault in ipairs { { status = 429, code = "ThrottlingException" }, { status = 503, code = "ServiceUnavailable", late = true } } do
    with(function(fake, h)
      function fake.fault(call) -- embedding under throttling has a test of its own, and takes its time
        return call.number % 3 == 0 and not (call.op:find "/invoke$" and fault.status == 429) and fault or nil
      end
      local status, _, err = h.study({ "--yes" }, [[local task = require "hilum.task" local sleep = task.sleep
        task.sleep = function(seconds) sleep(math.min(seconds, 0.002)) end]])
      t.eq(status, 0, err)
      t.eq({ #fake.jobs, fake.throughputs_made }, { 1, 1 })
      nothing_bills(fake, h)
    end)
  end
end)

t.test("a job that fails ends the study before throughput is bought", function()
  with(function(fake, h)
    fake.failure = "line 3 is no JSON"
    local status, _, err = h.study { "--yes" }
    t.eq(status, 1)
    t.match(err, "the job cxr%-%x+ is Failed: line 3 is no JSON")
    t.eq({ fake.throughputs_made, #fake.calls }, { nil, 0 })
  end)
end)

if made then fs.remove_tree(made) end
