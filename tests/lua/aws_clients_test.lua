-- SPDX-License-Identifier: MIT
-- The clients of IAM, OpenSearch Serverless, SageMaker and Service Quotas, against the fake AWS.
local t = require "t"
local aws_fake = require "aws_fake"

local TRUST = { Version = "2012-10-17", Statement = { { Effect = "Allow", Action = "sts:AssumeRole",
  Principal = { Service = "bedrock.amazonaws.com" } } } }

local function client(name, server, settings) return require("lib.aws." .. name).client(aws_fake.session(server, settings)) end

t.test("iam: a role, its policies in pages, its end", function()
  local server <close> = aws_fake.serve { region = "eu-central-1" }
  local iam = client("iam", server)
  t.eq({ iam:role "lab" }, { false })
  t.eq({ iam:policies "lab", iam:policy("lab", "x"), iam:attached "lab" }, { false, false, false })
  t.eq(assert(iam:create_role { name = "lab", trust = TRUST, description = "für 100% & <alles>", tags = { hilum = "x y" } }),
    "arn:aws:iam::123456789012:role/lab")
  t.eq(iam:role "lab", { name = "lab", arn = "arn:aws:iam::123456789012:role/lab", path = "/", trust = TRUST,
    description = "für 100% & <alles>", tags = { hilum = "x y" } })
  local _, err = iam:create_role { name = "lab", trust = TRUST }
  t.eq({ err.code, err.status }, { "EntityAlreadyExists", 409 })
  for _, name in ipairs { "a", "b", "c" } do assert(iam:put_policy("lab", name, TRUST)) end
  t.eq(iam:policies "lab", { "a", "b", "c" })
  t.eq(iam:policy("lab", "b"), TRUST)
  assert(iam:attach("lab", "arn:aws:iam::aws:policy/One"))
  assert(iam:attach("lab", "arn:aws:iam::aws:policy/Two"))
  t.eq(iam:attached "lab", { "arn:aws:iam::aws:policy/One", "arn:aws:iam::aws:policy/Two" })
  t.fails("http", "iam.DeleteRole: DeleteConflict", iam:delete_role "lab")
  t.fails("http", "iam.UpdateAssumeRolePolicy: MalformedPolicyDocument", iam:put_trust("lab", { Version = "x" }))
  for _, name in ipairs { "a", "b", "c" } do assert(iam:delete_policy("lab", name)) end
  for _, name in ipairs { "One", "Two" } do assert(iam:detach("lab", "arn:aws:iam::aws:policy/" .. name)) end
  t.eq({ iam:policies "lab", iam:attached "lab" }, { {}, {} })
  t.eq(iam:delete_role "lab", true)
end)

t.test("iam: what one may do, in pages", function()
  local server <close> = aws_fake.serve {}
  server.fake.allowed = function(_, action, resource, context)
    return resource == "arn:b" and (action == "s3:GetObject" or context and context[1].ContextKeyValues[1] == "bedrock.amazonaws.com")
  end
  local results = assert(client("iam", server):simulate("arn:me", { "s3:GetObject", "iam:PassRole" }, { "arn:a", "arn:b" },
    { ["iam:PassedToService"] = "bedrock.amazonaws.com" }))
  local allowed = {}
  for i, result in ipairs(results) do allowed[i] = ("%s %s %s"):format(result.action, result.resource, result.allowed) end
  t.eq(allowed, { "s3:GetObject arn:a false", "s3:GetObject arn:b true", "iam:PassRole arn:a false", "iam:PassRole arn:b true" })
  t.eq(results[1].decision, "implicitDeny")
end)

