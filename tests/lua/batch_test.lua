-- SPDX-License-Identifier: MIT
-- `hilum embed --batch`, against the fake Bedrock and the fake S3.
local t = require "t"
local home = require "bedrock_home"
local boto3_judge = require "boto3_judge"
local fs = require "hilum.fs"
local json = require "hilum.json"
local local_model = require "lib.model.local_model"
local npy = require "hilum.npy"
local s3_server = require "lib.fake.s3.server"
local servers = require "servers"
local vec = require "hilum.vec"
local xrays = require "xrays"

xrays.PATIENTS = 4

local TITAN = "amazon.titan-embed-image-v1"
local SPEC = "bedrock:" .. TITAN
local ROLE = "arn:aws:iam::123456789012:role/bedrock"
local HASTE = [[local o = require "lib.model.batch.order" o.ask_every, o.patience = 0.01, 2]]
local CONFIG = [[return { embed = { role = "%s", work = "s3://lab/batch",
  job = { limits = { min_records = %d, file_bytes = 20000, %s } } } }]]

-- Runs f(fake, url, folder, count) with a project of `count` phantom radiographs. more: further limits; least: records of a job.
local function with(more, f, least)
  local s3 = s3_server.new {}
  s3:create_bucket "lab"
  home.with({ s3 = s3 }, function(fake, url)
    fake.batch_limits = { min_records = least or 2 }
    local folder, count = xrays.project()
    assert(fs.write(fs.join(folder, "project.lua"), CONFIG:format(ROLE, least or 2, more or "")))
    f(fake, url, folder, count)
  end)
end

