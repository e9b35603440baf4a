-- SPDX-License-Identifier: MIT
-- What one client can send: a thousand files to a server that throws them away (tests/servers/nginx.sh), as workflows send them.
-- Seconds of wall and processor time, and the most memory this process ever had.
local fs = require "hilum.fs"
local http = require "hilum.http"
local sigv4 = require "hilum.sigv4"
local task = require "hilum.task"

local function list_files(folder, count)
  local files, names = {}, assert(fs.list(folder))
  for i = 1, count do files[i] = fs.join(folder, names[(i - 1) % #names + 1]) end
  return files
end

local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })

-- How the payload is vouched for: the body to send, what is signed of it, and further headers.
local TRAILER = { ["content-encoding"] = "aws-chunked", ["x-amz-trailer"] = "x-amz-checksum-crc64nvme" }
local payloads = {
  unsigned = function(sign, body) return body, (sign("UNSIGNED-PAYLOAD")) end,
  signed = function(sign, body) return body, (sign(assert(body:digest { "sha256" }).sha256)) end,
  trailer = function(sign, body)
    return assert(http.chunked(body, { checksum = "crc64nvme" })), (sign("STREAMING-UNSIGNED-PAYLOAD-TRAILER", TRAILER))
  end,
  chunks = function(sign, body)
    local headers, chunks = sign("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", TRAILER)
    return assert(http.chunked(body, { checksum = "crc64nvme", chunks = chunks })), headers
  end,
}

local function send(opt, path, index)
  local file <close> = assert(http.file(path))
  local key = ("/null/%d.png"):format(index)
  local function sign(payload, extra)
    local headers, chunks = signer:sign { method = "PUT", host = opt.url:match("//(.*)"), path = key, headers = extra, payload = payload }
    for name, value in pairs(extra or {}) do headers[name] = value end
    return headers, chunks
  end
  local body, headers = payloads[opt.payload](sign, file)
  local response = assert(http.request { url = opt.url .. key, method = "PUT", headers = headers, body = body, ca = opt.ca })
  assert(response.status == 200, response.status)
end

local function peak_memory()
  for line in io.lines("/proc/self/status") do
    local kilobytes = line:match("^VmHWM:%s+(%d+)")
    if kilobytes then return kilobytes / 1024 end
  end
end

return {
  summary = "Send files to a server that throws them away",
  options = {
    { "images", type = "path", positional = true, required = true, help = "a folder of files" },
    { "url", type = "string", required = true, help = "the server, http://HOST:PORT or https://HOST:PORT" },
    { "ca", type = "path", help = "its certificate" },
    { "payload", type = "choice", choices = { "unsigned", "signed", "trailer", "chunks" }, default = "unsigned",
      help = "nothing, all of it, a checksum behind it, each chunk of it" },
    { "count", type = "integer", default = 1000, min = 1, help = "files sent in a round" },
    { "at-once", type = "integer", default = 16, min = 1, help = "at a time" },
    { "rounds", type = "integer", default = 5, min = 1, help = "the median of them counts" },
  },
  run = function(opt)
    local files = list_files(opt.images, opt.count)
    local rounds = {}
    for i = 1, opt.rounds do
      local began, cpu = task.now(), os.clock()
      task.map(files, { at_once = opt.at_once }, function(path, index) return send(opt, path, index) end)
      rounds[i] = { wall = task.now() - began, cpu = os.clock() - cpu }
    end
    table.sort(rounds, function(a, b) return a.wall < b.wall end)
    local middle = rounds[(#rounds + 1) // 2]
    print(("%s %s: %.0f objects/s (best %.0f), %.2f s of processor time for 1,000, %.0f MB"):format(opt.url:match("^%a+"), opt.payload,
      opt.count / middle.wall, opt.count / rounds[1].wall, middle.cpu / opt.count * 1000, peak_memory()))
    return {}
  end,
}
