-- SPDX-License-Identifier: MIT
-- The files of the page (scripts/web), and the answer to any request.
local answers = require "lib.serve.answers"
local api = require "lib.serve.api"
local fs = require "hilum.fs"
local guard = require "lib.serve.guard"
local hash = require "hilum.hash"
local httpd = require "hilum.httpd"
local study = require "lib.serve.study"

local site = {}

local FOLDER = debug.getinfo(1, "S").source:match("^@(.*)lib/serve/site%.lua$") .. "web"
local TYPES = { html = "text/html; charset=utf-8", js = "text/javascript; charset=utf-8", css = "text/css; charset=utf-8",
  svg = "image/svg+xml" }
local FILES = { ["/"] = "index.html", ["/icon.svg"] = "icon.svg", ["/app.css"] = "app.css" }
for _, name in ipairs { "app", "dom", "results", "server", "state", "viewer" } do FILES["/" .. name .. ".js"] = name .. ".js" end

-- Read each time: whoever changes the page sees it by loading it again. The page gets the token.
local function file(request, token)
  local name = FILES[request.path]
  if not name then return nil end
  if request.method ~= "GET" and request.method ~= "HEAD" then return answers.problem(405, "that path is for GET", "usage") end
  local text, err = fs.read(fs.join(FOLDER, name))
  if not text then return answers.problem(500, err.message, err.kind) end
  text = text:gsub("{{token}}", token)
  return answers.tagged(request, ('"%s"'):format(hash.sha256(text):sub(1, 40)), TYPES[name:match("%a+$")], function() return text end)
end

local function answer(request, served, gate)
  local refusal = gate:refusal(request)
  if refusal then return answers.problem(403, refusal, "auth") end
  local done, result = pcall(api.answer, request, served)
  if done then return result or file(request, gate.token) or answers.problem(404, "there is nothing under this path", "usage") end
  return answers.is_told(result) and answers.of_error(result) or error(result, 0)
end

-- Opens the study and serves it. opt: those of `hilum serve`. Returns the server, a function that gives what it serves, and its guard.
function site.serve(opt, ctx)
  local served, gate = study.open(opt, ctx), nil
  local server, err = httpd.serve { host = opt.host, port = opt.port, max_body = opt.max_upload, handler = function(request)
    return guard.protect(answer(request, served(), gate))
  end }
  if not server and err.kind ~= "usage" then ctx.fail("%s; --port N takes another port, --port 0 any that is free", err) end
  if not server then error(err, 0) end
  gate = guard.new(opt.host, server:port())
  return server, served, gate
end

return site
