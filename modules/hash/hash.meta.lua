---@meta hilum.hash
-- Digests and checksums, as lower-case hexadecimal text: SHA-256, SHA-1 and MD5 by OpenSSL; CRC-32 (zip, PNG), CRC-32C and CRC-64/NVME (S3).
-- Base64, in which services take bytes.
local hash = {}

--- SHA-256 of strings, taken as one.
---@param data string
---@param ... string
---@return string hex
---@usage assert(#hash.sha256("abc") == 64)
function hash.sha256(data, ...) end

--- SHA-1 of strings, for names that others make that way.
---@param data string
---@param ... string
---@return string hex
---@usage assert(#hash.sha1("abc") == 40)
function hash.sha1(data, ...) end

--- MD5 of strings, for services that ask for it.
---@param data string
---@param ... string
---@return string hex
---@usage assert(#hash.md5("abc") == 32)
function hash.md5(data, ...) end

--- CRC-32 as in zip and PNG.
---@param data string
---@param ... string
---@return string hex
---@usage assert(hash.crc32("123456789") == "cbf43926")
function hash.crc32(data, ...) end

--- CRC-32C (Castagnoli).
---@param data string
---@param ... string
---@return string hex
---@usage assert(hash.crc32c("123456789") == "e3069283")
function hash.crc32c(data, ...) end

--- CRC-64/NVME.
---@param data string
---@param ... string
---@return string hex
---@usage assert(hash.crc64nvme("123456789") == "ae8b14860a799888")
function hash.crc64nvme(data, ...) end

--- SHA-256 of a file, or of each of a list of files, on the worker pool.
---@param paths string|string[]
---@param options? {progress?: hilum.term.Progress}
---@return string|string[]? hex
---@return hilum.Error? err  the first file that cannot be read
---@usage print(assert(hash.sha256_file("a.png")))
function hash.sha256_file(paths, options) end

--- The same with any of the algorithms.
---@param algorithm "sha256"|"sha1"|"md5"|"crc32"|"crc32c"|"crc64nvme"
---@param paths string|string[]
---@param options? {progress?: hilum.term.Progress}
---@return string|string[]? hex
---@return hilum.Error? err
---@usage local sums = assert(hash.file("md5", { "a.png", "b.png" }))
function hash.file(algorithm, paths, options) end

--- Base64 (RFC 4648, section 4), padded, on one line.
---@param data string
---@return string text
---@usage assert(hash.base64("hilum") == "aGlsdW0=")
function hash.base64(data) end

--- The bytes that base64 stands for. Strict: no blanks, no line ends, all of the padding, and no bits behind the last byte.
---@param text string
---@return string? data
---@return hilum.Error? err  says where it is no base64
---@usage assert(hash.base64_decode("aGlsdW0=") == "hilum")
function hash.base64_decode(text) end

--- A hash of data that come in pieces.
---@param algorithm "sha256"|"sha1"|"md5"|"crc32"|"crc32c"|"crc64nvme"
---@return hilum.hash.Hash hash
---@usage assert(hash.new("crc32"):update("1234"):update("56789"):hex() == "cbf43926")
function hash.new(algorithm) end

---@class hilum.hash.Hash
local Hash = {}

--- Adds a piece.
---@param data string
---@return hilum.hash.Hash hash
---@usage assert(hash.new("md5"):update("a"):update("bc"):hex() == hash.md5("abc"))
function Hash:update(data) end

--- The digest of what was added so far, as text; more may be added.
---@return string hex
---@usage print(hash.new("md5"):hex())
function Hash:hex() end

--- The same as bytes; a CRC with its highest byte first.
---@return string bytes
---@usage assert(#hash.new("sha256"):digest() == 32)
function Hash:digest() end

--- Frees it early.
---@usage hash.new("md5"):close()
function Hash:close() end

return hash
