-- SPDX-License-Identifier: MIT
-- What `hilum provision` says that project.lua should say: the workflows read it, as it was printed.
local t = require "t"
local aws_fake = require "aws_fake"
local fs = require "hilum.fs"
local home = require "bedrock_home"
local json = require "hilum.json"
local settings = require "lib.provision.settings"

local OUTPUTS = { bucket = "s3://b", output = "s3://b/jobs/", role = "arn:aws:iam::123456789012:role/r", endpoint = "https://host" }

local function write_config(folder, block)
  assert(fs.write(fs.join(folder, "project.lua"), "return {\n" .. block .. "\n}\n"))
end

t.test("the block that apply prints, pasted: finetune, prepare, ready and index need not be told; status asks for no more", function()
  local server <close> = aws_fake.serve {}
  local folder = t.tmp()
  local function run(...)
    local status, out, err = home.run(folder, server.url, { ... })
    t.eq(status, 0, err)
    return out, err
  end
  run("phantom", "--count", "60", "--size", "128", "--out", folder, "-q")
  run("labels", fs.join(folder, "labels.csv"), "-q")
  run("split", "-q")
  local block = run("provision", "apply", "--public", "--poll", "1ms", "-q"):match("\n\n(.*)")
  t.eq(run("provision", "status", "-q"):match("\n\n(.*)"), block)
  write_config(folder, block:gsub("%-%- (%l+ = )", "%1"))
  local request = assert(json.decode((run("finetune", "--model", "bedrock", "--dry-run"))))
  t.eq({ request.roleArn, request.trainingDataConfig.s3Uri, request.outputDataConfig.s3Uri }, {
    "arn:aws:iam::123456789012:role/hilum-bedrock", "s3://hilum-123456789012/train.jsonl", "s3://hilum-123456789012/jobs/" })
  run("prepare", "--min-records", "10", "--min-validation", "1")
  t.match(assert(fs.read(fs.join(folder, "train.jsonl"))), '^{"image%-ref":"s3://hilum%-123456789012/images/%d+_%d+.png"')
  t.eq(assert(json.decode((run("ready", "batch", "--json")))).steps.batch[1].what ~= "settings", true)
  run("embed", "-q")
  local _, said = run("index", "--poll", "1ms")
  t.match(said, "http://127.0.0.1:%d+/collections/%d+/hilum%-base: 60 images.*%-%-open`, or `hilum index %-%-compare`")
  t.eq(#assert(json.decode((run("query", "--image", fs.join(folder, "images", "00000001_000.png"), "--json")))).queries[1].results, 12)
  t.ok(not run("provision", "status"):find("project.lua", 1, true))
end)

local SPECS = { { "prefix", default = "hilum" }, { "max-ocu", default = 2 }, { "vpce" }, { "poll", default = 10 } }

t.test("what project.lua says already is not said again, nor is a table that would replace the user's", function()
  local text = settings.text(OUTPUTS, SPECS, { prefix = "hilum", max_ocu = 2, poll = 1 }, { prepare = { min_records = 20 },
    finetune = { bedrock = { role = "mine", train = "t", output = "o" } }, query = { index = "u" }, embed = { work = "w" } })
  t.eq(text, [[
  -- For project.lua, between `return {` and the last `}`:
  -- prepare is there already; make one of both: prepare = { prefix = "s3://b/images/" }
  -- For indexes in the collection instead of the folder index/, which costs nothing, take away the dashes:
  -- index = { out = "https://host" },
  -- serve = { index = "https://host" },]])
end)

t.test("options that were given are kept, since what they do not ask for any more would be deleted", function()
  local opt = { prefix = "chest", max_ocu = 4, vpce = { "vpce-1", "vpce-2" }, poll = 1 }
  t.match(settings.text(OUTPUTS, SPECS, opt, {}),
    'provision = {\n    prefix = "chest",\n    max_ocu = 4,\n    vpce = { "vpce%-1", "vpce%-2" }\n  },\n')
  t.eq(settings.tree(OUTPUTS, SPECS, opt).provision, { prefix = "chest", max_ocu = 4, vpce = { "vpce-1", "vpce-2" } })
end)

t.test("nothing that is not there is named", function()
  t.eq(settings.text({}, SPECS, { prefix = "hilum" }, {}), nil)
end)
