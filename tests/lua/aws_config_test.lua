-- SPDX-License-Identifier: MIT
-- What the user has set up for AWS: the two files, the environment, regions and endpoints.
local t = require "t"
local config = require "lib.aws.config"
local endpoint = require "lib.aws.endpoint"
local fs = require "hilum.fs"
local home = require "aws_home"
local ini = require "lib.aws.ini"
local session = require "lib.aws.session"

-- The settings of a home with these files (texts) and variables; nil and an error as config.load gives them.
local function load(files, variables, profile)
  return config.load { profile = profile, getenv = home.make(files, variables).getenv }
end

t.test("sections, keys, comments, blocks", function()
  t.eq(ini.parse([[
# a comment
[default]
Region = us-east-1
  ; another
output=json
role_arn : arn:aws:iam::1:role/x
spaced   =   a b  # c
empty =

[ profile  lab ]
s3 =
  addressing_style = path
	max_concurrent_requests=10

credential_process = cmd \
  more
region = eu-west-1
]], "f"), {
    default = { region = "us-east-1", output = "json", role_arn = "arn:aws:iam::1:role/x", spaced = "a b  # c", empty = "" },
    ["profile  lab"] = { s3 = { addressing_style = "path", max_concurrent_requests = "10" },
      credential_process = "cmd \\\nmore", region = "eu-west-1" },
  })
  t.eq(ini.parse("\xEF\xBB\xBF[a]\r\nk = v\r\n[b]\r\n[a]\r\nl = w", "f"), { a = { k = "v", l = "w" }, b = {} })
end)

t.test("a line that is nothing is told with its number", function()
  t.fails("parse", "^f:2: neither %[section%] nor key", ini.parse("[a]\nwhat is this", "f"))
  t.fails("parse", "^f:1: a key before the first", ini.parse("k = v", "f"))
  t.fails("parse", "^f:3: not key = value", ini.parse("[a]\ns3 =\n  what", "f"))
  t.fails("parse", "^~/%.aws/config:2: ", load({ config = "[default]\n???" }))
end)

t.test("both files make a profile; the credentials file wins", function()
  local c = assert(load({
    config = "[default]\nregion = us-east-1\n[profile lab]\nregion = eu-west-1\noutput = text\n[profile \"two words\"]\nregion = x-1\n",
    credentials = "[lab]\naws_access_key_id = AKID\noutput = json\n[other]\nregion = y-1\n",
  }, { AWS_PROFILE = "lab" }))
  t.eq({ c.profile, c.region, c:key("output"), c.explicit }, { "lab", "eu-west-1", "json", false })
  t.eq({ c:place("output"), c:place("region") }, { "profile lab in ~/.aws/credentials", "profile lab in ~/.aws/config" })
  t.eq({ (c:key("region", "two words")), (c:key("region", "default")), (c:key("region", "other")) }, { "x-1", "us-east-1", "y-1" })
end)

t.test("[default] and [profile default]; a bare name in the config file is no profile", function()
  t.eq(load({ config = "[profile default]\nregion = b\n[default]\nregion = a\n" }).region, "b")
  t.fails("usage", "profile lab", load({ config = "[lab]\nregion = a\n" }, {}, "lab"))
end)

t.test("which profile: the argument, AWS_DEFAULT_PROFILE, AWS_PROFILE, default", function()
  local files = { config = "[profile a]\n[profile b]\n[profile c]\n" }
  local env = { AWS_PROFILE = "b", AWS_DEFAULT_PROFILE = "c" }
  t.eq({ load(files, env, "a").profile, load(files, env, "a").explicit }, { "a", true })
  t.eq(load(files, env).profile, "c")
  t.eq(load(files, { AWS_PROFILE = "b" }).profile, "b")
  t.eq({ load(files).profile, load(files).explicit }, { "default", false })
end)

