-- SPDX-License-Identifier: MIT
-- The chain of credentials: each source, their order, and what is said when one is half set up.
local t = require "t"
local fs = require "hilum.fs"
local hash = require "hilum.hash"
local home = require "aws_home"
local json = require "hilum.json"

local KEYS = { AWS_ACCESS_KEY_ID = "AKIDENV", AWS_SECRET_ACCESS_KEY = "SECRETENV" }

local function with(base, more)
  local all = {}
  for key, value in pairs(base) do all[key] = value end
  for key, value in pairs(more) do all[key] = value end
  return all
end

-- Who would sign, and where it is from.
local function who(files, variables, settings)
  local s, err = home.session(files, variables, settings)
  if not s then return nil, err end
  local identity
  identity, err = s:identity()
  if not identity then return nil, err end
  return identity.access_key .. " " .. identity.source, nil, identity
end

t.test("the environment", function()
  t.eq(who({}, KEYS), "AKID…DENV the environment")
  local _, _, identity = who({}, with(KEYS, { AWS_ACCOUNT_ID = "12", AWS_CREDENTIAL_EXPIRATION = "2015-08-30T13:00:00Z" }))
  t.eq({ identity.account, identity.expires }, { "12", home.NOON + 3600 })
  t.fails("usage", "", home.session({}, with(KEYS, { AWS_PROFILE = "gone" })))
  t.fails("auth", "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not; set both", who({}, { AWS_ACCESS_KEY_ID = "A" }))
  t.fails("auth", "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not; set both", who({}, { AWS_SECRET_ACCESS_KEY = "S" }))
  t.fails("auth", "AWS_CREDENTIAL_EXPIRATION is 'soon', which is no date", who({}, with(KEYS, { AWS_CREDENTIAL_EXPIRATION = "soon" })))
  t.fails("auth", "the environment: the credentials have expired at 2015%-08%-30T11:00:00Z",
    who({}, with(KEYS, { AWS_CREDENTIAL_EXPIRATION = "2015-08-30T11:00:00Z" })))
end)

t.test("a session token goes along", function()
  local s = assert(home.session({}, with(KEYS, { AWS_SESSION_TOKEN = "TOKENENV" }), { region = "us-east-1" }))
  t.eq(s:signer("s3"):sign({ host = "h" })["x-amz-security-token"], "TOKENENV")
  s = assert(home.session({}, with(KEYS, { AWS_SECURITY_TOKEN = "OLD" }), { region = "us-east-1" }))
  t.eq(s:signer("s3"):sign({ host = "h" })["x-amz-security-token"], "OLD")
end)

local FILES = {
  config = home.keys("profile both", "AKIDCONFIG") .. home.keys("profile config", "AKIDONLY"),
  credentials = home.keys("default", "AKIDDEFAULT") .. home.keys("both", "AKIDSHARED", "aws_session_token = TT\n")
    .. "[half]\naws_access_key_id = AKIDHALF\n",
}

t.test("keys in the files: the credentials file before the config file", function()
  t.eq(who(FILES), "AKID…AULT profile default in ~/.aws/credentials")
  t.eq(who(FILES, { AWS_PROFILE = "both" }), "AKID…ARED profile both in ~/.aws/credentials")
  t.eq(who(FILES, {}, { profile = "config" }), "AKID…ONLY profile config in ~/.aws/config")
  t.fails("auth", "profile half in ~/%.aws/credentials: aws_secret_access_key is missing", who(FILES, {}, { profile = "half" }))
end)

t.test("a profile of the command line beats the environment, AWS_PROFILE does not", function()
  t.eq(who(FILES, with(KEYS, { AWS_PROFILE = "both" })), "AKID…DENV the environment")
  t.eq(who(FILES, KEYS, { profile = "both" }), "AKID…ARED profile both in ~/.aws/credentials")
end)

t.test("nothing anywhere is one line", function()
  local pattern = "^there are no AWS credentials: not in the environment %(AWS_ACCESS_KEY_ID%), not in profile default of [^\n]+$"
  t.fails("auth", pattern, who {})
end)

