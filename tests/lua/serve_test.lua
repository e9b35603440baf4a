-- SPDX-License-Identifier: MIT
-- What `hilum serve` answers, and to whom.
local t = require "t"
package.path = ("%s/support/?.lua;%s"):format(t.root, package.path)
local fs = require "hilum.fs"
local host = require "hilum.host"
local http_client = require "http_client"
local image = require "hilum.image"
local json = require "hilum.json"
local phantom = require "hilum.phantom"
local study = require "study"
local task = require "hilum.task"

local function fail(format, ...) error(host.error("integrity", format:format(...)), 0) end

-- A study's page: { server=, port=, token=, dir=, docs= } to be closed.
local function serve(options)
  local dir = t.tmp()
  local docs = study.write(dir)
  study.run(dir, "index")
  local warned, said = {}, {}
  local ctx = { project = { path = function(_, path) return fs.join(dir, path) end }, fail = fail, usage = fail,
    say = function(format, ...) table.insert(said, (format:format(...))) end,
    warn = function(format, ...) table.insert(warned, (format:format(...))) end }
  local opt = { host = "127.0.0.1", port = 0, index = dir .. "/index", images = dir .. "/images", max_upload = 1000000, cache = 1 << 20,
    anonymous = false }
  for key, value in pairs(options or {}) do opt[key] = value end
  local server, served, gate = require "lib.serve.site".serve(opt, ctx)
  return setmetatable({ server = server, port = server:port(), served = served, gate = gate, dir = dir, docs = docs, warned = warned,
    said = said }, { __close = function() server:close() server:wait() end })
end

local function ask(page, target, request)
  local asked = { target = target }
  for key, value in pairs(request or {}) do asked[key] = value end
  return assert(http_client.ask(page.port, asked))
end

local function get(page, target)
  local answer = ask(page, target)
  return answer.body ~= "" and json.decode(answer.body) or nil, answer
end

local function problem(page, target, request)
  local answer = ask(page, target, request)
  return answer.status, (json.decode(answer.body) or {}).error.message
end

local function upload(page, target, body, headers)
  local all = { ["X-Hilum-Token"] = page.gate.token }
  for name, value in pairs(headers or {}) do all[name] = value end
  return ask(page, target, { method = "POST", body = body, headers = all })
end

local function picture() return image.encode(phantom.render(5, 0, { size = 128 })) end

-- Questions.

