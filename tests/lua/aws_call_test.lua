-- SPDX-License-Identifier: MIT
-- Calls: the four protocols both ways, errors, retries, pages, tokens.
local t = require "t"
local call = require "lib.aws.call"
local home = require "aws_home"
local json = require "hilum.json"
local sigv4 = require "hilum.sigv4"

-- A client of a server with these routes. settings: of the client.
local function client(server, settings)
  settings.session = assert(home.session({}, {}, { region = "us-east-1", endpoint = server.url, now = os.time,
    credentials = { access_key = "AKIDEXAMPLE", secret_key = "secret" } }))
  return call.client(settings)
end

local function answer(body) return { headers = { ["Content-Type"] = "application/json" }, body = body } end

t.test("query: a form, lists in members; XML comes back", function()
  local server <close> = home.server { ListRoles = { body = [[<ListRolesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
    <ListRolesResult><Roles><member><RoleName>a</RoleName></member><member><RoleName>b</RoleName></member></Roles>
    <IsTruncated>false</IsTruncated></ListRolesResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListRolesResponse>]] },
    DeleteRole = { body = "<DeleteRoleResponse><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DeleteRoleResponse>" } }
  local iam = client(server, { service = "iam", protocol = "query", version = "2010-05-08" })
  local params = { MaxItems = 10, Tags = { { Key = "a b", Value = "ü&" } }, Deep = { X = true } }
  local result = assert(iam:call { op = "ListRoles", params = params })
  t.eq(result, { Roles = { { RoleName = "a" }, { RoleName = "b" } }, IsTruncated = "false" })
  local request = server.requests[1]
  t.eq(request.body, "Action=ListRoles&Deep.X=true&MaxItems=10&Tags.member.1.Key=a%20b&Tags.member.1.Value=%C3%BC%26&Version=2010-05-08")
  t.eq(request.headers["content-type"], "application/x-www-form-urlencoded; charset=utf-8")
  t.match(request.headers.authorization, "/us%-east%-1/iam/aws4_request, SignedHeaders=content%-type;host;x%-amz%-date")
  t.eq(iam:call { op = "DeleteRole", params = { RoleName = "a" } }, {})
end)

t.test("json: the target, the version, the body", function()
  local server <close> = home.server { ["POST /"] = answer '{"collectionDetails":[]}' }
  local aoss = client(server, { service = "opensearchserverless", protocol = "json", version = "1.0", target = "OpenSearchServerless" })
  t.eq(assert(aoss:call { op = "BatchGetCollection", params = { names = { "x" } } }).collectionDetails, json.array {})
  local request = server.requests[1]
  t.eq({ request.headers["x-amz-target"], request.headers["content-type"], request.body },
    { "OpenSearchServerless.BatchGetCollection", "application/x-amz-json-1.0", '{"names":["x"]}' })
  t.match(request.headers.authorization, "/aoss/.*x%-amz%-content%-sha256.*x%-amz%-target")
  assert(aoss:call { op = "ListCollections" })
  t.eq(server.requests[2].body, "{}")
end)

t.test("rest-json: an ARN is one segment, signed twice encoded; queries; text as it is", function()
  local arn = "arn:aws:bedrock:us-east-1:1:custom-model/x:0/abc"
  local server <close> = home.server { ["GET /custom-models/" .. arn] = answer '{"modelName":"x"}', ["POST /_bulk"] = answer "{}",
    ["DELETE /gone"] = { status = 204 } }
  local bedrock = client(server, { service = "bedrock", protocol = "rest-json" })
  local path = call.path("/custom-models/{}", arn)
  t.eq(path, "/custom-models/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Acustom-model%2Fx%3A0%2Fabc")
  local query = { nameContains = "a b", maxResults = 5, s = { "2", "1" } }
  local result, err, response = bedrock:call { op = "GetCustomModel", path = path, query = query }
  t.eq({ result, err, response.status }, { { modelName = "x" }, nil, 200 })
  local request = server.requests[1]
  t.eq({ request.raw_path, request.raw_query, request.headers["content-type"] }, { path, "maxResults=5&nameContains=a%20b&s=2&s=1", nil })
  local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "bedrock" })
  local date = request.headers["x-amz-date"]
  local moment = require "lib.dates".read((date:gsub("(....)(..)(..)T(..)(..)(..)Z", "%1-%2-%3T%4:%5:%6Z")))
  t.eq(request.headers.authorization, signer:sign({ host = request.headers.host, path = path, query = request.raw_query, time = moment })
    .Authorization)
  local lines = { ["Content-Type"] = "application/x-ndjson" }
  t.eq(bedrock:call { op = "Bulk", method = "POST", path = "/_bulk", body = "{}\n", headers = lines }, {})
  t.eq({ server.requests[2].headers["content-type"], server.requests[2].body }, { "application/x-ndjson", "{}\n" })
  t.eq(bedrock:call { op = "Delete", method = "DELETE", path = "/gone" }, {})
