-- SPDX-License-Identifier: MIT
-- opensearch-py and boto3 as independent clients: the original notebook's steps on the fakes, and on a real OpenSearch.
local t = require "t"
local fakes = require "opensearch_fakes"
local json = require "hilum.json"
local servers = require "servers"
local task = require "hilum.task"

local PYTHON = os.getenv("HILUM_PYTHON") or "python3"
local PROGRAM = t.root .. "/support/opensearch_notebook.py"

-- What the program says.
local function output_of(words)
  local result = assert(task.command(words, { timeout = 60 }))
  t.eq(result.status, 0, result.output)
  return assert(json.decode(result.output))
end

local HITS = {
  { fields = { filename = { "00000003_000.png" }, diagnoses = { "Hernia Mass" } }, score = 0.990099, source = false },
  { fields = { filename = { "00000001_000.png" }, diagnoses = { "Cardiomegaly" } }, score = 0.917431, source = false },
  { fields = { filename = { "00000002_000.png" }, diagnoses = { "No Finding" } }, score = 0.452489, source = false },
}

local function skip_all(why)
  t.skip("the notebook with opensearch-py", why)
  t.skip("the notebook with boto3 and opensearch-py on `hilum serve-aws`", why)
end

if t.run(PYTHON .. " -c 'import boto3, opensearchpy'") ~= 0 then
  skip_all("there is no Python with boto3 and opensearch-py (HILUM_PYTHON)")
  return
end

local real <close>, why = servers.opensearch()

t.test("the notebook with opensearch-py: the fake and the real OpenSearch answer alike", function()
  local fake <close> = fakes.serve { flavour = "2" }
  local of_fake = output_of { PYTHON, PROGRAM, fake.url, "lucene", "nmslib" }
  for _, said in ipairs(of_fake) do
    t.eq(said.hits, HITS)
    t.eq({ said.created, said.written, said.deleted, said.gone[2][1] }, { true, "created", true, 404 })
  end
  if real then t.eq(of_fake, output_of { PYTHON, PROGRAM, real.url, "lucene", "nmslib" }) end
end)
if not real then t.skip("opensearch-py on a real OpenSearch", why) end

-- A folder with images of three patients.
local function images()
  local fs, image = require "hilum.fs", require "hilum.image"
  local folder = t.tmp()
  for i, name in ipairs { "00000001_000.png", "00000002_000.png", "00000003_000.png" } do
    local picture = assert(require "hilum.phantom".render(i, 0, { size = 128 }))
    assert(fs.write(folder .. "/" .. name, assert(image.encode(picture))))
  end
  return folder
end

t.test("the notebook with boto3 and opensearch-py on `hilum serve-aws`, to the last step", function()
  local said = output_of { t.hilum, "serve-aws", "--port", "0", "--", PYTHON, PROGRAM, images() }
  t.eq(said.hits[1].fields, { filename = { "00000003_000.png" }, diagnoses = { "Hernia Mass" } })
  t.eq({ #said.hits, said.ping, said.deleted, said.with_id[1] }, { 3, false, true, 400 })
  t.eq(said.keys, { "images/00000001_000.png", "images/00000002_000.png", "images/00000003_000.png" })
  t.eq(said.mapping.method.engine, "nmslib")
end)