t.test("a profile that is not there is told, with those that are", function()
  t.fails("usage", "profile x %(chosen by AWS_PROFILE%) is neither in ~/%.aws/config nor in ~/%.aws/credentials; there are: a, b",
    load({ config = "[profile b]\n", credentials = "[a]\n" }, { AWS_PROFILE = "x" }))
  t.fails("usage", "profile x is neither .* there are no profiles", load({}, {}, "x"))
end)

t.test("the files can be elsewhere", function()
  local folder = t.tmp()
  assert(fs.write(folder .. "/c", "[profile p]\nregion = here-1\n"))
  assert(fs.write(folder .. "/k", "[p]\naws_access_key_id = AKID\n"))
  local c = assert(load({}, { AWS_CONFIG_FILE = folder .. "/c", AWS_SHARED_CREDENTIALS_FILE = folder .. "/k" }, "p"))
  t.eq({ c.region, (c:key "aws_access_key_id") }, { "here-1", "AKID" })
  assert(fs.write(folder .. "/mine", "[default]\nregion = home-1\n"))
  t.eq(load({}, { HOME = folder, AWS_CONFIG_FILE = "~/mine" }).region, "home-1")
  assert(fs.mkdir(folder .. "/dir"))
  t.fails("io", "dir", load({}, { AWS_CONFIG_FILE = folder .. "/dir" }))
end)

t.test("secrets are not kept", function()
  local c = assert(load { credentials = home.keys("default", "AKID", "aws_session_token = TOKEN\n") })
  local function search(value, seen)
    if type(value) ~= "table" or seen[value] then return tostring(value):find("TOPSECRET") or tostring(value):find("TOKEN") end
    seen[value] = true
    for _, inner in pairs(value) do if search(inner, seen) then return true end end
  end
  t.ok(not search(c, {}))
end)

t.test("settings: environment, then profile, then default; blocks too", function()
  local c = assert(load({ config = [[
[default]
region = us-west-2
max_attempts = 7
retry_mode = Adaptive
ca_bundle = /ca.pem
request_checksum_calculation = WHEN_REQUIRED
use_fips_endpoint = true
s3 =
  addressing_style = virtual
  payload_signing_enabled = true
]] }))
  t.eq({ c.region, c.max_attempts, c.retry_mode, c.ca_bundle, c.request_checksum_calculation, c.response_checksum_validation,
    c.use_fips_endpoint, c.use_dualstack_endpoint, c.addressing_style, c.payload_signing_enabled, c.sts_regional_endpoints },
    { "us-west-2", 7, "adaptive", "/ca.pem", "when_required", "when_supported", true, false, "virtual", true, "regional" })
  c = assert(load({ config = "[default]\nregion = a\nmax_attempts = 7\n" }, { AWS_REGION = "b", AWS_DEFAULT_REGION = "c",
    AWS_MAX_ATTEMPTS = "2", AWS_CA_BUNDLE = "" }))
  t.eq({ c.region, c.max_attempts, c.ca_bundle, c.retry_mode, c.addressing_style }, { "b", 2, nil, "standard", "auto" })
  t.eq(load({ config = "[default]\nregion = a\n" }, { AWS_DEFAULT_REGION = "c" }).region, "c")
end)

t.test("a value that cannot be is told with file, profile and key", function()
  t.fails("usage", "profile lab in ~/%.aws/config: max_attempts is 'many', which is not a whole number",
    load({ config = "[profile lab]\nmax_attempts = many\n" }, {}, "lab"))
  t.fails("usage", "AWS_MAX_ATTEMPTS: max_attempts is '0'", load({}, { AWS_MAX_ATTEMPTS = "0" }))
  t.fails("usage", "~/%.aws/config, s3: addressing_style is 'sideways', which is not one of auto, virtual, path",
    load({ config = "[default]\ns3 =\n  addressing_style = sideways\n" }))
  t.fails("usage", "AWS_USE_FIPS_ENDPOINT: use_fips_endpoint is 'maybe', which is not true or false",
    load({}, { AWS_USE_FIPS_ENDPOINT = "maybe" }))
end)