t.test("the status says which models there are, and the filters with their counts", function()
  local page <close> = serve()
  local status = get(page, "/api/status")
  t.eq({ status.model, #status.models, status.models[1].base, status.models[2].count }, { "tuned", 2, true, 120 })
  local counts = {}
  for _, entry in ipairs(status.filters.finding) do counts[entry.value] = entry.count end
  local wanted = {}
  for _, doc in ipairs(page.docs) do
    for _, finding in ipairs(doc.findings) do wanted[finding] = (wanted[finding] or 0) + 1 end
  end
  t.eq(counts, wanted)
  t.eq(status.filters.patient, nil)
end)

t.test("words find what `hilum query` finds", function()
  local page <close> = serve()
  local result = get(page, "/api/query?text=Mass&k=7&view=PA&compare=1")
  local wanted = study.run(page.dir, "query", { text = "Mass", k = 7, where = { "view=PA" }, compare = true })
  local query = result.queries[1]
  for _, hits in ipairs { query.results, query.base_results } do
    for _, hit in ipairs(hits) do
      t.eq(hit.id, hit.image)
      hit.id = nil
    end
  end
  t.eq(query.results, json.decode(json.encode(wanted.queries[1].results)))
  t.eq(query.base_results, json.decode(json.encode(wanted.queries[1].base_results)))
  t.eq({ result.model, result.k, #query.results }, { "tuned", 7, 7 })
end)

t.test("more like an image of the index: by its own vector, without itself", function()
  local page <close> = serve()
  local doc = page.docs[9]
  local query = get(page, "/api/query?k=119&like=" .. doc.image).queries[1]
  t.eq(#query.results, 119)
  for _, hit in ipairs(query.results) do t.ok(hit.id ~= doc.image) end
  t.eq(query.doc.patient, doc.patient)
  t.ok(query.results[1].score >= query.results[119].score)
end)

t.test("an image is asked with, and nothing of it is kept", function()
  local page <close> = serve()
  local before = table.concat(fs.walk(page.dir), "\n")
  local answer = upload(page, "/api/query?text=Mass&weight=0.3&name=x.png", picture())
  t.eq(answer.status, 200, answer.body)
  local query = json.decode(answer.body).queries[1]
  t.eq({ query.image, query.text, #query.results }, { "x.png", "Mass", 24 })
  t.eq(table.concat(fs.walk(page.dir), "\n"), before)
end)

t.test("an image that is in the index by its name is not its own result", function()
  local page <close> = serve()
  local name = page.docs[2].image
  local query = json.decode(upload(page, "/api/query?k=120&name=" .. name, picture()).body).queries[1]
  t.eq({ #query.results, query.doc.patient }, { 119, page.docs[2].patient })
end)

t.test("an image is not its own result under another name either", function()
  local page <close> = serve()
  local asked = page.served():model()
  local row = asked.index.vectors:slice(3, 3)
  function asked.model:embed_images() return row end -- luacheck: no self
  local query = json.decode(upload(page, "/api/query?k=120&name=other.png", picture()).body).queries[1]
  t.eq({ #query.results, query.doc.patient }, { 119, page.docs[3].patient })
  query = json.decode(upload(page, "/api/query?k=120&itself=1&name=other.png", picture()).body).queries[1]
  t.eq({ #query.results, query.results[1].image }, { 120, page.docs[3].image })
end)

t.test("an index that is made anew is taken up, one that cannot be opened is not", function()
  local page <close> = serve()
  local before = page.served()
  t.eq(get(page, "/api/status").models[2].count, 120)
  t.ok(page.served() == before, "nothing has changed")
  local fewer = table.move(page.docs, 1, 60, 1, {})
  study.write_records(page.dir, fewer)
  study.run(page.dir, "index")
  local status = get(page, "/api/status")
  t.eq({ status.models[1].count, status.models[2].count }, { 60, 60 })
  local men = 0
  for _, doc in ipairs(fewer) do men = men + (doc.sex == "M" and 1 or 0) end
  t.eq(status.filters.sex[2], { value = "M", count = men })
  t.eq(#get(page, "/api/query?text=Mass&k=100").queries[1].results, 60)
  t.eq(before.main.count, 120) -- who was being answered goes on with it
  t.ok(page.served().thumbnails == before.thumbnails)
  t.eq(page.said, { "the index has changed: 60 images now" })
  assert(fs.write(page.dir .. "/index/tuned/index.json", "{}"))
  t.eq(#get(page, "/api/query?text=Mass&k=100").queries[1].results, 60)
  t.match(page.warned[1], "cannot be opened, so that the page goes on with what it was: .*hilum index %-%-force")
  t.eq({ #page.warned, get(page, "/api/status").models[2].count }, { 1, 60 })
  assert(fs.remove_tree(page.dir .. "/index/tuned"))
  t.eq(#get(page, "/api/status").models, 1)
end)

t.test("filters are joined, and base alone can be asked", function()
  local page <close> = serve()
  local result = get(page, "/api/query?text=Mass&finding=Effusion&finding=Edema&sex=F&model=base&not_patient=4")
  t.eq(result.model, "base")
  for _, hit in ipairs(result.queries[1].results) do
    t.ok(hit.sex == "F" and hit.patient ~= "4" and table.concat(hit.findings, "+") == "Effusion+Edema", json.encode(hit))
  end
end)

t.test("what is asked wrong is told", function()
  local page <close> = serve()
  local function told(status, pattern, target)
    local got, message = problem(page, target)
    t.eq(got, status, target)
    t.match(message, pattern)
  end
  told(400, "what is asked", "/api/query")
  told(400, "what is asked", "/api/query?text=++")
  told(400, "no parameter 'txt' %(did you mean text%?%)", "/api/query?txt=Mass")
  told(400, "'k' must be 1 to 200", "/api/query?text=Mass&k=201")
  told(400, "'k' must be", "/api/query?text=Mass&k=1e1x")
  told(400, "'weight' must be 0 to 1", "/api/query?text=Mass&weight=-1")
  told(400, "given twice", "/api/query?text=Mass&text=Edema")
  told(400, "not UTF%-8", "/api/query?text=%FF")
  told(400, "no model 'better'", "/api/query?text=Mass&model=better")
  told(400, "no image nothing.png", "/api/query?like=nothing.png")
  told(422, "^finding=Efusion: .*did you mean Effusion", "/api/query?text=Mass&finding=Efusion")
  told(422, "knows none of these words: xylophone", "/api/query?text=xylophone")
  told(400, "side must be", "/thumbnails/" .. page.docs[1].image .. "?side=321")
  told(404, "nothing under this path", "/nothing")
  told(404, "no such image", "/api/images/nothing.png")
end)

t.test("warnings come with the answer", function()
  local page <close> = serve()
  t.match(get(page, "/api/query?text=no+Mass+Masss").warnings[1], "no negation")
end)

t.test("words in any script and of any length do no harm", function()
  local page <close> = serve()
  for _, text in ipairs { "%3Cscript%3E", "%27%22%5C", "%E8%82%BA", ("a"):rep(3000) } do
    t.eq(ask(page, "/api/query?text=" .. text).status, 422, text)
  end
  t.ok(ask(page, "/api/query?text=%00").status < 500)
end)

-- Pictures.

t.test("small pictures are made once, tagged, and kept", function()
  local page <close> = serve()
  local target = "/thumbnails/" .. page.docs[1].image .. "?side=160"
  local first = ask(page, target)
  t.eq({ first.status, first.headers["content-type"] }, { 200, "image/jpeg" })
  t.ok(image.info({ bytes = first.body }).width <= 160)
  local files = fs.walk(page.dir .. "/cache/thumbnails")
  t.eq(#files, 1)
  t.ok(ask(page, target).body == first.body)
  t.eq(ask(page, target, { headers = { ["If-None-Match"] = first.headers.etag } }).status, 304)
  assert(image.write(phantom.render(7, 0, { size = 200 }), page.dir .. "/images/" .. page.docs[1].image))
  local changed = ask(page, target)
  t.ok(changed.body ~= first.body and changed.headers.etag ~= first.headers.etag)
end)

t.test("clients that want the same picture at once share the work", function()
  local page <close> = serve()
  local target, clients = "/thumbnails/" .. page.docs[3].image, {}
  for i = 1, 40 do clients[i] = i end
  for _, answer in ipairs(task.map(clients, { at_once = 40 }, function() return ask(page, target) end)) do t.eq(answer.status, 200) end
  t.eq(page.served().thumbnails.serial, 1)
end)

t.test("the small pictures stay within their room", function()
  local page <close> = serve { cache = 4000 }
  for i = 1, 10 do t.eq(ask(page, "/thumbnails/" .. page.docs[i].image).status, 200) end
  local bytes = 0
  local folder = page.dir .. "/cache/thumbnails"
  for _, name in ipairs(fs.walk(folder)) do bytes = bytes + fs.stat(fs.join(folder, name)).size end
  t.ok(bytes > 0 and bytes <= 4000, bytes)
end)

t.test("the image itself is the file", function()
  local page <close> = serve()
  local answer = ask(page, "/images/" .. page.docs[1].image)
  t.eq(answer.headers["content-type"], "image/png")
  t.ok(answer.body == fs.read(page.dir .. "/images/" .. page.docs[1].image))
end)

t.test("a picture that is missing, or broken, costs nothing else", function()
  local page <close> = serve()
  t.eq(ask(page, "/thumbnails/" .. page.docs[50].image).status, 404)
  assert(fs.write(page.dir .. "/images/" .. page.docs[1].image, "not a picture"))
  t.eq(ask(page, "/thumbnails/" .. page.docs[1].image).status, 422)
  t.eq(ask(page, "/images/" .. page.docs[1].image).status, 422)
  t.eq(ask(page, "/thumbnails/" .. page.docs[2].image).status, 200)
end)

-- An index that was made to lead out of the folder.
t.test("no name leads out of the folder of the images", function()
  local page <close> = serve()
  assert(fs.write(page.dir .. "/secret.png", picture()))
  for _, path in ipairs { "../secret.png", "..%2Fsecret.png", "%2e%2e/secret.png", "/etc/passwd", "%2Fetc%2Fpasswd", "..", ".", "",
    page.docs[1].image .. "%00.png", "....//secret.png", "..\\secret.png" } do
    for _, folder in ipairs { "/images/", "/thumbnails/", "/api/images/" } do
      t.eq(ask(page, folder .. path).status, 404, folder .. path)
    end
  end
  for _, path in ipairs { "/../serve.lua", "/%2e%2e/serve.lua", "/web/app.js", "/app.js/" } do t.eq(ask(page, path).status, 404, path) end
  for _, name in ipairs { "../secret.png", page.dir .. "/secret.png", "x/../../secret.png" } do
    t.eq(page.served():location({ image = name }), nil, name)
  end
end)

-- Guard.

t.test("only the names of this machine are answered", function()
  local page <close> = serve()
  local function status(name) return ask(page, "/api/status", { headers = { Host = name } }).status end
  for _, name in ipairs { "127.0.0.1:%d", "localhost:%d", "LOCALHOST:%d", "[::1]:%d" } do
    t.eq(status(name:format(page.port)), 200, name)
  end
  for _, name in ipairs { "evil.example:%d", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:%d", "10.0.0.1:%d", "127.0.0.1:%d.evil",
    "user@127.0.0.1:%d" } do
    t.eq(status(name:format(page.port)), 403, name)
  end
end)

t.test("a server that others reach is asked for by its address, by no name", function()
  local gate = require "lib.serve.guard".new("0.0.0.0", 9000)
  t.eq(gate.is_local, false)
  for _, name in ipairs { "192.168.1.5:9000", "[fe80::1]:9000", "localhost:9000" } do t.ok(gate:is_host(name), name) end
  for _, name in ipairs { "lab.example:9000", "192.168.1.5", "192.168.1.5.example:9000", "[x]:9000", "" } do
    t.ok(not gate:is_host(name), name)
  end
  for _, address in ipairs { "127.0.0.1", "127.1.2.3", "::1" } do t.ok(require "lib.serve.guard".new(address, 1).is_local, address) end
end)

t.test("other pages are not answered", function()
  local page <close> = serve()
  local function status(headers, target) return ask(page, target or "/api/status", { headers = headers }).status end
  local own = "http://127.0.0.1:" .. page.port
  t.eq(status { Origin = own }, 200)
  for _, origin in ipairs { "http://evil.example", "null", "https://127.0.0.1:" .. page.port, own .. ".evil",
    "http://localhost:" .. page.port } do
    t.eq(status { Origin = origin }, 403, origin)
  end
  t.eq(status { ["Sec-Fetch-Site"] = "same-origin" }, 200)
  t.eq(status { ["Sec-Fetch-Site"] = "none" }, 200)
  t.eq(status { ["Sec-Fetch-Site"] = "cross-site" }, 403)
  t.eq(status({ ["Sec-Fetch-Site"] = "cross-site", ["Sec-Fetch-Mode"] = "no-cors", ["Sec-Fetch-Dest"] = "image" },
    "/thumbnails/" .. page.docs[1].image), 403)
  t.eq(status({ ["Sec-Fetch-Site"] = "cross-site", ["Sec-Fetch-Mode"] = "navigate", ["Sec-Fetch-Dest"] = "document" }, "/"), 200)
  t.eq(status({ ["Sec-Fetch-Site"] = "cross-site", ["Sec-Fetch-Mode"] = "navigate", ["Sec-Fetch-Dest"] = "iframe" }, "/"), 403)
end)

t.test("whatever is not a GET needs the token that the page has", function()
  local page <close> = serve()
  local token = ask(page, "/").body:match('name="hilum%-token" content="(%x+)"')
  t.eq(#token, 48)
  t.eq(upload(page, "/api/query?name=x.png", picture(), { ["X-Hilum-Token"] = token }).status, 200)
  for _, wrong in ipairs { token:sub(2), token .. "0", token:gsub("%x", "0"), "" } do
    t.eq(upload(page, "/api/query", picture(), { ["X-Hilum-Token"] = wrong }).status, 403)
  end
  t.eq(upload(page, "/api/query", picture(), { ["X-Hilum-Token"] = false }).status, 403)
  t.eq(ask(page, "/api/query", { method = "DELETE", headers = { ["X-Hilum-Token"] = token } }).status, 405)
  local other <close> = serve()
  t.ok(other.gate.token ~= page.gate.token)
end)

t.test("uploads that are too large, empty, or no image", function()
  local page <close> = serve()
  t.eq(upload(page, "/api/query", ("x"):rep(1000001)).status, 413)
  t.eq(upload(page, "/api/query", "").status, 400)
  for _, bytes in ipairs { "GIF89a", ("\0"):rep(1000), picture():sub(1, 2000), (picture():gsub("IDAT", "IDAX", 1)) } do
    local answer = upload(page, "/api/query", bytes)
    t.eq(answer.status, 422, answer.body)
  end
end)

t.test("all answers forbid what the page does not do", function()
  local page <close> = serve()
  for _, target in ipairs { "/", "/app.js", "/api", "/api/status", "/nothing", "/thumbnails/" .. page.docs[1].image } do
    local headers = ask(page, target).headers
    t.match(headers["content-security-policy"], "^default%-src 'none'")
    t.match(headers["content-security-policy"], "frame%-ancestors 'none'")
    t.ok(not headers["content-security-policy"]:find("unsafe%-inline") or not headers["content-security-policy"]:find("script"))
    t.eq(headers["x-content-type-options"], "nosniff")
    t.eq(headers["cross-origin-resource-policy"], "same-origin")
    t.eq(headers["access-control-allow-origin"], nil)
  end
end)

t.test("an anonymous page tells neither patients nor names", function()
  local page <close> = serve { anonymous = true }
  local body = ask(page, "/api/query?text=Mass&compare=1").body
  local hit = json.decode(body).queries[1].results[1]
  t.ok(not body:find("patient") and not body:find("%.png"), body)
  t.eq(math.type(tonumber(hit.id)), "integer")
  t.eq(problem(page, "/api/query?text=Mass&patient=1"), 400)
  t.eq(problem(page, "/api/query?text=Mass&not_patient=1"), 400)
  local query = get(page, "/api/query?like=" .. hit.id).queries[1]
  t.eq({ query.id, query.image, query.doc.patient, query.doc.image }, { hit.id })
  t.eq(get(page, "/api/images/1"), { id = "1", findings = page.docs[1].findings, view = page.docs[1].view, age = page.docs[1].age,
    sex = page.docs[1].sex, split = page.docs[1].split })
  t.eq(ask(page, "/thumbnails/1").status, 200)
  t.eq(ask(page, "/images/1").headers["content-type"], "image/jpeg")
  for _, id in ipairs { page.docs[1].image, "0", "121", "1.5", "-1", "1e0", "99999999999999999999" } do
    t.eq(ask(page, "/api/images/" .. id).status, 404, id)
  end
  assert(fs.write(page.dir .. "/images/" .. page.docs[3].image, "no picture"))
  for _, target in ipairs { "/thumbnails/3", "/images/3" } do
    local status, message = problem(page, target)
    t.eq({ status, message }, { 422, "the picture cannot be read" })
  end
  local answer = upload(page, "/api/query?name=" .. page.docs[2].image, picture())
  t.ok(not answer.body:find("%.png"), answer.body)
end)

t.test("the API describes itself, to people and to programs", function()
  local page <close> = serve()
  local list, answer = get(page, "/api")
  t.eq({ answer.headers["content-type"], #list }, { "application/json", 6 })
  local html = ask(page, "/api", { headers = { Accept = "text/html,*/*" } })
  t.eq(html.headers["content-type"], "text/html; charset=utf-8")
  t.ok(html.body:find(("http://127.0.0.1:%d/api/query?text"):format(page.port), 1, true), "an example for this server")
  for _, entry in ipairs(list) do t.ok(html.body:find(entry.method .. " " .. entry.path, 1, true), entry.path) end
  local answer405 = ask(page, "/api/query", { method = "PUT", body = "", headers = { ["X-Hilum-Token"] = page.gate.token } })
  t.eq({ answer405.status, answer405.headers.allow }, { 405, "GET, POST" })
end)

t.test("without pictures there is a page all the same", function()
  local page <close> = serve { images = "/nowhere" }
  t.match(page.warned[1], "no pictures")
  t.eq(#get(page, "/api/query?text=Mass").queries[1].results, 24)
  t.eq(ask(page, "/thumbnails/" .. page.docs[1].image).status, 404)
end)

t.test("150 clients at once", function()
  local page <close> = serve()
  local clients, words = {}, { "Mass", "Edema", "Effusion" }
  for i = 1, 150 do clients[i] = i end
  local wanted = {}
  for i, word in ipairs(words) do wanted[i] = ask(page, "/api/query?text=" .. word).body end
  local good = task.map(clients, { at_once = 150 }, function(i)
    local client <close> = http_client.connect(page.port)
    for round = 1, 3 do
      local k = (i + round) % 3 + 1
      if client:ask { target = "/api/query?text=" .. words[k] }.body ~= wanted[k] then return false end
    end
    return true
  end)
  for i = 1, 150 do t.ok(good[i], "client " .. i) end
end)
