-- SPDX-License-Identifier: MIT
-- serve: the query page, from this machine to its browser (lib/serve; the page itself is scripts/web).

local function warn_of_exposure(opt, server, ctx)
  ctx.warn("%s is not this machine alone: whoever reaches port %d sees the images%s, and nothing is encrypted", opt.host, server:port(),
    opt.anonymous and "" or " and patient numbers")
end

-- Until Ctrl-C.
local function wait(server, ctx)
  local done, err = pcall(server.wait, server)
  if done then return end
  if type(err) ~= "table" or err.kind ~= "interrupted" then error(err, 0) end
  ctx.say("stopped")
end

local function run(opt, ctx)
  local opened, served, gate = require "lib.serve.site".serve(opt, ctx)
  local server <close> = opened
  if not gate.is_local then warn_of_exposure(opt, server, ctx) end
  ctx.say("%s at %s", require "lib.plural"(served().main.count, "image"), server:url())
  ctx.say("Ctrl-C stops it. A research tool, not for clinical use.")
  if opt.open then require "lib.open"(server:url(), ctx) end
  wait(server, ctx)
end

return {
  summary = "Show the query page: drop an image, type words, see what is alike",
  details = [[
Serves one page to the browser of this machine: drop or paste an image, type words, mix both, filter, compare side by side, and see base
and fine-tuned in two columns. What was asked stands in the address, so that it can be gone back to and shared. Behind the page is a JSON
API, described at /api.

Nothing of an image that is dropped is kept. Small pictures are kept in the project's cache, up to --cache bytes. The page loads nothing
from anywhere else. Only this machine can reach it, unless --host says otherwise: then whoever reaches the port sees the images.
--anonymous leaves patient numbers and file names out, and whatever else a file says beside its pixels.

After `hilum index` the answers are those of the new index; load the page again to see its counts. --index
https://HOST shows indexes on OpenSearch that `hilum index --out https://HOST` made; the images and the models are those here; start
the page again after such an index was made anew.]],
  options = {
    { "port", type = "integer", min = 0, max = 65535, default = 8417, help = "where to listen (0: any port that is free)" },
    { "host", type = "string", metavar = "ADDRESS", default = "127.0.0.1", help = "the address to listen at" },
    { "model", type = "string", metavar = "NAME", names = "indexes", help = "which index (default: what was fine-tuned, else base)" },
    { "anonymous", type = "flag", default = false, help = "leave patient numbers and file names out" },
    { "open", type = "flag", default = false, help = "show the page in the browser" },
    { "images", type = "path", default = "images", help = "the folder of the images, for the pictures" },
    { "index", type = "path", default = "index", metavar = "PLACE",
      help = "the folder of the indexes, https://HOST, or https://HOST/NAME" },
    { "max-upload", type = "size", default = "32MiB", help = "the largest image that may be dropped" },
    { "cache", type = "size", default = "1GiB", help = "bytes of small pictures to keep" },
    table.unpack(require "lib.opensearch".OPTIONS),
  },
  examples = { "hilum serve --open", "hilum serve --port 9000 --anonymous", "hilum serve --index https://search.example.org:9200" },
  run = run,
}
