---@meta hilum.rows
-- What a local index keeps beside its vectors: files that only grow, as they were when they were mapped, and sets of rows as bitmaps
-- for filters. Rows count from 1.
local rows = {}

--- Maps the first bytes of a file, read-only. What is added to the file, or cut off, behind them is not seen.
---@param path string
---@param size integer  bytes
---@return hilum.rows.File? file
---@return hilum.Error? err  kind "integrity" when the file is shorter
---@usage local file = assert(rows.map("labels.csv", 10))
---@usage assert(#file == 10)
function rows.map(path, size) end

--- An empty set of the rows 1 to count.
---@param count integer  less than 2^32
---@return hilum.rows.Set set
---@usage assert(rows.set(100):add({ 3, 7 }):size() == 2)
function rows.set(count) end

--- The beginning of a file; #file is its size in bytes.
---@class hilum.rows.File
local File = {}

--- Its bytes from first to last.
---@param first? integer  1
---@param last? integer  #file; first - 1 gives none
---@return string bytes
---@usage assert(rows.map("labels.csv", 10):text(1, 2) == "id")
function File:text(first, last) end

--- The numbers of the records that have some bytes at a place, where all records have the same width.
---@param bytes string
---@param width integer  of a record, in bytes
---@param from integer  where in the record they are, from 1 on
---@return integer[] records  rising
---@usage assert(rows.map("labels.csv", 2):find("d", 1, 1)[1] == 2)
function File:find(bytes, width, from) end

--- Unmaps the file. Closing twice is fine.
---@usage rows.map("labels.csv", 10):close()
function File:close() end

---@class hilum.rows.Set
local Set = {}

--- Adds rows.
---@param numbers integer[]
---@return hilum.rows.Set self
---@usage assert(rows.set(4):add({ 2, 4 }):has(4))
function Set:add(numbers) end

--- Adds the rows that have a tag. A tag is 8 bytes of the file: the row from 0 on and the value, as little-endian 32-bit numbers.
---@param tags hilum.rows.File
---@param value integer|integer[]  or several, for which it takes a bit of memory for each number up to the largest
---@return hilum.rows.Set? self
---@return hilum.Error? err  kind "integrity": a row that the set has no room for
---@usage assert(fs.write("tags.bin", ("<I4I4I4I4"):pack(0, 7, 2, 9)))
---@usage assert(assert(rows.set(3):add_tagged(rows.map("tags.bin", 16), 9)):has(3))
function Set:add_tagged(tags, value) end

--- Keeps what is in the other set as well.
---@param other hilum.rows.Set  of the same number of rows
---@return hilum.rows.Set self
---@usage assert(rows.set(4):add({ 1, 2 }):keep(rows.set(4):add({ 2, 3 })):size() == 1)
function Set:keep(other) end

--- Removes what is in the other set.
---@param other hilum.rows.Set  of the same number of rows
---@return hilum.rows.Set self
---@usage assert(rows.set(4):add({ 1, 2 }):remove(rows.set(4):add({ 2 })):list()[1] == 1)
function Set:remove(other) end

--- Takes the rows that were not in it instead of those that were.
---@return hilum.rows.Set self
---@usage assert(rows.set(4):invert():size() == 4)
function Set:invert() end

--- How many rows are in it.
---@return integer size
---@usage assert(rows.set(4):size() == 0)
function Set:size() end

--- Whether a row is in it.
---@param row integer
---@return boolean
---@usage assert(not rows.set(4):has(1))
function Set:has(row) end

--- Its rows from first to last, rising.
---@param first? integer  1
---@param last? integer  the last there can be
---@return integer[] list
---@usage assert(#rows.set(10):invert():list(3, 5) == 3)
function Set:list(first, last) end

--- The set as a string for the option `only` of the searches in hilum.vec: a bit for each row up to `last`, 0 for those before `first`, in
--- words of 64 bits in the machine's order.
---@param first? integer  1
---@param last? integer  the last there can be
---@return string bits
---@usage assert(rows.set(10):invert():bits(3, 5) == ("=I8"):pack(0x1C))
function Set:bits(first, last) end

return rows