local function found(c, service, region) return assert(endpoint.find(c, service, region or "eu-west-1")) end

t.test("AWS's own hosts, signing names and regions", function()
  local c = assert(load({}))
  for service, wanted in pairs {
    s3 = { "s3.eu-west-1.amazonaws.com", "s3", "eu-west-1" }, sts = { "sts.eu-west-1.amazonaws.com", "sts", "eu-west-1" },
    iam = { "iam.amazonaws.com", "iam", "us-east-1" }, bedrock = { "bedrock.eu-west-1.amazonaws.com", "bedrock", "eu-west-1" },
    ["bedrock-runtime"] = { "bedrock-runtime.eu-west-1.amazonaws.com", "bedrock", "eu-west-1" },
    opensearchserverless = { "aoss.eu-west-1.amazonaws.com", "aoss", "eu-west-1" },
    sagemaker = { "api.sagemaker.eu-west-1.amazonaws.com", "sagemaker", "eu-west-1" },
    ["service-quotas"] = { "servicequotas.eu-west-1.amazonaws.com", "servicequotas", "eu-west-1" },
    sso = { "portal.sso.eu-west-1.amazonaws.com", "awsssoportal", "eu-west-1" },
    ["sso-oidc"] = { "oidc.eu-west-1.amazonaws.com", "awsssooidc", "eu-west-1" },
  } do
    local e = found(c, service)
    t.eq({ e.host, e.service, e.region, e.url, e.overridden, e.path_style },
      { wanted[1], wanted[2], wanted[3], "https://" .. wanted[1], false, false }, service)
  end
  t.eq(found(c, "s3", "cn-north-1").host, "s3.cn-north-1.amazonaws.com.cn")
  t.raises("no service 's4' is known", endpoint.find, c, "s4", "x")
end)

t.test("FIPS and dual-stack", function()
  local fips = assert(load({}, { AWS_USE_FIPS_ENDPOINT = "true" }))
  local dual = assert(load({}, { AWS_USE_DUALSTACK_ENDPOINT = "true" }))
  local both = assert(load({}, { AWS_USE_FIPS_ENDPOINT = "true", AWS_USE_DUALSTACK_ENDPOINT = "true" }))
  for service, wanted in pairs {
    s3 = { "s3-fips.eu-west-1.amazonaws.com", "s3.dualstack.eu-west-1.amazonaws.com", "s3-fips.dualstack.eu-west-1.amazonaws.com" },
    sts = { "sts-fips.eu-west-1.amazonaws.com", "sts.eu-west-1.api.aws", "sts-fips.eu-west-1.api.aws" },
    opensearchserverless = { "aoss-fips.eu-west-1.amazonaws.com", "aoss.eu-west-1.api.aws", "aoss-fips.eu-west-1.api.aws" },
    sso = { "portal.sso-fips.eu-west-1.amazonaws.com", "portal.sso.eu-west-1.api.aws", "portal.sso-fips.eu-west-1.api.aws" },
  } do t.eq({ found(fips, service).host, found(dual, service).host, found(both, service).host }, wanted, service) end
  t.eq(found(fips, "sagemaker").host, "api-fips.sagemaker.eu-west-1.amazonaws.com")
  t.eq(found(fips, "iam").host, "iam-fips.amazonaws.com")
  t.eq(found(load({}, { AWS_STS_REGIONAL_ENDPOINTS = "legacy" }), "sts").host, "sts.amazonaws.com")
  local fast = assert(load({ config = "[default]\ns3 =\n  use_accelerate_endpoint = true\n" }))
  t.eq(found(fast, "s3").host, "s3-accelerate.amazonaws.com")
end)

