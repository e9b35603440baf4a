---@meta hilum.archive
-- Archives, member by member, as a stream: tar, gzipped or not (ISA-L inflates), and zip (libarchive reads both). Nothing is written
-- anywhere, and memory stays bounded: a thread reads ahead by a few megabytes and waits until its members are taken.
--
-- Members are data, never instructions. Folders are left out. What could do harm comes as a member that has an `error` instead of
-- `data`, and the rest goes on: names that are absolute, lead out of the folder ("..") or are not plain UTF-8 of at most 1,024 bytes;
-- links, devices, pipes; sparse or encrypted files; what is larger than allowed; a name for the second time. An archive that unpacks
-- to more than 250 times its size fails.
local archive = {}

--- Opens an archive and begins to read it.
--- What it is shows only with the first member. Every checksum that the format has is verified (gzip, zip); gzip members that
--- follow each other are one stream, tars that follow each other one archive. A zip is read from front to back, too, so its directory
--- does not count.
---
--- max_member: bytes; larger members have an error (268,435,456, 256 MiB). max_total: bytes of all data; beyond, the archive fails
--- (no limit). ahead: bytes of members that wait, besides those that were taken and the one being read (16,777,216, 16 MiB). digest: an
--- algorithm as in hilum.hash, computed on the way of all that is read of the source, see Archive:digest. name: what messages call
--- the source.
---@param source string|{bytes: string}|hilum.task.Pipe  path of a file; bytes; or what is written to a pipe
---@param options? {max_member?: integer, max_total?: integer, ahead?: integer, digest?: string, name?: string}
---@return hilum.archive.Archive? archive
---@return hilum.Error? err
---@usage local a = assert(archive.open { bytes = ("\0"):rep(1024) }) assert(a:next() == nil)
function archive.open(source, options) end

--- An archive being read. Calling it gives the next member too, but raises what goes wrong: for member in a do … end.
---@class hilum.archive.Archive
local Archive = {}

---@class hilum.archive.Member
---@field name string  without "./" and doubled slashes
---@field type "file"|"symlink"|"hardlink"|"device"|"fifo"|"socket"|"other"
---@field data? string
---@field error? string  why there is no data; the name is then as it is in the archive, whatever it consists of
---@field size integer  bytes of data, or what the archive claims
---@field mtime integer  seconds since 1970
---@field offset integer  of the member's header in the archive, after gzip

--- The next member. nil alone: the end was reached and everything is sound.
--- Errors are of kind "integrity" if the archive is damaged, with a code: truncated, crc, gzip, damaged, trailing-bytes, format (no
--- archive at all), empty, bomb. The message says how many members before that are whole. What goes wrong with the source comes as
--- the source has it.
---@return hilum.archive.Member? member
---@return hilum.Error? err
---@usage local member, err = assert(archive.open { bytes = "<html>" }):next() assert(not member and err.code == "format")
function Archive:next() end

--- Bytes read of the source so far, for a progress display.
---@return integer bytes
---@usage print(assert(archive.open { bytes = "" }):position())
function Archive:position() end

--- The digest of the whole source, once `next` has come to the end; nil before, or if none was asked for.
---@return string? hex
---@usage local a = assert(archive.open({ bytes = ("\0"):rep(1024) }, { digest = "md5" })) a:next() assert(#a:digest() == 32)
function Archive:digest() end

--- Stops reading and frees what was read ahead; whoever waits for a member gets an error of kind "cancelled". A pipe that is the
--- source ends for its writer too.
---@usage local a <close> = assert(archive.open { bytes = "" })
function Archive:close() end

return archive
