-- SPDX-License-Identifier: MIT
-- `hilum status` of a project that has its models trained by Bedrock, and of indexes on a server.
local t = require "t"
local embeddings = require "lib.embeddings"
local fs = require "hilum.fs"
local home = require "bedrock_home"
local json = require "hilum.json"
local vec = require "hilum.vec"

local ROLE = "arn:aws:iam::123456789012:role/bedrock"

-- f(fake, h): h.run(words…) has to end well; h.status() is what status says, and its text.
local function with(f)
  home.with({}, function(fake, url)
    local h = { folder = t.tmp(), url = url }
    for name, text in pairs { ["dataset.jsonl"] = "{}\n", ["splits.jsonl"] = "{}\n", ["train.jsonl"] = "{}\n",
      ["project.lua"] = 'return { defaults = { images = "images" } }\n' } do
      assert(fs.write(fs.join(h.folder, name), text))
    end
    function h.run(...)
      local status, out, err = home.run(h.folder, h.url, { ... })
      t.eq(status, 0, err)
      return out
    end
    function h.status()
      local result, rows = assert(json.decode(h.run("status", "--json"))), {}
      for _, row in ipairs(result.steps) do rows[row.step] = row end
      return rows, result.next, h.run "status"
    end
    f(fake, h)
  end)
end

local function train(h, name)
  h.run("finetune", "--model", "bedrock", "--name", name, "--job-name", name .. "-job", "--role", ROLE, "--train", "s3://b/train.jsonl",
    "--output", "s3://b/out/", "--yes", "-q")
end

-- Until the job has ended.
local function wait(h, name) h.run("finetune", "status", name .. "-job", "--watch", "--poll", "1ms", "-q") end

local function embed(h, name, id)
  assert(fs.mkdir(fs.join(h.folder, "embeddings")))
  embeddings.write(fs.join(h.folder, "embeddings"), name, vec.from { { 1, 0 } }, { { line = '{"image":"a.png"}' } },
    { model = id, name = name, base = false, length = 2, embedded = "image", count = 1, inputs = "" })
end

t.test("a job goes on, then there is a model: throughput, embedding, and each next step", function()
  with(function(fake, h)
    assert(fs.write(fs.join(h.folder, "project.lua"), 'return { defaults = { images = "i" }, finetune = { bedrock = { name = "n" } } }'))
    t.eq(select(2, h.status()), "hilum finetune --model bedrock")
    train(h, "cxr")
    local rows, following, text = h.status()
    t.eq({ rows.finetune.state, rows.finetune.contents, following },
      { "InProgress", "cxr on Bedrock", "hilum finetune status cxr-job --watch" })
    t.match(text, "fine%-tuning job cxr%-job: InProgress; `hilum finetune status cxr%-job` tells more")
    wait(h, "cxr")
    local asked = #fake.log
    rows, following, text = h.status()
    t.eq({ rows.finetune.state, rows.finetune.contents, rows.embed.state, following },
      { "trained", "cxr on Bedrock", "missing", "hilum deploy cxr --for 2h" })
    t.ok(not text:find "fine%-tuning job")
    t.eq(#fake.log, asked)
    local bought = { name = "cxr", model = fake.models[1].arn, region = "us-east-1" }
    require "lib.deploy.records".put(require "lib.project".open(h.folder), bought)
    t.eq(select(2, h.status()), "hilum embed --model bedrock:amazon.titan-embed-image-v1 --model bedrock:cxr")
    embed(h, "bedrock:amazon.titan-embed-image-v1", "bedrock:amazon.titan-embed-image-v1")
    rows, following = h.status()
    t.eq({ rows.embed.state, following }, { "stale: nothing is embedded by cxr yet", "hilum embed --model bedrock:cxr" })
    embed(h, "bedrock:" .. fake.models[1].arn:gsub("/", "%%2F"), "bedrock:" .. fake.models[1].arn)
    rows, following = h.status()
    t.eq({ rows.embed.contents, following }, { "bedrock:amazon.titan-embed-image-v1, cxr", "hilum index" })
  end)
end)

t.test("what a model is called where there is little room", function()
  with(function(fake, h)
    train(h, "cxr")
    wait(h, "cxr")
    local arn, project = fake.models[1].arn, require "lib.project".open(h.folder)
    local function shown(name) return require "lib.model.shown"(name, project) end
    local names = {}
    for i, name in ipairs { "base", "import:dense", "bedrock:amazon.titan-embed-image-v1", "bedrock:cxr", "bedrock:" .. arn,
      "bedrock:" .. arn:gsub("/", "%%2F"), "bedrock:arn:aws:bedrock:us-east-1:1:provisioned-model/x" } do names[i] = shown(name) end
    t.eq(names, { "base", "import:dense", "titan-embed-image-v1", "cxr", "cxr", "cxr", "provisioned-model/x" })
  end)
end)

t.test("offline it is not known; a model that was deleted, or never came, is missing", function()
  with(function(fake, h)
    train(h, "cxr")
    local url = h.url
    h.url = "http://127.0.0.1:1"
    local rows, _, text = h.status()
    t.eq(rows.finetune.state, "Unknown")
    t.match(text, "fine%-tuning job cxr%-job: Unknown %(.*no connection.*%); `hilum finetune status")
    h.url = url
    wait(h, "cxr")
    h.run("finetune", "delete-model", "cxr", "--yes")
    local following
    rows, following, text = h.status()
    t.eq({ rows.finetune.state, following }, { "missing", "hilum finetune" })
    t.ok(not text:find "fine%-tuning job")
    fake.failure = "line 3 is no JSON"
    train(h, "other")
    for _ = 1, 9 do rows, following, text = h.status() end
    t.eq({ rows.finetune.state, following }, { "missing", "hilum finetune" })
    t.match(text, "fine%-tuning job other%-job: Failed %(line 3 is no JSON%)")
  end)
end)

t.test("a page of losses is no evaluation; an index on a server is known by its record", function()
  with(function(_, h)
    local function path(name) return fs.join(h.folder, name) end
    assert(fs.mkdir(path "reports"))
    assert(fs.write(path "reports/finetune-cxr.html", "losses"))
    t.eq(h.status().evaluate.state, "missing")
    assert(fs.write(path "reports/evaluation.html", "page"))
    t.eq(h.status().evaluate.contents, "page")
    assert(fs.mkdir(path "models/tuned"))
    embed(h, "tuned", "tuned")
    require "lib.project".open(h.folder):record { workflow = "index", seconds = 1, options = { out = "https://host" },
      reads = { path "embeddings" }, writes = {} }
    local rows, following = h.status()
    t.eq({ rows.index.file, rows.index.contents, rows.index.state, following },
      { "https://host", "on a server", "up to date", "hilum query --text Effusion --index https://host" })
    embed(h, "more", "more")
    t.eq(h.status().index.state, "stale: embeddings changed since")
  end)
end)
