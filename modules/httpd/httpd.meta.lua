---@meta hilum.httpd
-- A small HTTP/1.1 server on libmicrohttpd, for pages on one's own machine and for tests: a task for each request, on the one thread
-- that runs Lua. It listens on loopback unless told otherwise. A head is at most 64 KiB; a client that sends or reads too slowly is cut.
local httpd = {}

--- Serves requests until it is closed; a program does not end before that.
--- handler(request) runs in a task of its own, may wait, and returns the answer. If it raises, or what it returns cannot be sent, the
--- client gets status 500 and stderr one line.
--- max_body: bytes, 16 MiB; a longer body gets 413. connections: at once, 1,000. timeout: seconds, 30, for a head, for 64 KiB of a
--- body, and between two signs that the client reads. tls: files in PEM.
---@param options {handler: (fun(request: hilum.httpd.Request): hilum.httpd.Answer), port?: integer, host?: string, max_body?: integer, connections?: integer, timeout?: integer, tls?: {certificate: string, key: string}}  port 0: any; host: a numeric address, 127.0.0.1
---@return hilum.httpd.Server? server
---@return hilum.Error? err  the port is taken, or a file of tls cannot be read
---@usage local server <close> = assert(httpd.serve { handler = function(request) return { body = "hello " .. request.path } end })
---@usage print(server:url())
function httpd.serve(options) end

--- Whether the client has, by its If-None-Match, what an entity tag names: then answer 304.
---@param request hilum.httpd.Request
---@param etag string  with its quotes
---@return boolean has
---@usage assert(httpd.has({ headers = { ["if-none-match"] = 'W/"a", "b"' } }, '"b"'))
function httpd.has(request, etag) end

---@class hilum.httpd.Request
---@field method string  as sent
---@field path string  without %XX; any bytes
---@field raw_path string  as sent
---@field query table<string, string>  the first value of each name
---@field parameters string[][]  all of the query as {name, value}, in order
---@field raw_query? string  as sent
---@field headers table<string, string>  by lower-case name; repeated ones joined by ", "
---@field body string
---@field version string  "HTTP/1.1"

--- A header given as a list is sent once for each. Content-Length and Date are the server's to set, and a HEAD request gets no body.
---@class hilum.httpd.Answer
---@field status? integer  200..599; 200
---@field headers? table<string, string|string[]>
---@field body? string|{file: string, offset?: integer, length?: integer}  a file is sent by the kernel

---@class hilum.httpd.Server
local Server = {}

--- The port that is listened on.
---@return integer port
---@usage local server <close> = assert(httpd.serve { handler = function() return {} end })
---@usage print(server:port())
function Server:port() end

--- "http://127.0.0.1:PORT".
---@return string url
---@usage local server <close> = assert(httpd.serve { handler = function() return {} end })
---@usage print(server:url())
function Server:url() end

--- Waits until the server is closed, or the program interrupted.
---@usage local server = assert(httpd.serve { handler = function() return {} end })
---@usage hilum.task.spawn(server.close, server)
---@usage server:wait()
function Server:wait() end

--- Stops listening, cuts all connections, and cancels the tasks of their requests.
---@usage assert(httpd.serve { handler = function() return {} end }):close()
function Server:close() end

return httpd
