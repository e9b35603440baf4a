-- SPDX-License-Identifier: MIT
-- What stands before an order of `hilum finetune --model bedrock`, and what run.jsonl has of it afterwards.
local t = require "t"
local fs = require "hilum.fs"
local home = require "bedrock_home"
local ledger = require "lib.cost.ledger"
local project = require "lib.project"
local ready_home = require "ready_home"

local HASTE = [[local b = require "lib.finetune.bedrock" b.ask_every, b.look_every, b.patience = 0.01, 0.01, 2]]

local function words(...)
  local list = { "finetune", "--model", "bedrock", "--role", ready_home.ROLE, "--train", "s3://lab/train.jsonl", "--output",
    "s3://lab/jobs/", "--name", "lung", "--job-name", "one" }
  return table.move({ ... }, 1, select("#", ...), #list + 1, list)
end

local function entries(folder) return ledger.lines(project.open(folder)) end

t.test("nothing is ordered without --yes or --max-cost where nobody can be asked, nor above --max-cost", function()
  ready_home.with(function(fake, _, _, url)
    local folder = t.tmp()
    local status, _, err = home.run(folder, url, words())
    t.eq(status, 2)
    t.match(err, "5 epochs of 1000 records +5000 x image and epoch +0.0005 +USD 2.50 +titan%-training%-image, recalled 2024")
    t.match(err, "nothing was ordered: finetune costs money %(about USD 4.45%); say %-%-max%-cost USD or %-%-yes")
    status, _, err = home.run(folder, url, words("--max-cost", "4"))
    t.eq(status, 1)
    t.match(err, "the estimate %(USD 4.45%) is above %-%-max%-cost 4")
    status, _, err = home.run(folder, url, words("--epochs", "100", "--max-cost", "50"))
    t.eq(status, 1)
    t.match(err, "USD 51.95")
    t.eq({ #fake.jobs, #entries(folder) }, { 0, 0 })
  end)
end)

t.test("Auto is as many epochs as it may be", function()
  ready_home.with(function(_, _, _, url)
    local folder = t.tmp()
    assert(fs.write(fs.join(folder, "project.lua"), 'return { finetune = { bedrock = { epochs = "auto" } } }'))
    local _, _, err = home.run(folder, url, words("--max-cost", "50"))
    t.match(err, "at most 100 epochs %(Auto%) of 1000 records +100000 x.*USD 51.95%) is above")
  end)
end)

t.test("what is in the way stops the order, and --anyway does not", function()
  ready_home.with(function(fake, _, _, url)
    fake.quotas.bedrock[3].Value, fake.logging = 0, { s3Config = { bucketName = "logs" } }
    local status, _, err = home.run(t.tmp(), url, words("--yes"))
    t.eq({ status, #fake.jobs }, { 1, 0 })
    t.match(err, "warning: invocation log: every call")
    t.match(err, "warning: model units without commitment for custom models: 0 granted, 1 wanted; ask AWS")
    t.match(err, "nothing was ordered: 1 thing is in the way of finetune %(model units.*%); %-%-anyway goes on")
    status, _, err = home.run(t.tmp(), url, words("--yes", "--anyway"))
    t.eq({ status, #fake.jobs }, { 0, 1 }, err)
  end)
end)

t.test("the ledger has what was ordered, once, and what came of it when the job had ended", function()
  ready_home.with(function(fake, session, _, url)
    local folder, client = t.tmp(), require "lib.aws.bedrock".client(session)
    fake.objects = nil -- it need not train
    for _ = 1, 2 do t.eq(home.run(folder, url, words("--max-cost", "4.45")), 0) end
    local lines = entries(folder)
    t.eq({ #lines, lines[1].ledger, lines[1].step, lines[1].what.job, lines[1].what.records, lines[1].total },
      { 1, "submitted", "finetune", "one", 1000, 4.45 })
    t.eq(home.run(folder, url, { "finetune", "status", "one" }), 0)
    t.eq(#entries(folder), 1)
    local job = fake.jobs[1]
    job.status, job.ended = "Completed", job.created + 3600
    t.eq(assert(client:get_customization_job "one").status, "Completed")
    for _ = 1, 2 do
      local status, _, err = home.run(folder, url, { "finetune", "status", "one" }, HASTE)
      t.eq(status, 0, err)
    end
    lines = entries(folder)
    t.eq({ #lines, lines[2].ledger, lines[2].what.status, lines[2].what.seconds, lines[2].total },
      { 2, "actual", "Completed", 3600, 2.5 })
  end)
end)

t.test("of a job that failed it is not known what it is charged; of those of others nothing is noted", function()
  ready_home.with(function(fake, _, _, url)
    local folder, other = t.tmp(), t.tmp()
    t.eq(home.run(folder, url, words("--yes")), 0)
    fake.jobs[1].status, fake.jobs[1].failure = "Failed", "line 3"
    t.eq(home.run(other, url, { "finetune", "status", "one" }), 1)
    t.eq(home.run(folder, url, { "finetune", "status", "one" }), 1)
    t.eq(#entries(other), 0)
    local last = entries(folder)[2]
    t.eq({ last.ledger, last.what.status, last.total }, { "actual", "Failed", nil })
  end)
end)

t.test("--dry-run estimates from the file here, and asks AWS nothing", function()
  ready_home.with(function(fake, _, _, url)
    local folder, before = t.tmp(), #fake.log
    assert(fs.write(fs.join(folder, "train.jsonl"), ready_home.lines(2000)))
    assert(fs.write(fs.join(folder, "project.lua"), ('return { finetune = { bedrock = { role = "%s", train = "s3://lab/train.jsonl", '
      .. 'output = "s3://lab/o/" } } }'):format(ready_home.ROLE)))
    local status, _, err = home.run(folder, url, { "finetune", "--model", "bedrock", "--dry-run" })
    t.eq(status, 0, err)
    t.match(err, "5 epochs of 2000 records +10000 x")
    t.eq(#fake.log, before)
  end)
end)
