-- SPDX-License-Identifier: MIT
-- The whole chain on AWS in one walk, each step a run of hilum: provision, upload, prepare, fine-tune, deploy, embed, index, query,
-- evaluate, and everything taken down; against the fake AWS, with S3 in it and with Ceph's, and with every third call failing.
local t = require "t"
local boto3_judge = require "boto3_judge"
local chain = require "chain"
local hash = require "hilum.hash"
local obstacles = require "lib.fake.obstacles"
local servers = require "servers"

-- The value of a measure of one of the models.
local function measure(list, key, model)
  for _, one in ipairs(list) do if one.key == key then return one[model].value end end
end

-- Walks from an empty account to answers, and gives what came of it.
local function build(walk, ...)
  walk:provision(...)
  t.eq(walk:prepare().sent, chain.PICTURES)
  local trained = walk:finetune()
  t.eq(trained.status, "Completed")
  t.eq(walk:deploy().status, "InService")
  t.eq(walk:embed().images, chain.PICTURES)
  walk:index()
  return { trained = trained, found = walk:query(walk.collection, "Effusion").queries[1].results,
    found_here = walk:query("index", "Effusion").queries[1].results, recall = walk:recall(), evaluated = walk:evaluate() }
end

local function images_of(results)
  local names = {}
  for i, one in ipairs(results) do names[i] = one.image end
  return names
end

local function check(result)
  local losses = result.trained.losses.training
  t.ok(losses[#losses][2] < losses[1][2], "the loss falls")
  t.eq(images_of(result.found), images_of(result.found_here))
  t.eq(result.recall.compared[1].recall, 1)
  for _, found in ipairs(result.found) do
    t.match(table.concat(found.findings, ", "), "Effusion", "found for 'Effusion': " .. found.image)
  end
  local images, words = result.evaluated.all, result.evaluated.words
  t.ok(measure(images, "map", "tuned") > measure(images, "map", "base") + 0.03, "images find images better")
  t.ok(measure(words, "auc", "tuned") > measure(words, "auc", "base") + 0.2, "names find images better")
end

-- What stands in the account; objects by what is in them, but for provision's record, which has ids and times.
local function state_of(walk)
  local fake, state = walk.fake, { objects = {} }
  for i, uri in ipairs(fake.objects.list("s3://" .. walk.bucket .. "/")) do
    state.objects[i] = uri .. " " .. (uri:find "provision.json$" and "" or hash.md5(fake.objects.read(uri)))
  end
  for _, kind in ipairs { "roles", "policies", "collections", "groups", "throughputs", "schedules" } do
    state[kind] = {}
    for name in pairs(fake[kind]) do table.insert(state[kind], name) end
    table.sort(state[kind])
  end
  state.jobs, state.models, state.documents = #fake.jobs, #fake.models, {}
  for _, collection in pairs(fake.collections) do
    for name, index in pairs(collection.data.indexes) do state.documents[name] = #index:look().docs end
  end
  return state
end

local function check_nothing_is_left(walk)
  local state = state_of(walk)
  state.jobs = nil
  for kind, left in pairs(state) do t.eq(left, kind == "models" and 0 or {}, kind) end
end

-- What the walk without obstacles came to.
local plain

t.test("from an empty account to an answer, and back to an empty account", function()
  local walk <close> = chain.open {}
  local judge = boto3_judge.watch(walk.fake)
  local result = build(walk)
  check(result)
  plain = { state = state_of(walk), evaluated = result.evaluated }
  walk:take_down()
  check_nothing_is_left(walk)
  if judge then t.ok(judge().CreateModelCustomizationJob) end
end)

t.test("with every third call failing it comes to the same", function()
  local walk <close> = chain.open {}
  local failed = obstacles.every(walk.fake, 3)
  local result = build(walk)
  t.ok(failed() > 300, failed() .. " calls failed")
  t.eq(plain.state.documents, { ["hilum-bedrock-cxr"] = chain.PICTURES })
  for kind, wanted in pairs(plain.state) do t.eq(state_of(walk)[kind], wanted, kind) end
  t.eq(result.evaluated.all, plain.evaluated.all)
  t.eq(result.evaluated.words, plain.evaluated.words)
  walk:take_down()
  check_nothing_is_left(walk)
end)

local WITH_CEPH = "the same, with the images on Ceph"
local ceph <close> = servers.ceph()
if not ceph then
  t.skip(WITH_CEPH, "Ceph is not installed")
else
  t.test(WITH_CEPH, function()
    local walk <close> = chain.open { ceph = ceph }
    check(build(walk, "--no-block-public"))
    walk:take_down()
    check_nothing_is_left(walk)
  end)
end