end)

t.test("rest-xml: lists by name", function()
  local server <close> = home.server { ["GET /"] = { body = "<R><Item><A>1</A></Item></R>" } }
  local s3 = client(server, { service = "s3", protocol = "rest-xml", lists = { "Item" } })
  t.eq(s3:call { op = "List" }, { Item = { { A = "1" } } })
end)

t.test("an endpoint below a path, and one of the client's own", function()
  local server <close> = home.server { ["GET /base/x"] = answer "{}" }
  local keys = { access_key = "A", secret_key = "B" }
  local session = assert(home.session({}, {}, { region = "us-east-1", now = os.time, credentials = keys }))
  local c = call.client { session = session, service = "opensearchserverless", protocol = "rest-json", endpoint = server.url .. "/base" }
  t.eq(c:call { op = "Get", path = "/x" }, {})
end)

t.test("errors, in the spellings of all services", function()
  local answers
  local server <close> = home.server(setmetatable({}, { __index = function() return answers end }))
  local function of(protocol, reply)
    answers = reply
    local c = client(server, { service = "sagemaker", protocol = protocol, version = "1.1", target = "SageMaker" })
    c.session.retry.attempts = 1
    local result, err = c:call { op = "Op", path = "/x" }
    t.eq(result, nil)
    return { err.code, err.kind, err.status, err.retryable, tostring(err) }
  end
  t.eq(of("query", home.fault(404, "NoSuchEntity", "The role\n cannot be found.")),
    { "NoSuchEntity", "http", 404, false, "sagemaker.Op: NoSuchEntity: The role cannot be found. (HTTP 404, request req-1)" })
  t.eq(of("json", { status = 400, body = '{"__type":"com.amazonaws.sagemaker#ValidationException","message":"RecordNotFound"}' }),
    { "ValidationException", "http", 400, false, "sagemaker.Op: ValidationException: RecordNotFound (HTTP 400)" })
  t.eq(of("rest-json", { status = 429, headers = { ["x-amzn-ErrorType"] = "ThrottlingException:http://x/", ["x-amzn-RequestId"] = "id" },
    body = '{"Message":"slow"}' }), { "ThrottlingException", "throttled", 429, true,
    "sagemaker.Op: ThrottlingException: slow (HTTP 429, request id)" })
  t.eq(of("rest-json", { status = 404, body = '{"error":{"type":"index_not_found_exception","reason":"no such index"},"status":404}' }),
    { "index_not_found_exception", "http", 404, false, "sagemaker.Op: index_not_found_exception: no such index (HTTP 404)" })
  t.eq(of("rest-json", { status = 403, body = '{"message":"Forbidden"}' }),
    { "403", "auth", 403, false, "sagemaker.Op: 403: Forbidden (HTTP 403)" })
  t.eq(of("query", home.fault(400, "Throttling", "Rate exceeded"))[2], "throttled")
  t.eq(of("rest-xml", { status = 503, body = "<html>gateway</html>" }), { "503", "http", 503, true, "sagemaker.Op: 503 (HTTP 503)" })
  t.eq(of("rest-json", { status = 500 })[4], true)
  t.eq(of("rest-json", { status = 429, body = "plain text" })[4], false)
  t.eq(of("query", home.fault(403, "InvalidClientTokenId", ""))[5],
    "sagemaker.Op: InvalidClientTokenId: the access key is not known there, or the session token is missing (HTTP 403, request req-1)")
end)

t.test("an answer that is no answer is tried again, and told", function()
  local replies = { answer "<html>", answer '{"ok":1}' }
  local server <close> = home.server { ["GET /"] = function() return table.remove(replies, 1) or answer "not json" end }
  local c = client(server, { service = "bedrock", protocol = "rest-json" })
  t.eq(c:call { op = "Get" }, { ok = 1 })
  t.fails("parse", "bedrock.Get: the answer cannot be read %(HTTP 200, 8 bytes%); is 127.0.0.1:%d+ really bedrock%? %(tried 3 times%)",
    c:call { op = "Get" })
end)

