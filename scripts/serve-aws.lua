-- SPDX-License-Identifier: MIT
-- serve-aws: what hilum uses of AWS, in this process (lib/fake), for trials without an account.

local PORT = 8418
local KEYS = { access_key = "hilumtest", secret_key = "hilumsecret" }

-- The account that is served.
local function make(opt)
  local s3 = require "lib.fake.s3.server".new { region = opt.region }
  for _, name in ipairs(opt.bucket or {}) do s3:create_bucket(name) end
  local fake = require "lib.fake.aws.server".new { region = opt.region, s3 = s3, rate = opt.rate, stage = opt.stage,
    limits = { min_records = opt.min_records }, lenient = true, forgetful = true }
  if opt.fail_every then require "lib.fake.obstacles".every(fake, opt.fail_every) end
  return fake
end

-- Listens; returns the server, its URL, and the paths of its certificate with --tls.
local function listen(fake, opt, folder, ctx)
  local tls = opt.tls and assert(require "lib.fake.certificate"(folder)) or nil
  local server, err = require "lib.fake.listen"(fake.handler, { port = opt.port or (opt.command and 0 or PORT), tls = tls })
  if not server then ctx.fail("%s; --port N takes another port, --port 0 any that is free", err) end
  fake.url = ("%s://127.0.0.1:%d"):format(tls and "https" or "http", server:port())
  if opt.collection then require "lib.fake.aws.collections".add(fake, opt.collection) end
  return server, tls
end

-- The variables that lead every SDK here, and those that would lead it elsewhere.
local FORGOTTEN = { "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_BEARER_TOKEN_BEDROCK",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS" }
for _, service in ipairs { "S3", "STS", "IAM", "BEDROCK", "BEDROCK_RUNTIME", "OPENSEARCHSERVERLESS", "SAGEMAKER", "SERVICE_QUOTAS",
  "SCHEDULER" } do
  FORGOTTEN[#FORGOTTEN + 1] = "AWS_ENDPOINT_URL_" .. service
end
local function environment(fake, opt, tls)
  local variables = { { "AWS_ENDPOINT_URL", fake.url }, { "AWS_ACCESS_KEY_ID", KEYS.access_key },
    { "AWS_SECRET_ACCESS_KEY", KEYS.secret_key }, { "AWS_REGION", opt.region }, { "AWS_DEFAULT_REGION", opt.region },
    { "AWS_CONFIG_FILE", "/dev/null" }, { "AWS_SHARED_CREDENTIALS_FILE", "/dev/null" }, { "AWS_EC2_METADATA_DISABLED", "true" } }
  if tls then variables[#variables + 1] = { "AWS_CA_BUNDLE", tls.certificate } end
  return variables
end

-- Runs the command with those variables; its exit status is ours. What takes hours at AWS is done here as soon as somebody looks.
local function run_command(opt, variables)
  local words = { "env" }
  for _, name in ipairs(FORGOTTEN) do table.move({ "-u", name }, 1, 2, #words + 1, words) end
  for _, variable in ipairs(variables) do words[#words + 1] = variable[1] .. "=" .. variable[2] end
  if not os.getenv("HILUM_OPT_POLL") then words[#words + 1] = "HILUM_OPT_POLL=200ms" end
  table.move(opt.command, 1, #opt.command, #words + 1, words)
  return assert(require "hilum.task".command(words, { attached = true, timeout = math.huge })).status
end

-- Until Ctrl-C.
local function wait(server, ctx)
  local done, err = pcall(server.wait, server)
  if not done and (type(err) ~= "table" or err.kind ~= "interrupted") then error(err, 0) end
  ctx.say("stopped; what was kept is gone")
end

local function show(variables, ctx)
  for _, variable in ipairs(variables) do ctx.print("export %s='%s'", variable[1], variable[2]) end
  ctx.print("unset %s", table.concat(FORGOTTEN, " "))
  io.stdout:flush()
  ctx.say("Give these lines to the shell that the program is started from. Ctrl-C stops the server; nothing is kept.")
end

local function run(opt, ctx)
  local fs = require "hilum.fs"
  local folder = assert(fs.temp(os.getenv("TMPDIR") or "/tmp"))
  local _ <close> = setmetatable({}, { __close = function() fs.remove_tree(folder) end })
  local fake = make(opt)
  local opened, tls = listen(fake, opt, folder, ctx)
  local server <close> = opened
  local variables = environment(fake, opt, tls)
  if opt.command and require "hilum.term".isatty "stdin" then
    ctx.say("%s: what it starts finds its AWS here; when it ends, all of that is gone", opt.command[1])
  end
  if opt.command then return { exit = run_command(opt, variables), recorded = false } end
  show(variables, ctx)
  wait(server, ctx)
  return { url = fake.url, calls = #fake.log, recorded = false }
end

return {
  summary = "A stand-in for AWS on this machine, for trials",
  details = [[
Serves what hilum uses of AWS from memory, on one port that only this machine reaches: S3, STS, IAM, Bedrock (fine-tuning jobs, custom
models, provisioned throughput, InvokeModel and batch jobs with Titan Multimodal Embeddings), OpenSearch Serverless with its collections,
SageMaker notebook instances, Service Quotas, EventBridge Scheduler. It costs nothing and needs no account, and it is as strict as AWS:
signatures, hashes and limits are checked, and what is refused is refused in AWS's words. hilum and ordinary programs (boto3, aws,
opensearch-py) run against it with only the endpoint changed, which the lines it prints do: eval them, or give it the command to run. A
collection's endpoint is below /collections/; a program that knows a host and a port only reaches the one collection there is.

Behind Titan is hilum's offline model, base or fine-tuned by a job that reads your images and captions from the S3 here, so that results
mean something, but not what Titan's would. Time is compressed: a job, a collection, throughput goes a step further each time it is asked
about; --stage makes each step of a job last that long at least. The command's hilum looks every 0.2 s (HILUM_OPT_POLL, if it is not set).

Everything is kept in memory and is gone when it ends. What only AWS itself can show (prices, real limits of your account, how good Titan
is) it does not.]],
  options = {
    { "command", type = "list", positional = true, help = "run this against it, and end with it" },
    { "port", type = "integer", min = 0, max = 65535, help = "where to listen; 0: any that is free (default: 8418; for a command any)" },
    { "region", type = "string", metavar = "REGION", default = "us-east-1", help = "the region that it is" },
    { "bucket", type = "list", metavar = "NAME", help = "a bucket that is there from the start" },
    { "collection", type = "string", metavar = "NAME", help = "a classic vector collection that is there from the start" },
    { "tls", type = "flag", default = false, help = "speak https, with a certificate made for it by openssl" },
    { "rate", type = "number", min = 0.01, metavar = "N", help = "throttle InvokeModel to so many a second (default: not)" },
    { "fail-every", type = "integer", min = 2, metavar = "N", help = "let every N-th call fail, or be throttled (default: none)" },
    { "stage", type = "duration", default = "0s", help = "how long each step of a job lasts at least" },
    { "min-records", type = "integer", min = 1, default = 1000, help = "the fewest records a fine-tuning job takes; AWS's are 1000" },
  },
  examples = { "hilum serve-aws --bucket my-images", "hilum serve-aws -- bash",
    "hilum serve-aws --min-records 100 --bucket b --collection images -- python3 program.py" },
  run = run,
}
