-- SPDX-License-Identifier: MIT
-- Where things are provisioned, and under which names: the account, the region, the clients, the names, and what was found so far.
local host = require "hilum.host"

local env = {}

---@class hilum.provision.Env
local Env = {}
Env.__index = Env

-- So that the longest name that is made of it has no more than 32 characters.
local LONGEST_PREFIX = 20

local function names_of(settings, account)
  local prefix = settings.prefix
  return { bucket = settings.bucket or ("%s-%s"):format(prefix, account), model = settings.model,
    ["bedrock-role"] = prefix .. "-bedrock", ["expiry-role"] = prefix .. "-expiry", ["notebook-role"] = prefix .. "-notebook-role",
    encryption = prefix .. "-encryption", network = prefix .. "-network", data = prefix .. "-data", group = prefix .. "-group",
    collection = prefix .. "-images", lifecycle = prefix .. "-install", notebook = prefix .. "-notebook" }
end

function Env:arn(service, region, account, what) return ("arn:%s:%s:%s:%s:%s"):format(self.partition, service, region, account, what) end

function Env:role_arn(name)
  return self:known(name, "arn") or self:arn("iam", "", self.account, "role/" .. self.names[name])
end

-- A field of what was found under a resource's name; nil while it is not there.
function Env:known(name, field)
  local found = self.found[name]
  return found and found[field] or nil
end

-- Those who may use the collection by now.
local function present(self)
  local policy = self:known("data", "policy")
  local principals = type(policy) == "table" and type(policy[1]) == "table" and policy[1].Principal
  return type(principals) == "table" and principals or {}
end

-- Who may use the collection: those who may already (others provision it, too), whoever provisions, the notebook's role, and those who are
-- named.
function Env:principals()
  local notebook, list, seen = self:role_arn "notebook-role", {}, {}
  local function add(who)
    if not seen[who] then list[#list + 1], seen[who] = who, true end
  end
  for _, who in ipairs(present(self)) do
    if who ~= notebook or self.settings.notebook then add(who) end
  end
  add(self.caller)
  if self.settings.notebook then add(notebook) end
  for _, who in ipairs(self.settings.principal or {}) do add(who) end
  return list
end

-- Whether a collection has a second home. The newer generation wants one; of the older it doubles the price.
function Env:replicas()
  local standby = self.settings.standby
  if standby == nil then standby = self.settings.generation == "nextgen" end
  return standby and "ENABLED" or "DISABLED"
end

local function usage(format, ...) return nil, host.error("usage", format:format(...)) end

local function check(settings)
  local prefix = settings.prefix
  if #prefix < 3 or #prefix > LONGEST_PREFIX or not prefix:find("^%l[%l%d-]*[%l%d]$") then
    return usage("--prefix '%s': 3 to %d lower-case letters, digits and hyphens, with a letter first", prefix, LONGEST_PREFIX)
  end
  if settings.kms_key and not settings.kms_key:find("^arn:[^:]+:kms:[^:]+:%d+:key/") then
    return usage("--kms-key %s: the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID; policies take no aliases", settings.kms_key)
  end
  if settings.notebook and settings.source == "" then
    return usage("the notebook installs hilum from a git repository: name it, --source URL")
  end
  return true
end

-- settings: prefix, bucket, model, public, vpce, principal, notebook, … as the workflow's options are called; poll: seconds between two
-- looks at what is being made.
---@return hilum.provision.Env? env
---@return hilum.Error? err
function env.open(session, settings)
  local fine, err = check(settings)
  if not fine then return nil, err end
  if not session.region then return usage("there is no region: give --region, or set AWS_REGION") end
  local who
  who, err = require "lib.aws.sts".identity(session)
  if not who then return nil, err end
  if who.arn:find(":root$") then
    return usage("%s is the account's root, whom OpenSearch Serverless does not let in; use a role or a user", who.arn)
  end
  local iam = require "lib.aws.iam".client(session)
  return setmetatable({ session = session, settings = settings, account = who.account, region = session.region, found = {},
    partition = who.arn:match("^arn:([^:]+)"), caller = iam:principal(who.arn), names = names_of(settings, who.account), iam = iam,
    aoss = require "lib.aws.aoss".client(session), sagemaker = require "lib.aws.sagemaker".client(session),
    bedrock = require "lib.aws.bedrock".client(session), scheduler = require "lib.aws.scheduler".client(session),
    s3 = require "lib.aws.s3".open { session = session } }, Env)
end

return env