t.test("each attempt is signed anew, what failed is tried again, with one token", function()
  local count, tokens, signatures = 0, {}, {}
  local server <close> = home.server { ["POST /jobs"] = function(request)
    count = count + 1
    tokens[count], signatures[count] = json.decode(request.body).clientRequestToken, request.headers.authorization
    return count < 3 and { status = 503 } or answer '{"jobArn":"x"}'
  end }
  local slept = {}
  local c = client(server, { service = "bedrock", protocol = "rest-json" })
  c.session.retry.sleep = function(seconds)
    slept[#slept + 1] = seconds
    c.session.skew = c.session.skew + 1 -- as if it had slept
  end
  c.session.retry.random = function() return 0.5 end
  local body = { jobName = "x" }
  t.eq(c:call { op = "CreateJob", method = "POST", path = "/jobs", body = body, token = "clientRequestToken" }, { jobArn = "x" })
  t.eq({ count, slept, body }, { 3, { 0.5, 1.0 }, { jobName = "x" } })
  t.match(tokens[1], "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$")
  t.eq({ tokens[2], tokens[3] }, { tokens[1], tokens[1] })
  t.ok(signatures[1] ~= signatures[2] and signatures[2] ~= signatures[3], "each is of its own time")
  assert(c:call { op = "CreateJob", method = "POST", path = "/jobs", body = { clientRequestToken = "mine" }, token = "clientRequestToken" })
  t.eq(tokens[4], "mine")
  local seen = {}
  for _ = 1, 1000 do
    local token = call.token()
    t.ok(#token == 36 and not seen[token])
    seen[token] = true
  end
end)

t.test("nobody there", function()
  local session = assert(home.session({}, {}, { region = "us-east-1", credentials = { access_key = "A", secret_key = "B" },
    endpoint = "http://127.0.0.1:1" }))
  local c = call.client { session = session, service = "sts", protocol = "query", version = "2011-06-15" }
  local result, err = c:call { op = "GetCallerIdentity" }
  t.fails("net", "sts.GetCallerIdentity: 127.0.0.1:1: .*tried 3 times", result, err)
  t.eq(err.code, "ECONNREFUSED")
end)

t.test("pages, in each protocol", function()
  local pages = { [""] = '{"jobs":[1,2],"nextToken":"a b"}', ["a b"] = '{"jobs":[3],"nextToken":"c"}', c = '{"jobs":[]}' }
  local server <close> = home.server { ["GET /jobs"] = function(request) return answer(pages[request.query.nextToken or ""]) end,
    ["POST /"] = function(request) return answer(pages[json.decode(request.body).nextToken or ""]) end,
    ListRoles = function(request)
      local marker = request.body:match("Marker=(%w+)")
      return { body = ("<R><ListRolesResult><N>%s</N>%s</ListRolesResult></R>"):format(marker or "first",
        marker and "" or "<Marker>m2</Marker>") }
    end }
  local function jobs(c, request)
    local all = {}
    for page in c:pages(request, "nextToken") do
      for _, job in ipairs(page.jobs) do all[#all + 1] = job end
    end
    return all
  end
  local request = { op = "List", path = "/jobs", query = { maxResults = 2 } }
  t.eq(jobs(client(server, { service = "bedrock", protocol = "rest-json" }), request), { 1, 2, 3 })
  t.eq(request.query, { maxResults = 2 })
  t.eq(jobs(client(server, { service = "sagemaker", protocol = "json", version = "1.1", target = "S" }), { op = "List" }), { 1, 2, 3 })
  local names = {}
  for page in client(server, { service = "iam", protocol = "query", version = "v" }):pages({ op = "ListRoles" }, "Marker") do
    names[#names + 1] = page.N
  end
  t.eq(names, { "first", "m2" })
  t.raises("bedrock.Missing: 404", function()
    local bedrock = client(server, { service = "bedrock", protocol = "rest-json" })
    for _ in bedrock:pages({ op = "Missing", path = "/none" }, "nextToken") do t.ok(false) end
  end)
end)

t.test("misuse raises", function()
  t.raises("unknown setting 'servise'", call.client, { servise = "sts" })
  t.raises("unknown protocol 'soap'", call.client, { service = "sts", protocol = "soap" })
end)