t.test("a malformed secret is told without it", function()
  local result, err = who({ credentials = "[default]\naws_access_key_id = AKID\naws_secret_access_key = BAD SECRET\n" })
  t.fails("auth", "profile default in ~/%.aws/credentials: secret_key has a character", result, err)
  t.ok(not tostring(err):find("BAD"))
end)

t.test("keys that change in the file are found when the old ones have expired", function()
  local s, h = home.session(FILES, {}, { region = "us-east-1" })
  local old = s:signer "s3"
  assert(fs.write(h.path .. "/.aws/credentials", home.keys("default", "AKIDNEW")))
  t.eq(s:signer "s3", old)
  s:expire(old)
  t.match(s:signer("s3"):sign({ host = "h" }).Authorization, "Credential=AKIDNEW/")
  assert(fs.write(h.path .. "/.aws/credentials", "[default]\naws_access_key_id = AKIDNEW\n"))
  s:expire()
  t.fails("auth", "aws_secret_access_key is missing", s:signer "s3")
end)

-- Roles.

t.test("a role, with another profile's keys", function()
  local server <close> = home.server { AssumeRole = home.sts("AssumeRole", "ASIAROLE") }
  local files = { config = [[
[profile lab]
role_arn = arn:aws:iam::123456789012:role/lab
source_profile = base
external_id = ext
role_session_name = me
duration_seconds = 900
region = eu-central-1
]], credentials = home.keys("base", "AKIDBASE") }
  local text, _, identity = who(files, { AWS_ENDPOINT_URL_STS = server.url }, { profile = "lab" })
  t.eq(text, "ASIA…ROLE role of profile lab in ~/.aws/config, by profile base in ~/.aws/credentials")
  t.eq(identity.expires, home.NOON + 3600)
  local request = server.requests[1]
  t.eq(home.signer_of(request), "AKIDBASE")
  t.match(request.headers.authorization, "/eu%-central%-1/sts/")
  for _, part in ipairs { "Action=AssumeRole&", "Version=2011%-06%-15", "RoleArn=arn%%3Aaws%%3Aiam%%3A%%3A123456789012%%3Arole%%2Flab",
    "ExternalId=ext", "RoleSessionName=me", "DurationSeconds=900" } do t.match(request.body, part) end
end)

t.test("a chain of roles, each signed by the one before", function()
  local server <close> = home.server { AssumeRole = function(request)
    return home.sts("AssumeRole", "ASIA" .. request.body:match("role%%2F(%w+)"):upper())
  end }
  local config = "[profile a]\nrole_arn = arn:aws:iam::1:role/one\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/two\n"
    .. "source_profile = c\n" .. home.keys("profile c", "AKIDC")
  t.match(who({ config = config }, { AWS_ENDPOINT_URL_STS = server.url }, { profile = "a" }), "^ASIA…AONE role of profile a in .*profile c")
  t.eq({ home.signer_of(server.requests[1]), home.signer_of(server.requests[2]) }, { "AKIDC", "ASIATWO" })
  t.eq(server.requests[2].headers["x-amz-security-token"], "token-of-ASIATWO")
end)

t.test("a profile may name itself, if it has keys; else circles are refused", function()
  local server <close> = home.server { AssumeRole = home.sts("AssumeRole", "ASIAROLE") }
  local env = { AWS_ENDPOINT_URL_STS = server.url }
  local self = "role_arn = arn:aws:iam::1:role/x\nsource_profile = me\n"
  t.match(who({ config = home.keys("profile me", "AKIDME", self) }, env, { profile = "me" }), "^ASIA…ROLE")
  t.fails("auth", "profile me in ~/%.aws/config: source_profile goes in a circle: me → me",
    who({ config = "[profile me]\n" .. self }, env, { profile = "me" }))
  local circle = "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n"
  t.fails("auth", "goes in a circle: a → b → a", who({ config = circle }, env, { profile = "a" }))
end)

