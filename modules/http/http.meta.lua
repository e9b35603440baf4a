---@meta hilum.http

-- HTTP and HTTPS: one request, one answer. Connections are kept and used again; certificates are always verified; proxies come from
-- http_proxy, https_proxy and no_proxy. Nothing is retried, redirected or signed here (see scripts/lib/retry.lua and
-- scripts/lib/aws). Many requests go on at once when each is in a task (task.map).
local http = {}

---@class hilum.http.Response
---@field status integer
---@field headers table<string, string>  names in lower case; repeated ones joined by ", "
---@field body? string        unless a sink took it
---@field size integer        bytes of the body
---@field digests? table<string, string>  as in http.digest
---@field version "1.1"|"2"
---@field connected boolean   by a new connection, not a kept one

---@class hilum.http.Request
---@field url string                    http:// or https://, percent-encoded, sent as it is
---@field method? string                default "GET"
---@field headers? table<string, string>  sent besides Host, User-Agent and Content-Length; nothing else is
---@field body? string|hilum.http.Body
---@field to? hilum.http.Sink|hilum.task.Pipe  takes the body of a 2xx answer (of a 206 alone if there is a Range header)
---@field limit? integer                most bytes of the answer's body in memory; default 64 MiB, 1 MiB for what no sink takes
---@field digest? string[]              digests of the answer's body, computed as it comes
---@field ca? string                    certificate bundle; default AWS_CA_BUNDLE, else the system's
---@field connect_timeout? number       seconds, name look-up and TLS included; default 10
---@field first_byte_timeout? number    seconds from the last byte sent to the first of the answer; default 60
---@field stall_timeout? number         seconds in which no byte moves; default 60
---@field progress? hilum.term.Progress  shows bytes sent and received
---@field http2? boolean                where the server offers it; default true
---@field direct? boolean               through no proxy, whatever the environment says; default false

--- Sends one request and waits for the answer. An answer of any status is a response, not an error.
--- Errors: kind "net" (code ECONNREFUSED, RESOLVE, EMPTY_ANSWER, TRUNCATED, PROXY …), "tls" (CERTIFICATE, CA_FILE, TLS), "timeout"
--- (CONNECT_TIMEOUT, FIRST_BYTE_TIMEOUT, STALL_TIMEOUT), "http" (BAD_ANSWER, HEADERS, LIMIT, RANGE_IGNORED), "io" (the file sent or
--- written; FILE_CHANGED). retryable says whether another attempt may succeed. A pipe or sink keeps what it got.
---@param request hilum.http.Request
---@return hilum.http.Response? response
---@return hilum.Error? err
---@usage local response, err = http.request { url = "http://127.0.0.1:1/", connect_timeout = 1 }
---@usage assert(response == nil and err.kind == "net" and err.code == "ECONNREFUSED")
function http.request(request) end

--- A file, or part of it, as a body. It has to stay as it is until it is sent: one that changes meanwhile is an error, not a mixture.
---@param path string  a regular file
---@param offset? integer  bytes; default 0
---@param length? integer  bytes; default up to the end
---@return hilum.http.Body? body
---@return hilum.Error? err
---@usage local body <close> = assert(http.file("a.png")) assert(body:size() > 0)
function http.file(path, offset, length) end

--- A body in aws-chunked framing: in chunks of 64 KiB, with a checksum of the whole behind them, computed as it is sent. The request
--- says so in its headers: content-encoding aws-chunked, x-amz-decoded-content-length (the size of the body inside), x-amz-trailer
--- ("x-amz-checksum-NAME"), and as payload STREAMING-UNSIGNED-PAYLOAD-TRAILER or, with chunks, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER.
---@param body string|hilum.http.Body
---@param options {checksum?: "crc64nvme"|"crc32"|"crc32c"|"sha256"|"sha1", chunks?: hilum.sigv4.Chunks}  one of them or both
---@return hilum.http.Body? body
---@return hilum.Error? err
---@usage local body = assert(http.chunked("hello", { checksum = "crc32" }))
---@usage assert(body:size() == #"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n")
function http.chunked(body, options) end

--- Digests of a string or body, in one pass on a worker: sha256, sha1 and md5 in hexadecimal, crc32, crc32c and crc64nvme in base64, as S3
--- writes them.
---@param body string|hilum.http.Body
---@param names string[]
---@return table<string, string>? digests  by name
---@return hilum.Error? err
---@usage assert(http.digest("123456789", { "crc32c" }).crc32c == "4waSgw==")
function http.digest(body, names) end

--- Writes answers into a file, from some offset on; what is outside stays. Several sinks may write parts of one file. Nothing is
--- flushed: with fs.create, commit does.
---@param file string|hilum.fs.File  a path, made if it is not there, or an open file to which nothing is written meanwhile
---@param at? integer  bytes; default 0
---@return hilum.http.Sink? sink
---@return hilum.Error? err
---@usage local file <close> = assert(require "hilum.fs".create("x"))
---@usage local sink <close> = assert(http.sink(file)) assert(sink:written() == 0)
function http.sink(file, at) end

---@class hilum.http.Body
local Body = {}

--- How many bytes are sent.
---@return integer
---@usage assert(http.file("a.png", 8, 4):size() == 4)
function Body:size() end

--- As http.digest.
---@param names string[]
---@return table<string, string>? digests
---@return hilum.Error? err
---@usage print(assert(http.file("a.png"):digest { "sha256" }).sha256)
function Body:digest(names) end

--- Closes the file, once no request needs it any more.
---@usage http.file("a.png"):close()
function Body:close() end

---@class hilum.http.Sink
local Sink = {}

--- How many bytes the last request wrote.
---@return integer
---@usage assert(http.sink("part"):written() == 0)
function Sink:written() end

--- Closes the file.
---@usage http.sink("part"):close()
function Sink:close() end

return http
