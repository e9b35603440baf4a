-- SPDX-License-Identifier: MIT
-- The README's commands, run in the order in which they stand, and its prompt as the tour's test has it.
local fs = require "hilum.fs"
local t = require "t"

local text = assert(fs.read(t.root .. "/../README.md"))

-- What the commands find: images and tables of somebody's own, hilum in PATH; AWS is `hilum serve-aws`.
local PREPARE = [[
set -e
mkdir -p bin home/labels
ln -s '%s' bin/hilum
export PATH="$PWD/bin:$PATH" HOME="$PWD/home"
hilum phantom --quiet --count 150 --size 128 --out home
mv home/labels.csv home/labels/
]]

-- Somebody's project; later with the lines that `provision apply` prints.
local PROJECT = [[cat >project.lua <<END
return {
  defaults = { images = "../home/images" },
  prepare = { min_records = 20, min_validation = 1%s },
  finetune = { %s },
}
END
]]
local PREFIX = ', prefix = "s3://hilum-123456789012/images/"'
local JOB = [[bedrock = { role = "arn:aws:iam::123456789012:role/hilum-bedrock", train = "s3://hilum-123456789012/train.jsonl",
    output = "s3://hilum-123456789012/jobs/" }]]

-- What a reader does between two commands.
local BETWEEN = {
  ["hilum init my-study && cd my-study"] = PROJECT:format("", "") .. "cp ../home/images/00000001_000.png x.png",
  ["hilum status"] = "ln -s ../home/images images; cp ~/labels/labels.csv .",
  ["hilum provision apply --public --max-cost 5"] = PROJECT:format(PREFIX, JOB),
  -- Bedrock wants 1,000 records.
  ["hilum prepare"] = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do cat train.jsonl; done >enough && mv enough train.jsonl",
}

t.test("the README's commands work as they stand", function()
  local script = { PREPARE:format(fs.real(t.hilum)) }
  for block in text:gmatch("```sh\n(.-)```") do
    for line in block:gmatch("[^\n]+") do
      local command = line:gsub("%s+#.*$", "")
      script[#script + 1] = ("echo \"\n$ %s\" >&2\n%s >/dev/null"):format(command:gsub('["$\\]', "\\%0"), command)
      script[#script + 1] = BETWEEN[command]
    end
  end
  local dir = t.tmp()
  assert(fs.write(dir .. "/all.sh", table.concat(script, "\n") .. "\n"))
  local status, _, err = t.run(("cd '%s' && '%s' serve-aws -- env HILUM_OPT_POLL=10ms sh all.sh"):format(dir, fs.real(t.hilum)))
  t.eq({ status, status ~= 0 and err:sub(-2000) or nil }, { 0 })
  for _, made in ipairs { "reports/check.html", "reports/evaluation.html", "found.html", "models/tuned/model.json" } do
    t.ok(fs.stat(dir .. "/my-study/" .. made), made)
  end
end)

t.test("the prompt in the README is the one that is tried", function()
  t.ok(text:find(assert(fs.read(t.root .. "/../.readme/tour.txt")), 1, true))
end)
