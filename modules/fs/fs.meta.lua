---@meta hilum.fs
-- Files and folders. What is written with fs.write or fs.create is there whole or not at all: it gets a temporary name in the same
-- folder, is flushed to the disk, and renamed. Paths are bytes; any name that the system allows will do.
local fs = {}

--- All of a file, as a string.
---@param path string
---@return string? data
---@return hilum.Error? err
---@usage local text = assert(fs.read("labels.csv"))
function fs.read(path) end

--- Writes a file; whatever was there is replaced in one step. An existing file keeps its permissions.
---@param path string
---@param data string
---@return true? done
---@return hilum.Error? err  with the path; the old file is then as it was
---@usage assert(fs.write("notes.txt", "hello\n"))
function fs.write(path, data) end

--- Adds to the end of a file, which is made if it is not there.
---@param path string
---@param data string
---@param options? {sync?: boolean, at?: integer}  sync: return when the data are on the disk; at: the size the file is cut to first
---@return true? done
---@return hilum.Error? err  kind "integrity" for a file shorter than `at`
---@usage assert(fs.append("log.txt", "done\n", { sync = true }))
function fs.append(path, data, options) end

--- Begins a file that is written piece by piece and appears under its name with File:commit.
---@param path string
---@return hilum.fs.File? file
---@return hilum.Error? err
---@usage local file <close> = assert(fs.create("list.txt"))
---@usage assert(file:write("a", "\n"))
---@usage assert(file:commit())
function fs.create(path) end

--- The names in a folder, sorted by their bytes.
---@param folder string
---@return string[]? names
---@return hilum.Error? err
---@usage for _, name in ipairs(assert(fs.list("images"))) do print(name) end
function fs.list(folder) end

--- The regular files below a folder, as sorted paths relative to it. Links count as what they lead to; a link back to a folder above
--- it, or to nothing, is left out.
---@param folder string
---@return string[]? paths
---@return hilum.Error? err  a folder that cannot be read, too
---@usage print(#assert(fs.walk("."), "files"))
function fs.walk(folder) end

--- What is at path; nil if nothing is.
---@param path string
---@return {size: integer, mtime: number, type: "file"|"dir"|"other"}? stat  bytes; seconds since 1970; links are followed
---@usage print(fs.stat("labels.csv").size, fs.stat("nothing"))
function fs.stat(path) end

--- Makes a folder and those above it that are missing.
---@param path string
---@return true? done
---@return hilum.Error? err
---@usage assert(fs.mkdir("reports/today"))
function fs.mkdir(path) end

--- Removes a file or an empty folder.
---@param path string
---@return true? done
---@return hilum.Error? err
---@usage assert(fs.remove("labels.csv"))
function fs.remove(path) end

--- Removes a file, or a folder with all that is in it; links are not followed. No error if nothing is there.
---@param path string
---@return true? done
---@return hilum.Error? err
---@usage assert(fs.remove_tree("images"))
function fs.remove_tree(path) end

--- Renames within a file system, replacing what is at to.
---@param from string
---@param to string
---@return true? done
---@return hilum.Error? err
---@usage assert(fs.rename("labels.csv", "old.csv"))
function fs.rename(from, to) end

--- Sets when a file was last changed.
---@param path string
---@param mtime number  seconds since 1970
---@return true? done
---@return hilum.Error? err
---@usage assert(fs.touch("labels.csv", 1.5e9)) assert(fs.stat("labels.csv").mtime == 1.5e9)
function fs.touch(path, mtime) end

--- Removes the temporary files that processes which have ended left in a folder.
---@param folder string
---@return integer? removed
---@return hilum.Error? err
---@usage print(fs.sweep("."), "removed")
function fs.sweep(folder) end

--- Locks a file, which is made if need be, against other processes. The lock ends with Lock:close, which removes the file, or with the
--- process.
---@param path string
---@return hilum.fs.Lock? lock
---@return hilum.Error? err  code "EWOULDBLOCK" when another process has it; the message says which
---@usage local lock <close> = assert(fs.lock("work.lock"))
function fs.lock(path) end

--- Makes a new folder with a name of its own.
---@param folder? string  where; $TMPDIR or /tmp
---@return string? path
---@return hilum.Error? err
---@usage local folder = assert(fs.temp())
---@usage assert(fs.remove(folder))
function fs.temp(folder) end

--- Joins parts of a path with slashes; an absolute part starts anew.
---@param ... string
---@return string path
---@usage assert(fs.join("images", "1.png") == "images/1.png")
function fs.join(...) end

--- The last name of a path.
---@param path string
---@return string name
---@usage assert(fs.base("images/1.png") == "1.png")
function fs.base(path) end

--- What is before the last name of a path; "." if nothing is.
---@param path string
---@return string folder
---@usage assert(fs.dir("images/1.png") == "images")
function fs.dir(path) end

--- The end of the last name from its last dot on, as it is written; "" if it has none.
---@param path string
---@return string ext
---@usage assert(fs.ext("images/1.PNG") == ".PNG")
function fs.ext(path) end

--- The absolute path without links, of something that is there.
---@param path string
---@return string? path
---@return hilum.Error? err
---@usage print(assert(fs.real("images/../a.png")))
function fs.real(path) end

--- The current folder.
---@return string? path
---@return hilum.Error? err
---@usage print(assert(fs.cwd()))
function fs.cwd() end

--- A file that is being written. Closing it, or leaving the scope of a <close> variable, before commit leaves nothing behind.
---@class hilum.fs.File
local File = {}

--- Adds strings. After a failure nothing is left of the file.
---@param ... string
---@return hilum.fs.File? file
---@return hilum.Error? err
---@usage assert(assert(fs.create("x")):write("one", "two")):abort()
function File:write(...) end

--- Puts the file in place, on the disk, and closes it.
---@param options? {sync?: boolean}  false: does not wait for the disk; a power failure soon after may leave the file without its content
---@return true? done
---@return hilum.Error? err
---@usage assert(assert(fs.create("x")):write("one"):commit())
function File:commit(options) end

--- The path that it has until it is committed, under which what was written by others (http.sink) can be read back.
---@return string path
---@usage local file <close> = assert(fs.create("x"))
---@usage assert(fs.stat(file:temporary()))
function File:temporary() end

--- Gives the file up. Fine on a closed one.
---@usage assert(fs.create("x")):abort()
function File:abort() end

--- The same as File:abort.
---@usage assert(fs.create("x")):close()
function File:close() end

---@class hilum.fs.Lock
local Lock = {}

--- Lets the lock go.
---@usage assert(fs.lock("work.lock")):close()
function Lock:close() end

return fs
