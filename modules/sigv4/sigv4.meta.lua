---@meta hilum.sigv4
-- AWS Signature Version 4: requests signed in their headers, presigned URLs, bodies signed chunk by chunk. Nothing is sent here, and
-- what is signed has to be what is sent, byte for byte. `http` signs with the same signers, again on every retry.
local sigv4 = {}

---@class hilum.sigv4.Options
---@field access_key string
---@field secret_key string
---@field token? string
---@field region string
---@field service string
---@field normalize? boolean
---@field content_sha256? boolean

--- A signer for one set of credentials (token: of temporary ones), one region and one service.
--- It keeps no secret as text, only the HMAC states that lead to signatures, and the key of a day until the UTC day changes. From then
--- on the process writes no core file and other processes of the user cannot trace it (Linux: PR_SET_DUMPABLE).
--- service is the signing name ("s3", "aoss", "bedrock", which stands for bedrock-runtime too). For s3 and its kin the path is signed as
--- it is sent; for all others it is resolved (".", "..", "//"; normalize overrides that) and encoded once more. S3 and aoss are sent
--- x-amz-content-sha256 (content_sha256 overrides that).
---@param options hilum.sigv4.Options  {access_key, secret_key, token?, region, service, normalize?, content_sha256?}
---@return hilum.sigv4.Signer? signer
---@return hilum.Error? err  a credential with a space or line break in it; the message does not show it
---@usage local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })
---@usage assert(signer:sign { host = "bucket.s3.us-east-1.amazonaws.com" }.Authorization)
function sigv4.signer(options) end

--- Percent-encodes all but A-Z a-z 0-9 - . _ ~ and, in a path, the slash: how a key, a name or a value goes into a URL.
---@param text string
---@param is_path? boolean
---@return string encoded
---@usage assert(sigv4.escape("chest x-rays/é.png", true) == "chest%20x-rays/%C3%A9.png")
function sigv4.escape(text, is_path) end

--- The Content-Length of a body sent in signed chunks.
---@param size integer  bytes of the body
---@param chunk integer  bytes of each chunk but the last; at least 8192 for S3
---@param trailer? string  "name:value", if there will be one
---@return integer bytes
---@usage assert(sigv4.chunked_size(66560, 65536) == 66824)
function sigv4.chunked_size(size, chunk, trailer) end

---@class hilum.sigv4.Request
---@field method? string
---@field host string
---@field path? string
---@field query? string
---@field headers? table<string, string>
---@field payload? string
---@field body? string
---@field time? integer

---@class hilum.sigv4.Signer
local Signer = {}

--- Signs a request: gives the headers to add to it, and for a payload STREAMING-AWS4-HMAC-SHA256-… also what signs the chunks.
--- host is the value of the Host header; path ("/") and query are as they are sent, percent-encoded (a space is %20), the query
--- without "?". headers: those that will be sent, but for host and those that sign returns; all are signed but those that proxies may
--- change (User-Agent, Expect, Connection, Transfer-Encoding …). payload: the SHA-256 of the body in hexadecimal, UNSIGNED-PAYLOAD,
--- STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD or …-PAYLOAD-TRAILER; or body, which is hashed; without
--- either there is no body. time: seconds since 1970; if absent now, corrected by the skew.
--- A request that cannot be signed raises: a line break in a header, more than 128 headers, more than 16 KiB.
---@param request hilum.sigv4.Request  {method?, host, path?, query?, headers?, payload? or body?, time?}
---@return table<string, string> headers  Authorization, x-amz-date and, if they are sent, x-amz-content-sha256, x-amz-security-token
---@return hilum.sigv4.Chunks? chunks
---@usage local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })
---@usage local headers = signer:sign { method = "PUT", host = "bucket.s3.us-east-1.amazonaws.com", path = "/a.png", body = "…" }
---@usage assert(#headers["x-amz-content-sha256"] == 64)
function Signer:sign(request) end

--- A URL that whoever has it may use until it expires (with temporary credentials: until they do, if that is sooner).
--- On S3 the body is not signed. Headers given here are signed, and have to be sent with it.
---@param request hilum.sigv4.Request  as for sign, and expires: seconds in 1..604800 (default 3600), and scheme ("https")
---@return string url
---@usage local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })
---@usage print(signer:presign { host = "bucket.s3.us-east-1.amazonaws.com", path = "/a.png", expires = 600 })
function Signer:presign(request) end

--- How many seconds the servers' clock is ahead of this machine's: given as such, or learnt from the time that a server said it was
--- (its Date header, or ServerTime in an error), or only asked for. Services refuse what is 15 minutes off.
---@param skew? integer|string
---@return integer? seconds
---@return hilum.Error? err  the text is no time
---@usage local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })
---@usage assert(signer:skew(-90) == -90)
---@usage assert(signer:skew("Sun, 30 Aug 2015 12:36:00 GMT") < 0)
function Signer:skew(skew) end

--- Another signer with the same credentials (and skew), for a region and a service: for whoever no longer has the secret as text.
---@param region string
---@param service string  the signing name
---@return hilum.sigv4.Signer? signer
---@return hilum.Error? err
---@usage local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })
---@usage local other = assert(signer:retarget("eu-west-1", "sts"))
function Signer:retarget(region, service) end

--- Wipes what it holds. Chunks go on.
---@usage local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })
---@usage signer:close()
function Signer:close() end

---@class hilum.sigv4.Chunks
local Chunks = {}

--- The line before the data of the next chunk; CRLF goes behind them. The last chunk is empty, and behind it goes CRLF, or the trailer.
---@param data string
---@return string line
---@usage local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })
---@usage local headers, chunks = signer:sign { method = "PUT", host = "h", path = "/a", payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" }
---@usage local body = chunks:head("data") .. "data\r\n" .. chunks:head("") .. "\r\n"
---@usage assert(headers and #body == sigv4.chunked_size(4, 65536))
function Chunks:head(data) end

--- The signed trailer that ends a body whose request named it in x-amz-trailer.
---@param name string  in lower case: "x-amz-checksum-crc32c"
---@param value string
---@return string lines
---@usage local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })
---@usage local _, chunks = signer:sign { method = "PUT", host = "h", payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
---@usage   headers = { ["x-amz-trailer"] = "x-amz-checksum-crc32c" } }
---@usage local body = chunks:head("data") .. "data\r\n" .. chunks:head("") .. chunks:trailer("x-amz-checksum-crc32c", "rth90Q==")
---@usage assert(#body == sigv4.chunked_size(4, 65536, "x-amz-checksum-crc32c:rth90Q=="))
function Chunks:trailer(name, value) end

--- Wipes what it holds.
---@usage local signer = assert(sigv4.signer { access_key = "AKIDEXAMPLE", secret_key = "secret", region = "us-east-1", service = "s3" })
---@usage local _, chunks = signer:sign { method = "PUT", host = "h", payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" }
---@usage chunks:close()
function Chunks:close() end

return sigv4
