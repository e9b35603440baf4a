-- SPDX-License-Identifier: MIT
-- The data side of OpenSearch Serverless: the collections that lib/fake/aws/aoss has made, each an OpenSearch below <server.url>/
-- collections/ID; and at every path for a program that knows a host only, where the header x-amz-aoss-collection-name or -id tells which
-- is meant, or there is but one. Whoever asks must have signed the body's hash, and is let in by the policies of the account. What is not,
-- gets the one answer that the gateway has for everything.
local fake_opensearch = require "lib.fake.opensearch"
local hash = require "hilum.hash"
local policies = require "lib.fake.policies"

local collections = {}

local DENIED = { status = 403, headers = { ["X-Aoss-Response-Hint"] = "X01:gw-helper-deny", ["Content-Type"] = "application/json" },
  body = '{"status":403,"error":{"reason":"403 Forbidden","type":"Forbidden"}}' }

-- What has to be signed, and what must not be: AWS's documentation says so of the length, which opensearch-py 3 signs all the same. A
-- server that is lenient lets it.
local function is_signed_well(server, request)
  local signed = ";" .. ((request.headers.authorization or ""):match("SignedHeaders=([^,]+)") or "") .. ";"
  return signed:find(";x-amz-content-sha256;", 1, true) ~= nil and (server.lenient or not signed:find(";content-length;", 1, true))
end

-- The rules of the account's policies of a kind, each with the entry of the policy that it is in.
local function rules_of(server, kind)
  local list = {}
  for _, policy in pairs(server.policies) do
    for _, entry in ipairs(policy.type == kind and policy.policy or {}) do
      for _, rule in ipairs(entry.Rules) do list[#list + 1] = { rule = rule, entry = entry } end
    end
  end
  return list
end

-- A role is meant by its own ARN too where a session of it asks.
local function is_principal(patterns, caller)
  local account, role = caller:match("^arn:aws:sts::(%d+):assumed%-role/([^/]+)/")
  return policies.any(patterns, caller) or role ~= nil and policies.any(patterns, ("arn:aws:iam::%s:role/%s"):format(account, role))
end

local function is_reachable(server, name)
  for _, one in ipairs(rules_of(server, "network")) do
    if one.rule.ResourceType == "collection" and policies.any(one.rule.Resource, "collection/" .. name) and one.entry.AllowFromPublic then
      return true
    end
  end
  return false
end

local function is_permitted(server, name, permission, index)
  for _, one in ipairs(rules_of(server, "data")) do
    if one.rule.ResourceType == "index" and policies.any(one.rule.Resource, ("index/%s/%s"):format(name, index))
      and policies.any(one.rule.Permission, "aoss:" .. permission) and is_principal(one.entry.Principal, server.caller) then
      return true
    end
  end
  return false
end

-- The OpenSearch of a new collection. generation: of its group, or nil.
function collections.data(server, name, generation)
  return fake_opensearch.new { flavour = generation == "NEXTGEN" and "nextgen" or "classic", settling = server.settling or 0,
    forgetful = server.forgetful,
    permits = function(request, permission, index)
      return is_signed_well(server, request) and is_reachable(server, name) and is_permitted(server, name, permission, index)
    end }
end

-- The collection of a request, and the path in it.
local function find(server, request)
  local id, path = request.path:match("^/collections/(%w+)(.*)$")
  local name = request.headers["x-amz-aoss-collection-name"]
  id = id or request.headers["x-amz-aoss-collection-id"]
  for _, collection in pairs(server.collections) do
    local is_only = next(server.collections, next(server.collections)) == nil
    if collection.shown.id == id or collection.shown.name == name or not id and not name and is_only then
      return collection, path or request.path
    end
  end
end

-- How a signature that is wrong is refused.
function collections.fault(refusal) return refusal.status == 403 and DENIED or nil end

-- Answers a request for a collection's data.
function collections.serve(server, request, body)
  local collection, path = find(server, request)
  if not collection or collection.shown.status ~= "ACTIVE" or server.unreachable then return DENIED end
  return collection.data:serve(request, path, body)
end

local function policy(kind, name, content) return { type = kind, name = name, version = "1", policy = content } end

-- A collection of the classic generation that is there from the start, and open to the caller.
function collections.add(server, name)
  local rules = { { ResourceType = "collection", Resource = { "collection/" .. name } } }
  local index = { ResourceType = "index", Resource = { ("index/%s/*"):format(name) }, Permission = { "aoss:*" } }
  server.policies["encryption/" .. name] = policy("encryption", name, { Rules = rules, AWSOwnedKey = true })
  server.policies["network/" .. name] = policy("network", name, { { Rules = rules, AllowFromPublic = true } })
  server.policies["data/" .. name] = policy("data", name, { { Rules = { index }, Principal = { server.caller } } })
  local id = hash.sha256(name):sub(1, 20)
  server.collections[name] = { looks = 0, data = collections.data(server, name), shown = { id = id, name = name, status = "ACTIVE",
    type = "VECTORSEARCH", standbyReplicas = "DISABLED", collectionEndpoint = ("%s/collections/%s"):format(server.url, id),
    arn = ("arn:aws:aoss:%s:%s:collection/%s"):format(server.region, server.account, id) } }
end

return collections