t.test("iam throttles with 400, and is asked again", function()
  local server <close> = aws_fake.serve { fault = function(call)
    return call.number < 3 and { status = 400, code = "Throttling", message = "Rate exceeded" } or nil
  end }
  t.eq({ client("iam", server):role "lab" }, { false })
  t.eq(#server.fake.log, 3)
end)

t.test("a wrong key, a wrong region, a wrong service are seen", function()
  local server <close> = aws_fake.serve { services = { "sts", "iam", "aoss" } }
  local _, err = client("iam", server, { credentials = { access_key = "hilumtest", secret_key = "wrong" } }):role "x"
  t.eq({ err.code, err.status }, { "SignatureDoesNotMatch", 403 })
  _, err = client("aoss", server, { region = "eu-west-1" }):group "x"
  t.match(err.message, "valid region, not 'eu%-west%-1'")
  _, err = require "lib.aws.bedrock".client(aws_fake.session(server)):get_custom_model "x"
  t.match(err.message, "correct service, not 'bedrock'")
end)

t.test("aoss: policies as text, versions, collections by id, tokens", function()
  local server <close> = aws_fake.serve {}
  local aoss = client("aoss", server)
  local rules = { { ResourceType = "collection", Resource = { "collection/cxr" } } }
  t.eq({ aoss:policy("encryption", "cxr") }, { false })
  t.fails("http", "ValidationException: No matching security policy", aoss:create_collection { name = "cxr", type = "VECTORSEARCH" })
  assert(aoss:create_policy("encryption", "cxr", { Rules = rules, AWSOwnedKey = true }, "why"))
  local found = aoss:policy("encryption", "cxr")
  t.eq({ found.policy, found.description }, { { Rules = rules, AWSOwnedKey = true }, "why" })
  t.fails("http", "ValidationException: Policy json is invalid", aoss:create_policy("network", "cxr", { Rules = rules }))
  t.fails("http", "ConflictException", aoss:create_policy("encryption", "cxr", { Rules = rules, AWSOwnedKey = true }))
  t.fails("http", "No changes detected", aoss:update_policy("encryption", "cxr", found.policy, found.version))
  assert(aoss:create_policy("data", "cxr", { { Rules = rules, Principal = { "arn:a" } } }))
  t.eq(aoss:policy("data", "cxr").policy[1].Principal, { "arn:a" })
  assert(aoss:update_policy("data", "cxr", { { Rules = rules, Principal = { "arn:b" } } }, aoss:policy("data", "cxr").version))
  t.eq(aoss:policy("data", "cxr").policy[1].Principal, { "arn:b" })
  t.eq({ aoss:collection "cxr" }, { false })
  local made = assert(aoss:create_collection { name = "cxr", type = "VECTORSEARCH" })
  t.eq({ made.status, aoss:collection("cxr").status, aoss:collection("cxr").status }, { "CREATING", "CREATING", "ACTIVE" })
  t.fails("http", "ResourceNotFoundException", aoss:delete_collection "cxr")
  assert(aoss:delete_collection(made.id))
  t.eq({ aoss:collection("cxr").status, aoss:collection "cxr" }, { "DELETING", false })
  assert(aoss:delete_policy("data", "cxr"))
  t.eq(aoss:policy("data", "cxr"), false)
end)

t.test("aoss: an answer that is lost does not make it twice", function()
  local server <close> = aws_fake.serve { fault = function(call)
    return call.op == "CreateAccessPolicy" and call.number == 1 and { status = 500, code = "InternalServerException", late = true } or nil
  end }
  t.eq(client("aoss", server):create_policy("data", "cxr", { { Rules = {}, Principal = { "arn:a" } } }), true)
  t.eq({ #server.fake.log, server.fake.log[1].params.clientToken }, { 2, server.fake.log[2].params.clientToken })
end)

t.test("sagemaker: what is missing is 400; scripts; a notebook's life", function()
  local server <close> = aws_fake.serve {}
  local sagemaker = client("sagemaker", server)
  t.eq({ sagemaker:notebook "n", sagemaker:lifecycle "l" }, { false, false })
  assert(sagemaker:create_lifecycle("l", { on_create = "#!/bin/sh\necho ü\n" }))
  t.eq({ sagemaker:lifecycle("l").on_create, sagemaker:lifecycle("l").on_start }, { "#!/bin/sh\necho ü\n" })
  assert(sagemaker:update_lifecycle("l", { on_create = "a", on_start = "b" }))
  t.eq(sagemaker:lifecycle("l").on_start, "b")
  local fields = { NotebookInstanceName = "n", InstanceType = "ml.t3.medium", RoleArn = "arn:aws:iam::123456789012:role/r",
    LifecycleConfigName = "l" }
  t.fails("http", "ValidationException: Could not assume role", sagemaker:create_notebook(fields))
  assert(client("iam", server):create_role { name = "r", trust = TRUST })
  assert(sagemaker:create_notebook(fields))
  t.eq(sagemaker:notebook("n").NotebookInstanceStatus, "Pending")
  t.eq(sagemaker:notebook("n").NotebookInstanceStatus, "InService")
  t.match(sagemaker:url "n", "^https://")
  t.fails("http", "Status %(InService%) not in %(%[Stopped, Failed%]%)", sagemaker:delete_notebook "n")
  t.fails("http", "in use by a notebook", sagemaker:delete_lifecycle "l")
  assert(sagemaker:stop "n")
  sagemaker:notebook "n"
  t.eq(sagemaker:notebook("n").NotebookInstanceStatus, "Stopped")
  assert(sagemaker:start "n")
end)

t.test("quotas: the account's, AWS's default, by name", function()
  local server <close> = aws_fake.serve { quotas = { bedrock = {
    { QuotaCode = "L-1", QuotaName = "Model units per provisioned model for Titan Multimodal", Value = 0.0, Adjustable = true },
    { QuotaCode = "L-2", QuotaName = "Records per batch job", Value = 50000.0, Adjustable = false, own = false },
    { QuotaCode = "L-3", QuotaName = "titan records", Value = 7, Adjustable = true } } } }
  local quotas = client("quotas", server)
  local found = assert(quotas:get("bedrock", "L-1"))
  t.eq({ found.value, found.adjustable, found.default }, { 0, true, false })
  t.eq({ quotas:get("bedrock", "L-2").value, quotas:get("bedrock", "L-2").default }, { 50000, true })
  t.eq({ quotas:get("bedrock", "L-9") }, { false })
  local codes = {}
  for i, quota in ipairs(assert(quotas:list("bedrock", "TITAN"))) do codes[i] = quota.code end
  t.eq(codes, { "L-1", "L-3" })
  t.eq(#quotas:list "bedrock", 3)
  t.fails("http", "NoSuchResourceException", quotas:list "nothing")
end)