t.test("endpoints that the user set, in their order", function()
  local files = { config = [[
[default]
endpoint_url = http://profile:1
services = mine
[services mine]
s3 =
  endpoint_url = http://services:2/base/
bedrock_runtime =
  endpoint_url = http://runtime:3
]] }
  local c = assert(load(files))
  t.eq({ found(c, "s3").url, found(c, "bedrock-runtime").url, found(c, "sts").url },
    { "http://services:2/base", "http://runtime:3", "http://profile:1" })
  c = assert(load(files, { AWS_ENDPOINT_URL = "https://All:443/" }))
  t.eq({ found(c, "s3").url, found(c, "sts").host }, { "https://all", "all" })
  c = assert(load(files, { AWS_ENDPOINT_URL = "http://all", AWS_ENDPOINT_URL_BEDROCK_RUNTIME = "http://one:4" }))
  t.eq({ found(c, "bedrock-runtime").url, found(c, "s3").url }, { "http://one:4", "http://all" })
  t.eq(endpoint.find(c, "s3", "r", "http://given").url, "http://given")
  c = assert(load(files, { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true", AWS_ENDPOINT_URL = "http://all" }))
  t.eq(found(c, "s3").overridden, false)
end)

t.test("half an endpoint is told", function()
  t.fails("usage", "AWS_ENDPOINT_URL_S3: 'localhost:9000' is not an endpoint",
    endpoint.find(assert(load({}, { AWS_ENDPOINT_URL_S3 = "localhost:9000" })), "s3", "r"))
  t.fails("usage", "AWS_ENDPOINT_URL_S3: 'http://…@localhost' is not an endpoint",
    endpoint.find(assert(load({}, { AWS_ENDPOINT_URL_S3 = "http://user:secret@localhost" })), "s3", "r"))
  t.fails("usage", "profile default in ~/%.aws/config: services is 'gone', but there is no %[services gone%]",
    endpoint.find(assert(load({ config = "[default]\nservices = gone\n" })), "s3", "r"))
  t.fails("usage", "profile default in ~/%.aws/config, endpoint_url: 'ftp://x' is not",
    endpoint.find(assert(load { config = "[default]\nendpoint_url = ftp://x\n" }), "s3", "r"))
end)

t.test("where a bucket is: its own host, or the path", function()
  local c = assert(load({}))
  local function place(e, bucket) return { endpoint.bucket(e, bucket) } end
  local aws = found(c, "s3")
  t.eq(place(aws, "bkt"), { "bkt.s3.eu-west-1.amazonaws.com", "" })
  for _, bucket in ipairs { "with.dot", "Upper", "under_score", "ab", ("x"):rep(64), "-a-", "192.168.1.1" } do
    t.eq(place(aws, bucket), { "s3.eu-west-1.amazonaws.com", "/" .. bucket })
  end
  t.eq(place(endpoint.find(c, "s3", "r", "http://h:9000/base"), "bkt"), { "h:9000", "/base/bkt" })
  local virtual = assert(load({ config = "[default]\ns3 =\n  addressing_style = virtual\n" }))
  t.eq(place(endpoint.find(virtual, "s3", "r", "http://h:9000/base"), "with.dot"), { "with.dot.h:9000", "/base" })
  local path = assert(load({ config = "[default]\ns3 =\n  addressing_style = path\n" }))
  t.eq(place(found(path, "s3"), "bkt"), { "s3.eu-west-1.amazonaws.com", "/bkt" })
end)

t.test("without a region: told, but not to services that need none", function()
  local s = assert(session.open { credentials = { access_key = "A", secret_key = "B" }, getenv = home.make().getenv })
  t.fails("usage", "there is no region: set AWS_REGION, or region in profile default of ~/%.aws/config", s:endpoint "s3")
  t.fails("usage", "there is no region", s:signer "s3")
  t.fails("usage", "there is no region", s:needed_region())
  t.eq({ s:endpoint("sts").host, s:endpoint("s3", "eu-west-1").host }, { "sts.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com" })
  s = assert(session.open { endpoint = "http://localhost:9000", credentials = { access_key = "A", secret_key = "B" },
    getenv = function() return nil end })
  t.eq(s:endpoint("s3").region, "us-east-1")
end)
