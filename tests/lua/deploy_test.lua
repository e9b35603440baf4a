-- SPDX-License-Identifier: MIT
-- `hilum deploy` against the fake AWS: bought, taken up after any end, repointed, deleted, and deleted by its schedule.
local t = require "t"
local deploy = require "deploy_home"
local fs = require "hilum.fs"
local image = require "hilum.image"
local json = require "hilum.json"

local ARN = "arn:aws:bedrock:us-east-1:123456789012:"
local FAST = { "--yes", "--poll", "1ms" }

-- `hilum deploy WORDS --yes --poll 1ms` has to end with a status; its stdout and stderr.
local function run(h, status, ...)
  local words = table.move({ ... }, 1, select("#", ...), 2, { "deploy" })
  local got, out, err = h.run(table.unpack(table.move(FAST, 1, #FAST, #words + 1, words)))
  t.eq(got, status, err)
  return out, err
end

-- The places in the log of the calls that match, one after the other.
local function places(aws, ...)
  local found = {}
  for i, pattern in ipairs { ... } do
    for number, call in ipairs(aws.log) do
      if call.op:find(pattern) and not found[i] then found[i] = number end
    end
  end
  return found
end

local function ledger(h)
  local lines = {}
  for line in json.lines(fs.join(h.folder, "run.jsonl")) do
    if line.ledger then lines[#lines + 1] = line end
  end
  return lines
end

t.test("bought, waited for, recorded; what it costs and how it ends is said", function()
  deploy.with(function(aws, h)
    local out, err = run(h, 0, "cxr")
    local one = deploy.only(aws)
    t.eq({ one.provisionedModelName, one.modelUnits, one.modelArn, one.status }, { "cxr", 1, aws.models[1].arn, "InService" })
    t.eq({ one.commitmentDuration, one.tags }, { nil, { { key = "hilum", value = "hilum" } } })
    t.eq(out, one.provisionedModelArn .. "\n")
    t.match(err, "1 model unit for each day +24 x")
    t.match(err, "cxr bills about USD 9.38 an hour until it is deleted: `hilum deploy cxr %-%-delete %-%-project ")
    t.match(err, "cxr: Creating.*cxr: InService")
    t.eq(next(aws.schedules), nil)
    t.eq(aws:count "Role", 0)
    local record = deploy.record(h, "cxr")
    t.eq({ record.arn, record.model, record.model_name, record.region, record.expires }, { one.provisionedModelArn, aws.models[1].arn,
      "cxr", "us-east-1" })
    local lines = ledger(h)
    t.eq({ #lines, lines[1].ledger, lines[1].step, lines[1].what.arn }, { 1, "submitted", "deploy", one.provisionedModelArn })
  end)
end)

t.test("--for: the schedule is there before the throughput, then names its ARN; the role may do nothing else", function()
  deploy.with(function(aws, h)
    local began = os.time()
    local _, err = run(h, 0, "cxr", "--for", "2h", "--units", "2")
    local at = places(aws, "^CreateRole", "^POST /schedules/hilum%-cxr", "^POST /provisioned", "^PUT /schedules/hilum%-cxr")
    for i = 2, 4 do t.ok(at[i] > at[i - 1], "the order of things") end
    local schedule, arn = aws.schedules["hilum-cxr"], deploy.only(aws).provisionedModelArn
    t.near(schedule.at, began + 7200, 60)
    t.eq(json.decode(schedule.Target.Input), { ProvisionedModelId = arn })
    t.eq({ schedule.Target.Arn, schedule.Target.RoleArn, schedule.ActionAfterCompletion, schedule.ScheduleExpressionTimezone },
      { "arn:aws:scheduler:::aws-sdk:bedrock:deleteProvisionedModelThroughput", "arn:aws:iam::123456789012:role/hilum-expiry", "DELETE",
      "UTC" })
    local role = aws.roles["hilum-expiry"]
    t.eq(json.decode(role.trust).Statement, { { Effect = "Allow", Principal = { Service = "scheduler.amazonaws.com" },
      Action = "sts:AssumeRole", Condition = { StringEquals = { ["aws:SourceAccount"] = "123456789012" },
        ArnLike = { ["aws:SourceArn"] = { "arn:aws:scheduler:*:123456789012:schedule-group/default" } } } } })
    t.eq(json.decode(role.policies.hilum).Statement, { { Effect = "Allow", Action = { "bedrock:DeleteProvisionedModelThroughput" },
      Resource = { "arn:aws:bedrock:*:123456789012:provisioned-model/*" },
      Condition = { StringEquals = { ["aws:ResourceTag/hilum"] = "hilum" } } } })
    t.match(err, "2 model units for 2 hours +4 x")
    t.match(err, "AWS deletes it at %d+%-%d+%-%d+ %d+:%d+ UTC, whatever becomes of this machine")
  end)
end)

t.test("its time comes with no hilum running: it is gone, the schedule too, and status says so once", function()
  deploy.with(function(aws, h)
    run(h, 0, "cxr", "--for", "2h")
    aws.now = function() return os.time() + 7260 end
    local _, out = h.run("status")
    t.eq({ aws.fired, next(aws.throughputs), next(aws.schedules) }, { { { name = "hilum-cxr" } } })
    t.match(out, "\nthroughput cxr: does not stand any more\n")
    _, out = h.run("status")
    t.ok(not out:find("cxr"))
    local last = table.remove(ledger(h))
    t.eq({ last.ledger, last.what.status }, { "actual", "Deleted" })
    t.near(last.total, 18.76, 0.1)
  end)
end)

t.test("the role deletes only what hilum has tagged", function()
  deploy.with(function(aws, h)
    run(h, 0, "cxr", "--for", "2h")
    deploy.only(aws).tags = {}
    aws.now = function() return os.time() + 7260 end
    h.run("status")
    t.match(aws.fired[1].error, "not authorized to perform bedrock:DeleteProvisionedModelThroughput")
    t.ok(deploy.only(aws))
    local path = fs.join(h.folder, "deployments", "cxr.json")
    assert(fs.write(path, (assert(fs.read(path)):gsub('"expires": ?"[^"]+"', '"expires": "2026-01-01T00:00:00Z"'))))
    local _, out = h.run("status")
    t.match(out, "AWS should have deleted it at 2026%-01%-01 00:00 UTC, and did not")
  end)
end)

t.test("unasked nothing is ordered", function()
  deploy.with(function(aws, h)
    local status, _, err = h.run("deploy", "cxr", "--for", "2h")
    t.eq(status, 2)
    t.match(err, "nothing was ordered: deploy costs money %(about USD 18.76%)")
    status, _, err = h.run("deploy", "cxr", "--for", "2h", "--max-cost", "18")
    t.eq(status, 1)
    t.match(err, "above %-%-max%-cost 18")
    local out
    status, out, err = h.run("deploy", "cxr", "--commitment", "1-month", "--dry-run")
    t.eq(status, 0)
    t.eq(json.decode(out).commitmentDuration, "OneMonth")
    t.match(err, "1 month, committed +730 x")
    local dry = json.decode((select(2, h.run("deploy", "cxr", "--for", "2h", "--dry-run", "--json"))))
    t.eq({ dry.request.modelUnits, dry.estimate.region, dry.estimate.total, #dry.estimate.items }, { 1, "us-east-1", 18.76, 1 })
    t.eq({ next(aws.throughputs), next(aws.schedules), next(aws.roles), fs.stat(fs.join(h.folder, "deployments")) }, {})
    t.match(select(2, run(h, 2, "cxr", "--commitment", "1-month", "--for", "2h")), "leave out %-%-for")
    t.match(select(2, run(h, 2, "cxr", "--name", "a.b")), "%-%-name a.b: at most 63")
  end)
end)

t.test("the same again makes nothing twice; --for may come later", function()
  deploy.with(function(aws, h)
    for _ = 1, 2 do run(h, 0, "cxr") end
    t.eq({ aws:count "^POST /provisioned", #ledger(h), next(aws.schedules) }, { 1, 1 })
    for _ = 1, 2 do run(h, 0, "cxr", "--for", "3h") end
    local arn = deploy.only(aws).provisionedModelArn
    t.eq(json.decode(aws.schedules["hilum-cxr"].Target.Input).ProvisionedModelId, arn)
    t.eq({ aws:count "^POST /provisioned", #ledger(h), deploy.record(h, "cxr").schedule }, { 1, 1, "hilum-cxr" })
    local _, err = run(h, 0, "cxr", "--units", "2")
    t.match(err, "cxr has 1 model units?, and only buying it anew changes that")
  end)
end)

t.test("an end is moved on for what that costs more, which is asked about; one that was not moved is not promised", function()
  deploy.with(function(aws, h)
    run(h, 0, "cxr", "--for", "2h")
    local ending = deploy.record(h, "cxr").expires
    local status, _, err = h.run("deploy", "cxr", "--for", "100h", "--max-cost", "5")
    t.eq({ status, deploy.record(h, "cxr").expires, aws:count "^PUT /schedules" }, { 1, ending, 1 })
    t.match(err, "for 98 hours more")
    t.ok(err:find("AWS deletes it at " .. ending:sub(1, 10), 1, true), err)
    aws.fails["^PUT /schedules"] = { status = 403, code = "AccessDeniedException", message = "no schedules for you" }
    run(h, 1, "cxr", "--for", "1h")
    t.eq({ deploy.record(h, "cxr").expires, aws.throughputs_made }, { ending, 1 })
    t.ok(deploy.only(aws))
  end)
end)

t.test("what was bought elsewhere, or recorded of another region, is neither taken over nor forgotten", function()
  deploy.with(function(aws, h)
    run(h, 0, "cxr")
    local record = deploy.record(h, "cxr")
    assert(fs.remove(fs.join(h.folder, "deployments/cxr.json")))
    aws.fails["/schedules"] = { status = 403, code = "AccessDeniedException", message = "no schedules for you" }
    local _, err = run(h, 1, "cxr", "--for", "1h")
    t.match(err, "cxr stands already, and was not bought from here: `hilum embed %-%-model bedrock:arn:")
    t.eq({ deploy.only(aws).provisionedModelArn, deploy.record(h, "cxr"), next(aws.schedules) }, { record.arn })
    record.model = record.model:gsub("us%-east%-1", "us-west-2")
    assert(fs.write(fs.join(h.folder, "deployments/cxr.json"), json.encode(record)))
    t.match(select(2, run(h, 1, "cxr")), "cxr is recorded already, as bought in us%-west%-2:123456789012")
    t.eq(deploy.record(h, "cxr").model, record.model)
  end)
end)

-- Ends the run as kill -9 does, before its n-th request or when that was answered.
local KILL = [[local http = require "hilum.http" local request, n = http.request, 0 http.request = function(q) n = n + 1
  if n == %d and not %s then os.execute("kill -9 $PPID") end local answer, err = request(q)
  if n == %d then os.execute("kill -9 $PPID") end return answer, err end]]

t.test("killed at any moment: none stands without its schedule, and the same command goes on, buying once", function()
  local last
  deploy.with(function(aws, h)
    run(h, 0, "cxr", "--for", "2h")
    last = places(aws, "^PUT /schedules")[1]
  end)
  for number = last - 4, last + 1 do
    for _, late in ipairs { "false", "true" } do
      deploy.with(function(aws, h)
        local status = h.run_after(KILL:format(number, late, number), "deploy", "cxr", "--for", "2h", table.unpack(FAST))
        t.ok(status ~= 0, "it ran through")
        local what = ("%d %s"):format(number, late)
        if next(aws.throughputs) then
          local input = json.decode(aws.schedules["hilum-cxr"].Target.Input)
          t.ok(input.ProvisionedModelId == "cxr" or aws.throughputs[input.ProvisionedModelId], what)
          t.ok(deploy.record(h, "cxr"), what)
        end
        run(h, 0, "cxr", "--for", "2h")
        t.eq(json.decode(aws.schedules["hilum-cxr"].Target.Input).ProvisionedModelId, deploy.only(aws).provisionedModelArn, what)
        t.eq({ aws.throughputs_made, deploy.record(h, "cxr").arn, #ledger(h) }, { 1, deploy.only(aws).provisionedModelArn, 1 }, what)
      end)
    end
  end
end)

t.test("without its schedule nothing is bought; when it is refused later, the throughput goes again", function()
  deploy.with(function(aws, h)
    local no = { status = 403, code = "AccessDeniedException", message = "no schedules for you" }
    aws.fails["^POST /schedules"] = no
    local _, err = run(h, 1, "cxr", "--for", "2h")
    t.match(err, "nothing was bought: .*no schedules for you")
    t.eq({ aws.throughputs_made, deploy.record(h, "cxr") }, {})
    aws.fails = { ["^PUT /schedules"] = no }
    _, err = run(h, 1, "cxr", "--for", "2h")
    t.match(err, "cxr was deleted again, since the schedule that deletes it cannot be made: .*no schedules for you")
    t.eq({ aws.throughputs_made, next(aws.throughputs), next(aws.schedules), deploy.record(h, "cxr") }, { 1 })
  end)
end)

t.test("a schedule that may not be made is found before anything is asked about", function()
  deploy.with(function(aws, h)
    aws.allowed = function(_, action) return action ~= "scheduler:CreateSchedule" end
    local _, _, err = h.run("deploy", "cxr", "--for", "2h", "--yes", "--no-anyway")
    t.match(err, "warning: schedule: scheduler:CreateSchedule on .*schedule/default/hilum%-cxr: implicitDeny")
    t.match(err, "nothing was ordered: ")
    t.eq({ aws.throughputs_made, aws:count "Role$" > 0 and next(aws.roles) }, {})
  end)
end)

t.test("a schedule that is left, since it could not be deleted, does not end the next throughput of the name", function()
  deploy.with(function(aws, h)
    aws.fails["^POST /provisioned"] = { status = 400, code = "ServiceQuotaExceededException", message = "no units" }
    aws.fails["^DELETE /schedules"] = { status = 403, code = "AccessDeniedException", message = "no" }
    run(h, 1, "cxr", "--for", "2h")
    t.ok(aws.schedules["hilum-cxr"])
    aws.fails = {}
    run(h, 0, "cxr")
    t.eq(next(aws.schedules), nil)
  end)
end)

t.test("a role that the scheduler does not know yet is waited for; one of the user's is used as it is", function()
  deploy.with(function(aws, h)
    aws.unready_schedules = 2
    local haste = [[require "hilum.task".sleep = function() end]]
    local status, _, err = h.run_after(haste, "deploy", "cxr", "--for", "2h", table.unpack(FAST))
    t.eq(status, 0, err)
    t.match(err, "does not know the role yet")
    t.eq(aws.throughputs_made, 1)
    aws.roles.mine = { name = "mine", arn = "arn:aws:iam::123456789012:role/mine", policies = {}, attached = {},
      trust = aws.roles["hilum-expiry"].trust }
    local roles = aws:count "^GetRole"
    run(h, 0, "cxr", "--for", "3h", "--expiry-role", "arn:aws:iam::123456789012:role/mine")
    t.eq({ aws.schedules["hilum-cxr"].Target.RoleArn, aws:count "^GetRole" }, { "arn:aws:iam::123456789012:role/mine", roles })
  end)
end)

t.test("AWS refuses: nothing is left behind; answers are lost: it is found; nothing is known: that is said", function()
  deploy.with(function(aws, h)
    aws.fails["^POST /provisioned"] = { status = 400, code = "ServiceQuotaExceededException", message = "no units" }
    local _, err = run(h, 1, "cxr", "--for", "2h")
    t.match(err, "nothing was bought: .*no units")
    t.eq({ next(aws.schedules), deploy.record(h, "cxr") }, {})
    local haste = [[require "hilum.task".sleep = function() end]]
    local function again() return h.run_after(haste, "deploy", "cxr", "--for", "2h", table.unpack(FAST)) end
    aws.fails = { ["^POST /provisioned"] = { status = 500, code = "InternalServerException", late = true } }
    t.eq(again(), 0)
    t.eq({ aws.throughputs_made, #ledger(h) }, { 1, 1 })
    run(h, 0, "cxr", "--delete")
    aws.fails["^POST /provisioned"].late = nil
    local status
    status, _, err = again()
    t.eq(status, 1)
    t.match(err, "it is not known whether cxr was bought: `hilum status` asks")
    t.ok(aws.schedules["hilum-cxr"] and deploy.record(h, "cxr").token)
    local _, out = h.run("status")
    t.match(out, "throughput cxr: its order was not finished, and nothing stands")
    aws.fails = {}
    run(h, 0, "cxr")
    t.eq({ aws.throughputs_made, next(aws.schedules) }, { 2 })
  end)
end)

t.test("Ctrl-C while it is made: it is said that it stands and bills", function()
  deploy.with(function(aws, h)
    local stop = [[local http = require "hilum.http" local request, sent = http.request, false http.request = function(q)
      sent = sent or q.method == "POST" and q.url:find "provisioned"
      if sent and q.method == "GET" then os.execute("kill -TERM $PPID") end return request(q) end]]
    local status, _, err = h.run_after(stop, "deploy", "cxr", table.unpack(FAST))
    t.eq(status, 130, err)
    t.match(err, "interrupted\n?$")
    t.match(err, "cxr bills about USD 9.38 an hour until it is deleted: `hilum deploy cxr")
    t.ok(deploy.only(aws))
  end)
end)

t.test("one that fails is told", function()
  deploy.with(function(aws, h)
    aws.throughput_fails = "no capacity"
    local _, err = run(h, 1, "cxr")
    t.match(err, "cxr: Failed: no capacity; `hilum deploy cxr %-%-delete")
  end)
end)

t.test("deleted: asked for, with its schedule and its record; what it cost is noted", function()
  deploy.with(function(aws, h)
    run(h, 0, "cxr", "--for", "2h")
    local status, _, err = h.run("deploy", "cxr", "--delete")
    t.eq(status, 2)
    t.match(err, "cxr was not deleted, and bills on: say %-%-yes")
    deploy.only(aws).creationTime = "2026-01-01T00:00:00Z"
    run(h, 0, "--delete")
    t.eq({ next(aws.throughputs), next(aws.schedules), deploy.record(h, "cxr") }, {})
    local last = table.remove(ledger(h))
    t.eq(last.ledger, "actual")
    t.near(last.total, (os.time() - 1767225600) / 3600 * 9.38, 1)
    t.match(select(2, run(h, 1, "cxr", "--delete")), "there is no throughput cxr in us%-east%-1")
    t.match(select(2, run(h, 2, "--delete")), "no throughput is recorded here; name one")
  end)
end)

t.test("deleted: what was bought elsewhere; what is committed stays", function()
  deploy.with(function(aws, h)
    run(h, 0, "cxr")
    fs.remove_tree(fs.join(h.folder, "deployments"))
    run(h, 0, "cxr", "--delete")
    t.eq(next(aws.throughputs), nil)
    run(h, 0, "cxr", "--commitment", "6-months")
    t.match(select(2, run(h, 1, "cxr", "--delete")), "cxr bills about USD 7.20 an hour.*ConflictException.*committed until")
    t.match(select(2, run(h, 0, "cxr")), "cxr bills about USD 7.20 an hour")
    t.ok(deploy.record(h, "cxr"))
  end)
end)

t.test("credentials of another account do not make it forgotten", function()
  deploy.with(function(aws, h)
    run(h, 0, "cxr")
    aws.caller, aws.account, aws.throughputs = "arn:aws:iam::999999999999:user/x", "999999999999", {}
    local _, out = h.run("status")
    t.match(out, "cxr: could not be asked %(cxr was bought in account 123456789012, and these credentials are of 999999999999%)")
    t.match(select(2, run(h, 1, "cxr", "--delete")), "cxr was bought in account 123456789012")
    t.ok(deploy.record(h, "cxr"))
  end)
end)

t.test("bought again after it was deleted elsewhere: another order, another token", function()
  deploy.with(function(aws, h)
    run(h, 0, "cxr", "--for", "2h")
    aws.throughputs = {}
    run(h, 0, "cxr")
    t.eq({ aws.throughputs_made, next(aws.schedules), deploy.record(h, "cxr").expires }, { 2 })
  end)
end)

t.test("repointed to another model, by name; what stands with another is not taken for it", function()
  deploy.with(function(aws, h)
    local other = deploy.model(aws, "cxr-2")
    run(h, 0, "cxr")
    t.match(select(2, run(h, 1, "cxr-2", "--name", "cxr")), "cxr stands already, with another model")
    local out, err = run(h, 0, "cxr", "--to-model", "cxr-2")
    t.match(out, "cxr now answers with cxr%-2")
    t.match(err, "cxr: Updating")
    local record = deploy.record(h, "cxr")
    t.eq({ deploy.only(aws).modelArn, record.model, record.model_name, record.next_model }, { other, other, "cxr-2" })
    t.match(select(2, run(h, 2, "cxr", "--to-model", "cxr", "--delete")), "goes without")
    aws.fails["^PATCH"] = { status = 400, code = "ValidationException", message = "another base" }
    t.match(select(2, run(h, 1, "cxr", "--to-model", "cxr")), "another base")
    t.eq({ deploy.record(h, "cxr").model, deploy.record(h, "cxr").next_model }, { other })
  end)
end)

t.test("a model is named by its ARN, its job, or not at all", function()
  deploy.with(function(aws, h)
    run(h, 0, aws.models[1].arn)
    local job = { arn = ARN .. "model-customization-job/amazon.titan-embed-image-v1:0/1", name = "j", status = "Stopped", created = 0,
      step = 1, moved = 0, body = { customModelName = "of-a-job" } }
    table.insert(aws.jobs, job)
    t.match(select(2, run(h, 2, "j")), "the job j is Stopped and has made no model; `hilum finetune status j")
    job.model, job.status = deploy.model(aws, "of-a-job"), "Completed"
    run(h, 0, "j", "--name", "second")
    t.eq(deploy.record(h, "second").model_name, "of-a-job")
    t.match(select(2, run(h, 2, "nothing")), "there is no custom model and no job 'nothing'")
    for _, what in ipairs { "custom-model/amazon.titan-embed-image-v1:0/1", "model-customization-job/amazon.titan-embed-image-v1:0/1" } do
      local arn = (ARN .. what):gsub("us%-east%-1", "eu-west-1")
      t.match(select(2, run(h, what:find "job" and 2 or 1, arn)),
        "the ARN names the region eu%-west%-1, and us%-east%-1 is in use: AWS_REGION=eu%-west%-1 asks there")
    end
    t.match(select(2, run(h, 2)), "which custom model%?")
    assert(fs.append(fs.join(h.folder, "run.jsonl"),
      '{"format":1,"at":"x","ledger":"submitted","step":"finetune","what":{"job":"j"}}\n'))
    run(h, 0, "--name", "third", "--anyway")
    t.eq(deploy.record(h, "third").model_name, "of-a-job")
  end)
end)

t.test("lists: of the region, and of the project; offline it is said that nobody could be asked", function()
  deploy.with(function(_, h)
    t.match(select(3, h.run("deploy", "list")), "none stands in us%-east%-1")
    run(h, 0, "cxr", "--for", "2h")
    run(h, 0, "cxr", "--name", "other", "--no-wait")
    local _, out = h.run("deploy", "list", "--json")
    local list = assert(json.decode(out)).throughputs
    t.eq({ #list, list[1].name, list[1].here, list[2].status }, { 2, "cxr", true, "Creating" })
    t.match(list[1].deleted_at, "Z$")
    _, out = h.run("deploy", "status")
    t.match(out, "throughput cxr: InService, 1 model unit of cxr; bills about USD 9.38 an hour")
    h.url = "http://127.0.0.1:1"
    local status
    status, out = h.run("status")
    t.eq(status, 0)
    t.match(out, "throughput other: could not be asked %(.*%); unless it was deleted, it bills about USD 9.38 an hour until")
  end)
end)

t.test("a model is asked by its name, through its throughput; vectors are those of the model", function()
  deploy.with(function(aws, h)
    assert(fs.mkdir(fs.join(h.folder, "images")))
    assert(fs.write(fs.join(h.folder, "images", "a.png"), assert(image.encode(image.new(64, 64, 1)))))
    local function embed() return h.run("embed", "--model", "bedrock:cxr", "--json", "-q") end
    local status, _, err = embed()
    t.eq(status, 2)
    t.match(err, "answers through throughput, and none of that name is recorded here: `hilum deploy cxr` buys it")
    status, _, err = h.run("embed", "--model", "bedrock:" .. aws.models[1].arn)
    t.eq({ status, #aws.calls }, { 2, 0 })
    t.match(err, "answers through throughput, and none for it is recorded here: `hilum deploy` buys it")
    t.ok(not err:find("to pay for", 1, true), err)
    run(h, 0, "cxr")
    local out
    status, out, err = embed()
    t.eq(status, 0, err)
    local info = assert(json.decode(out)).embeddings[1]
    t.eq({ info.name, info.model }, { "bedrock:cxr", "bedrock:" .. aws.models[1].arn })
    t.eq(aws.calls[1].model, deploy.only(aws).provisionedModelArn)
    deploy.model(aws, "cxr-2")
    run(h, 0, "cxr", "--to-model", "cxr-2")
    t.eq(embed(), 0)
    t.eq(#aws.calls, 2)
    local path = fs.join(h.folder, "deployments", "cxr.json")
    assert(fs.write(path, (assert(fs.read(path)):gsub("{", '{"next_model":"x",', 1))))
    status, _, err = embed()
    t.eq(status, 2)
    t.match(err, "the throughput cxr is being repointed")
  end)
end)

t.test("a custom model is deleted when no throughput uses it, and when that is asked for", function()
  deploy.with(function(aws, h)
    run(h, 0, "cxr")
    local status, _, err = h.run("finetune", "delete-model", "cxr", "--yes")
    t.eq(status, 1)
    t.match(err, "cxr answers through the throughput cxr, which bills: `hilum deploy cxr %-%-delete` first")
    run(h, 0, "cxr", "--delete")
    status, _, err = h.run("finetune", "delete-model", "cxr")
    t.eq(status, 2)
    t.match(err, "cxr was not deleted: say %-%-yes")
    t.eq(h.run("finetune", "delete-model", "cxr", "--yes"), 0)
    t.eq(#aws.models, 0)
    t.eq(h.run("finetune", "delete-model", "cxr", "--yes"), 2)
  end)
end)

local terminal = require "terminal"
if not terminal.exists then return t.skip("a person is asked before anything is bought or deleted", "tmux is not installed") end

t.test("a person is asked before anything is bought or deleted", function()
  deploy.with(function(aws, h)
    local script = fs.join(h.folder, "ask.sh")
    assert(fs.write(script, ("cd '%s'; h='%s'; $h deploy cxr --poll 1ms; $h deploy cxr --delete; $h deploy cxr --delete; echo ended; cat")
      :format(h.folder, t.hilum)))
    local screen <close> = terminal.open(t.tmp(), "sh " .. script, { width = 140, height = 50,
      environment = "HOME=/none AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID=hilumtest AWS_SECRET_ACCESS_KEY=hilumsecret "
        .. "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=" .. h.url })
    screen:see "deploy for about USD 225.12%? %[y/N%]"
    screen:enter "y"
    screen:see "delete the throughput cxr%? %[y/N%]"
    screen:enter "n"
    screen:see "cxr was not deleted, and bills on"
    screen:see "delete the throughput cxr%? %[y/N%].*delete the throughput cxr%? %[y/N%]"
    screen:enter "y"
    screen:see "ended"
    t.eq({ aws.throughputs_made, next(aws.throughputs) }, { 1 })
  end)
end)