local function embed(folder, url, more, before)
  local words = { "embed", "--model", SPEC, "--length", "256", "--batch", "--yes", "--poll", "10ms" }
  return home.run(folder, url, table.move(more or {}, 1, #(more or {}), #words + 1, words), before or HASTE)
end

local function stem_of(folder) return fs.join(folder, "embeddings", SPEC) end

local function names_of(folder)
  local names = {}
  for record in assert(json.lines(stem_of(folder) .. ".jsonl")) do names[#names + 1] = record.image end
  return names
end

-- The embeddings are what the base model says of their images.
local function check_vectors(folder, count)
  local names, paths = names_of(folder), {}
  t.eq(#names, count)
  for i, name in ipairs(names) do paths[i] = fs.join(folder, "images", name) end
  local wanted = local_model.base():images((require "hilum.image".describe(paths))):columns(1, 256)
  vec.normalize(wanted)
  local difference = vec.norms(vec.add(wanted, assert(npy.read(stem_of(folder) .. ".npy")), -1))
  for i = 1, count do t.near(difference:get(i, 1), 0, 1e-5) end
end

local function keys_of(fake, pattern)
  local keys = {}
  for key in pairs(fake.s3.buckets.lab.objects) do if key:find(pattern) then keys[#keys + 1] = key end end
  return keys
end

t.test("images become parts, a job, vectors; what it costs, and where the images are, is said; again it is up to date", function()
  with(nil, function(fake, url, folder, count)
    local status, _, err = embed(folder, url)
    t.eq(status, 0, err)
    check_vectors(folder, count)
    t.eq({ #fake.batches, #fake.calls }, { 1, 0 })
    t.ok(#keys_of(fake, "/input/part%-%d+%.jsonl$") > 1, "several parts")
    for _, key in ipairs(keys_of(fake, "/input/")) do t.ok(#fake.s3.buckets.lab.objects[key].data <= 20000, key) end
    t.match(err, "titan%-image%-batch")
    t.match(err, "begun with " .. count .. " images, which are in s3://lab/batch/hilum%-%x+/")
    t.match(err, "Submitted.*Validating.*Scheduled.*InProgress.*Completed")
    t.match(err, "s3://lab/batch/hilum%-%x+/ still has images.*%-%-delete%-data")
    status, _, err = embed(folder, url, { "--delete-data" })
    t.eq({ status, #fake.batches, #keys_of(fake, ".") }, { 0, 1, 0 }, err)
    t.match(err, "is up to date")
    local _, _, quiet = embed(folder, url)
    t.ok(not quiet:find("still has images", 1, true))
  end)
end)

t.test("a job of the project is stopped by its name, any by its ARN", function()
  with(nil, function(fake, url, folder, count)
    local function stop(id) return home.run(folder, url, { "embed", "stop", id }) end
    local status, _, err = stop "none"
    t.eq(status, 2)
    t.match(err, "no batch job 'none'; `hilum status` shows")
    t.eq(embed(folder, url, { "--no-watch" }), 0)
    local job = fake.batches[1]
    t.match(select(2, home.run(folder, url, { "status" })), "`hilum embed stop " .. job.name:gsub("%p", "%%%0") .. "` ends it")
    status, _, err = stop(job.name)
    t.eq({ status, job.status }, { 0, "Stopping" }, err)
    t.match(err, "is being stopped; what was answered until now is charged")
    embed(folder, url)
    status, _, err = stop(job.name)
    t.eq(status, 2)
    t.match(err, "is over: Stopped")
    t.eq(embed(folder, url, { "--no-watch" }), 0)
    t.eq({ stop(fake.batches[2].arn), fake.batches[2].status }, { 0, "Stopping" })
    embed(folder, url)
    t.eq(embed(folder, url), 0)
    check_vectors(folder, count)
  end)
end)

-- Lists and stops a job that hilum has begun.
local function list_and_stop(url, name)
  local client = require "lib.aws.bedrock".client(home.session(url))
  local found
  for summary in client:list_batch_jobs { nameContains = name } do found = summary end
  t.eq(client:stop_batch_job(found.jobArn), {})
  return assert(client:get_batch_job(found.jobArn)).status
end

local JUDGED = "boto3 knows every field and error of what passes; a job that was stopped is told, and ordered again"
if not boto3_judge.python() then
  t.skip(JUDGED, "there is no boto3 that knows Bedrock")
else
  t.test(JUDGED, function()
    with(nil, function(fake, url, folder, count)
      local judge = boto3_judge.watch(fake)
      t.eq(embed(folder, url, { "--no-watch" }), 0)
      t.eq(list_and_stop(url, fake.batches[1].name), "Stopping")
      local _, _, err = embed(folder, url, { "--no-watch" })
      t.match(err, "Stopped; 0 vectors, 0 records failed, " .. count .. " without an answer")
      t.eq({ embed(folder, url), #fake.batches }, { 0, 2 })
      check_vectors(folder, count)
      local seen = judge()
      for _, op in ipairs { "CreateModelInvocationJob", "GetModelInvocationJob", "ListModelInvocationJobs", "StopModelInvocationJob" } do
        t.ok(seen[op], op)
      end
    end)
  end)
end

t.test("hilum status shows a job until it is over and its images are gone", function()
  with(nil, function(_, url, folder, count)
    local function status()
      local _, out, err = home.run(folder, url, { "status" })
      return out .. err
    end
    t.ok(not status():find("batch", 1, true))
    t.eq(embed(folder, url, { "--no-watch" }), 0)
    t.match(status(), "batch job hilum%-%x+ %(s3://lab/batch/.*%) is not over, with " .. count .. " images")
    t.eq(embed(folder, url), 0)
    t.match(status(), "batch job hilum%-%x+ %(s3://lab/batch/.*%) is over, but its images are still on S3")
    t.eq(embed(folder, url, { "--delete-data" }), 0)
    t.ok(not status():find("batch", 1, true))
  end)
end)

t.test("the ledger has what was ordered and what came of it", function()
  with(nil, function(_, url, folder, count)
    t.eq(embed(folder, url), 0)
    local kinds = {}
    for record in assert(json.lines(fs.join(folder, "run.jsonl"))) do
      if record.ledger then kinds[#kinds + 1] = { record.ledger, record.step, record.items[1].count } end
    end
    t.eq(kinds, { { "submitted", "batch", count }, { "actual", "batch", count } })
  end)
end)

t.test("--no-watch begins the job; the next runs look, and the last one fetches", function()
  with(nil, function(fake, url, folder, count)
    local status, out, err = embed(folder, url, { "--no-watch", "--json" })
    t.eq({ status, #fake.batches, assert(json.decode(out)).embeddings[1].pending }, { 0, 1, true }, err)
    t.eq(fs.stat(stem_of(folder) .. ".npy"), nil)
    status, out, err = home.run(folder, url, { "embed", "--model", SPEC, "--length", "256", "--yes" }, HASTE)
    t.eq({ status, out, #fake.calls }, { 2, "", 0 })
    t.match(err, "is in the batch job hilum%-%x+, which is not over: the same with %-%-batch goes on with it")
    for _ = 1, 5 do t.eq(embed(folder, url, { "--no-watch" }), 0) end
    t.eq(#fake.batches, 1)
    check_vectors(folder, count)
  end)
end)

t.test("records that fail are told, not tried again, and tried again with --retry", function()
  with(nil, function(fake, url, folder, count)
    fake.batch_faults = { R0000000002 = "the image is too dark", R0000000005 = "internal error" }
    local status, out, err = embed(folder, url, { "--delete-data" })
    t.eq(status, 1, err)
    t.match(out, "images/[%w_]+%.png: the image is too dark")
    t.match(err, (count - 2) .. " vectors, 2 records failed")
    check_vectors(folder, count - 2)
    status, out = embed(folder, url)
    t.eq({ status, #fake.batches }, { 1, 1 })
    t.match(out, "internal error")
    fake.batch_faults = nil
    t.eq({ embed(folder, url, { "--retry" }), #fake.batches }, { 0, 2 })
    check_vectors(folder, count)
    t.eq(fake.batches[2].counts.total, 2)
  end)
end)

t.test("a job that ran out of time: what it did is taken, and the next run asks for the rest", function()
  with(nil, function(fake, url, folder, count)
    fake.batch_stops = count - 3
    local status, out, err = embed(folder, url)
    t.eq(status, 1, err)
    t.match(err, "PartiallyCompleted; " .. count - 3 .. " vectors, 0 records failed, 3 without an answer")
    t.match(out, "no batch job has come to it yet; run it again")
    check_vectors(folder, count - 3)
    t.eq({ embed(folder, url), #fake.batches, fake.batches[2].counts.total }, { 0, 2, 3 })
    check_vectors(folder, count)
  end)
end)

t.test("a job that failed says why, and the next run orders another", function()
  with(nil, function(fake, url, folder, count)
    fake.batch_limits.min_records = 1000
    local status, _, err = embed(folder, url)
    t.eq(status, 1)
    t.match(err, "failed: The number of records is " .. count)
    fake.batch_limits.min_records = 1
    t.eq({ embed(folder, url), #fake.batches }, { 0, 2 })
    check_vectors(folder, count)
  end)
end)

t.test("more than a job may have becomes several, none of them too small; too few images are refused before anything is sent", function()
  with("records = 4", function(fake, url, folder, count)
    local status, _, err = embed(folder, url)
    t.eq({ status, #fake.batches }, { 0, math.ceil(count / 4) }, err)
    for _, job in ipairs(fake.batches) do t.ok(job.counts.total >= math.floor(count / #fake.batches) - 1, job.counts.total) end
    check_vectors(folder, count)
  end)
  with(nil, function(fake, url, folder, count)
    local status, _, err = embed(folder, url)
    t.eq({ status, #fake.batches, #keys_of(fake, ".") }, { 1, 0, 0 })
    t.match(err, count .. " images are fewer than Bedrock takes in a batch job %(1000%): embed without %-%-batch")
  end, 1000)
end)

t.test("without leave nothing is sent", function()
  with(nil, function(fake, url, folder)
    local status, _, err = home.run(folder, url, { "embed", "--model", SPEC, "--length", "256", "--batch" }, HASTE)
    t.eq({ status, #fake.batches, #keys_of(fake, ".") }, { 2, 0, 0 })
    t.match(err, "nothing was ordered: batch costs money")
    status, _, err = home.run(folder, url, { "embed", "--model", SPEC, "--batch", "--max-cost", "0.0001" }, HASTE)
    t.eq({ status, #keys_of(fake, ".") }, { 1, 0 })
    t.match(err, "above %-%-max%-cost")
  end)
end)

t.test("what cannot be is refused in a line", function()
  with(nil, function(_, url, folder)
    local function refused(pattern, ...)
      local status, _, err = home.run(folder, url, { "embed", "--batch", "--yes", ... }, HASTE)
      t.eq(status, 2, err)
      t.match(err, pattern)
    end
    refused("%-%-batch goes with %-%-model bedrock:ID; base is on this machine", "--model", "base")
    refused("not its throughput", "--model", "bedrock:arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc")
    refused("takes images and texts apart", "--model", "bedrock:amazon.nova-2-multimodal-embeddings-v1:0", "--with-caption")
    refused("%-%-role x: the ARN of a role", "--model", SPEC, "--role", "x")
    local function failed(pattern, ...)
      local status, _, err = home.run(folder, url, { "embed", "--batch", "--model", SPEC, ... }, HASTE)
      t.eq(status, 1, err)
      t.match(err, pattern)
    end
    failed("Bedrock refuses '%+'", "--work", "s3://lab/a+b/")
    assert(fs.write(fs.join(folder, "project.lua"), "return { embed = { job = { limits = { record = 1 } } } }"))
    failed("embed.job.limits has no 'record' %(did you mean records", "--role", ROLE, "--work", "s3://lab/")
  end)
end)

t.test("a custom model by its ARN, without throughput; captions go with the images", function()
  with(nil, function(fake, url, folder, count)
    local arn = fake:arn("custom-model/" .. TITAN .. ":0/abcdefabcdef")
    table.insert(fake.models, { arn = arn, name = "cxr" })
    local status, _, err = home.run(folder, url, { "embed", "--model", "bedrock:" .. arn, "--length", "256", "--batch", "--with-caption",
      "--yes", "--poll", "10ms" }, HASTE)
    t.eq(status, 0, err)
    t.eq({ #fake.batches, fake.batches[1].body.modelId, fake.batches[1].counts.success }, { 1, arn, count })
    local first = assert(json.decode(fake.s3.buckets.lab.objects[keys_of(fake, "part%-00001%.jsonl$")[1]].data:match("[^\n]+")))
    t.eq({ first.recordId, type(first.modelInput.inputText) }, { "R0000000001", "string" })
  end)
end)

t.test("a role that is not known yet is waited for, and the job is made once", function()
  with(nil, function(fake, url, folder, count)
    local calls = 0
    function fake.fault(call)
      if not call.op:find("^POST /model%-invocation%-job") then return nil end
      calls = calls + 1
      if calls < 3 then return { status = 400, code = "ValidationException", message = "Could not assume the provided IAM role" } end
      if calls == 3 then return { status = 500, code = "InternalServerException", late = true } end
    end
    local status, _, err = embed(folder, url)
    t.eq({ status, #fake.batches }, { 0, 1 }, err)
    t.match(err, "cannot use the role yet")
    check_vectors(folder, count)
  end)
end)

t.test("a job that is refused can be ordered again with another role; data of a job that is going on stay where they are", function()
  with(nil, function(fake, url, folder, count)
    function fake.fault(call)
      local is_create = call.op:find("^POST /model%-invocation%-job")
      return is_create and { status = 403, code = "AccessDeniedException", message = "not allowed to pass the role" } or nil
    end
    local status, _, err = embed(folder, url)
    t.eq({ status, #fake.batches }, { 1, 0 })
    t.match(err, "not allowed to pass the role")
    fake.fault = nil
    t.eq(embed(folder, url, { "--role", ROLE .. "-2", "--no-watch", "--delete-data" }), 0)
    t.eq({ #fake.batches, fake.batches[1].body.roleArn }, { 1, ROLE .. "-2" })
    t.ok(#keys_of(fake, "/input/") > 0, "the input was deleted")
    t.eq({ embed(folder, url, { "--delete-data" }), #keys_of(fake, ".") }, { 0, 0 })
    check_vectors(folder, count)
  end)
end)

t.test("kill -9 while the second of several jobs is made: no image goes to two jobs", function()
  with("records = 4", function(fake, url, folder, count)
    t.ok(embed(folder, url, nil, HASTE .. "\n" .. xrays.killer("json", "write", 6)) ~= 0, "it was not killed")
    t.eq(#fake.batches, 2)
    t.eq(embed(folder, url), 0)
    local records = 0
    for _, job in ipairs(fake.batches) do records = records + job.counts.total end
    t.eq(records, count)
    check_vectors(folder, count)
  end)
end)

t.test("kill -9 at every step, run again: one job, and the same vectors", function()
  for _, kill in ipairs { { "fs", "remove", 1 }, { "json", "write", 2 }, { "json", "write", 3 }, { "npy", "append", 1 },
    { "json", "write", 4 } } do
    with(nil, function(fake, url, folder, count)
      local status = embed(folder, url, nil, HASTE .. "\n" .. xrays.killer(table.unpack(kill)))
      t.ok(status ~= 0, ("%s.%s was not called %d times"):format(table.unpack(kill)))
      local _, _, err = embed(folder, url)
      t.eq(#fake.batches, 1, ("%s.%s %d: %s"):format(kill[1], kill[2], kill[3], err))
      check_vectors(folder, count)
      t.eq(assert(npy.info(fs.join(folder, "cache", SPEC .. "-256.npy"))).rows, count)
    end)
  end
end)

local CEPH = "input and answers on Ceph"

local function check_on_ceph(ceph)
  local client, bucket = require "s3_client".open(ceph), ceph.bucket_name()
  assert(client:create_bucket(bucket))
  home.with({ objects = require "lib.fake.objects".of_client(client) }, function(fake, url)
    fake.batch_limits, fake.credentials[ceph.access_key] = { min_records = 2 }, ceph.secret_key
    local folder, count = xrays.project()
    assert(fs.write(fs.join(folder, "project.lua"), CONFIG:gsub("s3://lab", "s3://" .. bucket):format(ROLE, 2, "")))
    local words = { "embed", "--model", SPEC, "--length", "256", "--batch", "--yes", "--poll", "10ms", "--delete-data" }
    local status, _, err = home.run(folder, url, words, HASTE, ceph)
    t.eq({ status, #fake.batches }, { 0, 1 }, err)
    check_vectors(folder, count)
    for object in client:list("s3://" .. bucket) do t.eq(object.key, nil) end
  end)
  assert(client:delete_bucket(bucket))
end

local ceph <close> = servers.ceph()
if ceph then t.test(CEPH, function() check_on_ceph(ceph) end) else t.skip(CEPH, "Ceph is not installed") end