t.test("half a role is told with profile and key", function()
  local function of(lines) return who({ config = "[profile lab]\nrole_arn = arn:x\n" .. lines }, {}, { profile = "lab" }) end
  t.fails("auth", "profile lab in ~/%.aws/config: role_arn needs source_profile .* or credential_source", of "")
  t.fails("auth", "source_profile and credential_source exclude each other", of "source_profile = a\ncredential_source = Environment\n")
  t.fails("auth", "source_profile is 'gone', which is no profile", of "source_profile = gone\n")
  t.fails("auth", "credential_source is 'Moon', not Environment", of "credential_source = Moon\n")
  t.fails("auth", "profile empty in ~/%.aws/config has no credentials of its own",
    of "source_profile = empty\n[profile empty]\nregion = x\n")
  t.fails("auth", "duration_seconds is 'long', which is no whole number",
    of("duration_seconds = long\nsource_profile = k\n" .. home.keys("profile k", "A")))
end)

t.test("a role from the environment's keys, a container's, or the machine's", function()
  local server <close> = home.server { AssumeRole = home.sts("AssumeRole", "ASIAROLE"), ["GET /creds"] = home.metadata "ASIATASK" }
  local function of(source, env)
    return who({ config = "[default]\nrole_arn = arn:aws:iam::1:role/x\ncredential_source = " .. source .. "\n" },
      with({ AWS_ENDPOINT_URL_STS = server.url }, env))
  end
  t.eq(of("EcsContainer", { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/creds" }),
    ("ASIA…ROLE role of profile default in ~/.aws/config, by the container (%s)"):format(server.url))
  t.eq(home.signer_of(server.requests[2]), "ASIATASK")
  t.fails("auth", "credential_source is EcsContainer, but there are no credentials in it", of("EcsContainer", {}))
  t.fails("auth", "credential_source is Ec2InstanceMetadata, but", of("Ec2InstanceMetadata", {}))
  t.match(who({ config = "[default]\nrole_arn = arn:aws:iam::1:role/x\ncredential_source = Environment\n" }, with(KEYS,
    { AWS_ENDPOINT_URL_STS = server.url })), "^AKID…DENV the environment$")
  local files = { config = "[profile p]\nrole_arn = arn:aws:iam::1:role/x\ncredential_source = Environment\n" }
  t.match(who(files, with(KEYS, { AWS_ENDPOINT_URL_STS = server.url }), { profile = "p" }), "^ASIA…ROLE role .* by the environment$")
end)

t.test("what STS refuses is told, with the profile", function()
  local server <close> = home.server { AssumeRole = home.fault(403, "AccessDenied", "User: x is not authorized") }
  local files = { config = "[default]\nrole_arn = r\nsource_profile = k\n" .. home.keys("profile k", "A") }
  local result, err = who(files, { AWS_ENDPOINT_URL_STS = server.url })
  t.fails("auth", "profile default in ~/%.aws/config: AccessDenied: User: x is not authorized %(HTTP 403, request req%-1%)", result, err)
  t.ok(not tostring(err):find("SECRET"))
  t.eq({ err.code, err.status, err.request_id }, { "AccessDenied", 403, "req-1" })
end)

t.test("an MFA code needs a terminal", function()
  local files = { config = "[default]\nrole_arn = r\nsource_profile = k\nmfa_serial = arn:aws:iam::1:mfa/me\n"
    .. home.keys("profile k", "A") }
  local status, _, err = t.run(("HOME=%s AWS_EC2_METADATA_DISABLED=true %s aws whoami </dev/null"):format(home.make(files).path, t.hilum))
  t.eq(status, 1)
  t.match(err, "profile default in ~/.aws/config: the role needs the code of arn:aws:iam::1:mfa/me, and there is no terminal")
end)

-- Web identity.

t.test("web identity: unsigned, the token's file is read each time", function()
  local tokens = {}
  local server <close> = home.server { AssumeRoleWithWebIdentity = function(request)
    tokens[#tokens + 1] = request.body:match("WebIdentityToken=(%w+)")
    return home.sts("AssumeRoleWithWebIdentity", "ASIAWEB")
  end }
  local token_file = t.tmp() .. "/token"
  assert(fs.write(token_file, "first\n"))
  local s = assert(home.session({}, { AWS_ENDPOINT_URL_STS = server.url, AWS_WEB_IDENTITY_TOKEN_FILE = token_file,
    AWS_ROLE_ARN = "arn:aws:iam::1:role/pod", AWS_ROLE_SESSION_NAME = "pod" }))
  t.eq(s:identity().source, "web identity of AWS_WEB_IDENTITY_TOKEN_FILE")
  assert(fs.write(token_file, "second\n"))
  s.keeper:expire(s.keeper.current)
  t.eq(s:identity().access_key, "ASIA…AWEB")
  t.eq(tokens, { "first", "second" })
  t.eq(server.requests[1].headers.authorization, nil)
  t.match(server.requests[1].body, "RoleSessionName=pod")
  assert(fs.remove(token_file))
  s.keeper:expire(s.keeper.current)
  t.fails("auth", "the web identity token cannot be read: .*token", s:identity())
end)

t.test("web identity of a profile; half of it; a provider that is away for a moment", function()
  local answers = { home.fault(400, "IDPCommunicationError", "away"), home.sts("AssumeRoleWithWebIdentity", "ASIAWEB") }
  local server <close> = home.server { AssumeRoleWithWebIdentity = function() return table.remove(answers, 1) end }
  local token_file = t.tmp() .. "/token"
  assert(fs.write(token_file, "x"))
  local config = "[profile ci]\nweb_identity_token_file = " .. token_file .. "\n"
  t.eq(who({ config = config .. "role_arn = r\n" }, { AWS_ENDPOINT_URL_STS = server.url }, { profile = "ci" }),
    "ASIA…AWEB web identity of profile ci in ~/.aws/config")
  t.fails("auth", "profile ci in ~/%.aws/config: there is a web identity token, but no role",
    who({ config = config }, {}, { profile = "ci" }))
end)

-- Single sign-on.

local SSO = { config = [[
[profile sso]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Reader
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
]] }
local CACHE = ("sso/cache/%s.json"):format(hash.sha1 "corp")

local function token(fields)
  local all = { accessToken = "bearer-1", expiresAt = "2015-08-30T18:00:00Z", region = "eu-west-1", startUrl = "https://x" }
  return json.encode(with(all, fields or {}))
end

local function sso_server(more)
  local routes = { ["GET /federation/credentials"] = { body = json.encode { roleCredentials = { accessKeyId = "ASIASSO",
    secretAccessKey = "s", sessionToken = "t", expiration = (home.NOON + 3600) * 1000 } } } }
  return home.server(with(routes, more or {}))
end

local function sso_env(server) return { AWS_ENDPOINT_URL_SSO = server.url, AWS_ENDPOINT_URL_SSO_OIDC = server.url } end

t.test("single sign-on: the cached token gives a role's credentials", function()
  local server <close> = sso_server()
  local text, _, identity = who(with(SSO, { [CACHE] = token() }), sso_env(server), { profile = "sso" })
  t.eq(text, "ASIA…ASSO SSO role Reader of profile sso in ~/.aws/config")
  t.eq(identity.expires, home.NOON + 3600.0)
  local request = server.requests[1]
  t.eq({ request.query.role_name, request.query.account_id, request.headers["x-amz-sso_bearer_token"], request.headers.authorization },
    { "Reader", "111122223333", "bearer-1", nil })
end)

t.test("single sign-on of old: the start URL names the cache", function()
  local server <close> = sso_server()
  local url = "https://old.awsapps.com/start"
  local config = "[profile old]\nsso_start_url = %s\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = R\n"
  local cache = ("sso/cache/%s.json"):format(hash.sha1(url))
  local files = { config = config:format(url), [cache] = token { expiresAt = "2015-08-30T18:00:00UTC" } }
  t.match(who(files, sso_env(server), { profile = "old" }), "^ASIA…ASSO")
end)

local RENEWABLE = { expiresAt = "2015-08-30T12:10:00Z", refreshToken = "refresh-1", clientId = "id", clientSecret = "client-secret",
  registrationExpiresAt = "2015-10-01T00:00:00Z" }

t.test("single sign-on: a token that ends soon is renewed, in its file too", function()
  local renewed = { accessToken = "bearer-2", expiresIn = 28800, refreshToken = "refresh-2" }
  local server <close> = sso_server { ["POST /token"] = { body = json.encode(renewed) } }
  local s, h = home.session(with(SSO, { [CACHE] = token(RENEWABLE) }), sso_env(server), { profile = "sso" })
  t.eq(s:identity().access_key, "ASIA…ASSO")
  t.eq(json.decode(server.requests[1].body), { clientId = "id", clientSecret = "client-secret", grantType = "refresh_token",
    refreshToken = "refresh-1" })
  t.eq(server.requests[2].headers["x-amz-sso_bearer_token"], "bearer-2")
  local kept = json.read(h.path .. "/.aws/" .. CACHE)
  t.eq({ kept.accessToken, kept.refreshToken, kept.expiresAt, kept.clientId }, { "bearer-2", "refresh-2", "2015-08-30T20:00:00Z", "id" })
end)

t.test("single sign-on: a token that cannot be renewed is used until its end, and then said", function()
  local server <close> = sso_server { ["POST /token"] = { status = 400, body = '{"error":"invalid_grant","error_description":"gone"}' } }
  t.match(who(with(SSO, { [CACHE] = token(RENEWABLE) }), sso_env(server), { profile = "sso" }), "^ASIA…ASSO")
  local ended = with(RENEWABLE, { expiresAt = "2015-08-30T11:00:00Z" })
  t.fails("auth", "profile sso: the SSO session has ended; run `aws sso login %-%-profile sso`",
    who(with(SSO, { [CACHE] = token(ended) }), sso_env(server), { profile = "sso" }))
  t.fails("auth", "profile sso: there is no SSO session; run `aws sso login", who(SSO, sso_env(server), { profile = "sso" }))
  t.fails("auth", "there is no SSO session", who(with(SSO, { [CACHE] = "{garbage" }), sso_env(server), { profile = "sso" }))
end)

t.test("single sign-on: the portal refuses the token, or the role", function()
  local denied <close> = sso_server { ["GET /federation/credentials"] = { status = 401, headers = { ["x-amzn-ErrorType"] =
    "UnauthorizedException:http://x" }, body = '{"message":"Session token not found or invalid"}' } }
  local files = with(SSO, { [CACHE] = token() })
  t.fails("auth", "the SSO session has ended; run", who(files, sso_env(denied), { profile = "sso" }))
  local missing <close> = sso_server { ["GET /federation/credentials"] = { status = 404, body = '{"message":"no such role"}' } }
  local result, err = who(files, sso_env(missing), { profile = "sso" })
  t.fails("http", "sso%.GetRoleCredentials: 404: no such role", result, err)
  t.ok(not tostring(err):find("bearer"))
end)

t.test("half a single sign-on is told", function()
  local function of(config) return who({ config = config }, {}, { profile = "p" }) end
  t.fails("auth", "profile p in ~/%.aws/config: sso_session is 'x', but there is no %[sso%-session x%]",
    of "[profile p]\nsso_session = x\n")
  t.fails("auth", "%[sso%-session x%] in ~/%.aws/config: sso_start_url is missing",
    of "[profile p]\nsso_session = x\n[sso-session x]\nsso_region = r\n")
  t.fails("auth", "profile p in ~/%.aws/config: sso_role_name is missing",
    of "[profile p]\nsso_session = x\nsso_account_id = 1\n[sso-session x]\nsso_region = r\nsso_start_url = u\n")
  t.fails("auth", "profile p in ~/%.aws/config: sso_region is missing", of "[profile p]\nsso_start_url = u\n")
end)

t.test("sessions of `aws login` are refused, with a way round", function()
  t.fails("auth", "profile p in ~/%.aws/config: .*credential_process = aws configure export%-credentials %-%-profile p %-%-format process",
    who({ config = "[profile p]\nlogin_session = arn:x\n" }, {}, { profile = "p" }))
end)

-- Programs.

local function program(text, status)
  local path = t.tmp() .. "/a program"
  assert(fs.write(path, ("#!/bin/sh\necho STDERR-SECRET >&2\ncat <<'EOF'\n%s\nEOF\nexit %d\n"):format(text, status or 0)))
  assert(os.execute("chmod +x '" .. path .. "'"))
  return { config = ("[profile p]\ncredential_process = \"%s\" --flag 'x y'\n"):format(path) }
end

t.test("credential_process", function()
  local function of(answer, status)
    local files = program(type(answer) == "string" and answer or json.encode(answer), status)
    return who(files, {}, { profile = "p" })
  end
  local good = { Version = 1, AccessKeyId = "ASIAPROC", SecretAccessKey = "S", SessionToken = "T", Expiration = "2015-08-30T13:00:00Z" }
  local text, _, identity = of(good)
  t.eq(text, "ASIA…PROC credential_process of profile p in ~/.aws/config")
  t.eq(identity.expires, home.NOON + 3600)
  local _, _, lasting = of { Version = 1, AccessKeyId = "AKID", SecretAccessKey = "S", AccountId = "12" }
  t.eq({ lasting.expires, lasting.account }, { nil, "12" })
  t.fails("auth", "printed no \"Version\": 1", of(with(good, { Version = 2 })))
  t.fails("auth", "the answer has no SecretAccessKey", of { Version = 1, AccessKeyId = "A" })
  t.fails("auth", "the answer's Expiration is no date", of(with(good, { Expiration = "later" })))
  t.fails("auth", "the credentials have expired at 2015%-08%-30T11:00:00Z", of(with(good, { Expiration = "2015-08-30T11:00:00Z" })))
  t.fails("auth", "profile p in ~/%.aws/config: credential_process: .*a program did not print JSON", of "oops SECRET")
  local result, err = of(good, 3)
  t.fails("auth", "a program ended with status 3", result, err)
  t.ok(not tostring(err):find("SECRET"))
  t.fails("auth", "credential_process: no%-such%-thing: No such file",
    who({ config = "[profile p]\ncredential_process = no-such-thing\n" }, {}, { profile = "p" }))
  t.fails("auth", "or a quote in it is not closed", who({ config = "[profile p]\ncredential_process = a 'b\n" }, {}, { profile = "p" }))
end)

t.test("a command line is taken apart as a shell would", function()
  local split = require "lib.aws.credentials.command".split
  t.eq(split [[ a  'b c' "d \"e\" \\ \x" f\ g h'i'"j" ''  ]], { "a", "b c", [[d "e" \ \x]], "f g", "hij", "" })
  t.eq(split "", {})
  for _, line in ipairs { "'a", '"a', '"a\\"', "a\\" } do t.eq(split(line), nil, line) end
end)

-- Containers and machines.

t.test("a container, with its token", function()
  local folder = t.tmp()
  assert(fs.write(folder .. "/token", "from-file\n"))
  local server <close> = home.server { ["GET /creds"] = home.metadata "ASIATASK" }
  local env = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/creds", AWS_CONTAINER_AUTHORIZATION_TOKEN = "from-env" }
  t.eq(who({}, env), ("ASIA…TASK the container (%s)"):format(server.url))
  t.eq(server.requests[1].headers.authorization, "from-env")
  t.match(who({}, with(env, { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = folder .. "/token" })), "^ASIA…TASK")
  t.eq(server.requests[2].headers.authorization, "from-file")
  t.fails("auth", "has a line break in it", who({}, with(env, { AWS_CONTAINER_AUTHORIZATION_TOKEN = "a\r\nX: y" })))
  t.fails("auth", "TOKEN_FILE: .*gone", who({}, with(env, { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = folder .. "/gone" })))
end)

t.test("a container's address must be https or near", function()
  local function of(url) return who({}, { AWS_CONTAINER_CREDENTIALS_FULL_URI = url }) end
  t.fails("auth", "evil%.example/creds is neither https nor an address of the container's own", of "http://evil.example/creds")
  t.fails("auth", "127%.0%.0%.1%.evil%.example/creds is neither", of "http://127.0.0.1.evil.example/creds")
  t.fails("auth", "is no http or https URL", of "file:///etc/passwd")
  t.fails("auth", "the container's credentials: ", of "http://localhost:1/creds")
end)

t.test("a container that stumbles is asked three times", function()
  local count = 0
  local server <close> = home.server { ["GET /creds"] = function()
    count = count + 1
    return count < 3 and { status = 500 } or home.metadata "ASIATASK"
  end }
  local env = { AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/creds" }
  t.match(who({}, env), "^ASIA…TASK")
  count = -10
  t.fails("auth", "answered with HTTP 500", who({}, env))
  t.eq(count, -7)
end)

local ROLES = "/latest/meta-data/iam/security-credentials/"

local function machine(more)
  local routes = { ["PUT /latest/api/token"] = { body = "metadata-token" }, ["GET " .. ROLES] = { body = "lab-role" },
    ["GET " .. ROLES .. "lab-role"] = home.metadata "ASIAEC2" }
  return home.server(with(routes, more or {}))
end

local function machine_env(server, more)
  return with({ AWS_EC2_METADATA_DISABLED = "false", AWS_EC2_METADATA_SERVICE_ENDPOINT = server.url .. "/" }, more or {})
end

t.test("the machine's metadata, version 2", function()
  local server <close> = machine()
  t.eq(who({}, machine_env(server)), ("ASIA…AEC2 the machine's metadata service (%s)"):format(server.url))
  local put, roles, role = table.unpack(server.requests)
  t.eq({ put.method, put.headers["x-aws-ec2-metadata-token-ttl-seconds"] }, { "PUT", "21600" })
  t.eq({ roles.headers["x-aws-ec2-metadata-token"], role.headers["x-aws-ec2-metadata-token"] }, { "metadata-token", "metadata-token" })
end)

t.test("the machine's metadata, version 1 where there is no other, unless it is not wanted", function()
  local server <close> = machine { ["PUT /latest/api/token"] = { status = 404 } }
  t.match(who({}, machine_env(server)), "^ASIA…AEC2")
  t.eq(server.requests[2].headers["x-aws-ec2-metadata-token"], nil)
  t.fails("auth", "gives no token: HTTP 404", who({}, machine_env(server, { AWS_EC2_METADATA_V1_DISABLED = "true" })))
  local broken <close> = machine { ["PUT /latest/api/token"] = { status = 400 } }
  t.fails("auth", "gives no token: HTTP 400", who({}, machine_env(broken)))
end)

t.test("a machine without a role, without metadata, with expired credentials", function()
  local bare <close> = machine { ["GET " .. ROLES] = { status = 404 } }
  t.fails("auth", "the machine has no role; attach one to it", who({}, machine_env(bare)))
  t.fails("auth", "there are no AWS credentials: .*, and no machine's metadata service answers at http://127.0.0.1:1 ",
    who({}, machine_env { url = "http://127.0.0.1:1" }))
  local failing <close> = machine { ["GET " .. ROLES .. "lab-role"] = { body = '{"Code":"AssumeRoleUnauthorizedAccess"}' } }
  t.fails("auth", "AssumeRoleUnauthorizedAccess", who({}, machine_env(failing)))
  local late <close> = machine { ["GET " .. ROLES .. "lab-role"] = home.metadata("ASIALATE", "2015-08-30T11:00:00Z") }
  local _, _, identity = who({}, machine_env(late))
  t.eq(identity.expires, home.NOON + 900, "they may work on, and are asked for again soon")
end)

t.test("the order of the chain", function()
  local server <close> = machine { AssumeRole = home.sts("AssumeRole", "ASIAROLE"), ["GET /creds"] = home.metadata "ASIATASK" }
  local env = machine_env(server, { AWS_ENDPOINT_URL_STS = server.url, AWS_CONTAINER_CREDENTIALS_FULL_URI = server.url .. "/creds" })
  local role = "role_arn = r\nsource_profile = k\n" .. home.keys("profile k", "A")
  local keys, shared = home.keys("default", "AKIDCONF"), home.keys("default", "AKIDSHAR")
  local command = "credential_process = printf '{\"Version\":1,\"AccessKeyId\":\"AKIDPROC\",\"SecretAccessKey\":\"S\"}'\n"
  local function first(files) return (who(files, env):match("^%S+")) end
  t.eq(first { config = keys .. command .. role, credentials = shared }, "ASIA…ROLE")
  t.eq(first { config = keys .. command, credentials = shared }, "AKID…SHAR")
  t.eq(first { config = keys .. command }, "AKID…PROC")
  t.eq(first { config = keys }, "AKID…CONF")
  t.eq(first {}, "ASIA…TASK")
  env.AWS_CONTAINER_CREDENTIALS_FULL_URI = nil
  t.eq(first {}, "ASIA…AEC2")
end)
